#include "host/run/session.hpp"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <chrono>
#include <new>
#include <optional>

#include "host/build/build_network.hpp"
#include "host/record/checkpoint.hpp"
#include "host/record/hash.hpp"
#include "host/record/log.hpp"
#include "host/record/run_folder.hpp"
#include "host/run/memory_plan.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/run/session_job.hpp"
#include "host/run/session_manifest.hpp"
#include "host/run/session_progress.hpp"
#include "host/run/session_schedule.hpp"
#include "host/run/session_stop.hpp"
#include "host/run/study_output.hpp"
#include "penfield/numerics/self_test.hpp"

namespace penfield {
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

/// Large blocks go back to the system when they are freed, so that one stage's memory does not add to the
/// next one's; by default glibc raises its threshold with each block and keeps them.
void keep_no_large_blocks() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

/// What building has freed goes back as well.
void give_back_memory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

class Session {
 public:
  explicit Session(const SessionRequest& request)
      : request_(request),
        scenario_(request.scenario),
        progress_(request.quiet),
        checkpoint_at_(began_ + std::chrono::duration_cast<Clock::duration>(
                                    std::chrono::duration<double>(request.checkpoint_every_s))) {}

  SessionOutcome run() {
    keep_no_large_blocks();
    progress_.phase("preparing " + scenario_.name);
    std::string what;
    if (!arithmetic_self_test(&what))
      throw Error(ExitCode::numerics,
                  "this machine's arithmetic is not IEEE's (" + what +
                      "): equal runs would not give equal bits; run on another machine or without an "
                      "emulator");
    open();
    try {
      build();
      start();
      return job_->run([&] { after_step(); }, [&] { return stop_now(); }) ? finish() : stop();
    } catch (const Error& e) {
      fail(e.code(), e.what());
      throw;
    } catch (const std::bad_alloc&) {
      fail(ExitCode::memory, "out of memory");
      throw;
    }
  }

 private:
  void open() {
    RunFolderRequest ask;
    ask.out = request_.out;
    ask.scenario_name = scenario_.name;
    ask.scenario_hash = hash_text(scenario_.hash);
    ask.force = request_.force;
    folder_.emplace(prepare_run_folder(ask));
    if (!folder_->lock().taken_over_from().empty())
      progress_.note("took over the lock of a process that is gone: " + folder_->lock().taken_over_from());
    if (folder_->use() == RunFolderUse::resume && CheckpointReader::exists(folder_->checkpoint()))
      checkpoint_.emplace(CheckpointReader::open(folder_->checkpoint()));
  }

  void build() {
    progress_.phase("building the network");
    const auto t = Clock::now();
    BuildOptions options = build_options(request_.device, request_.threads);
    if (checkpoint_) options.tile_sizes = stored_tile_sizes(*checkpoint_);
    require_memory(plan_memory(scenario_, options));
    network_.emplace(build_network(scenario_, options));
    EngineChoice choice = make_engine(*network_, request_.device, request_.threads);
    if (!choice.note.empty()) progress_.note(choice.note);
    engine_ = std::move(choice.engine);
    job_ = make_job(scenario_, *network_, *engine_);
    give_back_memory();
    build_s_ = since(t);
  }

  void start() {
    std::uint64_t log_offset = 0;
    manifest_ = new_manifest(scenario_, *network_, *engine_);
    if (folder_->use() == RunFolderUse::resume) carry_over(read_manifest(folder_->manifest()), manifest_);
    add_timing(manifest_, "build", build_s_);
    if (checkpoint_) log_offset = resume();
    folder_->keep();
    write_file_atomically(folder_->scenario(), scenario_.canonical_json);
    write_manifest(folder_->manifest(), manifest_);
    std::error_code ignored;
    log_.emplace(fs::exists(folder_->log(), ignored) ? RunLogWriter::resume(folder_->log(), log_offset)
                                                     : RunLogWriter::create(folder_->log()));
    writer_.emplace(folder_->checkpoint());
    job_->start_log();
    checkpoint_.reset();

    const StudySchedule schedule = plan_schedule(scenario_);
    manifest_.end_step = schedule.steps;
    progress_.note(scenario_.name + ": " + std::to_string(network_->num_neurons()) + " neurons, " +
                   std::to_string(network_->num_synapses()) + " synapses on " + engine_->device() +
                   "; results in " + folder_->path().string());
    progress_.expect(job_->time_s(), scenario_.until_s, schedule.spiking_s, job_->spiking_s());
    loop_began_ = step_began_ = Clock::now();
  }

  /// Back to where the checkpoint was written; where the log goes on.
  std::uint64_t resume() {
    const CheckpointHeader& header = checkpoint_->header();
    if (!checkpoint_->fallback_reason().empty())
      log_warning("going back to the checkpoint before the last: " + checkpoint_->fallback_reason());
    if (header.scenario_hash != hash_text(scenario_.hash))
      throw Error(ExitCode::input_file, "checkpoint of another scenario (" + checkpoint_->path().string() +
                                            "): choose another folder with --out");
    const std::vector<std::byte> bytes = restore_state(*checkpoint_, *network_, *engine_);
    StateArchive a(bytes, "checkpoint (" + checkpoint_->path().string() + ")");
    job_->archive(a);
    a.finish();
    ++manifest_.num_resumes;
    progress_.note("resuming " + folder_->path().string() + " at biological time " +
                   time_point_text(job_->time_s()) + ": " + job_->reached() +
                   " are there; what came after that checkpoint is done again");
    return header.log_offset;
  }

