// How fast has synaptic scaling to be? A recurrent network whose excitatory synapses learn by the triplet
// rule is held at its set-point by scaling alone. Scaling that is slower than Hebbian growth comes too late
// (Zenke, Hennequin & Gerstner, PLoS Comput Biol 9:e1003330, 2013); scaling that is fast beside its own
// sensor and the network makes strong recurrence oscillate (Harnack, Pelko, Chaillet, Chitour & van Rossum,
// PLoS Comput Biol 11:e1004357, 2015).
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <mutex>

#include "host/build/build_network.hpp"
#include "host/record/file.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"
#include "host/validate/stability_map.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

namespace {

constexpr double kSettle_s = 200.0;  ///< without learning, under scaling of 20 s, for gains to start from
constexpr std::uint32_t kExcitatory = 1, kPort = 0;
constexpr double kWeight_pA = 20.0;  ///< of excitatory synapses onto excitatory cells at recurrence 1
constexpr std::array<double, 9> kTau_s = {1.0, 3.0, 10.0, 30.0, 120.0, 600.0, 3600.0, 86400.0, 864000.0};
constexpr std::array<double, 6> kRecurrence = {0.25, 0.5, 0.75, 1.0, 1.25, 1.5};
constexpr double kFast_s = 3.0, kMedium_s = 120.0, kDay_s = 86400.0, kTenDays_s = 864000.0, kWeak = 0.25;
constexpr double kLeastRate = 0.8, kMostRate = 1.25;  ///< of the set-point: beyond is unstable
constexpr double kMostSwing = 0.25;                   ///< more is an oscillation
constexpr const char* kZenke = "Zenke et al., PLoS Comput Biol 9:e1003330 (2013)";
constexpr const char* kHarnack = "Harnack et al., PLoS Comput Biol 11:e1004357 (2015)";

struct Job {
  std::uint32_t seed;
  double tau_s, recurrence;
  bool learns;
};

/// Of the excitatory population's rate in bins of a second, over the last third of the run.
struct Outcome {
  double rate = 0.0;      ///< mean, of the set-point; infinite: the watchdog ended a run-away
  double swing = 0.0;     ///< SD over mean
  double period_s = 0.0;  ///< of the highest peak of the autocorrelation behind its first zero
};

Stability stability_of(const Outcome& o) {
  if (o.rate < 0.1) return Stability::silent;
  if (!(o.rate >= kLeastRate && o.rate <= kMostRate)) return Stability::unstable;
  return o.swing > kMostSwing ? Stability::oscillating : Stability::stable;
}

std::vector<std::string> settings(const Job& job, double until_s) {
  char text[6][64];
  const double weight_pA = kWeight_pA * job.recurrence;
  std::snprintf(text[0], sizeof text[0], "seed=%u", job.seed);
  std::snprintf(text[1], sizeof text[1], "until=\"%.9g s\"", until_s);
  std::snprintf(text[2], sizeof text[2], "homeostasis[scaling].tau_s=%.9g", job.tau_s);
  std::snprintf(text[3], sizeof text[3], "projections[EE].weight_pA=%.9g", weight_pA);
  std::snprintf(text[4], sizeof text[4], "projections[EE].plasticity.stdp_triplet.w_max=%.9g",
                5.0 * weight_pA);
  std::snprintf(text[5], sizeof text[5], "projections[EE].plasticity=null");
  std::vector<std::string> sets(text, text + 5);
  if (!job.learns) sets[4] = text[5];
  return sets;
}

struct Instance {
  Instance(const ValidateOptions& options, const Job& job, double until_s)
      : scenario(load_scenario((options.scenarios / "validation" / "homeo_window.json").string(),
                               settings(job, until_s))),
        network(build_network(scenario, build_options(DeviceChoice::cpu, 1))),
        engine(make_engine(network, DeviceChoice::cpu, 1)) {}
  AlignedArray<float>& gains() { return network.populations[kExcitatory]->factor[kPort]; }

