#include "host/run/session_job.hpp"

#include <optional>

#include "host/run/raw_output.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/run/session_results.hpp"
#include "host/run/study_output.hpp"

namespace penfield {

namespace {

constexpr double kMostRate_Hz = 500.0;  // no population fires so on average: a run-away loop

class StudyJob final : public Job {
 public:
  StudyJob(const Scenario& scenario, Network& network, Engine& engine)
      : scenario_(scenario), network_(network), engine_(engine), study_(scenario, network, engine) {}

  bool run(const std::function<void()>& progress, const std::function<bool()>& stop) override {
    return study_.run([&](double, double, double) { progress(); }, stop);
  }
  void archive(StateArchive& a) override { study_.archive(a); }
  void start_log() override { log_.emplace(study_.result()); }
  void append_frames(RunLogWriter& log, StepIndex step) override { log_->append(log, study_.result(), step); }

  void check() const override {
    require_finite(network_, engine_.now());
    const std::vector<double>& rates = study_.result().steps.back().rate_Hz;
    for (std::size_t p = 0; p < rates.size(); ++p)
      if (rates[p] > kMostRate_Hz)
        throw Error(ExitCode::numerics, "the numbers broke: population " + scenario_.populations[p].name +
                                            " fires at " + std::to_string(rates[p]) +
                                            " Hz on average before step " + std::to_string(engine_.now()) +
                                            ", a run-away loop; lower excitation or raise inhibition");
  }

  double time_s() const override {
    return study_.result().steps.empty() ? -scenario_.clock.settle_s : study_.result().biological_s;
  }
  double spiking_s() const override { return study_.result().spiking_s; }
  std::string reached() const override {
    return std::to_string(study_.result().steps.size()) + " macro steps and " +
           std::to_string(study_.result().maps.size()) + " maps";
  }
  std::string summary() const override { return study_summary(scenario_, study_.result()); }
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
  void start_log() override { log_.emplace(raw_.records()); }
  void append_frames(RunLogWriter& log, StepIndex step) override { log_->append(log, raw_.records(), step); }
  void check() const override {}  // RawRun looks itself

  double time_s() const override { return static_cast<double>(engine_.now()) * scenario_.dt_ms * 1e-3; }
  double spiking_s() const override { return time_s(); }
  std::string reached() const override {
    return std::to_string(raw_.records().spikes.size()) + " recorded spikes";
  }
  std::string summary() const override { return raw_summary(scenario_, raw_.records(), time_s()); }
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
