#pragma once
// A picture of which time constants of a homeostat keep a recurrent network stable.
#include <cstddef>
#include <string>
#include <vector>

namespace penfield {

enum class Stability { silent, unstable, oscillating, stable };
const char* name_of(Stability stability);

struct StabilityCell {
  Stability stability = Stability::stable;
  double rate = 0.0;   ///< mean, of the set-point; infinite: the run was ended
  double swing = 0.0;  ///< SD over mean
};

struct StabilityMap {
  std::vector<double> tau_s;         ///< columns
  std::vector<double> recurrence;    ///< rows, the first one at the bottom
  std::vector<StabilityCell> cells;  ///< [row][column]

  const StabilityCell& at(std::size_t row, std::size_t column) const {
    return cells[row * tau_s.size() + column];
  }
};

/// "1 s", "10 min", "1 h", "10 d": whole units, for labels.
std::string time_label(double seconds);

/// The map as an SVG that stands alone; the same bytes for the same map.
std::string stability_svg(const StabilityMap& map);

}  // namespace penfield