  Scenario scenario;
  Network network;
  EngineChoice engine;
};

void run_whole(const ValidateOptions& options, RawRun& raw) {
  raw.run({}, [&] {
    check_stop(options);
    return false;
  });
}

/// Where the autocorrelation is highest behind its first zero, over lags up to half the time; 0 without one.
double period_of(const std::vector<double>& rate) {
  const auto n = rate.size();
  double mean = 0.0;
  for (const double r : rate) mean += r / static_cast<double>(n);
  std::vector<double> correlation;
  for (std::size_t lag = 0; lag < n / 2; ++lag) {
    double sum = 0.0;
    for (std::size_t k = 0; k + lag < n; ++k) sum += (rate[k] - mean) * (rate[k + lag] - mean);
    correlation.push_back(sum / static_cast<double>(n - lag));
  }
  std::size_t lag = 0;
  while (lag < correlation.size() && correlation[lag] > 0.0) ++lag;
  const auto peak =
      std::max_element(correlation.begin() + static_cast<std::ptrdiff_t>(lag), correlation.end());
  if (peak == correlation.end() || !(*peak > 0.0)) return 0.0;
  return static_cast<double>(peak - correlation.begin());
}

Outcome read(const std::vector<double>& all_Hz, double set_point_Hz) {
  const std::vector<double> rate(all_Hz.end() - static_cast<std::ptrdiff_t>(all_Hz.size() / 3), all_Hz.end());
  const auto n = static_cast<double>(rate.size());
  double sum = 0.0, squares = 0.0;
  for (const double r : rate) sum += r;
  for (const double r : rate) squares += (r - sum / n) * (r - sum / n);
  return {sum / n / set_point_Hz, std::sqrt(squares / n) / (sum / n), period_of(rate)};
}

Outcome measure(const ValidateOptions& options, const Job& job, double until_s) {
  Instance settled(options, {job.seed, 20.0, job.recurrence, false}, kSettle_s);
  RawRun before(settled.scenario, settled.network, *settled.engine.engine);
  run_whole(options, before);
  Instance instance(options, job, until_s);
  std::copy(settled.gains().begin(), settled.gains().end(), instance.gains().begin());
  instance.engine.engine->upload();
  RawRun raw(instance.scenario, instance.network, *instance.engine.engine);
  const double set_point_Hz = instance.scenario.homeostasis.at(0).set_point_Hz;
  try {
    run_whole(options, raw);
  } catch (const Error& e) {
    if (e.code() != ExitCode::numerics) throw;
    return {kOpenEnd, 0.0, 0.0};
  }
  return read(raw.records().rates.at(0).rate_Hz, set_point_Hz);
}

Outcome run(const ValidateOptions& options, const Job& job, std::mutex& saying) {
  check_stop(options);
  const double until_s = options.quick ? 900.0 : 1800.0;
  const Scenario scenario = load_scenario((options.scenarios / "validation" / "homeo_window.json").string(),
                                          settings(job, until_s));
  const RunCache cache(options.cache, scenario, "homeo_window");
  const auto kept = cache.find();
  Outcome out;
  if (kept) {
    const std::vector<double>& v = kept->at("outcome");
    out = {std::isnan(v.at(0)) ? kOpenEnd : v.at(0), v.at(1), v.at(2)};
  } else {
    out = measure(options, job, until_s);
    cache.keep({{"outcome", {out.rate, out.swing, out.period_s}}});
  }
  const std::lock_guard<std::mutex> lock(saying);
  if (!options.say) return out;
  char text[200];
  std::snprintf(text, sizeof text,
                "seed %u, recurrence %.3g, scaling in %s%s%s: rate %.3g of the set-point, swing %.3g, period "
                "%.0f s: %s",
                job.seed, job.recurrence, time_label(job.tau_s).c_str(), job.learns ? "" : ", no learning",
                kept ? " (kept from an earlier run)" : "", out.rate, out.swing, out.period_s,
                name_of(stability_of(out)));
  options.say(text);
  return out;
}

/// The picture goes where finished runs are kept.
void tell_map(const ValidateOptions& options, const StabilityMap& map) {
  if (options.cache.empty()) return;
  const std::filesystem::path file = options.cache / "homeo_window.svg";
  write_file_atomically(file, stability_svg(map));
  if (options.say) options.say("stability map: " + file.string());
}

}  // namespace

