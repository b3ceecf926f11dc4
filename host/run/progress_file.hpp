#pragma once
// progress.json of a run folder: how far the running process is, for `penfield status`. Nothing depends on
// it.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "host/run/session_job.hpp"
#include "penfield/base/ids.hpp"

namespace penfield {

struct RunProgress {
  std::string phase;    ///< "building the network", "running", "writing the results"
  double time_s = 0.0;  ///< biological, reached
  double until_s = 0.0;
  double spiking_s = 0.0;      ///< simulated so far, by all processes that ran it
  double spiking_all_s = 0.0;  ///< to simulate in all
  double speed = 0.0;          ///< simulated seconds a second of wall time, of this process; 0: not known yet
  double left_s = -1.0;        ///< wall time; negative: not known yet
  double wall_s = 0.0;         ///< of this process's simulating
  double acceleration = 1.0;   ///< biological time over simulated spiking, so far
  double error_estimate = 0.0;
  std::string error_of;  ///< what the estimate is about; empty: there is none
  std::string reached;   ///< "14 macro steps and 6 maps"
  StepIndex step = 0;
  StepIndex checkpoint_step = -1;  ///< negative: no checkpoint yet
  double checkpoint_time_s = 0.0;  ///< biological
  std::string checkpoint_utc;
  double checkpoint_took_s = 0.0;
  std::string updated_utc;
};

/// How fast a run is.
class RunPace {
 public:
  /// From now on: so much spiking in all, up to that biological time; so much of it is done already.
  void expect(double spiking_all_s, double until_s, double spiked_s);
  /// Has the file not been written for two seconds?
  bool due() const;
  /// Fills in where the job is, and what is being done.
  void show(RunProgress& progress, const std::string& phase, const Job& job, StepIndex step);

 private:
  using Clock = std::chrono::steady_clock;
  double spiking_all_s_ = 0.0, until_s_ = 0.0, spiked_before_s_ = 0.0;
  Clock::time_point began_, shown_at_;
};

/// Replaces the file; a disk that fails it does not disturb the run, which has better means to find out.
void write_progress(const std::filesystem::path& folder, const RunProgress& progress) noexcept;
/// False where there is none that can be read.
bool read_progress(const std::filesystem::path& folder, RunProgress* progress);
/// Once a run has ended by itself, the manifest says all.
void remove_progress(const std::filesystem::path& folder) noexcept;

}  // namespace penfield
