#pragma once
#include <functional>
#include <string>
#include <vector>

#include "host/scenario/scenario.hpp"
#include "host/validate/run_cache.hpp"
#include "host/validate/validate.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// One raw run of a scenario of scenarios/validation, and from when on it is measured.
struct NetworkProtocol {
  std::string scenario;  ///< file name without .json
  std::uint32_t seed = 1;
  double from_s = 0.5;  ///< what comes before is discarded
  double until_s = 2.5;
  double wall_budget_s = 0.0;  ///< ends the run after so much wall time, building included; 0: never
  double least_s = 1.0;        ///< measured even if the budget is spent
  bool may_run_away = false;   ///< a run whose numbers break counts as measured nowhere, and is no error
};

/// What spikes of one population said.
struct PopulationState {
  std::string name;
  std::vector<double> rate_Hz;   ///< [neuron]
  std::vector<double> cv;        ///< [neuron with 3 intervals or more]
  std::vector<double> block_Hz;  ///< [tenth of the measured time] mean rate
  double mean_Hz = 0.0;          ///< of rate_Hz
  double mean_cv = 0.0, mode_cv = 0.0;
  double synchrony = 0.0;    ///< of the population rate in 1 ms bins
  double peak_Hz = 0.0;      ///< of its spectrum between 5 and 400 Hz, 2 Hz apart
  double correlation = 0.0;  ///< mean over pairs of 200 neurons, 2 ms bins
  double last_Hz = 0.0;      ///< mean rate in the last tenth
};

struct NetworkState {
  std::vector<PopulationState> populations;
  double measured_s = 0.0;  ///< 0: the run broke
  double build_s = 0.0, run_s = 0.0, simulated_s = 0.0;
  double peak_GB = 0.0;  ///< resident, of this process so far

  bool ran_away() const { return measured_s == 0.0; }
  double real_time_factor() const { return run_s / simulated_s; }
  /// Over all neurons; NaN if the run broke.
  double mean_Hz() const;
  double mean_cv() const;
  /// Twice the standard error: of the mean rate from the scatter of its blocks in time, of the mean CV from
  /// the scatter over neurons.
  double rate_error_Hz() const;
  double cv_error() const;
};

/// Twice the standard error of one population's mean rate, from the scatter of its blocks in time.
double rate_error_Hz(const PopulationState& p);

/// Runs the scenario's raw clock on an engine, and reads its spikes from `from_s` on. `stop` may end it
/// before scenario.until_s; a run that ended before `from_s` measured nothing. Throws what running throws.
NetworkState measure_run(const Scenario& scenario, Network& network, Engine& engine, double from_s,
                         const std::function<bool()>& stop = {});

/// Runs, or takes a finished run from the cache. Throws Error(stopped), and what building and running throw.
NetworkState run_network(const ValidateOptions& options, const NetworkProtocol& protocol);

}  // namespace penfield
