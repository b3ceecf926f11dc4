#pragma once
// One macro step's measurement: short spiking episodes, one for each condition of the day.
#include <cstdint>
#include <vector>

#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

class EpisodeBatches;

/// What the episodes of one macro step showed, averaged over the conditions by their share of the day.
struct Measures {
  std::vector<std::vector<float>> rate_Hz;  ///< [population][neuron]
  std::vector<std::vector<float>>
      rest_rate_Hz;  ///< the same over the conditions without touch; all if there are none
  std::vector<std::vector<float>>
      burst;               ///< [population][neuron] burst calcium <y_slow at own spikes>, Hz; empty if unused
  double spiking_s = 0.0;  ///< simulated, heal-in included
};

/// Steps that make up `seconds`.
StepIndex steps_of(double seconds, double dt_ms);

/// Runs every condition's heal-in and episode from the network's present state, under the counters of
/// `episode`. `batches` stands between `engine` and the engine, or there are none. `use` [body part]: how
/// often it is touched, relative to the scenario's rate; empty: as often.
Measures measure(const Scenario& scenario, Network& network, Engine& engine, std::uint64_t episode,
                 EpisodeBatches* batches = nullptr, const std::vector<double>& use = {});

/// Clears spike and burst counters, so that the next read counts from now.
void clear_counters(Network& network);

}  // namespace penfield
