#pragma once
// Classical numbers of a map: overlap, centre of gravity, area, receptive-field size.
#include <cstdint>
#include <vector>

#include "host/readout/bin_map.hpp"

namespace penfield::readout {

/// Share of the bins that answer some part at `threshold_Hz` in which two parts or more reach `level_Hz`
/// (theta and 1.5 theta); `excluded` counts for neither. Definition after Schieber & Hibbard 1993's "sites
/// evoking several parts".
double overlap_share(const BinMap& map, double threshold_Hz, double level_Hz,
                     std::uint32_t excluded = kNoPart);

struct CentreOfGravity {
  double x_mm = kNotMeasured, y_mm = kNotMeasured;
};
/// sum r x / sum r over bins, r the response to the part; responses below `floor_Hz` and negative ones count
/// nothing.
CentreOfGravity centre_of_gravity(const BinMap& map, std::uint32_t part, double floor_Hz = 0.0);

struct MapAreas {
  std::vector<double> part_mm2;  ///< [part] area of the bins it wins
  double silent_mm2 = 0.0;       ///< no part reaches the threshold
  double empty_mm2 = 0.0;        ///< no neurons
};
MapAreas map_areas(const BinGrid& grid, const std::vector<std::uint32_t>& winner, std::uint32_t num_parts);

struct ReceptiveFields {
  std::vector<double> area_mm2;    ///< [neuron] skin area; kNotMeasured for a neuron that does not respond
  double mean_mm2 = kNotMeasured;  ///< over the neurons that respond
  std::uint32_t num_responding = 0;
};
/// Skin that drives a neuron at half its best response or more, each site standing for its part's rectangle
/// divided by the part's sites. A neuron responds if its best response minus spontaneous reaches
/// `threshold_Hz` (> 0); sites of the part `excluded` do not count.
ReceptiveFields receptive_fields(const MapProbe& probe, double threshold_Hz,
                                 std::uint32_t excluded = kNoPart);

/// Mean of receptive_fields over the neurons that lie in a set of bins.
double mean_field_mm2(const ReceptiveFields& fields, const MapProbe& probe, const BinGrid& grid,
                      const BinMask& bins);

/// Mean response of a set of bins to one part, Hz. For a lost part stimulated at the relay: the "phantom"
/// response of its old territory.
double mean_response_Hz(const BinMap& map, const BinMask& bins, std::uint32_t part);

}  // namespace penfield::readout
