#pragma once
// Scenario -> Network: positions, parameters, stimuli, synapses, fixed-point scales. The network is the same
// for any number of threads and any tile size.
#include <cstdint>
#include <functional>
#include <memory>

#include "host/scenario/scenario.hpp"
#include "penfield/engine/tile_maker.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

struct BuildOptions {
  std::uint32_t tile_size = 0;  ///< power of two from 4 to 4096; 0: chosen by population size
  /// [population] of the run that wrote a checkpoint, which is laid out by them; empty: see above.
  std::vector<std::uint32_t> tile_sizes;
  std::uint32_t threads = 1;   ///< that build; tiles are chosen so that as many can run
  Ranks* ranks = &one_rank();  ///< that hold the network together
  bool gpu = false;            ///< tiles are chosen for a GPU's blocks instead
  /// Makes the synapses of the rules that it can; null: the host makes all. The bits are the same.
  std::shared_ptr<TileMaker> maker;
  bool plan_for_maker = false;  ///< for a plan: as with a maker, whether there is one here or not
  std::function<void(double share)> progress;  ///< called from one thread with the share of synapses made
};

/// On several ranks, each makes the synapses into its own tiles. Throws Error(scenario) naming the projection
/// or population where the scenario cannot be built, Error(memory) where it does not fit, and Interrupted
/// where a stop is wished for (penfield/base/stop.hpp).
Network build_network(const Scenario& scenario, const BuildOptions& options);

/// Thresholds of a Poisson count of mean `mean`: see PoissonDrive. Throws Error(scenario) above a mean of 100
/// a step.
AlignedArray<std::uint32_t> poisson_thresholds(double mean);

/// Which trace of `population` decays with `tau_ms`; registered if it is new.
std::uint32_t find_or_add_trace(Population& population, double tau_ms, double dt_ms);

/// Index of a population by name. Throws Error(internal) if there is none (the scenario has been checked).
std::uint32_t population_index(const Network& network, const std::string& name);

}  // namespace penfield
