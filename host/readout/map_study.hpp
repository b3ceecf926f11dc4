#pragma once
// The map readouts of one lesion experiment, tied together: thresholds and territories come from the intact
// map.
#include <cstdint>
#include <vector>

#include "host/readout/fronts.hpp"
#include "host/readout/map_measures.hpp"
#include "host/readout/territory.hpp"

namespace penfield::readout {

/// All that is fixed by the intact map and, once known, by the map right after the lesion.
struct MapStudy {
  std::vector<Part> parts;
  std::uint32_t lost = 0;
  BinMap baseline;
  double theta_Hz = 0.0;
  std::vector<std::uint32_t> baseline_winner;  ///< [bin] at theta
  BinMask territory;                           ///< bins that the lost part won
  BinMask rectangle;                           ///< bins of its anatomical rectangle
  BinMask silent;            ///< territory bins that no other part drives right after the lesion
  BinMask rectangle_silent;  ///< the same of the rectangle
  Fronts intact_fronts;
};

/// Until set_after_lesion the silent bins are those that no other part drives in the intact map: what the
/// loss takes away if nothing else changes. Throws Error(internal) for a part that does not exist.
MapStudy make_map_study(const MapProbe& intact, std::uint32_t lost, double threshold_fraction = 0.3);

/// Redefines the silent bins from the probe right after the lesion. Throws Error(internal) for another grid.
void set_after_lesion(MapStudy& study, const MapProbe& after_lesion);

/// One threshold's point of the curve over theta.
struct ThresholdPoint {
  double factor = 1.0;
  std::vector<std::uint32_t> winner;  ///< [bin] at factor * theta
  double share = kNotMeasured;        ///< as Recovery::share, at factor * theta
  double baseline_overlap = kNotMeasured;
};

/// One time point of the experiment.
struct MapReadout {
  Recovery recovery;   ///< of the territory that the lost part won
  Recovery rectangle;  ///< of its anatomical rectangle
  Fronts fronts;
  double border_shift_mm = kNotMeasured;
  double recovered_share_interpolated = kNotMeasured;
  double share_interpolated = kNotMeasured;
  double share_near_border = kNotMeasured;  ///< Recovery::share of the rectangle within 1.5 mm of its borders
  double topography = kNotMeasured;
  double kept_winner_share = kNotMeasured;
  double overlap = kNotMeasured, overlap_strict = kNotMeasured;  ///< at theta and 1.5 theta
  std::vector<CentreOfGravity> centre;                           ///< [part] over responses at or above theta
  MapAreas areas;
  double field_mm2 = kNotMeasured;            ///< mean receptive field of the sheet
  double field_territory_mm2 = kNotMeasured;  ///< of the old territory
  /// of the old territory to the lost part itself, if it was probed
  double direct_response_Hz = kNotMeasured;
  std::vector<ThresholdPoint> thresholds;  ///< one per kThresholdFactors
};

/// `lesioned`: the lost part is gone, and although a probe may still stimulate its relay it wins no bins and
/// counts for no overlap or receptive field. Throws Error(internal) for a probe on another grid or with other
/// parts.
MapReadout read_map(const MapStudy& study, const MapProbe& now, bool lesioned);

}  // namespace penfield::readout
