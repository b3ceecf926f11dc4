#pragma once
// Values of synapses in a checkpoint: the same bytes for any number of ranks.
#include <vector>

#include "host/run/state_archive.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// `tiles`: [tile of `target`][synapse], of which this rank holds its own; empty: nothing is kept yet.
/// Reading throws Error(input_file) where tiles and values do not agree.
void archive_tiles(StateArchive& a, const std::string& name, const Network& network, const Population& target,
                   std::vector<std::vector<float>>& tiles);

}  // namespace penfield
