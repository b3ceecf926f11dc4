#pragma once
#include <cstdint>

#include "host/scenario/scenario.hpp"
#include "penfield/base/ids.hpp"

namespace penfield {

/// What a study will simulate, found without simulating: for time estimates and progress.
struct StudySchedule {
  std::uint64_t macro_steps = 0;
  std::uint64_t probes = 0;
  double spiking_s = 0.0;  ///< in all
  double probe_s = 0.0;    ///< of it in probes
  StepIndex steps = 0;     ///< of the run's own clock: probes do not count
};

/// Follows the clock of Study::run (host/run/study.cpp).
StudySchedule plan_schedule(const Scenario& scenario);

}  // namespace penfield
