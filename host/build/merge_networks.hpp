#pragma once
#include <vector>

#include "penfield/state/network.hpp"

namespace penfield {

/// Puts separate networks side by side into one, so that one engine steps them all: instances of a scenario
/// that differ in seed or parameters share every barrier between threads, and on a GPU the launches of
/// delivery, which a small network cannot fill alone. Populations and projections keep their order, instance
/// after instance; from the second on their names end in " #2" and so on.
///
/// Each draws the random numbers that it would draw alone, so that its spikes are those of a run of its own,
/// bit for bit, and so is all of its state once Engine::flush has been called. (Before that, plastic weights
/// may be further up to date: a flush that one instance asks for takes neurons of all.)
///
/// Throws Error(internal) for none, for networks of another layout (the names of populations, the number of
/// projections) or dt than the first one's, and for any that are on several ranks, are touched, or are
/// several already.
Network merge_networks(std::vector<Network> networks);

}  // namespace penfield
