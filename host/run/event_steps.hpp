#pragma once
// When an event acts on the raw clock: in whole steps, and a train in those of its pulses.
#include <limits>
#include <string>

#include "host/scenario/scenario.hpp"
#include "penfield/base/ids.hpp"

namespace penfield {

inline constexpr StepIndex kNoStep = std::numeric_limits<StepIndex>::max();

/// Pulse k of train m begins in the step nearest to from + m trains_every + k / rate, so that no error adds
/// up, and lasts a whole number of steps. What lies at or after `to` is cut off.
class EventSteps {
 public:
  EventSteps(const EventSpec& event, double dt_ms);

  /// Does it act in the step that begins at `step`? A disabled one never does.
  bool on(StepIndex step) const;
  /// Has it ended?
  bool over(StepIndex step) const { return enabled_ && step >= to_; }
  /// The first step after `step` at which it begins to act, or ends; kNoStep: none.
  StepIndex next(StepIndex step) const;
  StepIndex from() const { return from_; }

 private:
  template <class Each>
  void for_pulses_near(StepIndex step, const Each& each) const;

  bool enabled_;
  PulseTrainSpec train_;
  double from_s_, dt_ms_;
  StepIndex from_, to_, pulse_;  ///< pulse_: steps, 0 for a constant current
};

/// Does an event hold at that time? On the raw clock times are those of steps; on the episodic clock, within
/// a tolerance (holds() in host/run/session_schedule.hpp).
bool acts_at(const Scenario& scenario, const EventSpec& event, double time_s);
/// Has its `to` been reached then? False where it has none.
bool over_at(const Scenario& scenario, const EventSpec& event, double time_s);

}  // namespace penfield
