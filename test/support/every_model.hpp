#pragma once
// A network with one of everything that can change its bits: every neuron model, connection rule, plasticity
// rule, delay convention, drive, homeostat and rewiring, for tests that two ways of running it agree.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/run/rate_loop.hpp"
#include "host/run/rewiring.hpp"
#include "host/scenario/scenario.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/scratch_folder.hpp"

namespace penfield::test {

/// The scenario at about 2,100 neurons times `size` (at least a tenth). Rates are some 30 to 60 Hz, so that 1
/// s of it brings about 100,000 spikes at size 1. The list of synapses of rule `file` is written to `folder`.
Scenario every_model_scenario(const ScratchFolder& folder, double size = 1.0, std::uint32_t seed = 20240229);

/// Its listed pulses of modulators, all at once; EveryModelRun does so by itself.
void enter_pulses(const Scenario& scenario, Network& network);

/// A built scenario with an engine and its slow processes, as the episodic clock runs them.
class EveryModelRun {
 public:
  explicit EveryModelRun(const Scenario& scenario, const BuildOptions& build = {},
                         const cpu::CpuEngineOptions& options = {});

  /// One macro step of `seconds`: episodes of all conditions, homeostats, then rewiring. The first one ends
  /// with the intact snapshot instead of rewiring.
  void macro_step(double seconds = 24 * 3600.0);

  Scenario scenario;
  Network network;
  std::unique_ptr<Engine> engine;
  std::vector<Homeostat> homeostats;
  std::vector<Rewiring> rewirings;
  RewiringCounts counts;             ///< of all macro steps so far
  std::uint64_t num_spikes() const;  ///< since the counters were last cleared, plus those of all macro steps
  std::uint64_t slow_digest();  ///< of what homeostats and rewiring carry from one macro step to the next

 private:
  std::uint64_t macro_ = 0;
  std::uint64_t earlier_spikes_ = 0;
};

}  // namespace penfield::test
