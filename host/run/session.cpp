#include "host/run/session.hpp"

#include <chrono>
#include <new>
#include <optional>

#include "host/build/build_network.hpp"
#include "host/record/checkpoint.hpp"
#include "host/record/hash.hpp"
#include "host/record/log.hpp"
#include "host/record/run_folder.hpp"
#include "host/run/branch.hpp"
#include "host/run/freed_memory.hpp"
#include "host/run/interruptible_engine.hpp"
#include "host/run/memory_plan.hpp"
#include "host/run/progress_file.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/run/session_job.hpp"
#include "host/run/session_manifest.hpp"
#include "host/run/session_notes.hpp"
#include "host/run/session_progress.hpp"
#include "host/run/session_schedule.hpp"
#include "host/run/session_stop.hpp"
#include "host/run/study_output.hpp"
#include "host/run/watchdog.hpp"
#include "penfield/base/stop.hpp"
#include "penfield/numerics/self_test.hpp"

namespace penfield {
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLeaveTakes_s = 0.5;  // the slice that is being run, the manifest, the process's end

double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

/// A branch does not settle: its checkpoint has.
Scenario without_settling(Scenario scenario, bool branch) {
  if (branch) scenario.clock.settle_s = 0.0;
  return scenario;
}

class Session {
 public:
  explicit Session(const SessionRequest& request)
      : request_(request),
        scenario_(without_settling(request.scenario, !request.from.empty())),
        ranks_(*request.ranks),
        progress_(request.quiet || !ranks_.first()),
        checkpoint_at_(began_ + std::chrono::duration_cast<Clock::duration>(
                                    std::chrono::duration<double>(request.checkpoint_every_s))) {
    set_deadline();
  }

  SessionOutcome run() {
    progress_.phase("preparing " + scenario_.name);
    std::string what;
    if (!arithmetic_self_test(&what))
      throw Error(ExitCode::numerics,
                  "this machine's arithmetic is not IEEE's (" + what +
                      "): equal runs would not give equal bits; run on another machine or without an "
                      "emulator");
    try {
      open();
      build();
      start();
      return job_->run([&] { after_step(); }, [&] { return stop_now(); }) ? finish() : stop();
    } catch (const Interrupted&) {
      return leave();
    } catch (const Error& e) {
      if (e.code() != ExitCode::numerics) {
        fail(e.code(), e.what());
        throw;
      }
      const std::string message = e.what() + situation(scenario_, job_.get()) + keep_what_was_good();
      fail(e.code(), message);
      throw Error(e.code(), message);
    } catch (const std::bad_alloc&) {
      fail(ExitCode::memory, "out of memory");
      throw;
    }
  }

 private:
  void open() {
    // Before the folder is touched: --force may be about to empty the very folder that is branched from.
    if (!request_.from.empty()) open_origin();
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
    agree(ranks_, [&] {
      if (!checkpoint_ && origin_problem_) throw *origin_problem_;
    });
    if (checkpoint_) origin_.reset();
    if (ranks_.largest_of(checkpoint_ ? 1 : 0) != (checkpoint_ ? 1u : 0u))
      throw Error(ExitCode::output, "not every rank sees the run folder (" + stored +
                                        "): put it on a disk that all machines of the run share");
  }

  /// A branch that has a checkpoint of its own no longer needs the one it came from, whatever became of it.
  void open_origin() {
    try {
      origin_.emplace(open_branch_point(request_.from));
      require_same_network(scenario_, read_origin(*origin_), request_.from);
    } catch (const Error& e) {
      origin_problem_ = e;
    }
  }

  void open_folder() {
    RunFolderRequest ask;
    ask.out = request_.out;
    ask.scenario_name = scenario_.name;
    ask.scenario_hash = hash_text(scenario_.hash);
    ask.from = request_.from.string();
    ask.force = request_.force;
    const RunFolderChoice choice = choose_run_folder(ask);
    const bool resumes = choice.use == RunFolderUse::resume;
    if (origin_problem_ && !(resumes && CheckpointReader::exists(choice.path / "checkpoint")))
      throw *origin_problem_;
    folder_.emplace(RunFolder::open(choice, ask.scenario_hash, ask.from));
    if (!folder_->lock().taken_over_from().empty())
      progress_.note("took over the lock of a process that is gone: " + folder_->lock().taken_over_from());
  }

