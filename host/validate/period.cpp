// A finger's cortex is inactivated for three weeks of growth, or later: what its map loses, and what it wins
// back, by how far plasticity is open at each age.
#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/study_arms.hpp"

namespace penfield {

namespace {

constexpr double kDay_s = 86400.0;
constexpr const char* kMartin =
    "window of the motor cortex: Martin et al., PMC2666405; the band is this project's";

/// [map] time and area of the finger that is deprived, mm2; the intact map first, at -1 s.
RunNumbers read_period(const Scenario&, const StudyResult& result) {
  RunNumbers out;
  const readout::MapStudy& study = result.map;
  for (const MapPoint& map : result.maps) {
    double area_mm2 = 0.0;
    for (std::uint32_t b = 0; b < map.winner.size(); ++b)
      if (map.winner[b] < study.parts.size() && study.parts[map.winner[b]].name == "second")
        area_mm2 += study.baseline.grid.area_mm2(b);
    out["time_s"].push_back(map.intact ? -1.0 : map.time_s);
    out["area_mm2"].push_back(area_mm2);
  }
  return out;
}

double area_mm2(const RunNumbers& run, double time_s) { return value_at(run, "time_s", "area_mm2", time_s); }

/// Share of the intact area that is lost at `day`, %.
double lost_percent(const RunNumbers& run, double day) {
  return 100.0 * (1.0 - area_mm2(run, day * kDay_s) / area_mm2(run, -1.0));
}

/// Of what was lost at day `from`, the share that is back at day `to`, %.
double recovered_percent(const RunNumbers& run, double from, double to) {
  const double lost = area_mm2(run, -1.0) - area_mm2(run, from * kDay_s);
  return 100.0 * (area_mm2(run, to * kDay_s) - area_mm2(run, from * kDay_s)) / lost;
}

}  // namespace

ValidationReport validate_period(const ValidateOptions& options) {
  ValidationReport report{"period", {}, 0.0};
  StudyArms arms(options, {"period", "study/period.json", "period", read_period});
  const auto brake_at = [](const char* from) {
    return same_steps(from, R"("event":"scale_field","what":"brake","gain":0)");
  };
  const std::string day21 = brake_at("21 d"), day63 = brake_at("63 d");
  const std::size_t critical = arms.add("critical", {day21});
  const std::size_t sensitive =
      arms.add("sensitive", {"timeline[brake_off].enabled=true", "timeline[brake_off].from=\"21 d\"", day63});
  const std::size_t adult =
      arms.add("adult", {"timeline[deprived].from=\"63 d\"", "timeline[deprived].to=\"84 d\"", day21});
  const std::size_t brake_off =
      arms.add("brake off in the adult", {"timeline[brake_off].enabled=true", "until=\"147 d\"", day21});
  const std::size_t sham = arms.add("sham", {"timeline[deprived].enabled=false", day21});
  arms.run();
  // A week after the input is back, when homeostasis has settled.
  const auto lost_young = [](const RunNumbers& r) { return lost_percent(r, 28.0); };
  const auto won_back = [](const RunNumbers& r) { return recovered_percent(r, 28.0, 105.0); };
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  add(shown_row("area lost in the window", "%", arms.values(critical, lost_young),
                "a week after re-opening"));
  add(make_row("critical: of that, won back at 12 weeks", "%", arms.values(critical, won_back), -kOpenEnd,
               20.0, 0.0, kMartin));
  add(make_row("sensitive: of that, won back at 12 weeks", "%", arms.values(sensitive, won_back), 50.0, 90.0,
               0.0, kMartin));
  std::vector<double> ratio;
  for (std::size_t k = 0; k < arms.num_seeds(); ++k)
    ratio.push_back(100.0 * lost_percent(arms.of(adult, k), 91.0) / lost_young(arms.of(critical, k)));
  add(make_row("adult: area lost over that in the window", "%", ratio, -kOpenEnd, 20.0, 0.0, kMartin));
  add(make_row("knock-out: brake off from day 63, won back 12 weeks later", "%",
               arms.values(brake_off, [](const RunNumbers& r) { return recovered_percent(r, 28.0, 147.0); }),
               50.0, kOpenEnd, 0.0, kMartin));
  add(make_row("sham: change of the finger's area at 15 weeks", "%",
               arms.values(sham, [](const RunNumbers& r) { return -lost_percent(r, 105.0); }), -10.0, 10.0,
               0.0, "nothing was deprived"));
  return report;
}

}  // namespace penfield
