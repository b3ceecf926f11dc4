#pragma once
// What a session runs, by the scenario's clock: an episodic study or a raw run.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/readout/energy.hpp"
#include "host/record/manifest.hpp"
#include "host/record/run_log.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

class Job {
 public:
  virtual ~Job() = default;
  /// Runs to the end, or until `stop` says so; true when finished. `progress` is called after every stretch.
  virtual bool run(const std::function<void()>& progress, const std::function<bool()>& stop) = 0;
  virtual void archive(StateArchive& a) = 0;
  /// Starts from what another run's archive() wrote (`run --from`).
  virtual void branch(StateArchive& a) = 0;
  /// Is this the end of settling, with nothing of what comes then done?
  virtual bool settled() const = 0;
  /// Takes what has been recorded so far as being in the log.
  virtual void start_log() = 0;
  /// Appends what is new to the log.
  virtual void append_frames(RunLogWriter& log, StepIndex step) = 0;
  /// Throws Error(numerics) where the state is not finite or activity absurd.
  virtual void check() = 0;

  virtual double time_s() const = 0;                 ///< biological
  virtual double spiking_s() const = 0;              ///< simulated so far
  virtual double step_error() const { return 0.0; }  ///< of a macro step in the mean, relative; raw: none
  virtual const std::vector<readout::EnergySample>& energy() const = 0;  ///< empty where none is counted
  virtual std::string reached() const = 0;                               ///< "14 macro steps and 6 maps"
  virtual std::string summary() const = 0;
  /// Every rank calls this; the first one writes.
  virtual void write_outputs(const std::filesystem::path& folder, const Manifest& manifest) = 0;
};

/// All three must outlive the job.
std::unique_ptr<Job> make_job(const Scenario& scenario, Network& network, Engine& engine);

}  // namespace penfield
