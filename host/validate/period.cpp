// A finger's cortex is inactivated for three weeks of growth, or later: what its map loses, and what it wins
// back, by how far plasticity is open at each age.
#include <cmath>
#include <utility>

#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/study_runs.hpp"

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

double area_mm2(const RunNumbers& run, double time_s) {
  const std::vector<double>& times = run.at("time_s");
  for (std::size_t k = 0; k < times.size(); ++k)
    if (std::fabs(times[k] - time_s) < 1.0) return run.at("area_mm2")[k];
  return readout::kNotMeasured;
}

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
  const std::vector<std::uint32_t> seeds = seeds_of(options, 5, 1);
  enum : std::size_t { critical, sensitive, adult, brake_off, sham };
  const std::vector<std::pair<std::string, std::vector<std::string>>> arms = {
      {"critical", {}},
      {"sensitive", {"timeline[brake_off].enabled=true", "timeline[brake_off].from=\"21 d\""}},
      {"adult", {"timeline[deprived].from=\"63 d\"", "timeline[deprived].to=\"84 d\""}},
      {"brake off in the adult", {"timeline[brake_off].enabled=true", "until=\"147 d\""}},
      {"sham", {"timeline[deprived].enabled=false"}}};
  std::vector<StudyJob> jobs;
  for (const auto& [what, overrides] : arms)
    for (const std::uint32_t seed : seeds) {
      jobs.push_back({what + ", seed " + std::to_string(seed), {"seed=" + std::to_string(seed)}});
      jobs.back().overrides.insert(jobs.back().overrides.end(), overrides.begin(), overrides.end());
    }
  const std::vector<RunNumbers> runs =
      run_studies(options, {"period", "study/period.json", "period", read_period}, jobs);
  const auto values = [&](std::size_t arm, auto&& value) {
    std::vector<double> out;
    for (std::size_t k = 0; k < seeds.size(); ++k) out.push_back(value(runs[arm * seeds.size() + k]));
    return out;
  };
  // A week after the input is back, when homeostasis has settled.
  const auto lost_young = [](const RunNumbers& r) { return lost_percent(r, 28.0); };
  const auto won_back = [](const RunNumbers& r) { return recovered_percent(r, 28.0, 105.0); };
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  add(shown_row("area lost in the window", "%", values(critical, lost_young), "a week after re-opening"));
  add(make_row("critical: of that, won back at 12 weeks", "%", values(critical, won_back), -kOpenEnd, 20.0,
               0.0, kMartin));
  add(make_row("sensitive: of that, won back at 12 weeks", "%", values(sensitive, won_back), 50.0, 90.0, 0.0,
               kMartin));
  std::vector<double> ratio;
  for (std::size_t k = 0; k < seeds.size(); ++k)
    ratio.push_back(100.0 * lost_percent(runs[adult * seeds.size() + k], 91.0) /
                    lost_young(runs[critical * seeds.size() + k]));
  add(make_row("adult: area lost over that in the window", "%", ratio, -kOpenEnd, 20.0, 0.0, kMartin));
  add(make_row("knock-out: brake off from day 63, won back 12 weeks later", "%",
               values(brake_off, [](const RunNumbers& r) { return recovered_percent(r, 28.0, 147.0); }), 50.0,
               kOpenEnd, 0.0, kMartin));
  add(make_row("sham: change of the finger's area at 15 weeks", "%",
               values(sham, [](const RunNumbers& r) { return -lost_percent(r, 105.0); }), -10.0, 10.0, 0.0,
               "nothing was deprived"));
  return report;
}

}  // namespace penfield
