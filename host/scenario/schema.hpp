#pragma once
#include <string>

namespace penfield {

/// The JSON Schema (draft 2020-12) of a scenario, from the tables that the reader uses; ends with a newline.
/// What joins several values (names that refer, sums, times in order) is beyond a schema: `penfield check`
/// does that.
std::string scenario_schema();

}  // namespace penfield
