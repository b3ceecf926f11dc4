#include "host/run/episode_batches.hpp"

namespace penfield {

namespace {

void add_to(Variogram& variogram, const std::array<std::uint64_t, kDriftBatches>& spikes) {
  constexpr std::size_t kFar = kDriftBatches / 2;
  constexpr double kNearPairs = kDriftBatches - 1.0, kFarPairs = kFar * (kFar + 1) / 2.0;
  for (std::size_t i = 0; i < kDriftBatches; ++i)
    for (std::size_t k = i + 1; k < kDriftBatches; ++k) {
      const double apart = static_cast<double>(spikes[i]) - static_cast<double>(spikes[k]);
      if (k - i == 1) variogram.near += 0.5 * apart * apart / kNearPairs;
      if (k - i >= kFar) variogram.far += 0.5 * apart * apart / kFarPairs;
    }
}

}  // namespace

void EpisodeBatches::watch(const std::vector<bool>& of) {
  watched_.resize(of.size());
  for (std::size_t p = 0; p < of.size(); ++p) {
    if (!of[p] || watched_[p].on) continue;
    watched_[p].on = true;
    watched_[p].bins = NeighbourBins(*network_.populations[p]);
  }
}

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
  spikes_.back().bin_variance_Hz2.resize(network_.populations.size());
  spikes_.back().variogram.resize(network_.populations.size());
  for (std::size_t p = 0; p < watched_.size(); ++p) {
    Watched& w = watched_[p];
    if (!w.on) continue;
    const PopulationView& v = network_.populations[p]->view;
    w.at_begin.assign(v.spike_count, v.spike_count + v.n);
    w.at_batch = w.at_begin;
    w.squares = 0;
    w.in_bin.assign(w.bins.count(), {});
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
    if (p < watched_.size() && watched_[p].on) count_cells(static_cast<std::uint32_t>(p));
  }
  ++batch_;
}

void EpisodeBatches::count_cells(std::uint32_t population) {
  const PopulationView& v = network_.populations[population]->view;
  Watched& w = watched_[population];
  for (std::uint32_t i = 0; i < v.n; ++i) {
    const std::uint64_t spikes = v.spike_count[i] - w.at_batch[i];
    w.at_batch[i] = v.spike_count[i];
    w.squares += spikes * spikes;
    w.in_bin[w.bins[i]][batch_] += spikes;
  }
}

/// Sample variances over the batches, of all cells and of every bin, and how fast bins forget.
void EpisodeBatches::end_watch(std::uint32_t population, double seconds) {
  const Watched& w = watched_[population];
  std::uint64_t all = 0, squares_of_sums = 0;
  for (std::size_t i = 0; i < w.at_batch.size(); ++i) {
    const std::uint64_t spikes = w.at_batch[i] - w.at_begin[i];
    all += spikes;
    squares_of_sums += spikes * spikes;
  }
  constexpr double n = kDriftBatches;
  const double variance =
      (static_cast<double>(w.squares) - static_cast<double>(squares_of_sums) / n) / (n - 1.0);
  spikes_.back().fano[population] = all > 0 ? variance / (static_cast<double>(all) / n) : 0.0;
  const std::vector<double> cells = w.bins.cells_per_bin();
  auto& of_bin = spikes_.back().bin_variance_Hz2[population];
  of_bin.assign(cells.size(), 0.0);
  for (std::size_t b = 0; b < cells.size(); ++b) {
    if (!(cells[b] > 0.0)) continue;
    double sum = 0.0, squares = 0.0;
    for (const std::uint64_t spikes : w.in_bin[b]) {
      sum += static_cast<double>(spikes);
      squares += static_cast<double>(spikes) * static_cast<double>(spikes);
    }
    const double of_batch = (squares - sum * sum / n) / (n - 1.0);
    of_bin[b] = n * of_batch / (cells[b] * cells[b] * seconds * seconds);
    add_to(spikes_.back().variogram[population], w.in_bin[b]);
  }
}

void EpisodeBatches::end_episode(const std::vector<std::vector<float>>& rate_Hz, double seconds,
                                 double fraction) {
  length_ = 0;
  spikes_.back().seconds = seconds;
  spikes_.back().fraction = fraction;
  for (std::size_t p = 0; p < watched_.size(); ++p)
    if (watched_[p].on) end_watch(static_cast<std::uint32_t>(p), seconds);
  for (ProjectedWeights& w : weights_) w.end_episode(network_, rate_Hz, seconds, fraction);
}

}  // namespace penfield
