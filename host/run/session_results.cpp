#include "host/run/session_results.hpp"

#include <sys/resource.h>

#include "host/build/build_network.hpp"
#include "host/record/checkpoint.hpp"
#include "host/record/file.hpp"
#include "host/record/folder_lock.hpp"
#include "host/record/hdf5.hpp"
#include "host/record/log.hpp"
#include "host/record/run_log.hpp"
#include "host/report/report.hpp"
#include "host/run/raw_output.hpp"
#include "host/run/session.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/run/session_manifest.hpp"
#include "host/run/study_output.hpp"
#include "host/run/study_report.hpp"
#include "host/scenario/scenario_json.hpp"

namespace penfield {
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMostScenarioBytes = std::uint64_t{64} << 20;

/// A run folder as it was left.
struct StoredRun {
  Scenario scenario;
  Manifest manifest;
  StudyResult result;  ///< of an episodic study
  RawRecords records;  ///< of a raw run
  double raw_s = 0.0;
};

StoredRun read_run(const fs::path& folder) {
  if (!fs::exists(folder / "manifest.json"))
    throw Error(ExitCode::input_file,
                "no run in this folder (" + folder.string() +
                    "): it has no manifest.json; give the folder that `penfield run` wrote");
  StoredRun run;
  run.manifest = read_manifest(folder / "manifest.json");
  // Data files lie beside the scenario that was run, not beside its canonical copy.
  std::string beside = folder.string();
  for (const NamedText& entry : run.manifest.build)
    if (entry.name == "scenario_folder") beside = entry.value;
  run.scenario = parse_scenario(read_text_file(folder / "scenario.json", kMostScenarioBytes),
                                (folder / "scenario.json").string(), beside);
  if (!run.manifest.from.path.empty()) run.scenario.clock.settle_s = 0.0;  // a branch does not settle
  if (run.scenario.clock.episodic) {
    run.result = read_study_log(folder / "run.log");
  } else {
    run.records = read_raw_log(folder / "run.log", run.scenario.dt_ms, &run.raw_s);
  }
  return run;
}

/// A run that was killed may have left half a frame; what its checkpoint vouches for is whole, or the results
/// would be those of another, shorter run.
void require_log(const fs::path& folder, const Manifest& manifest) {
  RunLogReader frames(folder / "run.log");
  for (LogFrame frame; frames.next(&frame);) {
  }
  if (frames.problem().empty()) return;
  bool damaged = manifest.state == RunState::finished;
  if (!damaged && CheckpointReader::exists(folder / "checkpoint")) {
    const std::uint64_t vouched = CheckpointReader::open(folder / "checkpoint").header().log_offset;
    for (LogFrame frame; frames.next(&frame);) {  // a running run may have gone on since the walk
    }
    damaged = frames.offset() < vouched;
  }
  if (damaged)
    throw Error(ExitCode::input_file,
                frames.problem() +
                    ", and what follows cannot be read; nothing has been written: put a "
                    "copy of run.log back, or begin the run again with another --out");
}

bool records_weights(const Scenario& scenario) {
  for (const RecordSpec& r : scenario.record)
    if (r.what == "weights" || r.what == "connectivity") return true;
  return false;
}

}  // namespace

void write_results_file(const fs::path& folder, const Scenario& scenario, const StudyResult& result,
                        const std::vector<Dataset>& weights, const Manifest& manifest) {
  if (!hdf5_available()) {
    log_warning(
        "no results.h5: this program was built without HDF5 (Debian: libhdf5-dev); the results are in "
        "run.log");
    return;
  }
  Results results;
  results.datasets = study_datasets(scenario, result);
  add_episode_results(scenario, result.records, results);
  results.datasets.insert(results.datasets.end(), weights.begin(), weights.end());
  results.scenario_json = scenario.canonical_json;
  results.manifest_json = manifest_json(manifest);
  write_results(folder / "results.h5", std::move(results));
}

void write_outputs(const fs::path& folder, const Scenario& scenario, const StudyResult& result,
                   const std::vector<Dataset>& weights, const Manifest& manifest) {
  write_results_file(folder, scenario, result, weights, manifest);
  write_report_files(folder, scenario, result, manifest);
}

void write_report_files(const fs::path& folder, const Scenario& scenario, const StudyResult& result,
                        const Manifest& manifest) {
  const ReportData data = study_report(scenario, result, manifest);
  write_file_atomically(folder / "report.html", make_report(data));
  if (data.frames.size() > 1)
    write_file_atomically(folder / "map_before_after.svg", map_svg(data, 0, data.frames.size() - 1));
}

void export_report(const fs::path& folder) {
  const StoredRun run = read_run(folder);
  require_log(folder, run.manifest);
  if (!run.scenario.clock.episodic) {
    write_raw_report(folder, run.scenario, run.records, run.raw_s, run.manifest);
    return;
  }
  write_report_files(folder, run.scenario, run.result, run.manifest);
}

void export_results(const fs::path& folder) {
  const StoredRun run = read_run(folder);
  require_log(folder, run.manifest);
  if (!run.scenario.clock.episodic) {
    write_raw_results(folder, run.scenario, run.records, run.manifest);
    return;
  }
  if (!records_weights(run.scenario) || !CheckpointReader::exists(folder / "checkpoint")) {
    write_results_file(folder, run.scenario, run.result, {}, run.manifest);
    return;
  }
  const CheckpointReader checkpoint = CheckpointReader::open(folder / "checkpoint");
  BuildOptions options = build_options(DeviceChoice::cpu, 0);
  options.tile_sizes = stored_tile_sizes(checkpoint);
  Network network = build_network(run.scenario, options);
  const auto engine = make_engine(network, DeviceChoice::cpu, 1).engine;
  restore_state(checkpoint, network, *engine);
  write_results_file(folder, run.scenario, run.result, weight_datasets(run.scenario, network), run.manifest);
}

FolderStatus read_status(const fs::path& folder) {
  // Before the log: what it says is then at least as new as this.
  FolderStatus out;
  out.has_progress = read_progress(folder, &out.progress);
  const StoredRun run = read_run(folder);
  const bool study = run.scenario.clock.episodic;
  out.manifest = run.manifest;
  const LockLook lock = look_at_lock(folder);
  out.writer = lock.owner;
  using State = FolderStatus::State;
  using Writer = LockLook::Writer;
  out.state = lock.writer == Writer::alive                                             ? State::running
              : lock.writer == Writer::elsewhere                                       ? State::elsewhere
              : run.manifest.state == RunState::running || lock.writer == Writer::gone ? State::killed
              : run.manifest.state == RunState::finished                               ? State::finished
                                                                                       : State::stopped;
  out.has_checkpoint = CheckpointReader::exists(folder / "checkpoint");
  RunLogReader frames(folder / "run.log");
  for (LogFrame frame; frames.next(&frame);) {
  }
  out.log_problem = frames.problem();
  out.until_s = run.scenario.until_s;
  out.time_s =
      study ? (run.result.steps.empty() ? -run.scenario.clock.settle_s : run.result.steps.back().time_s)
            : run.raw_s;
  out.reached = study ? std::to_string(run.result.steps.size()) + " macro steps and " +
                            std::to_string(run.result.maps.size()) + " maps"
                      : std::to_string(run.records.spikes.size()) + " recorded spikes";
  return out;
}

std::uint64_t peak_resident_bytes() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace penfield
