#pragma once
// Takes synapses out of a tile, and puts others in, in one pass over its arrays.
#include <cstdint>
#include <vector>

#include "host/build/row_stream.hpp"
#include "penfield/base/span.hpp"
#include "penfield/connect/rewire_row.hpp"
#include "penfield/connect/synapse_fate.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// What is to happen to the synapses of one tile, and what has.
struct TileEdit {
  SynapseFates fates;
  const std::uint32_t* target_loss =
      nullptr;                               ///< [targets] synapses that are lost, evenly, whatever else goes
  const std::uint32_t* in_degree = nullptr;  ///< [targets]
  std::uint32_t first_target = 0;            ///< neuron of the tile's target 0
  std::uint32_t num_targets = 0;
  float matured_weight = 0.0f;         ///< of a spine that becomes mature
  Span<const SynapseEntry> formed;     ///< of this tile, in any order
  std::vector<FormedSynapse> deleted;  ///< appended: pairs that lost a synapse
  std::uint64_t matured = 0;           ///< counted up
};

/// Edits the tile in place. Its synapses are then in the order that fill_tile() would give them: by source,
/// delay, target, and of equal ones those that were there first. Needs weights that are stored as floats, and
/// rules without further state a synapse. Time and memory in proportion to the tile's synapses; where nothing
/// can go and nothing comes, it looks at nothing.
void edit_tile(SynapseTile& tile, const ProjectionView& view, TileEdit& edit);

}  // namespace penfield
