#include "host/run/session_job.hpp"

#include <algorithm>
#include <optional>

#include "host/run/raw_output.hpp"
#include "host/run/session_results.hpp"
#include "host/run/study_output.hpp"
#include "host/run/watchdog.hpp"

namespace penfield {

namespace {

/// " Never fired: S1/PV. ..." of the populations for which `fired(index)` is false; empty if all did.
template <class Fired>
std::string silence_note(const Scenario& scenario, const Fired& fired) {
  std::string names;
  for (std::size_t p = 0; p < scenario.populations.size(); ++p)
    if (scenario.populations[p].n > 0 && !fired(p))
      names += (names.empty() ? "" : ", ") + scenario.populations[p].name;
  return names.empty() ? "" : " Never fired: " + names + "; look at the drive if that is not meant.";
}

class StudyJob final : public Job {
 public:
  StudyJob(const Scenario& scenario, Network& network, Engine& engine)
      : scenario_(scenario),
        network_(network),
        engine_(engine),
        study_(scenario, network, engine),
        watchdog_(scenario, network) {}

  bool run(const std::function<void()>& progress, const std::function<bool()>& stop) override {
    return study_.run([&](double, double, double) { progress(); }, stop);
  }
  void archive(StateArchive& a) override { study_.archive(a); }
  void branch(StateArchive& a) override { study_.branch(a); }
  bool settled() const override { return study_.settled(); }
  void start_log() override { log_.emplace(study_.result()); }
  void append_frames(RunLogWriter& log, StepIndex step) override { log_->append(log, study_.result(), step); }

  void check() override {
    require_finite(network_, engine_.now());
    StateArchive slow = finite_check(engine_.now());
    study_.archive(slow);
    const std::vector<StepPoint>& steps = study_.result().steps;
    if (steps.size() == checked_) return;  // after a probe
    checked_ = steps.size();
    double seconds = 0.0;
    for (const ConditionSpec& c : scenario_.clock.conditions) seconds += c.episode_s;
    watchdog_.look(steps.back().rate_Hz, seconds, engine_.now());
  }

  double time_s() const override { return study_.time_s(); }
  double spiking_s() const override { return study_.result().spiking_s; }
  double step_error() const override { return mean_step_error(study_.result()); }
  const std::vector<readout::EnergySample>& energy() const override {
    return study_.result().records.raw.energy;
  }
  std::string reached() const override {
    return std::to_string(study_.result().steps.size()) + " macro steps and " +
           std::to_string(study_.result().maps.size()) + " maps";
  }
  std::string summary() const override {
    const std::string energy = energy_summary(scenario_, this->energy());
    const std::vector<StepPoint>& steps = study_.result().steps;
    const auto fired = [&](std::size_t p) {
      return std::any_of(steps.begin(), steps.end(), [&](const StepPoint& s) { return s.rate_Hz[p] > 0.0; });
    };
    return study_summary(scenario_, study_.result()) + episode_warning(scenario_, study_.result()) +
           (energy.empty() ? "" : " ") + energy + silence_note(scenario_, fired);
  }
  void write_outputs(const std::filesystem::path& folder, const Manifest& manifest) override {
    const std::vector<Dataset> weights = weight_datasets(scenario_, network_);
    if (!network_.ranks->first()) return;
    penfield::write_outputs(folder, scenario_, study_.result(), weights, manifest);
  }

 private:
  const Scenario& scenario_;
  Network& network_;
  Engine& engine_;
  Study study_;
  Watchdog watchdog_;
  std::size_t checked_ = 0;  ///< macro steps
  std::optional<StudyLog> log_;
};

class RawJob final : public Job {
 public:
  RawJob(const Scenario& scenario, Network& network, Engine& engine)
      : scenario_(scenario), network_(network), engine_(engine), raw_(scenario, network, engine) {}

  bool run(const std::function<void()>& progress, const std::function<bool()>& stop) override {
    return raw_.run([&](double, double) { progress(); }, stop);
  }
  void archive(StateArchive& a) override { raw_.archive(a); }
  void branch(StateArchive&) override {
    throw Error(ExitCode::scenario, "a run on the raw clock cannot start from another's checkpoint (--from)");
  }
  bool settled() const override { return false; }
  void start_log() override { log_.emplace(raw_.records()); }
  void append_frames(RunLogWriter& log, StepIndex step) override { log_->append(log, raw_.records(), step); }
  void check() override {}  // RawRun looks itself

  double time_s() const override { return static_cast<double>(engine_.now()) * scenario_.dt_ms * 1e-3; }
  double spiking_s() const override { return time_s(); }
  const std::vector<readout::EnergySample>& energy() const override { return raw_.records().energy; }
  std::string reached() const override {
    return std::to_string(raw_.records().spikes.size()) + " recorded spikes";
  }
  std::string summary() const override {
    const auto fired = [&](std::size_t p) {
      const auto& spikes = network_.populations[p]->spike_count;
      return std::any_of(spikes.begin(), spikes.end(), [](std::uint32_t n) { return n > 0; });
    };
    return raw_summary(scenario_, raw_.records(), time_s()) + silence_note(scenario_, fired);
  }
  void write_outputs(const std::filesystem::path& folder, const Manifest& manifest) override {
    if (!network_.ranks->first()) return;
    write_raw_outputs(folder, scenario_, raw_.records(), time_s(), manifest);
  }

 private:
  const Scenario& scenario_;
  Network& network_;
  Engine& engine_;
  mutable RawRun raw_;  // its records have no const access
  std::optional<RawLog> log_;
};

}  // namespace

std::unique_ptr<Job> make_job(const Scenario& scenario, Network& network, Engine& engine) {
  if (scenario.clock.episodic) return std::make_unique<StudyJob>(scenario, network, engine);
  return std::make_unique<RawJob>(scenario, network, engine);
}

}  // namespace penfield