ValidationReport validate_homeo_window(const ValidateOptions& options) {
  ValidationReport report{"homeo_window", {}, 0.0};
  std::vector<Job> jobs;
  for (const double recurrence : kRecurrence)
    for (const double tau_s : kTau_s) jobs.push_back({1, tau_s, recurrence, true});
  const std::size_t num_cells = jobs.size();
  // Of the judged ones all seeds; the first one's are in the map.
  const std::vector<std::uint32_t> seeds = seeds_of(options, 5, 1);
  for (const std::uint32_t seed : seeds) {
    if (seed != 1) {
      for (const double tau_s : {kFast_s, kMedium_s, kDay_s, kTenDays_s})
        jobs.push_back({seed, tau_s, 1.0, true});
      jobs.push_back({seed, kFast_s, kWeak, true});
    }
    jobs.push_back({seed, kTenDays_s, 1.0, false});
  }
  std::vector<Outcome> outcomes(jobs.size());
  std::mutex saying;
  spread_over_cores(options, jobs.size(),
                    [&](std::size_t k) { outcomes[k] = run(options, jobs[k], saying); });

  const auto values = [&](double tau_s, double recurrence, bool learns, double Outcome::*what) {
    std::vector<double> out;
    for (const std::uint32_t seed : seeds)
      for (std::size_t k = 0; k < jobs.size(); ++k)
        if (jobs[k].seed == seed && jobs[k].tau_s == tau_s && jobs[k].recurrence == recurrence &&
            jobs[k].learns == learns)
          out.push_back(outcomes[k].*what);
    return out;
  };
  using O = Outcome;
  auto& rows = report.rows;
  const auto add = [&](const char* name, const std::vector<double>& of, double low, double high,
                       const char* source) {
    rows.push_back(make_row(name, "", of, low, high, 0.0, source));
  };
  add("scaling in 1 d alone: rate, of the set-point", values(kDay_s, 1.0, true, &O::rate), kMostRate,
      kOpenEnd, kZenke);
  add("scaling in 10 d alone: rate, of the set-point", values(kTenDays_s, 1.0, true, &O::rate), kMostRate,
      kOpenEnd, kZenke);
  rows.push_back(
      knock_out(make_row("knock-out: 10 d, no learning: rate", "", values(kTenDays_s, 1.0, false, &O::rate),
                         kMostRate, kOpenEnd, 0.0, kZenke)));
  add("scaling in 2 min: rate, of the set-point", values(kMedium_s, 1.0, true, &O::rate), kLeastRate,
      kMostRate, kZenke);
  add("... swing", values(kMedium_s, 1.0, true, &O::swing), 0.0, kMostSwing, kHarnack);
  add("scaling in 3 s: swing", values(kFast_s, 1.0, true, &O::swing), kMostSwing, kOpenEnd, kHarnack);
  rows.push_back(
      knock_out(make_row("knock-out: 3 s, a quarter of the recurrence: swing", "",
                         values(kFast_s, kWeak, true, &O::swing), kMostSwing, kOpenEnd, 0.0, kHarnack)));
  StabilityMap map{{kTau_s.begin(), kTau_s.end()}, {kRecurrence.begin(), kRecurrence.end()}, {}};
  for (std::size_t k = 0; k < num_cells; ++k)
    map.cells.push_back({stability_of(outcomes[k]), outcomes[k].rate, outcomes[k].swing});
  tell_map(options, map);
  for (std::size_t row = 0; row < kRecurrence.size(); ++row) {
    char name[64];
    std::snprintf(name, sizeof name, "recurrence %.3g: stable time constants", kRecurrence[row]);
    std::string stable;
    double count = 0.0;
    for (std::size_t k = 0; k < kTau_s.size(); ++k) {
      if (map.at(row, k).stability != Stability::stable) continue;
      stable += (stable.empty() ? "" : ", ") + time_label(kTau_s[k]);
      ++count;
    }
    rows.push_back(shown_row(name, "", {count}, stable.empty() ? "none" : stable));
  }
  return report;
}

}  // namespace penfield
