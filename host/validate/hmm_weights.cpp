// L1: weights of a thousand cells under additive and soft-bound pair STDP, every step simulated and on the
// episodic clock.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/build/build_network.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/record/file.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/raw_run.hpp"
#include "host/run/study.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/hmm_rungs.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"

namespace penfield {

namespace {

constexpr double kEpisode_s = 4.0, kHeal_s = 0.3;

/// One run; acceleration 1: every step.
struct WeightJob {
  bool soft = false;
  std::uint32_t seed = 1;
  double until_s = 7200.0;
  int acceleration = 1;
};
struct WeightNumbers {
  double mean = 0.0, sd = 0.0;  ///< of the rule's upper bound
};

Scenario scenario_of(const ValidateOptions& options, const WeightJob& job, double until_s) {
  char text[400];
  std::vector<std::string> sets = {"seed=" + std::to_string(job.seed)};
  if (job.soft) sets.push_back("projections[EE].plasticity.stdp_pair.soft=1");
  std::snprintf(text, sizeof text, "until=\"%.9g s\"", until_s);
  sets.push_back(text);
  if (job.acceleration > 1) {
    // Short at first, then as long as its errors allow, up to the acceleration that is tried.
    std::snprintf(text, sizeof text,
                  R"(clock={"mode":"episodic","macro_step":"%.9g s","short_step":"%.9g s","settle":"0 s",)"
                  R"("tolerance":0.05,"conditions":{"all":{"fraction":1,"heal":"%g s","episode":"%g s"}}})",
                  job.acceleration * (kHeal_s + kEpisode_s), kHeal_s + kEpisode_s, kHeal_s, kEpisode_s);
    sets.push_back(text);
  }
  return load_scenario((options.scenarios / "validation" / "hmm_weights.json").string(), sets);
}

WeightNumbers moments_of(const Network& network, const Scenario& scenario) {
  std::vector<double> w;
  const Projection& p = *network.projections[0];
  const double bound = scenario.projections[0].plasticity->params.at("w_max");
  for (std::size_t t = 0; t < p.tiles.size(); ++t)
    p.for_each_synapse(
        t, [&](const Projection::Synapse& s) { w.push_back(static_cast<double>(s.weight) / bound); });
  return {readout::mean(w), readout::standard_deviation(w)};
}

std::string name_of(const WeightJob& job) {
  char text[96];
  std::snprintf(text, sizeof text, "%s, seed %u, %g s", job.soft ? "soft bounds" : "additive", job.seed,
                job.until_s);
  return text;
}

/// Simulates every step up to `until_s`; tells the digest of the state then.
WeightNumbers run_raw(const ValidateOptions& options, const WeightJob& job, double until_s,
                      std::string* digest_text) {
  const Scenario scenario = scenario_of(options, job, until_s);
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  RawRun raw(scenario, network, *choice.engine);
  raw.run({}, [&] {
    check_stop(options);
    return false;
  });
  choice.engine->flush();
  choice.engine->download();
  char text[32];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(digest(network).all()));
  *digest_text = text;
  return moments_of(network, scenario);
}

/// What every step gives: as stored while the first ten seconds still have the digest that was stored with
/// it, else run again.
WeightNumbers reference(const ValidateOptions& options, const WeightJob& job, bool* stored) {
  std::string early;
  run_raw(options, job, 10.0, &early);
  const auto path = options.scenarios / "validation" / "hmm_references.json";
  constexpr std::uint64_t kMostBytes = 1u << 20;
  if (std::filesystem::exists(path)) {
    const auto all = nlohmann::json::parse(read_text_file(path, kMostBytes), nullptr, false);
    if (all.is_object() && all.contains(name_of(job))) {
      const auto& entry = all.at(name_of(job));
      if (entry.at("digest_10s").get<std::string>() == early) {
        *stored = true;
        return {entry.at("mean").get<double>(), entry.at("sd").get<double>()};
      }
    }
  }
  std::string last;
  const WeightNumbers numbers = run_raw(options, job, job.until_s, &last);
  if (options.say) {
    char text[200];
    std::snprintf(text, sizeof text,
                  "reference \"%s\": {\"digest_10s\": \"%s\", \"mean\": %.9g, \"sd\": %.9g}",
                  name_of(job).c_str(), early.c_str(), numbers.mean, numbers.sd);
    options.say(text);
  }
  return numbers;
}

WeightNumbers run_episodic(const ValidateOptions& options, const WeightJob& job) {
  const Scenario scenario = scenario_of(options, job, job.until_s);
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  Study study(scenario, network, *choice.engine);
  study.run({}, [&] {
    check_stop(options);
    return false;
  });
  if (options.say) {
    char text[160];
    std::snprintf(text, sizeof text, "%s, acceleration %d: %zu macro steps, %.0f s of spiking",
                  name_of(job).c_str(), job.acceleration, study.result().steps.size(),
                  study.result().spiking_s);
    options.say(text);
  }
  return moments_of(network, scenario);
}

/// One job a core, kept when done.
std::vector<WeightNumbers> run_jobs(const ValidateOptions& given, const std::vector<WeightJob>& jobs) {
  std::vector<WeightNumbers> numbers(jobs.size());
  std::atomic<std::size_t> next{0};
  std::mutex guard;
  std::exception_ptr failed;
  ValidateOptions options = given;
  if (given.say)
    options.say = [&](const std::string& text) {
      const std::lock_guard<std::mutex> lock(guard);
      given.say(text);
    };
  const auto work = [&] {
    for (;;) {
      const std::size_t k = next.fetch_add(1);
      if (k >= jobs.size()) return;
      try {
        check_stop(options);
        const Scenario scenario = scenario_of(options, jobs[k], jobs[k].until_s);
        const RunCache cache(options.cache, scenario, "weights");
        if (const auto kept = cache.find()) {
          numbers[k] = {kept->at("weights").at(0), kept->at("weights").at(1)};
          continue;
        }
        bool stored = false;
        numbers[k] =
            jobs[k].acceleration > 1 ? run_episodic(options, jobs[k]) : reference(options, jobs[k], &stored);
        if (!stored) cache.keep({{"weights", {numbers[k].mean, numbers[k].sd}}});
      } catch (...) {
        const std::lock_guard<std::mutex> lock(guard);
        if (!failed) failed = std::current_exception();
        next = jobs.size();
      }
    }
  };
  const std::uint32_t threads = options.threads == 0 ? available_threads() : options.threads;
  std::vector<std::jthread> workers;
  for (std::uint32_t k = 1; k < threads && k < jobs.size(); ++k) workers.emplace_back(work);
  work();
  workers.clear();
  if (failed) std::rethrow_exception(failed);
  return numbers;
}

}  // namespace

