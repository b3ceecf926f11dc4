// L3: a whole study, the amputation of a digit and eight weeks after it, with macro steps half as long.
#include "host/validate/hmm_rungs.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/study_runs.hpp"

namespace penfield {

void add_study_rows(const ValidateOptions& options, ValidationReport& report) {
  if (options.quick) return;
  std::vector<StudyJob> jobs = {{"8 weeks, half the macro step", half_macro_steps(1)}};
  for (const std::uint32_t seed : seeds_of(options, 5, 1)) {
    const std::string number = std::to_string(seed);
    jobs.push_back({"8 weeks, seed " + number, {"seed=" + number}});
  }
  const std::vector<StudyNumbers> numbers = run_studies(options, jobs);
  report.rows.push_back(same_readouts("L3: amputation, half the macro step: readouts that stay",
                                      numbers.front(), {numbers.begin() + 1, numbers.end()}));
}

}  // namespace penfield
