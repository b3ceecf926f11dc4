#pragma once
#include <algorithm>
#include <cstdint>

namespace penfield {

/// Size of the rings that keep a plastic population's own spikes, see PopulationView::history_capacity.
struct HistorySizes {
  std::uint32_t limit, capacity;
};

/// A ring holds the spikes between two flushes of its neuron and, beyond them, those of one dendritic delay,
/// whose events are older than the flush that leaves them for later. A flush takes neurons from half the
/// limit on: with 20 spikes it costs at most one update of a synapse in ten spikes of its target. `interval`:
/// steps from one spike to the next, at least.
constexpr HistorySizes history_sizes(std::uint32_t longest_delay, std::uint32_t interval) {
  const std::uint32_t within_delay = longest_delay / interval + 2;
  std::uint32_t capacity = 1;
  while (capacity < std::max(20u, within_delay) + within_delay) capacity *= 2;
  return {capacity - within_delay, capacity};
}

}  // namespace penfield
