#include "host/run/event_steps.hpp"

#include <algorithm>
#include <cmath>

#include "host/run/measure.hpp"
#include "host/run/session_schedule.hpp"

namespace penfield {

namespace {

/// The step in which a time lies; one that is a multiple of the step, but for its rounding, begins it.
StepIndex step_at(double time_s, double dt_ms) {
  return static_cast<StepIndex>(std::floor(1e3 * time_s / dt_ms + 1e-3));
}

}  // namespace

EventSteps::EventSteps(const EventSpec& event, double dt_ms)
    : enabled_(event.enabled),
      train_(event.train),
      from_s_(event.from_s),
      dt_ms_(dt_ms),
      from_(steps_of(event.from_s, dt_ms)),
      to_(event.to_s < 0.0 ? kNoStep : steps_of(event.to_s, dt_ms)),
      pulse_(event.train.pulse_ms > 0.0 ? steps_of(1e-3 * event.train.pulse_ms, dt_ms) : 0) {}

/// Calls each(first step, step after the last) for pulses among which is the one that a step lies in, and the
/// next one. Rounding may place a time beside the train or pulse that it belongs to.
template <class Each>
void EventSteps::for_pulses_near(StepIndex step, const Each& each) const {
  const double since_s = 1e-3 * dt_ms_ * static_cast<double>(step) - from_s_;
  const bool repeats = train_.trains_every_s > 0.0;
  const double last = repeats ? std::floor(since_s / train_.trains_every_s) : 0.0;
  for (double m = repeats ? std::max(0.0, last - 1.0) : 0.0; m <= std::max(0.0, last + (repeats ? 1.0 : 0.0));
       m += 1.0) {
    const double onset_s = repeats ? m * train_.trains_every_s : 0.0;
    const double pulse = train_.rate_Hz > 0.0 ? std::floor((since_s - onset_s) * train_.rate_Hz) : 0.0;
    for (const double beside : {-1.0, 0.0, 1.0}) {
      const double k = std::clamp(pulse + beside, 0.0, static_cast<double>(train_.pulses) - 1.0);
      const double at_s = from_s_ + onset_s + (k > 0.0 ? k / train_.rate_Hz : 0.0);
      const StepIndex begin = steps_of(at_s, dt_ms_);
      each(begin, begin + pulse_);
    }
  }
}

bool EventSteps::on(StepIndex step) const {
  if (!enabled_ || step < from_ || step >= to_) return false;
  if (pulse_ == 0) return true;
  bool in_pulse = false;
  for_pulses_near(
      step, [&](StepIndex begin, StepIndex end) { in_pulse = in_pulse || (step >= begin && step < end); });
  return in_pulse;
}

StepIndex EventSteps::next(StepIndex step) const {
  if (!enabled_ || step >= to_) return kNoStep;
  StepIndex next = to_;
  const auto consider = [&](StepIndex at) {
    if (at > step) next = std::min(next, at);
  };
  consider(from_);
  if (pulse_ > 0)
    for_pulses_near(step, [&](StepIndex begin, StepIndex end) {
      consider(begin);
      consider(end);
    });
  return next;
}

bool acts_at(const Scenario& scenario, const EventSpec& event, double time_s) {
  if (scenario.clock.episodic) return holds(event, time_s);
  return EventSteps(event, scenario.dt_ms).on(step_at(time_s, scenario.dt_ms));
}

bool over_at(const Scenario& scenario, const EventSpec& event, double time_s) {
  if (event.to_s < 0.0) return false;
  if (scenario.clock.episodic) return reached(time_s, event.to_s);
  return EventSteps(event, scenario.dt_ms).over(step_at(time_s, scenario.dt_ms));
}

}  // namespace penfield
