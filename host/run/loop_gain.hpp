#pragma once
// How steeply rates answer a homeostat, measured by small perturbations.
#include <cstdint>
#include <vector>

#include "host/run/homeostasis.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// -s d ln(rate) / d ln(factor) of a population, s the homeostat's sign: G of its closed loop.
struct LoopGain {
  double gain = 0.0, standard_error = 0.0;
  double spiking_s = 0.0;  ///< that the measurement simulated, heal-in included
};

/// Runs the episodes of a macro step twice from the present state, with the homeostat's factors raised and
/// lowered by 5 % and nothing learning, and the same touches and draws in both (common random numbers: what
/// both share cancels). The error is that of the batches' differences. The network is afterwards what it was,
/// also where an episode is left by an exception. The host's network must be what the engine has. `use`: as
/// for measure().
LoopGain measure_loop_gain(const Scenario& scenario, Network& network, Engine& engine,
                           const Homeostat& homeostat, std::uint64_t macro_step,
                           const std::vector<double>& use);

/// Can a step be built on it: above 0.1, and known to half of itself? If not, the gain before it is kept.
bool is_usable(const LoopGain& measured);

}  // namespace penfield
