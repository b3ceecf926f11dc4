#include "host/readout/map_study.hpp"

#include <string>

#include "penfield/base/error.hpp"

namespace penfield::readout {
namespace {

// Normal reorganisation reaches 1 to 2 mm (Pons et al. 1991, Science 252:1857); shares are judged within this
// distance.
constexpr double kReach_mm = 1.5;
constexpr double kStrictFactor = 1.5;

void check(const MapStudy& study, const BinMap& map) {
  if (!(map.grid == study.baseline.grid) || map.num_parts != study.baseline.num_parts) {
    throw Error(ExitCode::internal, "a map probe does not fit the intact map: other sheet, bins or parts");
  }
}

void set_silent(MapStudy& study, const BinMap& map) {
  study.silent = silent_bins(study.territory, map, study.lost, study.theta_Hz);
  study.rectangle_silent = silent_bins(study.rectangle, map, study.lost, study.theta_Hz);
}

ThresholdPoint at_threshold(const MapStudy& study, const BinMap& map, double factor, std::uint32_t excluded) {
  const double theta_Hz = factor * study.theta_Hz;
  ThresholdPoint point;
  point.factor = factor;
  point.winner = winner_map(map, theta_Hz, excluded);
  const Recovery share = recovery(study.territory, study.silent, study.baseline, map, study.lost, theta_Hz);
  point.share = share.share;
  point.baseline_overlap = share.baseline_overlap;
  return point;
}

}  // namespace

MapStudy make_map_study(const MapProbe& intact, std::uint32_t lost, double threshold_fraction) {
  if (lost >= intact.parts.size()) {
    throw Error(ExitCode::internal,
                "the lost part " + std::to_string(lost) + " is not among the probe's parts");
  }
  MapStudy study;
  study.parts = intact.parts;
  study.lost = lost;
  study.baseline = bin_map(intact);
  study.theta_Hz = response_threshold_Hz(study.baseline, threshold_fraction);
  study.baseline_winner = winner_map(study.baseline, study.theta_Hz);
  study.territory = winner_territory(study.baseline_winner, lost);
  study.rectangle = rectangle_territory(study.baseline, study.parts[lost]);
  study.intact_fronts = fronts(study.baseline, study.parts, lost, study.theta_Hz);
  set_silent(study, study.baseline);
  return study;
}

void set_after_lesion(MapStudy& study, const MapProbe& after_lesion) {
  const BinMap map = bin_map(after_lesion);
  check(study, map);
  set_silent(study, map);
}

MapReadout read_map(const MapStudy& study, const MapProbe& now, bool lesioned) {
  const BinMap map = bin_map(now);
  check(study, map);
  const Part& part = study.parts[study.lost];
  const std::uint32_t excluded = lesioned ? study.lost : kNoPart;
  const double theta_Hz = study.theta_Hz;
  MapReadout out;
  out.recovery = recovery(study.territory, study.silent, study.baseline, map, study.lost, theta_Hz);
  out.rectangle =
      recovery(study.rectangle, study.rectangle_silent, study.baseline, map, study.lost, theta_Hz);
  out.fronts = fronts(map, study.parts, study.lost, theta_Hz);
  out.border_shift_mm = border_shift_mm(study.intact_fronts, out.fronts);
  out.recovered_share_interpolated = recovered_share_interpolated(study.intact_fronts, out.fronts, part);
  out.share_interpolated = share_interpolated(out.fronts, part);
  const BinMask near = near_border(map.grid, study.rectangle, part, kReach_mm);
  out.share_near_border = recovery(near, near, study.baseline, map, study.lost, theta_Hz).share;
  const BinMask recovered = answering_bins(study.silent, map, study.lost, theta_Hz);
  out.topography = topography(recovered, map, study.parts, study.lost);
  const std::vector<std::uint32_t> winner = winner_map(map, theta_Hz, excluded);
  out.kept_winner_share = kept_winner_share(study.baseline_winner, winner, study.lost);
  out.overlap = overlap_share(map, theta_Hz, theta_Hz, excluded);
  out.overlap_strict = overlap_share(map, theta_Hz, kStrictFactor * theta_Hz, excluded);
  for (std::uint32_t k = 0; k < map.num_parts; ++k) out.centre.push_back(centre_of_gravity(map, k, theta_Hz));
  out.areas = map_areas(map.grid, winner, map.num_parts);
  const ReceptiveFields fields = receptive_fields(now, theta_Hz, excluded);
  out.field_mm2 = fields.mean_mm2;
  out.field_territory_mm2 = mean_field_mm2(fields, now, map.grid, study.territory);
  out.direct_response_Hz = mean_response_Hz(map, study.territory, study.lost);
  for (const double factor : kThresholdFactors)
    out.thresholds.push_back(at_threshold(study, map, factor, excluded));
  return out;
}

}  // namespace penfield::readout
