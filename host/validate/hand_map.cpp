#include "host/validate/hand_map.hpp"

namespace penfield {

double hand_share(const StudyResult& result, const MapPoint& map) {
  const readout::MapStudy& study = result.map;
  const auto is_hand = [&](std::uint32_t winner) {
    return winner < study.parts.size() && study.parts[winner].name.starts_with("hand/");
  };
  double now = 0.0, before = 0.0;
  for (std::uint32_t b = 0; b < map.winner.size(); ++b) {
    if (map.winner[b] == readout::kEmptyBin) continue;
    if (is_hand(map.winner[b])) now += study.baseline.grid.area_mm2(b);
    if (is_hand(study.baseline_winner[b])) before += study.baseline.grid.area_mm2(b);
  }
  return before > 0.0 ? now / before : readout::kNotMeasured;
}

RunNumbers read_hand(const Scenario&, const StudyResult& result) {
  RunNumbers out;
  for (const MapPoint& map : result.maps) {
    out["map_s"].push_back(map.intact ? -1.0 : map.time_s);
    out["hand"].push_back(hand_share(result, map));
  }
  for (const StepPoint& p : result.steps) {
    out["step_s"].push_back(p.time_s);
    out["dead"].push_back(static_cast<double>(p.dead));
  }
  return out;
}

double hand_change(const RunNumbers& run, double time_s) {
  return 100.0 * (value_at(run, "map_s", "hand", time_s) - 1.0);
}

}  // namespace penfield
