#pragma once
#include <cstdint>
#include <vector>

#include "host/run/watchdog.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// Stops a raw run at the first state that is not finite, and where a population fires so fast that it can
/// only be a run-away loop. It looks on a grid of 100 ms of simulated time.
class RawWatch {
 public:
  RawWatch(const Scenario& scenario, const Network& network) : watchdog_(scenario, network) {}

  /// Starts counting at step `now`.
  void begin(const Network& network, StepIndex now);
  /// The next step after `now` at which it has to look.
  StepIndex next(StepIndex now) const { return (now / interval_ + 1) * interval_; }
  bool due(StepIndex step) const { return step % interval_ == 0; }
  /// Is it time to look at weights and slow state, too? As often as at the rest in networks of up to a
  /// million synapses, and in larger ones as much less often.
  bool whole_due(const Network& network, StepIndex now) const;
  /// Throws Error(numerics) that names population, neuron and step for a value that is not finite, or the
  /// population whose mean rate over the last 100 ms or more is absurd.
  void look(const Network& network, StepIndex now, bool weights = false);

 private:
  Watchdog watchdog_;
  StepIndex interval_ = 1;
  StepIndex since_ = 0;
  std::vector<std::uint64_t> counted_;  ///< [population] spikes up to `since_`
};

}  // namespace penfield
