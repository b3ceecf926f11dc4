#pragma once
// `penfield bench`: times a network and shows what it was, so that a time is of a known network.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/bench/networks.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/memory_plan.hpp"

namespace penfield {

struct BenchOptions {
  double scale = 1.0;
  double simulated_s = 1.0;       ///< of each timed stretch
  std::uint32_t repetitions = 3;  ///< at least 1; the median counts
  std::uint32_t seed = 1;
  std::uint32_t instances = 0;  ///< side by side, of seeds `seed`, `seed` + 1, ...; 0: its own number
  std::uint32_t threads = 0;    ///< 0: all of the machine's
  DeviceChoice device = DeviceChoice::automatic;
  CardChoice card;
  std::function<void(const std::string&)> say;  ///< progress, a line at a time
};

/// A population's or the network's state over the checked stretch, and the verdict. Of several instances, the
/// state is that of all neurons together, and the verdict that each one, by itself, does what was observed:
/// together they would hide the one that does not.
struct BenchCheck {
  std::string population;  ///< empty: all
  double rate_Hz = 0.0, cv = 0.0;
  double log_rate_sd = 0.0;                    ///< of log(rate) over neurons that fired: the spread of rates
  double rate_error_Hz = 0.0, cv_error = 0.0;  ///< two standard errors; the interval is widened by them
  bool judged = false, pass = true;
  double rate_low_Hz = 0.0, rate_high_Hz = 0.0, cv_low = 0.0, cv_high = 0.0;
  std::vector<double> instance_Hz;     ///< [instance] mean rate
  std::uint32_t failed_instances = 0;  ///< if judged
};

struct BenchResult {
  std::string network, device, note;
  double scale = 1.0, dt_ms = 0.1;
  std::uint32_t instances = 1;
  std::uint64_t neurons = 0, synapses = 0, plastic_synapses = 0;
  double setup_s = 0.0;         ///< from the scenario's text to a network that is ready to run
  double build_s = 0.0;         ///< of these, for the network and its engine, memory having been planned
  double checked_from_s = 0.0;  ///< what came before counts for no rate
  double warm_up_s = 0.0;       ///< simulated before the clock started, the checked stretch
  double simulated_s = 0.0;
  std::vector<double> wall_s;     ///< [repetition] of `simulated_s` each
  double real_time_factor = 0.0;  ///< median wall time over simulated time: till all instances are done
  double real_time_factor_per_instance = 0.0;  ///< the same over the simulated times of all instances
  double events_per_s = 0.0;  ///< synaptic events (spike times out-degree) by wall second, median
  double growth_s = 0.0;      ///< of the wall time of a simulated second: structural plasticity; median
  double formed_per_s = 0.0, deleted_per_s = 0.0;  ///< synapses, of simulated time
  double spikes_per_s = 0.0;                       ///< of simulated time, all populations
  double ns_per_neuron_step = 0.0;                 ///< median wall time by neuron and step, all phases
  double bytes_per_synapse = 0.0, bytes_per_neuron = 0.0;   ///< arrays of the plan
  std::uint64_t peak_bytes = 0;                             ///< resident, host
  std::vector<std::pair<std::string, double>> phase_share;  ///< of one worker's time; empty: not measured
  std::vector<BenchCheck> checks;
  std::string digest;                        ///< of the state at the end of the checked stretch
  std::vector<std::string> instance_digest;  ///< [instance] what `digest` of a run of its own says
  bool pass() const;
};

/// Builds, checks over the network's stretch, then times with recording off. Throws what building and running
/// throw.
BenchResult run_bench(const BenchNetwork& network, const BenchOptions& options);

/// What would be allocated, without building.
MemoryPlan plan_bench(const BenchNetwork& network, const BenchOptions& options);

std::string bench_table(const BenchResult& result);
/// With the machine, the date, the version and the commit.
std::string bench_json(const BenchResult& result);

}  // namespace penfield
