#pragma once
// Stops a run at the first state that is not finite or absurd, and says where it is.
#include <cstdint>
#include <string>
#include <vector>

#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// Looks at the activity of stretches of spiking. What it remembers is not part of a checkpoint: silence is
/// counted anew in every process that goes on with a run.
class Watchdog {
 public:
  Watchdog(const Scenario& scenario, const Network& network);

  /// `rate_Hz`: [population] mean over `seconds` of spiking that end before step `now`. Throws
  /// Error(numerics) naming the population that fires too fast, or that is silent for too long, or that all
  /// are.
  void look(const std::vector<double>& rate_Hz, double seconds, StepIndex now);

 private:
  struct Limits {
    double most_rate_Hz, silent_for_s;
    double ceiling_Hz;  ///< a rate that only saturated cells have; 0: the model has no refractory time
  };
  double all_silent_for_s_;  ///< negative: not looked at
  std::vector<std::string> names_;
  std::vector<Limits> limits_;    ///< [population]
  std::vector<double> silent_s_;  ///< [population] spiking time since its last spike
  double all_silent_s_ = 0.0;
  bool active_ = false;  ///< something has fired
};

/// Throws Error(numerics) naming the population, the neuron and the quantity of the first value in the fast
/// state, the gains and the relays' drive that is not finite; with `weights` also the projection and the
/// target neuron of the first such weight. Reads the host's copy.
void require_finite(const Network& network, StepIndex step, bool weights = true);

/// Looks at slow state that the host keeps beside the network (Job::archive): throws Error(numerics) naming
/// process, quantity and element of the first value that is not finite.
StateArchive finite_check(StepIndex step);

/// What happened last on the timeline at a biological time, for messages: "after amputate hand/D3 (timeline
/// [loss], at 2 d)", or "before any event".
std::string last_event(const Scenario& scenario, double time_s);

}  // namespace penfield
