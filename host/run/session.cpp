#include "host/run/session.hpp"

#include <chrono>
#include <new>
#include <optional>

#include "host/build/build_network.hpp"
#include "host/record/checkpoint.hpp"
#include "host/record/hash.hpp"
#include "host/record/log.hpp"
#include "host/record/run_folder.hpp"
#include "host/run/freed_memory.hpp"
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

double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

class Session {
 public:
  explicit Session(const SessionRequest& request)
      : request_(request),
        scenario_(request.scenario),
        ranks_(*request.ranks),
        progress_(request.quiet || !ranks_.first()),
        checkpoint_at_(began_ + std::chrono::duration_cast<Clock::duration>(
                                    std::chrono::duration<double>(request.checkpoint_every_s))) {}

  SessionOutcome run() {
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
    if (ranks_.alone()) {
      open_folder();
    } else {
      agree(ranks_, [&] {
        if (ranks_.first()) open_folder();
      });
    }
    std::string stored =
        folder_ && folder_->use() == RunFolderUse::resume ? fs::absolute(folder_->checkpoint()) : "";
    share_text(ranks_, stored);
    agree(ranks_, [&] {
      if (!stored.empty() && CheckpointReader::exists(stored))
        checkpoint_.emplace(CheckpointReader::open(stored));
    });
    if (ranks_.largest_of(checkpoint_ ? 1 : 0) != (checkpoint_ ? 1u : 0u))
      throw Error(ExitCode::output, "not every rank sees the run folder (" + stored +
                                        "): put it on a disk that all machines of the run share");
  }

  void open_folder() {
    RunFolderRequest ask;
    ask.out = request_.out;
    ask.scenario_name = scenario_.name;
    ask.scenario_hash = hash_text(scenario_.hash);
    ask.force = request_.force;
    folder_.emplace(prepare_run_folder(ask));
    if (!folder_->lock().taken_over_from().empty())
      progress_.note("took over the lock of a process that is gone: " + folder_->lock().taken_over_from());
  }

  void build() {
    progress_.phase("building the network");
    const auto t = Clock::now();
    BuildOptions options =
        build_options(scenario_, 1, request_.device, request_.threads, request_.card, ranks_);
    if (checkpoint_) options.tile_sizes = stored_tile_sizes(*checkpoint_);
    agree(ranks_, [&] { require_memory(plan_memory(scenario_, options), ranks_.on_machine()); });
    network_.emplace(build_network(scenario_, options));
    EngineChoice choice = make_engine(*network_, request_.device, request_.threads, request_.card.kernel);
    if (!choice.note.empty()) progress_.note(choice.note);
    engine_ = std::move(choice.engine);
    job_ = make_job(scenario_, *network_, *engine_);
    give_back_memory();
    build_s_ = since(t);
    if (const std::uint64_t idle = ranks_.sum_of(owns_nothing() ? 1 : 0); idle > 0)
      progress_.note(std::to_string(idle) + " of " + std::to_string(ranks_.size()) +
                     " ranks have nothing to do: the network has fewer tiles than there are ranks");
  }

  bool owns_nothing() const {
    return std::all_of(network_->populations.begin(), network_->populations.end(), [&](const auto& p) {
      const TileRange own = network_->own_tiles(*p);
      return own.begin == own.end;
    });
  }

  void start() {
    std::uint64_t log_offset = 0;
    manifest_ = new_manifest(scenario_, *network_, *engine_);
    if (folder_ && folder_->use() == RunFolderUse::resume)
      carry_over(read_manifest(folder_->manifest()), manifest_);
    add_timing(manifest_, "build", build_s_);
    if (checkpoint_) log_offset = resume();
    const StudySchedule schedule = plan_schedule(scenario_);
    manifest_.end_step = schedule.steps;
    if (folder_) open_files(log_offset);
    job_->start_log();
    checkpoint_.reset();

    const std::uint64_t synapses = ranks_.sum_of(network_->num_synapses());
    if (folder_)
      progress_.note(scenario_.name + ": " + std::to_string(network_->num_neurons()) + " neurons, " +
                     std::to_string(synapses) + " synapses on " +
                     (ranks_.alone() ? "" : std::to_string(ranks_.size()) + " ranks, each ") +
                     engine_->device() + "; results in " + folder_->path().string());
    progress_.expect(job_->time_s(), scenario_.until_s, schedule.spiking_s, job_->spiking_s());
    engine_->time_phases(!ranks_.alone());  // where ranks wait for each other is worth its 0.1 us a step
    loop_began_ = step_began_ = Clock::now();
  }

