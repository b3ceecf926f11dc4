// The ladder under the episodic clock, from problems with known solutions to whole studies: each rung holds
// what macro steps give against what simulating every step gives.
#include "host/validate/entries.hpp"
#include "host/validate/hmm_rungs.hpp"

namespace penfield {

ValidationReport validate_hmm_ladder(const ValidateOptions& options) {
  ValidationReport report{"hmm_ladder", {}, 0.0};
  add_linear_rows(options, report);
  add_weight_rows(options, report);
  add_repair_rows(options, report);
  add_homeostat_rows(options, report);
  add_two_population_rows(options, report);
  add_study_rows(options, report);
  return report;
}

}  // namespace penfield
