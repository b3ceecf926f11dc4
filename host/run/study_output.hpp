#pragma once
// What becomes of a study's results: frames of run.log as they come, arrays of results.h5, bands and a
// summary.
#include <filesystem>
#include <string>
#include <vector>

#include "host/readout/bands.hpp"
#include "host/record/results_file.hpp"
#include "host/record/run_log.hpp"
#include "host/run/raw_output.hpp"
#include "host/run/study.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// Types of the frames in run.log; payloads are StateArchives.
enum class FrameType : std::uint32_t {
  step = 1,    ///< a StepPoint
  map = 2,     ///< a MapPoint
  study = 3,   ///< MapStudy and the lost part: what maps are read against
  totals = 4,  ///< spiking_s, biological_s
  digest = 5,  ///< StateDigest (run --digests)
  spikes = 6,  ///< new spikes; this and the following are of raw runs (host/run/raw_output.hpp)
  trace = 7,
  rate = 8,
  synapses = 9,
  episode = 10,        ///< an EpisodeSpan; spikes and what follows them may be of episodes too
  episode_rates = 11,  ///< new bins of one EpisodeRates, and its place
  energy = 12,         ///< new samples of what activity has cost
  growth = 13,         ///< new intervals of one structure that grows by elements or spines
  deaths = 14,         ///< how many cells are dead on the raw clock, since some more are
  pools = 15,          ///< new intervals of one field of astrocytes
};
const char* frame_name(std::uint32_t type);

/// Appends what is new in a study's results to run.log.
class StudyLog {
 public:
  /// `logged`: the results that the log holds already (those of the checkpoint a run goes on from).
  explicit StudyLog(const StudyResult& logged);
  void append(RunLogWriter& log, const StudyResult& result, StepIndex step);

 private:
  std::size_t num_steps_, num_maps_;
  std::vector<std::byte> study_, totals_;
  RawLog records_;
  std::size_t num_episodes_;
  std::vector<std::size_t> num_bins_;  ///< [EpisodeRates]
};
void append_digest(RunLogWriter& log, const StateDigest& digest, StepIndex step);

/// The results so far, from the log of a finished, stopped or running study. Throws Error(input_file) for a
/// log of another version, Error(output) if it cannot be read.
StudyResult read_study_log(const std::filesystem::path& path);

/// Maps, readouts, rates and curves with their units.
std::vector<Dataset> study_datasets(const Scenario& scenario, const StudyResult& result);
/// Weights and wiring of the projections that `record` lists, as they stand in `network`.
std::vector<Dataset> weight_datasets(const Scenario& scenario, const Network& network);

/// Until when only existing circuits change.
inline constexpr double kAcute_s = 6.0 * 3600.0;
/// Biological end of the last macro step; 0 without any.
/// Error of a macro step, one step against two halves and what its episodes leave uncertain together, in the
/// mean over the steps from time 0 on (over all while there are none).
double mean_step_error(const StudyResult& result);

double last_time_s(const StudyResult& result);
/// Turnover of the territory over that of the far zone, from the end of the acute phase to `to_s`.
double turnover_ratio(const StudyResult& result, double to_s);
/// The numbers that bands are about, read at 6 h after the loss and at the end.
readout::UnmaskFastValues unmask_fast_values(const StudyResult& result);
readout::Sprout8wkValues sprout_8wk_values(const Scenario& scenario, const StudyResult& result);

/// Which heal-in was too short for rates to settle before an episode counts, which episodes for what they
/// measure, whether rates swing from step to step, and what to do; empty if none.
std::string episode_warning(const Scenario& scenario, const StudyResult& result);

/// A paragraph for people: what the map did.
std::string study_summary(const Scenario& scenario, const StudyResult& result);

}  // namespace penfield
