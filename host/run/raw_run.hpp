#pragma once
// The raw clock: every step is simulated; stimuli switch at their times, recorders read without disturbing.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// Sampled state of some neurons of one population.
struct TraceRecord {
  std::string population, column, unit;
  std::uint32_t first = 0, count = 0;  ///< neurons [first, first + count)
  std::vector<double> time_ms;
  std::vector<float> values;           ///< [time][neuron]; potentials absolute
};

/// Mean rate of one population in consecutive bins.
struct RateRecord {
  std::string population;
  double bin_s = 0.0;
  std::vector<double> rate_Hz;         ///< [bin]
};

/// The synapses of one projection at one time, sorted by target, then source.
struct SynapseRecord {
  std::string projection, weight_unit;
  double time_s = 0.0;
  std::uint32_t source_population = 0, target_population = 0;
  std::vector<std::uint32_t> source, target;
  std::vector<float> weight, delay_ms;
};

struct RawRecords {
  std::vector<bool> spikes_of;         ///< [population]
  std::vector<Spike> spikes;
  std::vector<TraceRecord> traces;
  std::vector<RateRecord> rates;
  std::vector<SynapseRecord> synapses;
};

/// Told about progress: simulated seconds done and in all.
using RawProgress = std::function<void(double done_s, double total_s)>;

/// A raw run that can be stopped, saved and gone on with.
class RawRun {
 public:
  RawRun(const Scenario& scenario, Network& network, Engine& engine);
  ~RawRun();

  /// Runs from the engine's now() to `until_s`, with the scenario's stimuli, events and recorders. Recording changes no bit
  /// of the run. True when finished, false when `stop` asked for an end. Throws Error(numerics) where the state is no longer
  /// finite or a population fires above 500 Hz.
  bool run(const RawProgress& progress = {}, const std::function<bool()>& stop = {});
  RawRecords& records();
  /// Everything beside network and engine that going on with the same bits needs.
  void archive(StateArchive& a);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads the synapses of a projection as they stand, without disturbing pending plasticity.
SynapseRecord read_synapses(const Scenario& scenario, Network& network, Engine& engine, std::uint32_t projection);

}  // namespace penfield
