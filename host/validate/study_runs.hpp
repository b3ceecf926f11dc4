#pragma once
// Runs of studies for `penfield validate`: many whole runs, a core each.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "host/readout/bands.hpp"
#include "host/run/study.hpp"
#include "host/validate/run_cache.hpp"
#include "host/validate/validate.hpp"

namespace penfield {

/// One run: a study's scenario with values changed as by --set.
struct StudyJob {
  std::string what;  ///< for people
  std::vector<std::string> overrides;
};

/// The numbers of one run that verdicts are made of.
struct StudyNumbers {
  readout::UnmaskFastValues fast;
  readout::Sprout8wkValues slow;
  double topography = readout::kNotMeasured;  ///< of the last map
  double topographic_share =
      readout::kNotMeasured;  ///< of the silent area: recovered, and by the nearer part
  double kept_winner_share = readout::kNotMeasured;
  double final_share = readout::kNotMeasured;       ///< of the old territory, within 1.5 mm, last map
  double baseline_overlap = readout::kNotMeasured;  ///< the same of the intact map
  double shift_end_mm = readout::kNotMeasured;
  double turnover_8wk = readout::kNotMeasured;  ///< as Sprout8wkValues::turnover_ratio, over the whole run
  double direct_6h = readout::kNotMeasured;     ///< answer to drive of the lost part's relay, of intact
  double direct_end = readout::kNotMeasured;

  std::vector<std::pair<const char*, double*>> all();
};

/// What a run is read by: name and value, for comparisons of runs.
std::vector<std::pair<std::string, double>> study_readouts(const StudyNumbers& numbers);

/// A study, and what is read of each run.
struct StudyRuns {
  std::string what;      ///< for people
  std::string file;      ///< below the scenarios
  std::string protocol;  ///< another one for other numbers: see RunCache
  std::function<RunNumbers(const Scenario&, const StudyResult&)> read;
};

/// Runs what is not in the cache, one thread a run and as many at once as there are threads. [job]. Throws
/// Error(stopped) when asked to stop, and whatever building or running throws.
std::vector<RunNumbers> run_studies(const ValidateOptions& options, const StudyRuns& runs,
                                    const std::vector<StudyJob>& jobs);

/// The same of the amputation study. One thread a run: the bits do not depend on it, and small networks gain
/// little from a second thread.
std::vector<StudyNumbers> run_studies(const ValidateOptions& options, const std::vector<StudyJob>& jobs);

/// The entry of `values` at a time of `times`; NaN if there is none.
double value_at(const RunNumbers& run, const char* times, const char* values, double time_s);

/// Of the amputation study: every macro step half as long.
std::vector<std::string> half_macro_steps(std::uint32_t seed);

/// How many readouts of `run` lie within 5 % of the same seed's or within the seeds' prediction interval.
/// Another clock draws other random numbers, so its run is one more draw: of the range of five it would leave
/// each readout once in three times by chance alone.
ValidationRow same_readouts(const std::string& name, const StudyNumbers& run,
                            const std::vector<StudyNumbers>& seeds);

/// Adds a band's verdict over runs, one run's bands an entry.
void add_bands(ValidationReport& report, const std::vector<std::vector<readout::Band>>& runs);

}  // namespace penfield
