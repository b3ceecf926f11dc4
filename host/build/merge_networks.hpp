#pragma once
#include <vector>

#include "penfield/state/network.hpp"

namespace penfield {

/// Puts separate networks side by side into one, so that one engine steps them all: instances of a scenario
/// that differ in seed or parameters share every launch and barrier, which a small network cannot fill alone.
/// Populations and projections keep their order, instance after instance; from the second on their names end
/// in " #2" and so on. Each draws the random numbers that it would draw alone, so that its spikes and weights
/// are those of a run of its own, bit for bit. Throws Error(internal) for networks of different dt, with a
/// schedule of touches, on several ranks, or none at all.
Network merge_networks(std::vector<Network> networks);

}  // namespace penfield
