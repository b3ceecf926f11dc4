#include "host/validate/network_runs.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "host/build/build_network.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"

namespace penfield {

NetworkRun run_network(const ValidateOptions& options, const std::string& scenario_name,
                       const std::vector<std::string>& overrides) {
  const auto began = std::chrono::steady_clock::now();
  const Scenario scenario =
      load_scenario((options.scenarios / "validation" / (scenario_name + ".json")).string(), overrides);
  BuildOptions build;
  build.threads = options.threads == 0 ? available_threads() : options.threads;
  Network network = build_network(scenario, build);
  EngineChoice choice = make_engine(network, DeviceChoice::automatic, options.threads);
  RawRun run(scenario, network, *choice.engine);
  run.run();
  NetworkRun out;
  for (const auto& p : network.populations) {
    out.populations.push_back(p->name);
    readout::SpikeTrains trains;
    trains.num_neurons = p->view.n;
    out.trains.push_back(std::move(trains));
  }
  for (const Spike& s : run.records().spikes) {
    out.trains[s.population].neuron.push_back(s.neuron);
    out.trains[s.population].time_s.push_back(static_cast<double>(s.step + 1) * scenario.dt_ms * 1e-3);
  }
  out.simulated_s = scenario.until_s;
  out.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (options.say)
    options.say(scenario.name + ", seed " + std::to_string(scenario.seed) + ": " +
                std::to_string(out.simulated_s) + " s simulated in " + std::to_string(out.wall_s) + " s");
  return out;
}

NetworkState state_of(const NetworkRun& run, double from_s) {
  std::vector<double> rates, cvs;
  for (const readout::SpikeTrains& t : run.trains) {
    const auto r = readout::rates_Hz(t, from_s, run.simulated_s);
    rates.insert(rates.end(), r.begin(), r.end());
    const auto c = readout::cv_isi(t, from_s, run.simulated_s);
    cvs.insert(cvs.end(), c.begin(), c.end());
  }
  return {readout::mean(rates), readout::mean(cvs)};
}

ValidationRow make_row(const std::string& name, const std::string& unit, std::vector<double> values,
                       double low, double high, double widened_by, const std::string& source) {
  ValidationRow row{name, unit, std::move(values), low, high, widened_by, false, false, source, ""};
  const double m = readout::mean(row.values);
  row.pass = m >= low - widened_by && m <= high + widened_by;
  return row;
}

namespace {

std::vector<std::string> with_seed(std::uint32_t seed, const std::string& until) {
  return {"seed=" + std::to_string(seed), "until=\"" + until + "\""};
}

}  // namespace

ValidationReport validate_brunel4(const ValidateOptions& options) {
  ValidationReport report{"brunel4", {}, 0.0};
  const std::string until = options.quick ? "1.5 s" : "2.5 s";
  const std::uint32_t seeds = options.seeds > 0 ? options.seeds : options.quick ? 1 : 5;
  const char* source =
      "Brunel, J Comput Neurosci 8:183 (2000); values of independent simulators for this definition";
  std::vector<double> ai, ai_cv, fast, fast_cv, slow_sync, sr_sync, ai_sync, reset0;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    const NetworkRun a = run_network(options, "brunel_ai", with_seed(seed, until));
    const NetworkRun f = run_network(options, "brunel_si_fast", with_seed(seed, until));
    const NetworkRun l = run_network(options, "brunel_si_slow", with_seed(seed, until));
    const NetworkRun r = run_network(options, "brunel_sr", with_seed(seed, "0.6 s"));
    const NetworkRun z = run_network(options, "brunel_ai_reset_0", with_seed(seed, until));
    ai.push_back(state_of(a, 0.5).rate_Hz);
    ai_cv.push_back(state_of(a, 0.5).cv);
    fast.push_back(state_of(f, 0.5).rate_Hz);
    fast_cv.push_back(state_of(f, 0.5).cv);
    reset0.push_back(state_of(z, 0.5).rate_Hz);
    const auto sync = [](const NetworkRun& n, double from_s) {
      return readout::synchrony(readout::population_rate_Hz(n.trains[0], from_s, n.simulated_s, 1e-3));
    };
    ai_sync.push_back(sync(a, 0.5));
    slow_sync.push_back(sync(l, 0.5));
    sr_sync.push_back(sync(r, 0.2));
  }
  // The sampling error of a network's mean rate over a second is below 0.3 %; of a mean CV about 0.01.
  const double rate_error = options.quick ? 0.3 : 0.0, cv_error = options.quick ? 0.01 : 0.0;
  report.rows.push_back(
      make_row("AI rate (g 5, eta 2)", "Hz", ai, 37.6 * 0.97, 37.6 * 1.03, rate_error, source));
  report.rows.push_back(make_row("AI CV", "", ai_cv, 0.38, 0.48, cv_error, source));
  report.rows.push_back(
      make_row("SI fast rate (g 6, eta 4)", "Hz", fast, 58.5 * 0.97, 58.5 * 1.03, rate_error, source));
  report.rows.push_back(make_row("SI fast CV", "", fast_cv, 0.74, 0.84, cv_error, source));
  report.rows.push_back(
      make_row("AI synchrony (1 ms bins)", "", ai_sync, 0.0, 0.6, 0.0, "asynchronous: Brunel 2000"));
  report.rows.push_back(
      make_row("SR synchrony (g 3, eta 2)", "", sr_sync, 1.0, 1e3, 0.0, "synchronous regular: Brunel 2000"));
  report.rows.push_back(make_row("SI slow synchrony (g 4.5, eta 0.9)", "", slow_sync, 0.6, 1e3, 0.0,
                                 "slow oscillation: Brunel 2000"));
  ValidationRow knock =
      make_row("knock-out: V_reset 0 mV", "Hz", reset0, 32.1 * 0.97, 32.1 * 1.03, rate_error, source);
  knock.note = "the reset moves the AI rate from 37.6 to 32.1 Hz";
  report.rows.push_back(knock);
  return report;
}