void add_weight_rows(const ValidateOptions& options, ValidationReport& report) {
  const std::vector<std::uint32_t> seeds = seeds_of(options, 3, 1);
  const std::vector<int> accelerations = options.quick ? std::vector<int>{10} : std::vector<int>{10, 50, 200};
  const double until_s = options.quick ? 600.0 : 7200.0;
  std::vector<WeightJob> jobs;
  for (const bool soft : {false, true})
    for (const std::uint32_t seed : seeds) {
      jobs.push_back({soft, seed, until_s, 1});
      for (const int a : accelerations) jobs.push_back({soft, seed, until_s, a});
    }
  const std::vector<WeightNumbers> numbers = run_jobs(options, jobs);
  const std::size_t stride = accelerations.size() + 1;
  for (int soft = 0; soft < 2; ++soft)
    for (std::size_t a = 0; a < accelerations.size(); ++a) {
      std::vector<double> mean, sd;
      for (std::size_t k = 0; k < seeds.size(); ++k) {
        const std::size_t first = (static_cast<std::size_t>(soft) * seeds.size() + k) * stride;
        mean.push_back(numbers[first + 1 + a].mean / numbers[first].mean);
        sd.push_back(numbers[first + 1 + a].sd / numbers[first].sd);
      }
      const std::string what = std::string("L1: ") + (soft != 0 ? "soft-bound" : "additive") +
                               " STDP, acceleration " + std::to_string(accelerations[a]);
      const char* source = "the same network with every step simulated";
      report.rows.push_back(make_row(what + ": mean weight over raw", "", mean, 0.95, 1.05, 0.0, source));
      report.rows.push_back(make_row("... SD of weights over raw", "", sd, 0.95, 1.05, 0.0, source));
    }
}

}  // namespace penfield
