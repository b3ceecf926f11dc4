#include "host/run/episode_batches.hpp"

namespace penfield {

void EpisodeBatches::begin_step() {
  spikes_.clear();
  if (weights_.empty()) return;
  engine_.download();
  for (ProjectedWeights& w : weights_) w.begin_step(network_);
}

void EpisodeBatches::begin_heal() {
  length_ = 0;
  if (weights_.empty() || spikes_.empty()) return;  // the first condition finds the step's weights
  for (ProjectedWeights& w : weights_) w.put_back(network_);
  engine_.upload();
}

void EpisodeBatches::begin_episode(StepIndex length) {
  begin_ = engine_.now();
  length_ = length;
  batch_ = 0;
  counted_.assign(network_.populations.size(), 0);
  spikes_.push_back({});
  spikes_.back().count.resize(network_.populations.size());
  spikes_.back().fano.assign(network_.populations.size(), 0.0);
  cells_.assign(network_.populations.size(), {});
  for (std::size_t p = 0; p < of_cells_.size(); ++p) {
    if (!of_cells_[p]) continue;
    const PopulationView& v = network_.populations[p]->view;
    cells_[p].at_begin.assign(v.spike_count, v.spike_count + v.n);
    cells_[p].at_batch = cells_[p].at_begin;
  }
  if (weights_.empty()) return;
  engine_.flush();
  engine_.download();
  for (ProjectedWeights& w : weights_) w.begin_episode(network_);
}

void EpisodeBatches::run(StepIndex num_steps) {
  if (length_ == 0) return engine_.run(num_steps);
  const StepIndex end = engine_.now() + num_steps;
  while (engine_.now() < end) {
    const StepIndex due = begin_ + length_ * (batch_ + 1) / kDriftBatches;
    engine_.run((due < end ? due : end) - engine_.now());
    if (engine_.now() == due) end_batch();
  }
}

void EpisodeBatches::end_batch() {
  if (weights_.empty()) {
    engine_.download_neurons();
  } else {
    engine_.flush();
    engine_.download();
    for (ProjectedWeights& w : weights_) w.end_batch(network_, batch_);
  }
  for (std::size_t p = 0; p < network_.populations.size(); ++p) {
    std::uint64_t spikes = 0;
    const Population& population = *network_.populations[p];
    for (std::uint32_t i = 0; i < population.view.n; ++i) spikes += population.spike_count[i];
    spikes_.back().count[p][batch_] = spikes - counted_[p];
    counted_[p] = spikes;
    if (p < of_cells_.size() && of_cells_[p]) count_cells(static_cast<std::uint32_t>(p));
  }
  ++batch_;
}

void EpisodeBatches::count_cells(std::uint32_t population) {
  const PopulationView& v = network_.populations[population]->view;
  Cells& c = cells_[population];
  for (std::uint32_t i = 0; i < v.n; ++i) {
    const std::uint64_t spikes = v.spike_count[i] - c.at_batch[i];
    c.at_batch[i] = v.spike_count[i];
    c.squares += spikes * spikes;
  }
  if (batch_ + 1 < kDriftBatches) return;
  // Sample variances of all cells, each over its batches.
  std::uint64_t all = 0, squares_of_sums = 0;
  for (std::uint32_t i = 0; i < v.n; ++i) {
    const std::uint64_t spikes = v.spike_count[i] - c.at_begin[i];
    all += spikes;
    squares_of_sums += spikes * spikes;
  }
  constexpr double n = kDriftBatches;
  const double variance =
      (static_cast<double>(c.squares) - static_cast<double>(squares_of_sums) / n) / (n - 1.0);
  spikes_.back().fano[population] = all > 0 ? variance / (static_cast<double>(all) / n) : 0.0;
}

void EpisodeBatches::end_episode(const std::vector<std::vector<float>>& rate_Hz, double seconds,
                                 double fraction) {
  length_ = 0;
  spikes_.back().seconds = seconds;
  spikes_.back().fraction = fraction;
  for (ProjectedWeights& w : weights_) w.end_episode(network_, rate_Hz, seconds, fraction);
}

}  // namespace penfield