  void after_step() {
    job_->check();
    job_->append_frames(*log_, engine_->now());
    if (request_.digests) append_digest(*log_, digest(*network_), engine_->now());
    log_->flush();
    longest_step_s_ = std::max(longest_step_s_, since(step_began_));
    step_began_ = Clock::now();
    progress_.advance(job_->time_s(), job_->spiking_s());
  }

  bool stop_now() {
    const double left_s = request_.walltime_s - since(began_);
    if (signals_.requested()) {
      reason_ = std::string("stopped by ") + signals_.name();
      return true;
    }
    // The step to come, with a map in it, must fit, and so must writing the checkpoint.
    if (request_.walltime_s > 0.0 && left_s < 1.5 * longest_step_s_ + 2.0 * longest_checkpoint_s_) {
      reason_ = "stopped by --walltime";
      return true;
    }
    if (Clock::now() >= checkpoint_at_) write_checkpoint();
    return false;
  }

  void write_checkpoint() {
    const auto t = Clock::now();
    job_->append_frames(*log_, engine_->now());
    log_->sync();
    CheckpointHeader header;
    header.program_version = manifest_.program_version;
    header.scenario_hash = hash_text(scenario_.hash);
    header.seed = scenario_.seed;
    header.log_offset = log_->offset();
    StateArchive a;
    job_->archive(a);
    save_state(*writer_, header, *network_, *engine_, a.written());
    manifest_.last_step = engine_->now();
    write_manifest(folder_->manifest(), manifest_);
    longest_checkpoint_s_ = std::max(longest_checkpoint_s_, since(t));
    step_began_ = Clock::now();
    checkpoint_at_ = step_began_ + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(request_.checkpoint_every_s));
  }

  /// Timings and digests as the state stands.
  void complete_manifest() {
    manifest_.last_step = engine_->now();
    if (scenario_.clock.episodic && job_->spiking_s() > 0.0)
      manifest_.acceleration.factor = (job_->time_s() + scenario_.clock.settle_s) / job_->spiking_s();
    StateArchive a;
    job_->archive(a);
    const StateDigest d = digest(*network_);
    const StepIndex step = engine_->now();
    manifest_.digests = {{step, "neurons", d.neurons},
                         {step, "input", d.input},
                         {step, "synapses", d.synapses},
                         {step, "results", content_hash(a.written().data(), a.written().size())}};
    manifest_.ended_utc = utc_now();
  }

  SessionOutcome stop() {
    progress_.phase("writing a checkpoint");
    write_checkpoint();
    add_timing(manifest_, "run", since(loop_began_));
    complete_manifest();
    manifest_.state = RunState::stopped;
    manifest_.exit_code = static_cast<int>(ExitCode::stopped);
    manifest_.message = reason_ + " at biological time " + time_point_text(job_->time_s());
    write_manifest(folder_->manifest(), manifest_);
    return outcome(ExitCode::stopped, manifest_.message +
                                          "; everything so far is in the checkpoint, and the same command "
                                          "goes on from there with the same bits.");
  }

  SessionOutcome finish() {
    progress_.phase("writing the results");
    write_checkpoint();
    add_timing(manifest_, "run", since(loop_began_));
    complete_manifest();
    const auto t = Clock::now();
    Manifest done = manifest_;
    done.state = RunState::finished;
    job_->write_outputs(folder_->path(), done);
    add_timing(manifest_, "output", since(t));
    manifest_.state = RunState::finished;
    write_manifest(folder_->manifest(), manifest_);
    return outcome(ExitCode::done, job_->summary());
  }

  SessionOutcome outcome(ExitCode code, std::string summary) {
    progress_.finish();
    return {code, folder_->path(), manifest_, std::move(summary), since(began_), peak_resident_bytes()};
  }

  /// Says in the manifest why the run ended; the error itself is on its way to the user.
  void fail(ExitCode code, const std::string& message) noexcept {
    try {
      if (!log_) return;
      manifest_.state = RunState::stopped;
      manifest_.exit_code = static_cast<int>(code);
      manifest_.message = message;
      manifest_.ended_utc = utc_now();
      write_manifest(folder_->manifest(), manifest_);
    } catch (const std::exception&) {
      // The disk that failed the run may fail this too.
    }
  }

  const SessionRequest& request_;
  const Scenario& scenario_;
  const Clock::time_point began_ = Clock::now();
  ProgressReport progress_;
  StopSignals signals_;
  std::optional<RunFolder> folder_;
  std::optional<CheckpointReader> checkpoint_;
  std::optional<Network> network_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Job> job_;
  std::optional<RunLogWriter> log_;
  std::optional<CheckpointWriter> writer_;
  Manifest manifest_;
  std::string reason_;
  double build_s_ = 0.0, longest_step_s_ = 0.0, longest_checkpoint_s_ = 0.0;
  Clock::time_point loop_began_, step_began_, checkpoint_at_;
};

}  // namespace

SessionOutcome run_session(const SessionRequest& request) { return Session(request).run(); }

}  // namespace penfield
