#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/scenario/scenario.hpp"

namespace penfield {

/// What one finished run gave: named lists of numbers; NaN where one could not be measured.
using RunNumbers = std::map<std::string, std::vector<double>>;

/// Finished runs, one JSON file each: a validation that was stopped goes on where it was. A run is found
/// again by the scenario's hash (which holds every value and the seed), the program's version and commit, and
/// the protocol.
class RunCache {
 public:
  /// An empty folder name keeps nothing. `protocol` is what else the numbers depend on.
  RunCache(std::filesystem::path folder, const Scenario& scenario, std::string protocol);

  /// Nothing if there is no such run, or its file is damaged or another run's.
  std::optional<RunNumbers> find() const;
  /// Throws Error(output).
  void keep(const RunNumbers& numbers) const;

 private:
  std::filesystem::path file_;
  std::string scenario_, hash_, program_, protocol_;
};

}  // namespace penfield