  void build() {
    progress_.phase("building the network");
    const auto t = Clock::now();
    BuildOptions options =
        build_options(scenario_, 1, request_.device, request_.threads, request_.card, ranks_);
    if (const CheckpointReader* state = checkpoint_ ? &*checkpoint_ : origin_ ? &*origin_ : nullptr)
      options.tile_sizes = stored_tile_sizes(*state);
    agree(ranks_, [&] { require_room(plan_memory(scenario_, options), request_.device, ranks_); });
    network_.emplace(build_network(scenario_, options));
    EngineChoice choice = make_engine(*network_, request_.device, request_.threads, request_.card.kernel);
    if (!choice.note.empty()) progress_.note(choice.note);
    bare_engine_ = std::move(choice.engine);
    engine_ = std::make_unique<InterruptibleEngine>(
        *bare_engine_, ranks_, [] { return stop_wished(); },
        [this](StepIndex now) { agree(ranks_, [&] { require_finite(*network_, now, false); }); });
    job_ = make_job(scenario_, *network_, *engine_);
    give_back_memory();
    build_s_ = since(t);
    if (const std::uint64_t idle = ranks_.sum_of(owns_nothing(*network_) ? 1 : 0); idle > 0)
      progress_.note(std::to_string(idle) + " of " + std::to_string(ranks_.size()) +
                     " ranks have nothing to do: the network has fewer tiles than there are ranks");
  }

  void start() {
    std::uint64_t log_offset = 0;
    manifest_ = new_manifest(scenario_, *network_, *engine_);
    if (folder_ && folder_->use() == RunFolderUse::resume)
      carry_over(read_manifest(folder_->manifest()), manifest_);
    add_timing(manifest_, "build", build_s_);
    if (checkpoint_) log_offset = resume();
    if (origin_) branch();
    const StudySchedule schedule = plan_schedule(scenario_);
    manifest_.end_step = manifest_.first_step + schedule.steps;
    if (folder_) open_files(log_offset);
    job_->start_log();
    const bool fresh = !checkpoint_;
    checkpoint_.reset();
    origin_.reset();

    const std::uint64_t synapses = ranks_.sum_of(network_->num_synapses());
    if (folder_) progress_.note(network_note(scenario_, *network_, synapses, *engine_, folder_->path()));
    progress_.expect(job_->time_s(), scenario_.until_s, schedule.spiking_s, job_->spiking_s());
    pace_.expect(schedule.spiking_s, scenario_.until_s, job_->spiking_s());
    engine_->time_phases(!ranks_.alone());  // where ranks wait for each other is worth its 0.1 us a step
    good_step_ = engine_->now();
    if (fresh) write_checkpoint();  // a disk that cannot hold one is better found out now
    loop_began_ = step_began_ = Clock::now();
    show_progress("running");
  }