ValidationReport validate_coba(const ValidateOptions& options) {
  ValidationReport report{"coba", {}, 0.0};
  const std::uint32_t seeds = options.seeds > 0 ? options.seeds : 5;
  const std::string until = options.quick ? "2.5 s" : "6 s";
  const char* source = "Brette et al., J Comput Neurosci 23:349 (2007), benchmark 1";
  std::vector<double> rate, cv, alive, less;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    const NetworkRun run = run_network(options, "coba", with_seed(seed, until));
    NetworkRun e = run;
    e.trains.resize(1);
    rate.push_back(state_of(e, 0.5).rate_Hz);
    cv.push_back(state_of(e, 0.5).cv);
    alive.push_back(readout::mean(readout::rates_Hz(run.trains[0], 2.0, 2.5)));
    if (seed > 2) continue;
    NetworkRun half = run_network(options, "coba_half_inhibition", with_seed(seed, "1 s"));
    half.trains.resize(1);
    less.push_back(state_of(half, 0.5).rate_Hz);
  }
  report.rows.push_back(make_row("E rate", "Hz", rate, 15.0, 22.0, 0.0, source));
  report.rows.push_back(make_row("E CV of intervals", "", cv, 1.4, 2.0, 0.0, source));
  ValidationRow self = make_row("E rate at 2 to 2.5 s", "Hz", alive, 5.0, 100.0, 0.0,
                                "activity sustains itself for 2 s in every seed");
  for (double r : alive) self.pass = self.pass && r > 5.0;
  report.rows.push_back(self);
  ValidationRow knock =
      make_row("knock-out: inhibition x 0.5, E rate", "Hz", less, 15.0, 22.0, 0.0, "must leave the band");
  knock.knock_out = true;
  knock.pass = !knock.pass;
  report.rows.push_back(knock);
  return report;
}

ValidationReport validate_pd14(const ValidateOptions& options) {
  ValidationReport report{"pd14", {}, 0.0};
  const char* source =
      "Potjans & Diesmann, Cereb Cortex 24:785 (2014); rates of INM-6/microcircuit-PD14-model";
  const double published_Hz[8] = {0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829};
  const bool loose[8] = {true, false, false, false, false, true, true, false};  // 8 % for L23E, L5I, L6E
  const std::uint32_t seeds = options.seeds > 0 ? options.seeds : options.quick ? 1 : 10;
  const double seconds = options.quick ? 3.0 : 60.0;
  std::vector<std::vector<double>> rates(8);
  std::vector<std::vector<std::vector<double>>> by_neuron;
  std::vector<double> weighted, error_Hz(8, 0.0), real_time;
  std::vector<std::string> names;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    const NetworkRun run =
        run_network(options, "pd14", with_seed(seed, std::to_string(seconds + 0.5) + " s"));
    names = run.populations;
    real_time.push_back(run.wall_s / run.simulated_s);
    double sum = 0.0, neurons = 0.0;
    by_neuron.emplace_back();
    for (std::size_t p = 0; p < 8; ++p) {
      const auto r = readout::rates_Hz(run.trains[p], 0.5, run.simulated_s);
      by_neuron.back().push_back(r);
      rates[p].push_back(readout::mean(r));
      sum += readout::mean(r) * run.trains[p].num_neurons;
      neurons += run.trains[p].num_neurons;
      // Sampling error of the mean over time, from the scatter of half-second means.
      std::vector<double> parts;
      for (double t = 0.5; t + 0.5 <= run.simulated_s + 1e-9; t += 0.5)
        parts.push_back(readout::mean(readout::rates_Hz(run.trains[p], t, t + 0.5)));
      error_Hz[p] = 2.0 * readout::standard_deviation(parts) / std::sqrt(static_cast<double>(parts.size()));
    }
    weighted.push_back(sum / neurons);
  }
  for (std::size_t p = 0; p < 8; ++p) {
    const double share = loose[p] ? 0.08 : 0.05;
    report.rows.push_back(make_row(names[p] + " rate", "Hz", rates[p], published_Hz[p] * (1.0 - share),
                                   published_Hz[p] * (1.0 + share), options.quick ? error_Hz[p] : 0.0,
                                   source));
  }
  report.rows.push_back(make_row("network-weighted rate", "Hz", weighted, 3.24 * 0.97, 3.24 * 1.03,
                                 options.quick ? 0.05 : 0.0, source));
  const double ks_table[8] = {0.02, 0.02, 0.01, 0.01, 0.02, 0.03, 0.02, 0.02};
  for (std::size_t p = 0; p < 8 && by_neuron.size() > 1; ++p)
    report.rows.push_back(make_row(
        names[p] + " KS of rates between seeds", "", {readout::ks_distance(by_neuron[0][p], by_neuron[1][p])},
        0.0, 2.0 * ks_table[p], 0.0, "twice the distance between seeds of the reference model"));
  NetworkRun weak = run_network(options, "pd14_weak_inhibition", {"until=\"0.6 s\""});
  ValidationRow knock = make_row("knock-out: g -3, network rate", "Hz", {state_of(weak, 0.3).rate_Hz},
                                 3.24 * 0.97, 3.24 * 1.03, 0.0, "must leave the band");
  knock.knock_out = true;
  knock.pass = !knock.pass;
  report.rows.push_back(knock);
  return report;
}

}  // namespace penfield
