#pragma once
// What the timeline says of a biological time, found without simulating.
#include <cstdint>
#include <string>

#include "host/run/drugs.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/base/ids.hpp"

namespace penfield {

/// Biological times are far coarser.
inline constexpr double kTimeTolerance_s = 1e-3;

inline bool reached(double time_s, double due_s) { return time_s >= due_s - kTimeTolerance_s; }

/// Does an event with a beginning and an end hold then? A disabled one never does.
inline bool holds(const EventSpec& e, double time_s) {
  return e.enabled && reached(time_s, e.from_s) && (e.to_s < 0.0 || !reached(time_s, e.to_s));
}

/// Does a `freeze` hold what is called `name`?
bool is_frozen(const Scenario& scenario, const std::string& name, double time_s);

/// On the raw clock: does one hold it in the interval that ends at `step`?
bool is_frozen_until(const Scenario& scenario, const std::string& name, StepIndex step);

/// After such events the map changes at once: short steps follow, and a probe; a disabled one's as well, so
/// that a knock-out keeps the schedule.
bool is_abrupt(const EventSpec& event);
/// Do short steps follow? Also after the onset of a therapy, given or not: with short steps in one of two
/// groups alone an infarct's rim kept 1 % more of its cells there.
bool begins_short_steps(const EventSpec& event);

/// Is a probe due at that time, or at the end?
bool probe_falls_at(const Scenario& scenario, const ProbeSpec& spec, double time_s);

/// Length of the macro step from `time_s` on, cut at whatever comes first; short until `short_until_s`.
double scheduled_step_s(const Scenario& scenario, const DrugTimes& drug_times, double time_s,
                        double short_until_s);

/// What a study will simulate: for time estimates and progress.
struct StudySchedule {
  std::uint64_t macro_steps = 0;
  std::uint64_t probes = 0;
  double spiking_s = 0.0;  ///< in all
  double probe_s = 0.0;    ///< of it in probes
  StepIndex steps = 0;     ///< of the run's own clock: probes do not count
};

/// Follows the clock of Study::run (host/run/study.cpp); with a tolerance, as if no error held a step back.
StudySchedule plan_schedule(const Scenario& scenario);

}  // namespace penfield
