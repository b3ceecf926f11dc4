#pragma once
#include <cstdint>
#include <limits>
#include <vector>

namespace penfield::readout {

/// Rates and irregularity of one population counted as its spikes come, in 32 bytes a neuron however many
/// there are: what rates_Hz, cv_isi and block_rates_Hz (spike_statistics.hpp) say of the whole trains.
class SpikeTally {
 public:
  /// Counts spikes of steps [from, to). A spike belongs to the end of its step.
  SpikeTally(std::uint32_t num_neurons, std::int64_t from, std::int64_t to, std::uint32_t num_blocks,
             double dt_s);

  /// A neuron's spikes have to come in their order.
  void add(std::uint32_t neuron, std::int64_t step);

  /// [neuron]
  std::vector<double> rates_Hz() const;
  /// [neuron with at least `min_intervals` of them] coefficient of variation of the inter-spike intervals.
  std::vector<double> cv_isi(std::uint32_t min_intervals = 3) const;
  /// [block] mean rate of a neuron in equal stretches; empty where there are no neurons.
  std::vector<double> block_rates_Hz() const;

 private:
  /// Sums of whole steps, so that nothing is rounded.
  struct Neuron {
    std::int64_t first = 0, last = 0, squares = 0;
    std::uint64_t spikes = 0;
  };
  std::int64_t from_, to_;
  double dt_s_;
  std::vector<Neuron> neurons_;
  std::vector<std::uint64_t> blocks_;  ///< [block] spikes
};

}  // namespace penfield::readout
