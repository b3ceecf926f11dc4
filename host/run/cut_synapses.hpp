#pragma once
// Synapses that go at once, with what they were: cells died, or axons were cut.
#include <cstdint>
#include <functional>

#include "penfield/state/network.hpp"

namespace penfield {

/// Removes the synapses of a projection that `goes` picks by source and target neuron, on this rank; returns
/// how many went. What stays keeps its order, weights and state of a rule. The host's arrays are edited: call
/// Engine::download() before, Network::bind and Engine::upload() after.
std::uint64_t cut_synapses(Network& network, Projection& projection,
                           const std::function<bool(std::uint32_t source, std::uint32_t target)>& goes);

}  // namespace penfield
