#pragma once
// Values of synapses in a checkpoint: the same bytes for any number of ranks, and with the same tiles.
#include <vector>

#include "host/run/state_archive.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// `tiles`: [tile of the target][synapse] of the projection, of which this rank holds its own; empty: nothing
/// is kept yet. Reading throws Error(input_file) where tiles and values do not agree. For a digest it writes
/// one sum over all synapses, which knows neither tiles nor order.
void archive_tiles(StateArchive& a, const std::string& name, const Network& network,
                   const Projection& projection, std::vector<std::vector<float>>& tiles);

}  // namespace penfield
