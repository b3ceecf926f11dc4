#pragma once
#include <cstdint>
#include <vector>

namespace penfield {

/// A synapse of one tile on its way into the tile's arrays.
struct SynapseEntry {
  std::uint32_t source;
  std::uint16_t target;  ///< within the tile
  std::uint16_t delay;   ///< steps
  float weight;
};

/// Sorts by source, then delay; synapses that agree in both stay in their order, which is by target where
/// they were made target after target. Takes time in proportion to the synapses, and a buffer of their size;
/// nothing where they are sorted already.
void sort_synapses(std::vector<SynapseEntry>& entries);

/// The same of rows, target after target, without a buffer.
void join_rows(const std::vector<std::vector<SynapseEntry>>& rows, std::vector<SynapseEntry>& sorted);

}  // namespace penfield
