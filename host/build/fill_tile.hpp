#pragma once
#include <cstdint>
#include <vector>

#include "penfield/base/span.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// A synapse of one tile on its way into the tile's arrays.
struct SynapseEntry {
  std::uint32_t source;
  std::uint16_t target;  ///< within the tile
  std::uint16_t delay;   ///< steps
  float weight;
};

/// Packs synapses into a tile: by source, then delay, then target, then ordinal. `rows` are gone through one
/// after the other, and hold the synapses target after target, each target's by ordinal. Takes time in
/// proportion to the synapses, and little memory beside the tile's own.
void fill_tile(SynapseTile& tile, const ProjectionView& view, Span<const std::vector<SynapseEntry>> rows);

}  // namespace penfield
