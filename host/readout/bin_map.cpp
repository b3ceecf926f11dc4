#include "host/readout/bin_map.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "penfield/base/error.hpp"

namespace penfield::readout {
namespace {

// A sheet of 14.1 mm in bins of 0.1 mm is 141 bins, although 14.1 / 0.1 rounds to 140.99999999999997.
std::uint32_t num_bins_along(double length_mm, double bin_mm) {
  const double ratio = length_mm / bin_mm;
  const double nearest = std::floor(ratio + 0.5);
  const double off = ratio - nearest;
  const bool whole = nearest >= 1.0 && off < 1.0e-9 * ratio && off > -1.0e-9 * ratio;
  return static_cast<std::uint32_t>(whole ? nearest : std::floor(ratio) + 1.0);
}

void check_shapes(const MapProbe& probe) {
  const std::size_t n = probe.num_neurons;
  if (probe.x_mm.size() != n || probe.y_mm.size() != n || probe.spontaneous_Hz.size() != n ||
      probe.response_Hz.size() != n * probe.sites.size()) {
    throw Error(ExitCode::internal, "a map probe's arrays do not match its neurons and sites");
  }
  for (const Site& site : probe.sites) {
    if (site.part >= probe.parts.size()) {
      throw Error(ExitCode::internal, "a map probe's site names part " + std::to_string(site.part) + " of " +
                                          std::to_string(probe.parts.size()));
    }
  }
}

}  // namespace

BinGrid make_grid(double width_mm, double height_mm, double bin_mm) {
  if (!(width_mm > 0.0) || !(height_mm > 0.0) || !(bin_mm > 0.0) ||
      !((width_mm / bin_mm + 1.0) * (height_mm / bin_mm + 1.0) < 2147483648.0)) {
    throw Error(ExitCode::internal, "no grid of " + std::to_string(bin_mm) + " mm bins over " +
                                        std::to_string(width_mm) + " x " + std::to_string(height_mm) + " mm");
  }
  BinGrid grid;
  grid.bin_mm = bin_mm;
  grid.width_mm = width_mm;
  grid.height_mm = height_mm;
  grid.num_x = num_bins_along(width_mm, bin_mm);
  grid.num_y = num_bins_along(height_mm, bin_mm);
  return grid;
}

std::uint32_t bin_of(const BinGrid& grid, double x_mm, double y_mm) {
  // Positions are floats: the sheet's far edge may round up by half a unit in the last place.
  const double slack = 1.0e-6;
  if (!(x_mm >= 0.0) || !(y_mm >= 0.0) || !(x_mm <= grid.width_mm * (1.0 + slack)) ||
      !(y_mm <= grid.height_mm * (1.0 + slack))) {
    throw Error(ExitCode::internal, "a neuron at (" + std::to_string(x_mm) + ", " + std::to_string(y_mm) +
                                        ") mm lies outside its sheet");
  }
  const auto ix = std::min(static_cast<std::uint32_t>(x_mm / grid.bin_mm), grid.num_x - 1);
  const auto iy = std::min(static_cast<std::uint32_t>(y_mm / grid.bin_mm), grid.num_y - 1);
  return iy * grid.num_x + ix;
}

BinMap bin_map(const MapProbe& probe) {
  check_shapes(probe);
  const std::size_t num_sites = probe.sites.size();
  BinMap map;
  map.grid = make_grid(probe.sheet_width_mm, probe.sheet_height_mm, probe.bin_mm);
  map.num_parts = static_cast<std::uint32_t>(probe.parts.size());
  const std::uint32_t num_bins = map.grid.num_bins();
  map.num_neurons.assign(num_bins, 0);
  std::vector<double> sum_Hz(num_bins * num_sites, 0.0);  // [bin * num_sites + site]
  for (std::uint32_t i = 0; i < probe.num_neurons; ++i) {
    const std::uint32_t bin = bin_of(map.grid, probe.x_mm[i], probe.y_mm[i]);
    ++map.num_neurons[bin];
    const double spontaneous_Hz = probe.spontaneous_Hz[i];
    for (std::size_t s = 0; s < num_sites; ++s) {
      sum_Hz[bin * num_sites + s] += probe.response_Hz[i * num_sites + s] - spontaneous_Hz;
    }
  }
  map.response_Hz.assign(std::size_t{num_bins} * map.num_parts, 0.0);
  std::vector<std::uint8_t> seen(map.num_parts);
  for (std::uint32_t bin = 0; bin < num_bins; ++bin) {
    if (map.empty(bin)) continue;
    std::fill(seen.begin(), seen.end(), std::uint8_t{0});
    for (std::size_t s = 0; s < num_sites; ++s) {
      const std::uint32_t part = probe.sites[s].part;
      double& best_Hz = map.response_Hz[std::size_t{bin} * map.num_parts + part];
      const double mean_Hz = sum_Hz[bin * num_sites + s] / map.num_neurons[bin];
      if (!seen[part] || mean_Hz > best_Hz) best_Hz = mean_Hz;
      seen[part] = 1;
    }
  }
  return map;
}

std::uint32_t best_part(const BinMap& map, std::uint32_t bin, std::uint32_t excluded) {
  if (map.empty(bin)) return kNoPart;
  std::uint32_t best = kNoPart;
  for (std::uint32_t part = 0; part < map.num_parts; ++part) {
    if (part == excluded) continue;
    if (best == kNoPart || map.response(bin, part) > map.response(bin, best)) best = part;
  }
  return best;
}

bool answers(const BinMap& map, std::uint32_t bin, double threshold_Hz, std::uint32_t excluded) {
  const std::uint32_t part = best_part(map, bin, excluded);
  return part != kNoPart && threshold_Hz > 0.0 && map.response(bin, part) >= threshold_Hz;
}

double response_threshold_Hz(const BinMap& baseline, double fraction) {
  std::vector<double> best_Hz;
  for (std::uint32_t bin = 0; bin < baseline.grid.num_bins(); ++bin) {
    const std::uint32_t part = best_part(baseline, bin);
    if (part != kNoPart) best_Hz.push_back(baseline.response(bin, part));
  }
  if (best_Hz.empty()) return 0.0;
  std::sort(best_Hz.begin(), best_Hz.end());
  const std::size_t n = best_Hz.size();
  return fraction * 0.5 * (best_Hz[(n - 1) / 2] + best_Hz[n / 2]);
}

std::vector<std::uint32_t> winner_map(const BinMap& map, double threshold_Hz, std::uint32_t excluded) {
  std::vector<std::uint32_t> winner(map.grid.num_bins(), kSilentBin);
  for (std::uint32_t bin = 0; bin < map.grid.num_bins(); ++bin) {
    if (map.empty(bin)) {
      winner[bin] = kEmptyBin;
    } else if (answers(map, bin, threshold_Hz, excluded)) {
      winner[bin] = best_part(map, bin, excluded);
    }
  }
  return winner;
}

bool share_rows(const Part& a, const Part& b) { return a.y_mm < b.top_mm() && b.y_mm < a.top_mm(); }

Neighbours neighbours(const std::vector<Part>& parts, std::uint32_t part) {
  Neighbours found;
  const Part& centre = parts[part];
  for (std::uint32_t k = 0; k < parts.size(); ++k) {
    if (k == part || !share_rows(parts[k], centre)) continue;
    const double x_mm = parts[k].centre_x_mm();
    if (x_mm < centre.centre_x_mm() && (found.left == kNoPart || x_mm > parts[found.left].centre_x_mm())) {
      found.left = k;
    }
    if (x_mm > centre.centre_x_mm() && (found.right == kNoPart || x_mm < parts[found.right].centre_x_mm())) {
      found.right = k;
    }
  }
  return found;
}

}  // namespace penfield::readout
