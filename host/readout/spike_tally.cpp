#include "host/readout/spike_tally.hpp"

#include <algorithm>
#include <cmath>

namespace penfield::readout {

SpikeTally::SpikeTally(std::uint32_t num_neurons, std::int64_t from, std::int64_t to,
                       std::uint32_t num_blocks, double dt_s)
    : from_(from), to_(to), dt_s_(dt_s), neurons_(num_neurons), blocks_(num_blocks) {}

void SpikeTally::add(std::uint32_t neuron, std::int64_t step) {
  const std::int64_t end = step + 1;
  if (end < from_ || end >= to_) return;
  Neuron& n = neurons_[neuron];
  if (n.spikes == 0) {
    n.first = end;
  } else {
    n.squares += (end - n.last) * (end - n.last);
  }
  n.last = end;
  ++n.spikes;
  const auto num_blocks = static_cast<std::int64_t>(blocks_.size());
  if (num_blocks > 0) ++blocks_[static_cast<std::size_t>((end - from_) * num_blocks / (to_ - from_))];
}

std::vector<double> SpikeTally::rates_Hz() const {
  std::vector<double> rates;
  const double length_s = static_cast<double>(to_ - from_) * dt_s_;
  for (const Neuron& n : neurons_) rates.push_back(static_cast<double>(n.spikes) / length_s);
  return rates;
}

std::vector<double> SpikeTally::cv_isi(std::uint32_t min_intervals) const {
  std::vector<double> cvs;
  for (const Neuron& n : neurons_) {
    if (n.spikes < std::uint64_t{std::max(1u, min_intervals)} + 1) continue;
    const auto intervals = static_cast<double>(n.spikes - 1);
    const double mean = static_cast<double>(n.last - n.first) / intervals;
    if (!(mean > 0.0)) continue;
    const double variance = static_cast<double>(n.squares) / intervals - mean * mean;
    cvs.push_back(std::sqrt(std::max(0.0, variance)) / mean);
  }
  return cvs;
}

std::vector<double> SpikeTally::block_rates_Hz() const {
  std::vector<double> rates;
  if (neurons_.empty()) return rates;
  const double neuron_s = static_cast<double>(neurons_.size()) * static_cast<double>(to_ - from_) * dt_s_ /
                          static_cast<double>(blocks_.size());
  for (const std::uint64_t spikes : blocks_) rates.push_back(static_cast<double>(spikes) / neuron_s);
  return rates;
}

}  // namespace penfield::readout
