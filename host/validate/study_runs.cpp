// The amputation study over seeds, each with its knock-outs.
#include <cmath>
#include <fstream>
#include <sstream>

#include "host/build/build_network.hpp"
#include "host/record/file.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/session_manifest.hpp"
#include "host/run/study.hpp"
#include "host/run/study_output.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/network_runs.hpp"

namespace penfield {

namespace {

/// The numbers of one run that verdicts are made of.
struct StudyNumbers {
  readout::UnmaskFastValues fast;
  readout::Sprout8wkValues slow;
  double topography = readout::kNotMeasured, kept_winner_share = readout::kNotMeasured,
         final_share = readout::kNotMeasured;
  double shift_end_mm = readout::kNotMeasured;

  std::vector<double*> all() {
    return {&fast.recovered_share,
            &fast.border_shift_mm,
            &fast.inhibition_change_percent,
            &fast.clamped_shift_mm,
            &slow.share,
            &slow.front_mm_per_week,
            &slow.turnover_ratio,
            &slow.decoding_ratio,
            &slow.territory_rate_ratio,
            &slow.structure_off_share,
            &slow.net_outside_share,
            &slow.responsive_donor_share,
            &topography,
            &kept_winner_share,
            &final_share,
            &shift_end_mm};
  }
};

std::string cache_text(StudyNumbers& numbers) {
  std::ostringstream text;
  text.precision(17);
  for (const double* v : numbers.all()) text << *v << '\n';
  return text.str();
}

bool read_cache(const std::filesystem::path& path, StudyNumbers& numbers) {
  std::ifstream in(path);
  if (!in) return false;
  for (double* v : numbers.all()) {
    std::string word;
    if (!(in >> word)) return false;
    *v = word == "nan" || word == "-nan" ? readout::kNotMeasured : std::stod(word);
  }
  return true;
}

StudyNumbers run_study(const ValidateOptions& options, const std::string& what,
                       std::vector<std::string> overrides) {
  const Scenario scenario =
      load_scenario((options.scenarios / "tutorial" / "amputation.json").string(), overrides);
  StudyNumbers numbers;
  const std::filesystem::path kept =
      options.cache.empty() ? std::filesystem::path()
                            : options.cache / ("amputation_" + hash_text(scenario.hash) + ".txt");
  if (!kept.empty() && read_cache(kept, numbers)) {
    if (options.say) options.say("amputation, " + what + ": kept from an earlier run");
    return numbers;
  }
  BuildOptions build;
  build.threads = options.threads == 0 ? available_threads() : options.threads;
  Network network = build_network(scenario, build);
  EngineChoice choice = make_engine(network, DeviceChoice::automatic, options.threads);
  Study study(scenario, network, *choice.engine);
  study.run({}, {});
  const StudyResult& result = study.result();
  numbers.fast = unmask_fast_values(result);
  numbers.slow = sprout_8wk_values(scenario, result);
  if (!result.maps.empty()) {
    numbers.topography = result.maps.back().topography;
    numbers.kept_winner_share = result.maps.back().kept_winner_share;
    numbers.final_share = result.maps.back().share_near_border;
    numbers.shift_end_mm = result.maps.back().border_shift_mm;
  }
  if (!kept.empty()) {
    std::filesystem::create_directories(options.cache);
    write_file_atomically(kept, cache_text(numbers));
  }
  if (options.say)
    options.say("amputation, " + what + ": " + std::to_string(result.spiking_s) + " s of spiking, share " +
                std::to_string(numbers.final_share) + ", shift " + std::to_string(numbers.shift_end_mm) +
                " mm");
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
  const std::uint32_t seeds = options.seeds > 0 ? options.seeds : options.quick ? 1 : 5;
  std::vector<std::vector<readout::Band>> bands;
  std::vector<double> frozen_share, sham_shift;
  const std::string six_hours = "until=\"6 h\"";
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
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
  const std::uint32_t seeds = options.seeds > 0 ? options.seeds : options.quick ? 1 : 5;
  std::vector<std::vector<readout::Band>> bands;
  std::vector<double> masked_change, kept, sham_shift;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
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
