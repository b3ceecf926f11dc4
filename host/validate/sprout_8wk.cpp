// Eight weeks after the loss of a digit: structure fills what unmasking left silent. Over seeds, with
// knock-outs, another digit, a sham, and a finer clock.
#include <cstdio>

#include "host/readout/spike_statistics.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/study_runs.hpp"

namespace penfield {

namespace {

std::string seed_of(std::uint32_t seed) { return "seed=" + std::to_string(seed); }

/// All runs of the validation, and where to find them again.
struct Plan {
  std::vector<StudyJob> jobs;

  std::size_t add(const std::string& what, std::vector<std::string> overrides) {
    jobs.push_back({"8 weeks" + what, std::move(overrides)});
    return jobs.size() - 1;
  }
};

constexpr std::size_t kDigitSeeds = 3;  ///< of each other digit

struct SeedRuns {
  std::size_t full = 0, off = 0, masked = 0;
};
struct DigitRuns {
  std::string part;
  std::vector<std::size_t> full, off;  ///< [seed]
};

/// How many bands the seeds' means meet, and which they miss.
ValidationRow all_bands(const std::string& name, const std::vector<StudyNumbers>& seeds,
                        const std::string& why) {
  std::vector<std::vector<double>> values;  // [band][seed]
  std::vector<readout::Band> bands;
  for (const StudyNumbers& n : seeds) {
    bands = readout::unmask_fast_bands(n.fast);
    bands.pop_back();  // the border with inhibition clamped: another run's, see unmask_fast
    for (readout::Band& b : readout::sprout_8wk_bands(n.slow)) bands.push_back(std::move(b));
    values.resize(bands.size());
    for (std::size_t k = 0; k < bands.size(); ++k) values[k].push_back(bands[k].value);
  }
  double met = 0.0;
  std::string missed;
  for (std::size_t k = 0; k < bands.size(); ++k) {
    bands[k].value = readout::mean(values[k]);
    if (readout::in_band(bands[k])) {
      met += 1.0;
      continue;
    }
    missed += (missed.empty() ? "" : "; ") + bands[k].name + ":";
    char text[48];
    for (double value : values[k]) {
      std::snprintf(text, sizeof text, " %.3g", value);
      missed += text;
    }
    missed += " " + bands[k].unit;
  }
  const auto all = static_cast<double>(bands.size());
  ValidationRow row = make_row(name, "", {met}, all, all, 0.0, why);
  row.note = "of " + std::to_string(bands.size()) + " bands, means of " + std::to_string(seeds.size()) +
             " seeds" + (missed.empty() ? std::string() : "; missed: " + missed);
  return row;
}

}  // namespace

ValidationReport validate_sprout_8wk(const ValidateOptions& options) {
  ValidationReport report{"sprout_8wk", {}, 0.0};
  const std::vector<std::uint32_t> seeds = seeds_of(options, 5, 1);
  Plan plan;
  // The longest first, so that no core waits for it at the end.
  std::size_t fine_step = 0, half_macro = 0;
  if (!options.quick) {
    fine_step = plan.add(", dt / 5", {seed_of(1), "dt_ms=0.2"});
    half_macro = plan.add(", half the macro step", half_macro_steps(1));
  }
  std::vector<SeedRuns> runs_of_seed;
  for (std::uint32_t seed : seeds) {
    const std::string tag = ", seed " + std::to_string(seed);
    SeedRuns runs;
    runs.full = plan.add(tag, {seed_of(seed)});
    runs.off = plan.add(", structure off" + tag, {seed_of(seed), "timeline[freeze_structure].enabled=true"});
    runs.masked =
        plan.add(", no outside donors" + tag, {seed_of(seed), "timeline[no_outside_donors].enabled=true"});
    runs_of_seed.push_back(runs);
  }
  const std::size_t sham = plan.add(", sham, seed 1", {seed_of(1), "timeline[loss].enabled=false"});
  std::vector<DigitRuns> digits;
  if (!options.quick)
    for (const char* part : {"hand/D2", "hand/D4"}) {
      const std::string lost = std::string("timeline[loss].part=") + part, tag = std::string(", ") + part;
      DigitRuns runs{part, {}, {}};
      for (std::uint32_t seed : seeds) {
        if (runs.full.size() == kDigitSeeds) break;
        const std::string with = tag + ", seed " + std::to_string(seed);
        runs.full.push_back(plan.add(with, {seed_of(seed), lost}));
        runs.off.push_back(plan.add(with + ", structure off",
                                    {seed_of(seed), lost, "timeline[freeze_structure].enabled=true"}));
      }
      digits.push_back(runs);
    }

  const std::vector<StudyNumbers> numbers = run_studies(options, plan.jobs);
  std::vector<std::vector<readout::Band>> bands;
  std::vector<StudyNumbers> full_runs;
  std::vector<double> masked_change, masked_share, kept, topography, turnover_8wk, direct;
  for (const SeedRuns& runs : runs_of_seed) {
    StudyNumbers full = numbers[runs.full];
    const StudyNumbers& masked = numbers[runs.masked];
    full.slow.structure_off_share = numbers[runs.off].final_share;
    masked_change.push_back(100.0 * (full.topographic_share - masked.topographic_share));
    masked_share.push_back(100.0 * masked.final_share);
    kept.push_back(100.0 * full.kept_winner_share);
    topography.push_back(100.0 * full.topography);
    turnover_8wk.push_back(full.turnover_8wk);
    direct.push_back(full.direct_end);
    bands.push_back(readout::sprout_8wk_bands(full.slow));
    full_runs.push_back(full);
  }
  add_bands(report, bands);
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  add(make_row("other maps keep their winner", "%", kept, 95.0, 100.0, 0.0, "a lesion's effect is local"));
  // A rim that was unmasked can relay what its neighbours hear, so the territory may fill without ingrowth;
  // what it answers is then less orderly.
  add(make_row("knock-out: no outside donors, orderly recovery lost", "points", masked_change, 10.0, 100.0,
               0.0, "silent area that answers the nearer digit: ingrowth must leave its mark"));
  add(make_row("sham: border shift", "mm", {numbers[sham].shift_end_mm}, -0.15, 0.15, 0.0,
               "nothing was lost"));
  add(make_row("sham: change of the share that answers a neighbour", "points",
               {100.0 * (numbers[sham].final_share - numbers[sham].baseline_overlap)}, -10.0, 10.0, 0.0,
               "nothing was lost"));
  for (const DigitRuns& runs : digits) {
    std::vector<StudyNumbers> full;
    for (std::size_t k = 0; k < runs.full.size(); ++k) {
      full.push_back(numbers[runs.full[k]]);
      full.back().slow.structure_off_share = numbers[runs.off[k]].final_share;
    }
    add(all_bands("loss of " + runs.part + " in place of D3: bands met", full,
                  "the same parameters for every digit"));
  }
  if (!options.quick) {
    add(same_readouts("dt / 5: readouts that stay", numbers[fine_step], full_runs));
    add(same_readouts("half the macro step: readouts that stay", numbers[half_macro], full_runs));
  }
  add(shown_row("turnover ratio over all eight weeks", "", turnover_8wk, "the band is of the first four"));
  add(shown_row("recovered bins that answer the nearer digit", "%", topography, "topography"));
  add(shown_row("knock-out: no outside donors, share", "%", masked_share, "filled or not"));
  add(shown_row("answer to direct drive of the lost digit's relay", "x", direct, "of the intact answer"));
  return report;
}

}  // namespace penfield
