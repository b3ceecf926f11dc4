#pragma once
// The networks that `penfield bench` times, as scenarios: published definitions, any size.
#include <cstdint>
#include <string>
#include <vector>

namespace penfield {

/// What independent simulators gave for a population, or for the whole network, on this very definition.
struct Observed {
  const char* population;  ///< "net/E"; empty: all populations together
  double rate_low_Hz, rate_high_Hz;
  double cv_low, cv_high;  ///< of inter-spike intervals; both 0: not known
};

struct BenchNetwork {
  const char* name;
  const char* meaning;
  const char* scaling;  ///< what --scale does
  const char* source;
  double from_s, until_s;        ///< the stretch whose rates and CVs are held against `observed`
  double low_scale, high_scale;  ///< sizes that `observed` is about
  std::vector<Observed> observed;
  /// The scenario, JSON. `scale` > 0.
  std::string (*scenario)(double scale);
  std::uint32_t instances = 1;  ///< side by side unless told otherwise, with seeds one after another
};

const std::vector<BenchNetwork>& bench_networks();

}  // namespace penfield
