#pragma once
// How many cells have died on the raw clock, each time that some did.
#include <cstdint>
#include <vector>

namespace penfield {

struct DeathSample {
  double time_s = 0.0;
  std::vector<std::uint64_t> dead;  ///< [population] since the run began
};

}  // namespace penfield
