#include "host/readout/fronts.hpp"

#include <algorithm>
#include <cmath>

namespace penfield::readout {
namespace {

struct Rows {
  std::uint32_t first = 0, last = 0;  // inclusive
};

// Rows whose centre lies in the part; a part flatter than a bin takes the row of its own centre.
Rows rows_of(const BinGrid& grid, const Part& part) {
  Rows rows{grid.num_y, 0};
  for (std::uint32_t iy = 0; iy < grid.num_y; ++iy) {
    const double y_mm = grid.centre_y_mm(iy);
    if (y_mm < part.y_mm || y_mm >= part.top_mm()) continue;
    rows.first = std::min(rows.first, iy);
    rows.last = iy;
  }
  if (rows.first == grid.num_y) {
    const double y_mm = std::min(std::max(part.centre_y_mm(), 0.0), grid.height_mm);
    rows.first = rows.last = bin_of(grid, 0.0, y_mm) / grid.num_x;
  }
  return rows;
}

bool on_side(const std::vector<Part>& parts, std::uint32_t part, std::uint32_t lost, Side side) {
  if (part == lost || !share_rows(parts[part], parts[lost])) return false;
  const double offset_mm = parts[part].centre_x_mm() - parts[lost].centre_x_mm();
  return side == Side::left ? offset_mm < 0.0 : offset_mm > 0.0;
}

// Depth of the theta crossing below a border; `inward_mm` ascends from outside (negative) to inside.
double front_depth_mm(const std::vector<double>& inward_mm, const std::vector<double>& response_Hz,
                      double theta_Hz, double width_mm) {
  const std::size_t n = inward_mm.size();
  const auto crossing = [&](std::size_t above, std::size_t below) {
    const double part = (response_Hz[above] - theta_Hz) / (response_Hz[above] - response_Hz[below]);
    return inward_mm[above] + part * (inward_mm[below] - inward_mm[above]);
  };
  std::size_t at = 0;  // the last column outside the border
  while (at + 1 < n && inward_mm[at + 1] <= 0.0) ++at;
  if (theta_Hz > 0.0 && response_Hz[at] >= theta_Hz) {
    while (at + 1 < n && response_Hz[at + 1] >= theta_Hz) ++at;
    return at + 1 < n ? std::min(crossing(at, at + 1), width_mm) : width_mm;
  }
  while (at > 0 && !(theta_Hz > 0.0 && response_Hz[at - 1] >= theta_Hz)) --at;
  return at > 0 ? crossing(at - 1, at) : inward_mm[0];
}

double mean_of_sides(double left, double right) {
  if (std::isnan(left)) return right;
  return std::isnan(right) ? left : 0.5 * (left + right);
}

double clip_to_share(double value) { return std::min(std::max(value, 0.0), 1.0); }

// A side without neighbour adds nothing.
double sum_of_sides(double left, double right) {
  if (std::isnan(left)) return right;
  return std::isnan(right) ? left : left + right;
}

}  // namespace

Profile side_profile(const BinMap& map, const std::vector<Part>& parts, std::uint32_t lost, Side side) {
  Profile profile;
  const Rows rows = rows_of(map.grid, parts[lost]);
  for (std::uint32_t ix = 0; ix < map.grid.num_x; ++ix) {
    std::uint64_t neurons = 0;
    for (std::uint32_t iy = rows.first; iy <= rows.last; ++iy)
      neurons += map.num_neurons[iy * map.grid.num_x + ix];
    if (neurons == 0) continue;
    double best_Hz = kNotMeasured;
    for (std::uint32_t part = 0; part < map.num_parts; ++part) {
      if (!on_side(parts, part, lost, side)) continue;
      double sum_Hz = 0.0;
      for (std::uint32_t iy = rows.first; iy <= rows.last; ++iy) {
        const std::uint32_t bin = iy * map.grid.num_x + ix;
        sum_Hz += map.num_neurons[bin] * map.response(bin, part);
      }
      const double mean_Hz = sum_Hz / static_cast<double>(neurons);
      if (std::isnan(best_Hz) || mean_Hz > best_Hz) best_Hz = mean_Hz;
    }
    if (std::isnan(best_Hz)) continue;  // no part on this side
    profile.x_mm.push_back(map.grid.centre_x_mm(ix));
    profile.response_Hz.push_back(best_Hz);
  }
  return profile;
}

double Fronts::mean_mm() const { return mean_of_sides(left_mm, right_mm); }

Fronts fronts(const BinMap& map, const std::vector<Part>& parts, std::uint32_t lost, double theta_Hz) {
  const Part& part = parts[lost];
  Fronts out;
  Profile profile = side_profile(map, parts, lost, Side::left);
  if (!profile.x_mm.empty()) {
    for (double& x_mm : profile.x_mm) x_mm -= part.x_mm;
    out.left_mm = front_depth_mm(profile.x_mm, profile.response_Hz, theta_Hz, part.width_mm);
  }
  profile = side_profile(map, parts, lost, Side::right);
  if (!profile.x_mm.empty()) {
    for (double& x_mm : profile.x_mm) x_mm = part.right_mm() - x_mm;
    std::reverse(profile.x_mm.begin(), profile.x_mm.end());
    std::reverse(profile.response_Hz.begin(), profile.response_Hz.end());
    out.right_mm = front_depth_mm(profile.x_mm, profile.response_Hz, theta_Hz, part.width_mm);
  }
  const double excess_mm = out.left_mm + out.right_mm - part.width_mm;
  if (excess_mm >= 0.0) {
    out.met = true;
    out.left_mm -= 0.5 * excess_mm;
    out.right_mm -= 0.5 * excess_mm;
  }
  return out;
}

double border_shift_mm(const Fronts& intact, const Fronts& now) {
  return mean_of_sides(now.left_mm - intact.left_mm, now.right_mm - intact.right_mm);
}

double recovered_share_interpolated(const Fronts& intact, const Fronts& now, const Part& lost) {
  const double advance_mm = sum_of_sides(now.left_mm - intact.left_mm, now.right_mm - intact.right_mm);
  const double zone_mm = lost.width_mm - sum_of_sides(intact.left_mm, intact.right_mm);
  // Written so that a side that was not measured gives NaN, not a clipped share.
  return std::isnan(advance_mm) || !(zone_mm > 0.0) ? kNotMeasured : clip_to_share(advance_mm / zone_mm);
}

double share_interpolated(const Fronts& now, const Part& lost) {
  const auto inside = [](double depth_mm) { return depth_mm < 0.0 ? 0.0 : depth_mm; };
  const double depth_mm = sum_of_sides(inside(now.left_mm), inside(now.right_mm));
  return std::isnan(depth_mm) || !(lost.width_mm > 0.0) ? kNotMeasured
                                                        : clip_to_share(depth_mm / lost.width_mm);
}

FrontFit fit_front(const std::vector<FrontSample>& samples, double from_d, double max_filled) {
  FrontFit fit;
  std::vector<FrontSample> used;
  for (const FrontSample& sample : samples) {
    if (sample.time_d < from_d || std::isnan(sample.front_mm)) continue;
    if (sample.filled_share >= max_filled) break;
    used.push_back(sample);
  }
  fit.num_samples = static_cast<std::uint32_t>(used.size());
  if (used.empty()) return fit;
  const double n = static_cast<double>(used.size());
  double mean_d = 0.0, mean_mm = 0.0;
  for (const FrontSample& s : used) {
    mean_d += s.time_d / n;
    mean_mm += s.front_mm / n;
  }
  double sxx = 0.0, sxy = 0.0;
  for (const FrontSample& s : used) {
    sxx += (s.time_d - mean_d) * (s.time_d - mean_d);
    sxy += (s.time_d - mean_d) * (s.front_mm - mean_mm);
  }
  if (!(sxx > 0.0)) return fit;
  const double slope_mm_per_d = sxy / sxx;
  fit.speed_mm_per_week = 7.0 * slope_mm_per_d;
  fit.intercept_mm = mean_mm - slope_mm_per_d * mean_d;
  double squares = 0.0;
  for (const FrontSample& s : used) {
    const double off_mm = s.front_mm - (fit.intercept_mm + slope_mm_per_d * s.time_d);
    squares += off_mm * off_mm;
  }
  fit.residual_mm = std::sqrt(squares / n);
  return fit;
}

}  // namespace penfield::readout
