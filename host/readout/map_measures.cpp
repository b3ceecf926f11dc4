#include "host/readout/map_measures.hpp"

#include <cmath>

#include "penfield/base/error.hpp"

namespace penfield::readout {

double overlap_share(const BinMap& map, double threshold_Hz, double level_Hz, std::uint32_t excluded) {
  std::uint32_t responsive = 0, shared = 0;
  for (std::uint32_t bin = 0; bin < map.grid.num_bins(); ++bin) {
    if (!answers(map, bin, threshold_Hz, excluded)) continue;
    ++responsive;
    std::uint32_t reaching = 0;
    for (std::uint32_t part = 0; part < map.num_parts; ++part) {
      reaching += part != excluded && map.response(bin, part) >= level_Hz;
    }
    shared += reaching >= 2;
  }
  return responsive == 0 ? kNotMeasured : static_cast<double>(shared) / responsive;
}

CentreOfGravity centre_of_gravity(const BinMap& map, std::uint32_t part, double floor_Hz) {
  double weight_Hz = 0.0, x = 0.0, y = 0.0;
  for (std::uint32_t bin = 0; bin < map.grid.num_bins(); ++bin) {
    const double r_Hz = map.response(bin, part);
    if (map.empty(bin) || !(r_Hz > 0.0) || r_Hz < floor_Hz) continue;
    weight_Hz += r_Hz;
    x += r_Hz * map.grid.centre_x_mm(bin % map.grid.num_x);
    y += r_Hz * map.grid.centre_y_mm(bin / map.grid.num_x);
  }
  if (!(weight_Hz > 0.0)) return {};
  return {x / weight_Hz, y / weight_Hz};
}

MapAreas map_areas(const BinGrid& grid, const std::vector<std::uint32_t>& winner, std::uint32_t num_parts) {
  if (winner.size() != grid.num_bins()) throw Error(ExitCode::internal, "a winner map lies on another grid");
  MapAreas areas;
  areas.part_mm2.assign(num_parts, 0.0);
  for (std::uint32_t bin = 0; bin < grid.num_bins(); ++bin) {
    const double area_mm2 = grid.area_mm2(bin);
    if (winner[bin] == kSilentBin) {
      areas.silent_mm2 += area_mm2;
    } else if (winner[bin] == kEmptyBin) {
      areas.empty_mm2 += area_mm2;
    } else {
      areas.part_mm2.at(winner[bin]) += area_mm2;
    }
  }
  return areas;
}

ReceptiveFields receptive_fields(const MapProbe& probe, double threshold_Hz, std::uint32_t excluded) {
  const std::size_t num_sites = probe.sites.size();
  std::vector<double> sites_of_part(probe.parts.size(), 0.0);
  for (const Site& site : probe.sites) sites_of_part.at(site.part) += 1.0;
  std::vector<double> site_mm2(num_sites, 0.0);
  for (std::size_t s = 0; s < num_sites; ++s) {
    const Part& part = probe.parts[probe.sites[s].part];
    site_mm2[s] = part.width_mm * part.height_mm / sites_of_part[probe.sites[s].part];
  }
  ReceptiveFields fields;
  fields.area_mm2.assign(probe.num_neurons, kNotMeasured);
  double sum_mm2 = 0.0;
  for (std::size_t i = 0; i < probe.num_neurons; ++i) {
    const auto response_Hz = [&](std::size_t s) {
      return static_cast<double>(probe.response_Hz[i * num_sites + s]) - probe.spontaneous_Hz[i];
    };
    double best_Hz = 0.0;
    for (std::size_t s = 0; s < num_sites; ++s) {
      if (probe.sites[s].part != excluded && response_Hz(s) > best_Hz) best_Hz = response_Hz(s);
    }
    if (!(best_Hz > 0.0) || best_Hz < threshold_Hz) continue;
    double area_mm2 = 0.0;
    for (std::size_t s = 0; s < num_sites; ++s) {
      if (probe.sites[s].part != excluded && response_Hz(s) >= 0.5 * best_Hz) area_mm2 += site_mm2[s];
    }
    fields.area_mm2[i] = area_mm2;
    sum_mm2 += area_mm2;
    ++fields.num_responding;
  }
  if (fields.num_responding > 0) fields.mean_mm2 = sum_mm2 / fields.num_responding;
  return fields;
}

double mean_field_mm2(const ReceptiveFields& fields, const MapProbe& probe, const BinGrid& grid,
                      const BinMask& bins) {
  double sum_mm2 = 0.0;
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < fields.area_mm2.size(); ++i) {
    if (std::isnan(fields.area_mm2[i]) || !bins.at(bin_of(grid, probe.x_mm[i], probe.y_mm[i]))) continue;
    sum_mm2 += fields.area_mm2[i];
    ++count;
  }
  return count == 0 ? kNotMeasured : sum_mm2 / count;
}

double mean_response_Hz(const BinMap& map, const BinMask& bins, std::uint32_t part) {
  double sum_Hz = 0.0;
  std::uint32_t count = 0;
  for (std::uint32_t bin = 0; bin < map.grid.num_bins(); ++bin) {
    if (!bins.at(bin) || map.empty(bin)) continue;
    sum_Hz += map.response(bin, part);
    ++count;
  }
  return count == 0 ? kNotMeasured : sum_Hz / count;
}

}  // namespace penfield::readout
