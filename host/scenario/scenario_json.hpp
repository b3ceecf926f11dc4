#pragma once
#include <span>
#include <string>
#include <string_view>

#include "host/scenario/scenario.hpp"

namespace penfield {

/// Reads, completes and checks a scenario file (JSON; the keys are in scenarios/schema). `set_overrides`:
/// texts `path=value` that set single values, as the command line's --set. Throws Error(scenario) that lists
/// up to 20 faults, each with file, line, column, path and cure; Error(input_file) where only a data file
/// that the scenario names is at fault.
Scenario load_scenario(const std::string& path, std::span<const std::string> set_overrides = {});

/// How far a document got, for the fuzz target.
struct ParseCounts {
  bool parsed = false;
  std::size_t range_checks = 0;
};

/// The same for `text`; `file_name` is for messages, data files are looked up below `folder`.
Scenario parse_scenario(std::string_view text, const std::string& file_name, const std::string& folder,
                        std::span<const std::string> set_overrides = {}, ParseCounts* counts = nullptr);

}  // namespace penfield
