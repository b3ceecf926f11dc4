// Twenty-two months after the dorsal columns of a hand were cut: nothing is unmasked at once, and afferents
// that grow in the brainstem bring the neighbours in later.
#include <algorithm>
#include <cmath>

#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/study_arms.hpp"

namespace penfield {

namespace {

constexpr double kAtOnce_s = 1800.0, kAcute_s = 6.0 * 3600.0, kEnd_s = 660.0 * 86400.0;
constexpr const char* kJain = "Jain et al., J Neurosci 28:11042 (2008), PMC2613515";

/// Has this part lost its dorsal columns, in some arm of the study?
bool is_cut(const Scenario& scenario, const std::string& part) {
  return std::any_of(scenario.timeline.begin(), scenario.timeline.end(), [&](const EventSpec& e) {
    return e.kind == EventSpec::Kind::cut_afferents && e.part == part;
  });
}

/// Per map: the face's area, and the share of the cortex that cut parts alone drove in which others do now.
RunNumbers read_dorsal_column(const Scenario& scenario, const StudyResult& result) {
  const readout::MapStudy& study = result.map;
  const auto part_is_cut = [&](std::uint32_t part) {
    return part < study.parts.size() && is_cut(scenario, study.parts[part].name);
  };
  std::vector<std::uint32_t> silent;
  for (std::uint32_t b = 0; b < study.baseline_winner.size(); ++b) {
    bool alone = part_is_cut(study.baseline_winner[b]);
    for (std::uint32_t p = 0; p < study.parts.size(); ++p)
      alone = alone && (part_is_cut(p) || study.baseline.response(b, p) < study.theta_Hz);
    if (alone) silent.push_back(b);
  }
  RunNumbers out;
  for (const MapPoint& map : result.maps) {
    double filled = 0.0, face = 0.0;
    for (const std::uint32_t b : silent)
      filled += map.winner[b] < study.parts.size() && !part_is_cut(map.winner[b]) ? 1.0 : 0.0;
    for (std::uint32_t b = 0; b < map.winner.size(); ++b)
      if (map.winner[b] < study.parts.size() && study.parts[map.winner[b]].name == "face")
        face += study.baseline.grid.area_mm2(b);
    out["time_s"].push_back(map.intact ? -1.0 : map.time_s);
    out["filled"].push_back(silent.empty() ? readout::kNotMeasured
                                           : filled / static_cast<double>(silent.size()));
    out["face_mm2"].push_back(face);
  }
  return out;
}

double filled_percent(const RunNumbers& run, double time_s) {
  return 100.0 * value_at(run, "time_s", "filled", time_s);
}

double face_percent(const RunNumbers& run, double time_s) {
  return 100.0 *
         (value_at(run, "time_s", "face_mm2", time_s) / value_at(run, "time_s", "face_mm2", -1.0) - 1.0);
}

}  // namespace

ValidationReport validate_dorsal_column(const ValidateOptions& options) {
  ValidationReport report{"dorsal_column", {}, 0.0};
  const std::string no_sprouting = "timeline[freeze_sprouting].enabled=true",
                    no_cortex = "timeline[freeze_structure].enabled=true";
  StudyArms arms(options, {"dorsal_column", "study/dorsal_column.json", "dorsal_column", read_dorsal_column});
  const std::size_t all = arms.add("all grows", {}),
                    cortex = arms.add("no growth in the brainstem", {no_sprouting}),
                    brainstem = arms.add("no growth in the cortex", {no_cortex}),
                    none = arms.add("no growth", {no_sprouting, no_cortex});
  arms.run();
  const auto values = [&](std::size_t arm, auto&& value, double time_s) {
    return arms.values(arm, [&](const RunNumbers& run) { return value(run, time_s); });
  };
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  constexpr double kNoChange = 5.0;  // %
  add(make_row("cortex of the hand that others drive at once", "%", values(all, filled_percent, kAtOnce_s),
               0.0, kNoChange, 0.0, kJain));
  add(make_row("face's area at once", "%", values(all, face_percent, 0.0), -kNoChange, kNoChange, 0.0,
               kJain));
  add(make_row("face's area after 22 months", "%", values(all, face_percent, kEnd_s), kNoChange, kOpenEnd,
               0.0, kJain));
  add(make_row("cortex of the hand that others drive after 22 months", "%",
               values(all, filled_percent, kEnd_s), kNoChange, kOpenEnd, 0.0, kJain));
  add(knock_out(make_row("knock-out: no growth in the brainstem, the same", "%",
                         values(cortex, filled_percent, kEnd_s), kNoChange, kOpenEnd, 0.0,
                         "the face takes over in the thalamus, too: Jain et al. 2008")));
  add(shown_row("no growth in the cortex, the same", "%", values(brainstem, filled_percent, kEnd_s),
                "the brainstem alone"));
  add(shown_row("no growth anywhere, the same", "%", values(none, filled_percent, kEnd_s),
                "what homeostasis unmasks"));
  add(shown_row("after 6 h", "%", values(all, filled_percent, kAcute_s),
                "plastic inhibition answers the lost touch"));
  return report;
}

}  // namespace penfield
