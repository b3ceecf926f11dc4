#pragma once
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "host/validate/validate.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// [step] which relays of population 0 fire in it, and whether those of population 1 do.
using ToldSpikes = std::map<StepIndex, std::pair<std::vector<std::size_t>, bool>>;

/// Runs a network of two populations of relays in which these fire as they are told and not else, and so
/// many steps more. Throws Error(stopped) when asked to stop.
void run_told_spikes(const ValidateOptions& options, const ToldSpikes& spikes, StepIndex steps_after,
                     Network& network, Engine& engine);

}  // namespace penfield
