#pragma once
#include <cstddef>

#include "penfield/state/network.hpp"

namespace penfield {

/// Gives synapses [begin, end) of a tile what their projection's rule has of new synapses of the weights that
/// stand there. Does nothing where the rule keeps nothing beside weights. The tile's `state` has its size.
void set_first_values(Projection& projection, std::size_t tile, std::size_t begin, std::size_t end);

}  // namespace penfield
