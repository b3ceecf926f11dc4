#pragma once
// The raw clock: every step is simulated; stimuli switch at their times, recorders read without disturbing.
#include <functional>
#include <memory>
#include <vector>

#include "host/run/raw_records.hpp"
#include "host/run/slow_weights.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

class RawGrowth;

/// Told about progress: simulated seconds done and in all.
using RawProgress = std::function<void(double done_s, double total_s)>;
/// Takes the recorded spikes of a stretch of the run, sorted by step, then population and neuron.
using SpikeSink = std::function<void(const std::vector<Spike>& spikes)>;

/// A raw run that can be stopped, saved and gone on with. Scenario, network and engine must outlive it.
class RawRun {
 public:
  /// Of networks side by side, `scenario` is the first one's; it says whose spikes are recorded in all.
  /// Throws Error(scenario) if it has anything else that acts or looks while they run: a stimulus that
  /// changes in time, homeostasis, structure, a body, another record.
  RawRun(const Scenario& scenario, Network& network, Engine& engine);
  ~RawRun();

  /// Spikes of the populations that the scenario records go to `sink` as they come, and not into records():
  /// for runs whose spikes would not fit into memory.
  void send_spikes(SpikeSink sink);

  /// Runs from the engine's now() to `until_s`, with the scenario's stimuli, events and recorders. Recording
  /// changes no bit of the run. True when finished, false when `stop` asked for an end or the engine threw
  /// Interrupted. Throws Error(numerics) where the state is no longer finite or a population fires above 500
  /// Hz.
  bool run(const RawProgress& progress = {}, const std::function<bool()>& stop = {});
  const RawRecords& records() const;
  /// Pools of astrocytes and lasting parts of weights, as they stand.
  const SlowWeights& slow_weights() const;
  /// What structural plasticity did so far; it may be asked between two calls of `stop`.
  const RawGrowth& growth() const;
  /// Everything beside network and engine that going on with the same bits needs.
  void archive(StateArchive& a);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penfield
