#pragma once
// Grammar-aware mutation of scenarios, apart from the target so that it can be compiled without sanitizers:
// it is not what is tested, and would take most of the time.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penfield::fuzz {

/// Documents to start from: the example of the tests, and small ones made from its sections. All are
/// accepted.
const std::vector<std::string>& seeds();

/// A changed copy of an input (a document, and after a NUL byte overrides, one a line) of at most `max_size`
/// bytes; empty where it should be mutated byte by byte instead. Text that is no document starts afresh from
/// a seed.
std::string mutated(std::string_view input, std::size_t max_size, std::uint32_t random_seed);

}  // namespace penfield::fuzz
