#pragma once
// One `penfield run`: folder, network, engine, checkpoints, results.
#include <filesystem>
#include <string>

#include "host/record/manifest.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/progress_file.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/base/error.hpp"
#include "penfield/ranks/ranks.hpp"

namespace penfield {

struct SessionRequest {
  Scenario scenario;
  Ranks* ranks = &one_rank();  ///< that run it together: each calls run_session, and the first one writes
  std::filesystem::path out;   ///< empty: runs/NAME, then NAME-2 and so on
  bool force = false;
  DeviceChoice device = DeviceChoice::automatic;
  CardChoice card;
  std::uint32_t threads = 0;   ///< 0: all of the machine's
  std::filesystem::path from;  ///< a run folder or checkpoint to start from; empty: a network of its own
  double walltime_s = 0.0;     ///< stop with a checkpoint before so much wall time has passed; 0: never
  double checkpoint_every_s = 600.0;  ///< wall time
  bool digests = false;               ///< a digest of the whole state in run.log at every macro step
  bool quiet = false;                 ///< no progress
};

/// On other ranks than the first, the folder is empty and recorded spikes are not in the summary.
struct SessionOutcome {
  ExitCode code = ExitCode::done;  ///< done, or stopped: resumable
  std::filesystem::path folder;
  Manifest manifest;
  std::string summary;           ///< what came out, for people
  double wall_s = 0.0;           ///< of this call
  std::uint64_t peak_bytes = 0;  ///< resident, of this process so far
};

/// Runs the scenario to its end, or until a signal or the wall time stops it; resumes an unfinished run of
/// the same scenario in the folder, with the same bits. A stop takes effect within 5 s, also in the
/// midst of building, an episode, a probe or the output, plus the writing of a checkpoint; only
/// rewiring is finished first. Throws Error: output for the folder and disk, no_device, memory, numerics,
/// scenario where the checkpoint to start from is of another network. What had been reached by the last
/// checkpoint is intact then, and the manifest says why the run ended.
SessionOutcome run_session(const SessionRequest& request);

/// Rebuilds results.h5 (`export`) or report.html (`report`) of a run folder from run.log, scenario.json and
/// the checkpoint. Throws Error(input_file) if the folder holds no run.
void export_results(const std::filesystem::path& folder);
void export_report(const std::filesystem::path& folder);

/// How far the run in a folder is, from what lies there; a running one is not disturbed.
struct FolderStatus {
  enum class State { finished, stopped, running, killed, elsewhere };
  State state = State::stopped;
  std::string writer;  ///< who holds or held the lock; empty if nobody does
  Manifest manifest;
  double time_s = 0.0;  ///< biological
  double until_s = 0.0;
  std::string reached;  ///< "14 macro steps and 6 maps"
  bool has_progress = false;
  RunProgress progress;  ///< of the process that runs or ran; where there is none: no speed, no time left
  bool has_checkpoint = false;
  std::string log_problem;  ///< where run.log stops being good; empty: it is whole
};
FolderStatus read_status(const std::filesystem::path& folder);

/// Peak resident memory of this process, bytes.
std::uint64_t peak_resident_bytes();

}  // namespace penfield
