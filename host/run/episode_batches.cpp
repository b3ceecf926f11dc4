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
  }
  ++batch_;
}

void EpisodeBatches::end_episode(const std::vector<std::vector<float>>& rate_Hz, double seconds,
                                 double fraction) {
  length_ = 0;
  spikes_.back().seconds = seconds;
  spikes_.back().fraction = fraction;
  for (ProjectedWeights& w : weights_) w.end_episode(network_, rate_Hz, seconds, fraction);
}

}  // namespace penfield
