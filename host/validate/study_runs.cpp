// The amputation study over seeds, each with its knock-outs.
#include <cmath>
#include <cstdio>

#include "host/build/build_network.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/study.hpp"
#include "host/run/study_output.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"

namespace penfield {

namespace {

/// The numbers of one run that verdicts are made of.
struct StudyNumbers {
  readout::UnmaskFastValues fast;
  readout::Sprout8wkValues slow;
  double topography = readout::kNotMeasured, kept_winner_share = readout::kNotMeasured;
  double final_share = readout::kNotMeasured, shift_end_mm = readout::kNotMeasured;

  std::vector<std::pair<const char*, double*>> all() {
    return {{"recovered_share", &fast.recovered_share},
            {"border_shift_mm", &fast.border_shift_mm},
            {"inhibition_change_percent", &fast.inhibition_change_percent},
            {"share", &slow.share},
            {"front_mm_per_week", &slow.front_mm_per_week},
            {"turnover_ratio", &slow.turnover_ratio},
            {"decoding_ratio", &slow.decoding_ratio},
            {"territory_rate_ratio", &slow.territory_rate_ratio},
            {"net_outside_share", &slow.net_outside_share},
            {"responsive_donor_share", &slow.responsive_donor_share},
            {"topography", &topography},
            {"kept_winner_share", &kept_winner_share},
            {"final_share", &final_share},
            {"shift_end_mm", &shift_end_mm}};
  }
};

void read_result(const Scenario& scenario, const StudyResult& result, StudyNumbers& numbers) {
  numbers.fast = unmask_fast_values(result);
  numbers.slow = sprout_8wk_values(scenario, result);
  if (result.maps.empty()) return;
  const MapPoint& last = result.maps.back();
  numbers.topography = last.topography;
  numbers.kept_winner_share = last.kept_winner_share;
  numbers.final_share = last.share_near_border;
  numbers.shift_end_mm = last.border_shift_mm;
}

StudyNumbers run_study(const ValidateOptions& options, const std::string& what,
                       const std::vector<std::string>& overrides) {
  check_stop(options);
  const Scenario scenario =
      load_scenario((options.scenarios / "tutorial" / "amputation.json").string(), overrides);
  StudyNumbers numbers;
  const RunCache cache(options.cache, scenario, "study");
  if (const auto kept = cache.find()) {
    for (const auto& [name, value] : numbers.all()) {
      const auto found = kept->find(name);
      if (found != kept->end() && !found->second.empty()) *value = found->second.front();
    }
    if (options.say) options.say("amputation, " + what + ": kept from an earlier run");
    return numbers;
  }
  BuildOptions build;
  build.threads = options.threads == 0 ? available_threads() : options.threads;
  Network network = build_network(scenario, build);
  EngineChoice choice = make_engine(network, DeviceChoice::automatic, options.threads);
  Study study(scenario, network, *choice.engine);
  study.run({}, [&] {
    check_stop(options);
    return false;
  });
  read_result(scenario, study.result(), numbers);
  RunNumbers kept;
  for (const auto& [name, value] : numbers.all()) kept[name] = {*value};
  cache.keep(kept);
  if (options.say) {
    char text[128];
    std::snprintf(text, sizeof text, ": %.0f s of spiking; share %.3f, shift %.3f mm",
                  study.result().spiking_s, numbers.final_share, numbers.shift_end_mm);
    options.say("amputation, " + what + text);
  }
  return numbers;
}

std::string seed_of(std::uint32_t seed) { return "seed=" + std::to_string(seed); }

/// Bands to rows, scored over seeds.
void add_bands(ValidationReport& report, const std::vector<std::vector<readout::Band>>& seeds) {
  for (const readout::Verdict& v : readout::verdicts(seeds)) {
    ValidationRow row;
    row.name = v.name;
    row.unit = v.unit;
    row.low = v.low;
    row.high = v.high;
    row.source = v.source;
    row.pass = v.pass;
    for (const auto& bands : seeds)
      for (const readout::Band& b : bands)
        if (b.name == v.name) row.values.push_back(b.value);
    if (!v.enough_seeds) {
      // Fewer than five seeds (--quick, --seeds) are judged by their mean alone, and the note says so.
      row.pass = v.mean >= v.low && v.mean <= v.high;
      row.note = "fewer than 5 seeds: the mean alone is judged";
    }
    report.rows.push_back(row);
  }
}

}  // namespace

ValidationReport validate_unmask_fast(const ValidateOptions& options) {
  ValidationReport report{"unmask_fast", {}, 0.0};
  std::vector<std::vector<readout::Band>> bands;
  std::vector<double> frozen_share, sham_shift;
  const std::string six_hours = "until=\"6 h\"";
  for (std::uint32_t seed : seeds_of(options, 5, 1)) {
    const std::string tag = ", seed " + std::to_string(seed);
    StudyNumbers full = run_study(options, "6 h" + tag, {seed_of(seed), six_hours});
    const StudyNumbers frozen =
        run_study(options, "inhibition frozen" + tag,
                  {seed_of(seed), six_hours, "timeline[freeze_inhibition].enabled=true"});
    const StudyNumbers sham =
        run_study(options, "sham" + tag, {seed_of(seed), six_hours, "timeline[loss].enabled=false"});
    full.fast.clamped_shift_mm = frozen.fast.border_shift_mm;
    frozen_share.push_back(100.0 * frozen.fast.recovered_share);
    sham_shift.push_back(sham.fast.border_shift_mm);
    bands.push_back(readout::unmask_fast_bands(full.fast));
  }
  add_bands(report, bands);
  report.rows.push_back(make_row("knock-out: inhibition frozen, recovered share", "%", frozen_share, -1.0,
                                 10.0, 0.0,
                                 "Jacobs & Donoghue, Science 251:944 (1991): disinhibition alone unmasks"));
  report.rows.push_back(make_row("sham: border shift", "mm", sham_shift, -0.1, 0.1, 0.0, "nothing was lost"));
  return report;
}

ValidationReport validate_sprout_8wk(const ValidateOptions& options) {
  ValidationReport report{"sprout_8wk", {}, 0.0};
  std::vector<std::vector<readout::Band>> bands;
  std::vector<double> masked_change, kept, sham_shift;
  for (std::uint32_t seed : seeds_of(options, 5, 1)) {
    const std::string tag = ", seed " + std::to_string(seed);
    StudyNumbers full = run_study(options, "8 weeks" + tag, {seed_of(seed)});
    const StudyNumbers off =
        run_study(options, "structure off" + tag, {seed_of(seed), "timeline[freeze_structure].enabled=true"});
    const StudyNumbers masked = run_study(options, "no outside donors" + tag,
                                          {seed_of(seed), "timeline[no_outside_donors].enabled=true"});
    full.slow.structure_off_share = off.final_share;
    masked_change.push_back(100.0 * (full.topography - masked.topography));
    kept.push_back(100.0 * full.kept_winner_share);
    if (seed == 1)
      sham_shift.push_back(
          run_study(options, "sham" + tag, {seed_of(seed), "timeline[loss].enabled=false"}).shift_end_mm);
    bands.push_back(readout::sprout_8wk_bands(full.slow));
  }
  add_bands(report, bands);
  report.rows.push_back(
      make_row("other maps keep their winner", "%", kept, 95.0, 100.0, 0.0, "a lesion's effect is local"));
  report.rows.push_back(
      make_row("sham: border shift", "mm", sham_shift, -0.15, 0.15, 0.0, "nothing was lost"));
  ValidationRow mask =
      make_row("knock-out: no outside donors, loss of topography", "points", masked_change, 2.0, 100.0, 0.0,
               "ingrowth must leave its mark: filling alone does not prove it");
  report.rows.push_back(mask);
  return report;
}

}  // namespace penfield
