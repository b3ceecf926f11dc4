#pragma once
#include <cstdint>
#include <vector>

#include "penfield/state/network.hpp"

namespace penfield {

/// Deals the tiles of every population out to the network's ranks, in ranges, such that all have about equal
/// work: see Population::rank_tiles. `synapses_per_neuron`: [population] what comes into one neuron, about.
/// Every rank finds the same.
void share_tiles(Network& network, const std::vector<double>& synapses_per_neuron);

}  // namespace penfield
