#pragma once
#include <string>
#include <vector>

#include "host/readout/spike_statistics.hpp"
#include "host/validate/validate.hpp"

namespace penfield {

/// One raw run of a scenario file with overrides: the spikes of every population, in the scenario's order.
struct NetworkRun {
  std::vector<std::string> populations;
  std::vector<readout::SpikeTrains> trains;
  double simulated_s = 0.0, wall_s = 0.0;
};
NetworkRun run_network(const ValidateOptions& options, const std::string& scenario,
                       const std::vector<std::string>& overrides);

/// Rate and irregularity of all populations together, from `from_s` on.
struct NetworkState {
  double rate_Hz = 0.0, cv = 0.0;
};
NetworkState state_of(const NetworkRun& run, double from_s);

ValidationReport validate_pd14(const ValidateOptions& options);
ValidationReport validate_brunel4(const ValidateOptions& options);
ValidationReport validate_coba(const ValidateOptions& options);
ValidationReport validate_unmask_fast(const ValidateOptions& options);
ValidationReport validate_sprout_8wk(const ValidateOptions& options);

/// A row with its verdict: the mean over seeds in [low, high], widened by `widened_by` at both ends.
ValidationRow make_row(const std::string& name, const std::string& unit, std::vector<double> values,
                       double low, double high, double widened_by, const std::string& source);

}  // namespace penfield
