#pragma once
// How long macro steps may be, and what they are judged by beside the errors of single processes.
#include <vector>

#include "host/run/episode_batches.hpp"
#include "host/run/measure.hpp"
#include "host/run/state_archive.hpp"
#include "host/run/step_errors.hpp"
#include "host/scenario/scenario.hpp"

namespace penfield {

/// With a tolerance in the clock, fits the length of macro steps from short_step, at the start and after
/// events:
///   H min(2, 0.9 sqrt(tolerance / error))   the largest error of the slow processes
///   half the tolerance                      for what episodes leave uncertain
///   5 %                                     of change of a slow variable in the mean
///   20 %                                    of change of the rates that slow processes follow
/// The last is what loops show that no single process sees: steps as long as a loop takes to answer swing,
/// and rates tell first. It is the root mean square over bins of neighbours, without what the scatter of
/// batches explains, relative to the population's mean rate. Without a tolerance the schedule alone decides.
class StepControl {
 public:
  StepControl(const Scenario& scenario, const Network& network, EpisodeBatches& batches);

  /// Of a step that the schedule would have so long.
  double limit_s(double scheduled_s) const;
  /// An event comes: a short step is next, and rates before it are no measure of those after it.
  void restart();
  /// A macro step of `seconds` was taken by these measures. Fills in the change of rates since the step
  /// before.
  void judge(StepErrors& errors, const Measures& measures, double seconds);

  void archive(StateArchive& a);

 private:
  struct Rates {
    std::vector<double> mean_Hz, variance_Hz2;  ///< [bin] of the day
  };
  Rates rates_of(const Measures& measures, std::uint32_t population) const;

  const ClockSpec& clock_;
  EpisodeBatches& batches_;
  double fitted_s_ = 0.0,
         before_s_ = 0.0;                ///< before: length of the step that rates are of; 0: there is none
  std::vector<std::uint32_t> followed_;  ///< populations
  std::vector<Rates> before_;            ///< [of those]
};

}  // namespace penfield