  void open_files(std::uint64_t log_offset) {
    folder_->keep();
    write_file_atomically(folder_->scenario(), scenario_.canonical_json);
    write_manifest(folder_->manifest(), manifest_);
    std::error_code ignored;
    log_.emplace(fs::exists(folder_->log(), ignored) ? RunLogWriter::resume(folder_->log(), log_offset)
                                                     : RunLogWriter::create(folder_->log()));
    writer_.emplace(folder_->checkpoint());
  }

  /// Back to where the checkpoint was written; where the log goes on.
  std::uint64_t resume() {
    const CheckpointHeader& header = checkpoint_->header();
    if (!checkpoint_->fallback_reason().empty() && ranks_.first())
      log_warning("going back to the checkpoint before the last: " + checkpoint_->fallback_reason());
    if (header.scenario_hash != hash_text(scenario_.hash))
      throw Error(ExitCode::input_file, "checkpoint of another scenario (" + checkpoint_->path().string() +
                                            "): choose another folder with --out");
    const std::vector<std::byte> bytes = restore_state(*checkpoint_, *network_, *engine_);
    StateArchive a(bytes, "checkpoint (" + checkpoint_->path().string() + ")");
    job_->archive(a);
    a.finish();
    ++manifest_.num_resumes;
    progress_.note("resuming " + checkpoint_->path().parent_path().parent_path().string() +
                   " at biological time " + time_point_text(job_->time_s()) + ": " + job_->reached() +
                   " are there; what came after that checkpoint is done again");
    return header.log_offset;
  }

  void after_step() {
    agree(ranks_, [&] { job_->check(); });
    if (log_) job_->append_frames(*log_, engine_->now());
    if (request_.digests) {
      const BorrowedSynapses borrowed(*network_);
      const StateDigest d = digest(*network_);
      if (log_) append_digest(*log_, d, engine_->now());
    }
    if (log_) log_->flush();
    longest_step_s_ = std::max(longest_step_s_, since(step_began_));
    step_began_ = Clock::now();
    progress_.advance(job_->time_s(), job_->spiking_s());
  }

  /// What this rank would do next; the most urgent wish of any rank is what all do.
  enum Wish : std::uint64_t { go_on, save, stop_here };

  bool stop_now() {
    const std::uint64_t wish = ranks_.largest_of(own_wish());
    if (wish == stop_here && reason_.empty()) reason_ = "stopped by a signal to another rank";
    if (wish == save) write_checkpoint();
    return wish == stop_here;
  }

  Wish own_wish() {
    if (signals_.requested()) {
      reason_ = std::string("stopped by ") + signals_.name();
      return stop_here;
    }
    if (!ranks_.first()) return go_on;  // one clock counts
    // The step to come, with a map in it, must fit, and so must writing the checkpoint.
    const double left_s = request_.walltime_s - since(began_);
    if (request_.walltime_s > 0.0 && left_s < 1.5 * longest_step_s_ + 2.0 * longest_checkpoint_s_) {
      reason_ = "stopped by --walltime";
      return stop_here;
    }
    return Clock::now() >= checkpoint_at_ ? save : go_on;
  }

  void write_checkpoint() {
    const auto t = Clock::now();
    CheckpointHeader header;
    header.program_version = manifest_.program_version;
    header.scenario_hash = hash_text(scenario_.hash);
    header.seed = scenario_.seed;
    if (log_) {
      job_->append_frames(*log_, engine_->now());
      log_->sync();
      header.log_offset = log_->offset();
    }
    StateArchive a;
    job_->archive(a);
    save_state(writer_ ? &*writer_ : nullptr, header, *network_, *engine_, a.written());
    manifest_.last_step = engine_->now();
    if (folder_) write_manifest(folder_->manifest(), manifest_);
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
    if (!ranks_.alone())
      for (const auto& [phase, seconds] : engine_->phase_times_s())
        add_timing(manifest_, "run, first rank's " + phase, seconds);
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
    if (folder_) write_manifest(folder_->manifest(), manifest_);
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
    job_->write_outputs(folder_ ? folder_->path() : fs::path(), done);
    add_timing(manifest_, "output", since(t));
    manifest_.state = RunState::finished;
    if (folder_) write_manifest(folder_->manifest(), manifest_);
    return outcome(ExitCode::done, job_->summary());
  }

  SessionOutcome outcome(ExitCode code, std::string summary) {
    progress_.finish();
    return {code,          folder_ ? folder_->path() : fs::path(),
            manifest_,     std::move(summary),
            since(began_), peak_resident_bytes()};
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
  Ranks& ranks_;
  const Clock::time_point began_ = Clock::now();
  ProgressReport progress_;
  StopSignals signals_;
  std::optional<RunFolder> folder_;  ///< of the first rank, like the log and the writer below
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
