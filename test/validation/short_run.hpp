#pragma once
#include "host/validate/network_runs.hpp"

namespace penfield::test {

/// A run of scenarios/validation that is not kept.
inline NetworkState short_run(const NetworkProtocol& protocol) {
  ValidateOptions options;
  options.scenarios = PENFIELD_SCENARIO_FOLDER;
  return run_network(options, protocol);
}

}  // namespace penfield::test