  void open_files(std::uint64_t log_offset) {
    folder_->keep();
    manifest_.last_step = engine_->now();  // what has been resumed is not lost by being killed again
    write_manifest(folder_->manifest(), manifest_);  // first: a folder without it is taken for a stranger's
    write_file_atomically(folder_->scenario(), scenario_.canonical_json);
    std::error_code ignored;
    log_.emplace(log_offset > 0 || fs::exists(folder_->log(), ignored)
                     ? RunLogWriter::resume(folder_->log(), log_offset)
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

  /// The state of another run's checkpoint, as where this one begins.
  void branch() {
    if (!origin_->fallback_reason().empty() && ranks_.first())
      log_warning("branching from the checkpoint before the last: " + origin_->fallback_reason());
    manifest_.from = take_branch(*origin_, request_.from, *network_, *engine_, *job_);
    manifest_.first_step = engine_->now();
    progress_.note("branching from " + origin_->path().string() + ", at biological time " +
                   time_point_text(manifest_.from.biological_s) + " of its run" +
                   (manifest_.from.biological_s < 0.0 ? ", which was still settling" : "") +
                   ": that is time 0 here");
  }

  void after_step() {
    agree(ranks_, [&] { job_->check(); });
    good_step_ = engine_->now();
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
    if (pace_.due()) show_progress("running");
  }

  void show_progress(const char* phase) {
    if (!log_) return;
    set_acceleration(manifest_, scenario_, *job_);
    set_energy(manifest_, scenario_, *job_);
    shown_.acceleration = manifest_.acceleration.factor;
    shown_.error_estimate = manifest_.acceleration.error_estimate;
    shown_.error_of = manifest_.acceleration.error_of;
    pace_.show(shown_, phase, *job_, engine_->now());
    write_progress(folder_->path(), shown_);
  }

  /// What this rank would do next; the most urgent wish of any rank is what all do.
  enum Wish : std::uint64_t { go_on, save, stop_here };

  bool stop_now() {
    const bool settled =
        !settled_kept_ && request_.scenario.clock.settle_s > 0.0 && request_.from.empty() && job_->settled();
    const std::uint64_t wish = ranks_.largest_of(own_wish());
    if (wish == save || settled) write_checkpoint();
    if (settled) {
      settled_kept_ = true;
      if (writer_) writer_->keep_as_settled();
    }
    return wish == stop_here;
  }

  Wish own_wish() {
    if (stop_wished()) return stop_here;
    if (!ranks_.first()) return go_on;  // one clock counts
    return Clock::now() >= checkpoint_at_ ? save : go_on;
  }

  /// Work is left when there is just time for a checkpoint. One clock counts.
  void set_deadline() {
    if (request_.walltime_s > 0.0 && ranks_.first())
      signals_.leave_in(request_.walltime_s - since(began_) - 2.0 * longest_checkpoint_s_ - kLeaveTakes_s);
  }

  std::string reason() const {
    if (signals_.requested()) return std::string("stopped by ") + signals_.name();
    return stop_wished() ? "stopped by --walltime" : "stopped by a signal to another rank";
  }

  void write_checkpoint() {
    const auto t = Clock::now();
    CheckpointHeader header;
    header.program_version = manifest_.program_version;
    header.scenario_hash = hash_text(scenario_.hash);
    header.seed = scenario_.seed;
    if (log_) {
      show_progress("writing a checkpoint");
      log_->sync();
      header.log_offset = log_->offset();
    }
    // Nothing that is broken becomes a checkpoint. Weights are looked at here alone, since they take long.
    engine_->download();
    agree(ranks_, [&] { require_finite(*network_, engine_->now()); });
    StateArchive a;
    job_->archive(a);
    save_state(writer_ ? &*writer_ : nullptr, header, *network_, *engine_, a.written(),
               origin_text(scenario_, manifest_.run_id, job_->time_s()));
    manifest_.last_step = engine_->now();
    set_acceleration(manifest_, scenario_, *job_);
    set_energy(manifest_, scenario_, *job_);
    if (folder_) write_manifest(folder_->manifest(), manifest_);
    longest_checkpoint_s_ = std::max(longest_checkpoint_s_, since(t));
    set_deadline();
    step_began_ = Clock::now();
    saved_step_ = shown_.checkpoint_step = engine_->now();
    shown_.checkpoint_time_s = job_->time_s();
    shown_.checkpoint_utc = utc_now();
    shown_.checkpoint_took_s = since(t);
    show_progress("running");
    checkpoint_at_ = step_began_ + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(request_.checkpoint_every_s));
  }

  SessionOutcome stop() {
    progress_.phase("writing a checkpoint");
    const bool by_walltime = !signals_.requested() && stop_wished();
    std::string message = reason() + " at biological time " + time_point_text(job_->time_s());
    if (by_walltime && longest_step_s_ == 0.0)
      message += ", before one macro step or map was done: with less than that no run ever gets on";
    write_checkpoint();
    add_timing(manifest_, "run", since(loop_began_));
    end_stopped(message);
    return outcome(ExitCode::stopped, message +
                                          "; everything so far is in the checkpoint, and the same command "
                                          "goes on from there with the same bits.");
  }

  void end_stopped(const std::string& message) {
    manifest_.ended_utc = utc_now();
    manifest_.state = RunState::stopped;
    manifest_.exit_code = static_cast<int>(ExitCode::stopped);
    manifest_.message = message;
    if (!folder_) return;
    write_manifest(folder_->manifest(), manifest_);
    remove_progress(folder_->path());
  }

  /// A stop while nothing is simulated: in preparing the run, or in writing its results.
  SessionOutcome leave() {
    const bool at_the_end = loop_began_ != Clock::time_point();
    const std::string message =
        reason() + " while the " + (at_the_end ? "results were written" : "run was being prepared");
    const std::string cure = at_the_end ? "; the run is in its last checkpoint, and the same command writes "
                                          "the results"
                                        : "; nothing was simulated, and the same command begins again";
    // The others are in the midst of it, and do not know.
    if (!ranks_.alone()) throw Error(ExitCode::stopped, message + cure);
    if (at_the_end) end_stopped(message);
    return outcome(ExitCode::stopped, message + cure + ".");
  }

  /// After the numbers broke: a checkpoint of the last state that was still good, where that is at hand.
  std::string keep_what_was_good() {
    if (loop_began_ == Clock::time_point()) return "";
    try {
      if (engine_->now() == good_step_ && saved_step_ != good_step_) {
        agree(ranks_, [&] { require_finite(*network_, engine_->now()); });
        write_checkpoint();
      }
    } catch (const Error&) {
      // It was not good after all, or the disk is full: the last checkpoint has to do.
    }
    return "; the checkpoint of step " + std::to_string(saved_step_) + ", from before that, is kept" +
           (folder_ ? " in " + (folder_->path() / "checkpoint").string() : "");
  }

  SessionOutcome finish() {
    progress_.phase("writing the results");
    write_checkpoint();
    add_timing(manifest_, "run", since(loop_began_));
    StateArchive results = StateArchive::for_digest();
    job_->archive(results);
    complete_manifest(manifest_, *network_, *engine_, results.written());
    const auto t = Clock::now();
    Manifest done = manifest_;
    done.state = RunState::finished;
    show_progress("writing the results");
    job_->write_outputs(folder_ ? folder_->path() : fs::path(), done);
    add_timing(manifest_, "output", since(t));
    manifest_.state = RunState::finished;
    if (folder_) {
      write_manifest(folder_->manifest(), manifest_);
      remove_progress(folder_->path());
    }
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
      remove_progress(folder_->path());
    } catch (const std::exception&) {
      // The disk that failed the run may fail this too.
    }
  }

  const SessionRequest& request_;
  const Scenario scenario_;
  Ranks& ranks_;
  const Clock::time_point began_ = Clock::now();
  ProgressReport progress_;
  StopSignals signals_;
  std::optional<RunFolder> folder_;  ///< of the first rank, like the log and the writer below
  std::optional<CheckpointReader> checkpoint_, origin_;  ///< of this run; of the one it branches from
  std::optional<Error> origin_problem_;
  std::optional<Network> network_;
  std::unique_ptr<Engine> bare_engine_, engine_;  ///< the second stands before the first
  std::unique_ptr<Job> job_;
  std::optional<RunLogWriter> log_;
  std::optional<CheckpointWriter> writer_;
  Manifest manifest_;
  RunProgress shown_;
  RunPace pace_;
  bool settled_kept_ = false;
  StepIndex good_step_ = 0, saved_step_ = -1;  ///< of the last state looked at; of the last checkpoint
  double build_s_ = 0.0, longest_step_s_ = 0.0, longest_checkpoint_s_ = 0.0;
  Clock::time_point loop_began_, step_began_, checkpoint_at_;
};

}  // namespace

SessionOutcome run_session(const SessionRequest& request) { return Session(request).run(); }

}  // namespace penfield
