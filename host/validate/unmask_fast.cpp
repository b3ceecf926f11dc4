// Six hours after the loss of a digit, structure frozen: what plastic inhibition does, and nothing without
// it.
#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/study_runs.hpp"

namespace penfield {

ValidationReport validate_unmask_fast(const ValidateOptions& options) {
  ValidationReport report{"unmask_fast", {}, 0.0};
  const std::vector<std::uint32_t> seeds = seeds_of(options, 5, 1);
  std::vector<StudyJob> jobs;
  for (std::uint32_t seed : seeds) {
    const std::string number = std::to_string(seed), six_hours = "until=\"6 h\"";
    jobs.push_back({"6 h, seed " + number, {"seed=" + number, six_hours}});
    jobs.push_back({"6 h, inhibition frozen, seed " + number,
                    {"seed=" + number, six_hours, "timeline[freeze_inhibition].enabled=true"}});
    jobs.push_back(
        {"6 h, sham, seed " + number, {"seed=" + number, six_hours, "timeline[loss].enabled=false"}});
  }
  const std::vector<StudyNumbers> runs = run_studies(options, jobs);
  std::vector<std::vector<readout::Band>> bands;
  std::vector<double> frozen_share, frozen_ici, sham_shift, sham_ici, direct;
  for (std::size_t k = 0; k < seeds.size(); ++k) {
    StudyNumbers full = runs[3 * k];
    const StudyNumbers& frozen = runs[3 * k + 1];
    const StudyNumbers& sham = runs[3 * k + 2];
    full.fast.clamped_shift_mm = frozen.fast.border_shift_mm;
    frozen_share.push_back(100.0 * frozen.fast.recovered_share);
    frozen_ici.push_back(frozen.fast.inhibition_change_percent);
    sham_shift.push_back(sham.fast.border_shift_mm);
    sham_ici.push_back(sham.fast.inhibition_change_percent);
    direct.push_back(full.direct_6h);
    bands.push_back(readout::unmask_fast_bands(full.fast));
  }
  add_bands(report, bands);
  report.rows.push_back(make_row("knock-out: inhibition frozen, recovered share", "%", frozen_share, -1.0,
                                 10.0, 0.0,
                                 "Jacobs & Donoghue, Science 251:944 (1991): disinhibition alone unmasks"));
  report.rows.push_back(make_row("sham: border shift", "mm", sham_shift, -0.1, 0.1, 0.0, "nothing was lost"));
  report.rows.push_back(
      make_row("sham: change of inhibition", "%", sham_ici, -10.0, 10.0, 0.0, "nothing was lost"));
  report.rows.push_back(shown_row("knock-out: change of inhibition by lost drive alone", "%", frozen_ici,
                                  "the rest is plastic"));
  report.rows.push_back(shown_row("answer to direct drive of the lost digit's relay", "x", direct,
                                  "of the intact answer: disinhibition, not a band"));
  return report;
}

}  // namespace penfield
