// Twelve weeks after a small infarct of the motor cortex: what is left of the hand, with and without
// training, begun early or late; what growth factors and tonic inhibition have to do with it.
#include <algorithm>
#include <cmath>
#include <utility>

#include "host/record/file.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/hand_map.hpp"
#include "host/validate/line_chart.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/study_arms.hpp"

namespace penfield {

namespace {

constexpr double kEnd_s = 84.0 * kDay_s;
const StudyRuns kStroke = {"stroke", "study/stroke.json", "stroke", read_hand};
constexpr const char* kNudo = "Nudo et al., Science 272:1791 (1996), read by the input map";

constexpr const char* kUse = R"("event":"use","part":"hand/*","gain":4)";
const std::vector<std::string> kUntrained = {};
const std::vector<std::string> kEarly = {"timeline[training].enabled=true"};
/// Neither sprouting nor learning answers the infarct.
const std::vector<std::string> kNoGrowth = {"fields[growth_factor].injury_amplitude=0",
                                            "fields[plasticity_gain].injury_amplitude=0"};

/// Dead cells after the last macro step that ends by then.
double dead_by(const RunNumbers& run, double time_s) {
  double dead = readout::kNotMeasured;
  const std::vector<double>& ends_s = run.at("step_s");
  for (std::size_t k = 0; k < ends_s.size() && ends_s[k] <= time_s + 1.0; ++k) dead = run.at("dead")[k];
  return dead;
}

double at_end(const RunNumbers& run) { return hand_change(run, kEnd_s); }

/// A kind of runs, and the day of the line that is drawn beside its curves; 0: none.
struct DrawnKind {
  const char* name;
  std::size_t kind;
  int day = 0;
};

/// The hand's area over time, a curve a seed.
void draw(const ValidateOptions& options, const StudyArms& arms, const char* file,
          const std::vector<DrawnKind>& kinds) {
  if (options.cache.empty()) return;
  constexpr const char* kColours[] = {"#0b6e99", "#c8553d", "#588157", "#7b5ea7", "#b08900"};
  std::vector<ChartPanel> panels;
  for (const auto& [name, kind, day] : kinds) {
    ChartPanel panel{name, "of intact", {}, 1.0, day > 0 ? "day " + std::to_string(day) : "", day / 7.0};
    for (std::size_t k = 0; k < arms.num_runs(kind); ++k) {
      const RunNumbers& run = arms.of(kind, k);
      ChartCurve curve{"seed " + std::to_string(arms.seed(k)), kColours[k % std::size(kColours)], {}, {}};
      for (std::size_t m = 0; m < run.at("map_s").size(); ++m) {
        curve.x.push_back(std::max(0.0, run.at("map_s")[m]) / (7.0 * kDay_s));
        curve.y.push_back(run.at("hand")[m]);
      }
      panel.curves.push_back(std::move(curve));
    }
    panels.push_back(std::move(panel));
  }
  write_file_atomically(
      options.cache / file,
      line_chart_svg("The hand's area in the input map after an infarct",
                     "Area where a part of the hand answers best, over that of the intact map; "
                     "living cortex alone.",
                     "weeks after the infarct", panels));
}

}  // namespace

ValidationReport validate_stroke_rehab(const ValidateOptions& options) {
  ValidationReport report{"stroke_rehab", {}, 0.0};
  StudyArms arms(options, kStroke);
  const std::size_t untrained = arms.add("untrained", kUntrained),
                    trained = arms.add("trained from day 5", kEarly);
  const std::size_t disuse = arms.add("no infarct, disuse alone", {"timeline[stroke].enabled=false"}, 1);
  const std::size_t sham =
      arms.add("sham", {"timeline[stroke].enabled=false", "timeline[disuse].enabled=false"}, 1);
  arms.run();
  draw(options, arms, "stroke_rehab.svg", {{"Untrained", untrained}, {"Trained from day 5", trained, 5}});
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  add(make_row("spared hand at 12 weeks, untrained", "%", arms.values(untrained, at_end), -60.0, -25.0, 0.0,
               kNudo));
  add(make_row("spared hand at 12 weeks, trained from day 5", "%", arms.values(trained, at_end), -10.0,
               kOpenEnd, 0.0, kNudo));
  std::vector<double> gain;
  for (std::size_t k = 0; k < arms.num_seeds(); ++k)
    gain.push_back(at_end(arms.of(trained, k)) - at_end(arms.of(untrained, k)));
  add(make_row("knock-out: training off loses", "points", gain, 15.0, kOpenEnd, 0.0,
               "the least that lies between the two bands"));
  add(make_row("sham: change of the hand's area", "%", arms.values(sham, at_end), -10.0, 10.0, 0.0,
               "nothing was lost"));
  add(shown_row("no infarct, the hand's use halved", "%", arms.values(disuse, at_end),
                "what disuse alone does in twelve weeks"));
  add(shown_row("dead cells", "",
                arms.values(untrained, [](const RunNumbers& r) { return r.at("dead").back(); }),
                "core and rim"));
  return report;
}

/// Five weeks of training from day 5 or day 30, as in the experiment: what the hand wins while it lasts.
ValidationReport validate_rehab_window(const ValidateOptions& options) {
  ValidationReport report{"rehab_window", {}, 0.0};
  constexpr double kDay40_s = 40.0 * kDay_s, kDay65_s = 65.0 * kDay_s;
  const std::string day5 = same_steps("5 d", kUse), day30 = same_steps("30 d", kUse);
  const std::vector<std::string> early = {"timeline[training].enabled=true", "until=\"40 d\"", day30};
  const std::vector<std::string> late = {"timeline[training].enabled=true",
                                         "timeline[training].from=\"30 d\"", "until=\"65 d\"", day5};
  const std::vector<std::string> untrained = {"until=\"65 d\"", "probes[0].at=[\"40 d\"]", day30};
  StudyArms arms(options, kStroke);
  struct Gains {
    std::size_t untrained, early, late;  ///< kinds of runs
  };
  const auto add_arms = [&](const std::string& what, const std::vector<std::string>& overrides) {
    return Gains{arms.add(what + "untrained", with(untrained, overrides)),
                 arms.add(what + "trained from day 5", with(early, overrides)),
                 arms.add(what + "trained from day 30", with(late, overrides))};
  };
  const Gains all = add_arms("", {}), flat = add_arms("no growth factor, ", kNoGrowth);
  arms.run();
  draw(options, arms, "rehab_window.svg",
       {{"Untrained", all.untrained},
        {"Trained from day 5", all.early, 5},
        {"Trained from day 30", all.late, 30}});
  const auto early_gain = [&](const Gains& g, std::size_t k) {
    return hand_change(arms.of(g.early, k), kDay40_s) - hand_change(arms.of(g.untrained, k), kDay40_s);
  };
  const auto late_gain = [&](const Gains& g, std::size_t k) {
    return hand_change(arms.of(g.late, k), kDay65_s) - hand_change(arms.of(g.untrained, k), kDay65_s);
  };
  std::vector<double> lead, lost, ratio;
  for (std::size_t k = 0; k < arms.num_seeds(); ++k) {
    lead.push_back(early_gain(all, k) - late_gain(all, k));
    lost.push_back(lead.back() - (early_gain(flat, k) - late_gain(flat, k)));
    ratio.push_back(early_gain(all, k) / late_gain(all, k));
  }
  const auto values = [&](auto&& gain, const Gains& of) {
    std::vector<double> out;
    for (std::size_t k = 0; k < arms.num_seeds(); ++k) out.push_back(gain(of, k));
    return out;
  };
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  add(make_row("five weeks of training: what day 5 wins more than day 30", "points", lead, 0.0, kOpenEnd, 0.0,
               "order: Biernaskie et al., J Neurosci 24:1245 (2004)"));
  add(make_row("knock-out: of that lead, what goes with the growth factor", "points", lost, 0.0, kOpenEnd,
               0.0, "without it the window should be flat"));
  add(shown_row("gain from day 5 over gain from day 30", "x", ratio,
                "the band of the full row is 1.8 and more"));
  add(shown_row("gain from day 5", "points", values(early_gain, all), "hand at day 40 against untrained"));
  add(shown_row("gain from day 30", "points", values(late_gain, all), "hand at day 65 against untrained"));
  add(shown_row("no growth factor: gain from day 5", "points", values(early_gain, flat), "likewise"));
  add(shown_row("no growth factor: gain from day 30", "points", values(late_gain, flat), "likewise"));
  return report;
}

ValidationReport validate_tonic_gaba(const ValidateOptions& options) {
  ValidationReport report{"tonic_gaba", {}, 0.0};
  constexpr double kMonth_s = 28.0 * kDay_s, kWeek_s = 7.0 * kDay_s;
  StudyArms arms(options, kStroke);
  const std::vector<std::string> lowered = {"timeline[tonic_lowered].enabled=true", "until=\"28 d\""};
  const std::size_t untreated = arms.add("untreated", kUntrained);
  const std::size_t day3 = arms.add("tonic inhibition lowered from day 3", lowered);
  const std::size_t hour0 =
      arms.add("tonic inhibition lowered from hour 0",
               with(lowered, {"timeline[tonic_lowered].from=\"0 d\"",
                              same_steps("3 d", R"("event":"scale_field","what":"tonic_GABA","gain":0)")}));
  // Without learning there is nothing that more spikes could win.
  const std::vector<std::string> frozen = {R"(timeline[+]={"from":"0 d","event":"freeze","what":"TC"})"};
  const std::size_t frozen_untreated =
                        arms.add("no learning, untreated", with({"until=\"28 d\""}, frozen), 2),
                    frozen_day3 = arms.add("no learning, lowered from day 3", with(lowered, frozen), 2);
  arms.run();
  const auto month = [&](std::size_t kind, std::size_t k) {
    return value_at(arms.of(kind, k), "map_s", "hand", kMonth_s);
  };
  std::vector<double> gain, gain0, gain_frozen, dead, dead3, earlier;
  const auto died = [&](std::size_t kind, std::size_t k) { return dead_by(arms.of(kind, k), kWeek_s); };
  for (std::size_t k = 0; k < arms.num_seeds(); ++k) {
    gain.push_back(100.0 * (month(day3, k) / month(untreated, k) - 1.0));
    gain0.push_back(100.0 * (month(hour0, k) / month(untreated, k) - 1.0));
    dead.push_back(100.0 * (died(hour0, k) / died(untreated, k) - 1.0));
    dead3.push_back(100.0 * (died(day3, k) / died(untreated, k) - 1.0));
    earlier.push_back(dead.back() - dead3.back());
  }
  for (std::size_t k = 0; k < arms.num_runs(frozen_day3); ++k)
    gain_frozen.push_back(100.0 * (month(frozen_day3, k) / month(frozen_untreated, k) - 1.0));
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  add(make_row("lowered from day 3: hand at 4 weeks against untreated", "%", gain, 20.0, kOpenEnd, 0.0,
               "Clarkson et al., Nature 468:305 (2010)"));
  // No knock-out proves anything of a gain that is not there.
  add(shown_row("no learning: lowered from day 3, hand at 4 weeks", "%", gain_frozen, "against untreated"));
  add(make_row("lowered from hour 0: dead cells at 1 week, beyond those from day 3", "%", earlier, 0.1,
               kOpenEnd, 0.0,
               "Clarkson et al. 2010: too early enlarges the infarct; the band is this project's"));
  add(shown_row("lowered from hour 0: dead cells at 1 week", "%", dead, "against untreated"));
  add(shown_row("lowered from day 3: dead cells at 1 week", "%", dead3, "against untreated"));
  add(shown_row("lowered from hour 0: hand at 4 weeks", "%", gain0, "against untreated"));
  return report;
}

}  // namespace penfield
