#pragma once
#include <string>
#include <string_view>

#include "host/scenario/scenario.hpp"

namespace penfield {

/// The scenario as JSON with every default filled in: keys in the order of the sections, elements in file
/// order, numbers as the shortest text that reads back as the same double. Reading it gives the same scenario
/// and the same text.
std::string canonical_dump(const Scenario& scenario);

/// `text` as a JSON string, quotes included; what is not ASCII stays UTF-8.
std::string json_string(std::string_view text);

}  // namespace penfield
