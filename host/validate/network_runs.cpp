#include "host/validate/network_runs.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "host/build/build_network.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/raw_run.hpp"
#include "host/run/session.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/rows.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint32_t kNumBlocks = 10;
constexpr std::uint32_t kPairNeurons = 200;

double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

/// The numbers of a state as the cache keeps them.
RunNumbers pack(const NetworkState& state) {
  RunNumbers out;
  out["times"] = {state.measured_s, state.build_s, state.run_s, state.simulated_s, state.peak_GB};
  for (std::size_t k = 0; k < state.populations.size(); ++k) {
    const PopulationState& p = state.populations[k];
    const std::string key = std::to_string(k) + "/";
    out[key + "rate_Hz"] = p.rate_Hz;
    out[key + "cv"] = p.cv;
    out[key + "block_Hz"] = p.block_Hz;
    out[key + "other"] = {p.synchrony, p.peak_Hz, p.correlation};
  }
  return out;
}

void summarize(PopulationState& p) {
  p.mean_Hz = readout::mean(p.rate_Hz);
  p.mean_cv = readout::mean(p.cv);
  p.mode_cv = readout::mode(p.cv);
  p.last_Hz = p.block_Hz.empty() ? 0.0 : p.block_Hz.back();
}

NetworkState unpack(const RunNumbers& numbers, const Scenario& scenario) {
  NetworkState state;
  const std::vector<double>& times = numbers.at("times");
  state.measured_s = times.at(0);
  state.build_s = times.at(1);
  state.run_s = times.at(2);
  state.simulated_s = times.at(3);
  state.peak_GB = times.at(4);
  for (std::size_t k = 0; k < scenario.populations.size() && !state.ran_away(); ++k) {
    PopulationState p;
    const std::string key = std::to_string(k) + "/";
    p.name = scenario.populations[k].name;
    p.rate_Hz = numbers.at(key + "rate_Hz");
    p.cv = numbers.at(key + "cv");
    p.block_Hz = numbers.at(key + "block_Hz");
    const std::vector<double>& other = numbers.at(key + "other");
    p.synchrony = other.at(0);
    p.peak_Hz = other.at(1);
    p.correlation = other.at(2);
    summarize(p);
    state.populations.push_back(std::move(p));
  }
  return state;
}

PopulationState measure_population(const std::string& name, const readout::SpikeTrains& trains, double from_s,
                                   double to_s) {
  PopulationState p;
  p.name = name;
  p.rate_Hz = readout::rates_Hz(trains, from_s, to_s);
  p.cv = readout::cv_isi(trains, from_s, to_s);
  p.block_Hz = readout::block_rates_Hz(trains, from_s, to_s, kNumBlocks);
  const std::vector<double> population_Hz = readout::population_rate_Hz(trains, from_s, to_s, 1e-3);
  p.synchrony = readout::synchrony(population_Hz);
  p.peak_Hz = readout::peak_frequency_Hz(population_Hz, 1e-3, 5.0, 400.0);
  p.correlation = readout::pair_correlation(trains, from_s, to_s, 2e-3, kPairNeurons).mean;
  summarize(p);
  return p;
}

void tell(const ValidateOptions& options, const std::string& what, const NetworkState& state,
          const std::string& device) {
  if (!options.say) return;
  char text[160];
  if (state.ran_away()) {
    std::snprintf(text, sizeof text, ": ran away after %.1f s of wall time", state.run_s);
  } else {
    std::snprintf(text, sizeof text, ": %.3g Hz; %.3g s simulated in %.1f s (building %.1f s) on ",
                  state.mean_Hz(), state.simulated_s, state.run_s, state.build_s);
  }
  options.say(what + text + (state.ran_away() ? "" : device));
}

/// Sorts spikes into trains as they come.
void collect_into(RawRun& run, const Network& network, std::vector<readout::SpikeTrains>& trains) {
  trains.resize(network.populations.size());
  for (std::size_t k = 0; k < trains.size(); ++k) trains[k].num_neurons = network.populations[k]->view.n;
  const double dt_s = network.dt_ms * 1e-3;
  run.send_spikes([&trains, dt_s](const std::vector<Spike>& spikes) {
    for (const Spike& s : spikes) {
      trains[s.population].neuron.push_back(s.neuron);
      // The step's end, when the threshold is seen to be crossed.
      trains[s.population].time_s.push_back(static_cast<double>(s.step + 1) * dt_s);
    }
  });
}

}  // namespace

double NetworkState::mean_Hz() const {
  double spikes = 0.0, neurons = 0.0;
  for (const PopulationState& p : populations) {
    spikes += p.mean_Hz * static_cast<double>(p.rate_Hz.size());
    neurons += static_cast<double>(p.rate_Hz.size());
  }
  return spikes / neurons;
}

double NetworkState::mean_cv() const {
  std::vector<double> all;
  for (const PopulationState& p : populations) all.insert(all.end(), p.cv.begin(), p.cv.end());
  return readout::mean(all);
}

double NetworkState::rate_error_Hz() const {
  std::vector<double> blocks(populations.empty() ? 0 : kNumBlocks, 0.0);
  double neurons = 0.0;
  for (const PopulationState& p : populations) neurons += static_cast<double>(p.rate_Hz.size());
  for (const PopulationState& p : populations)
    for (std::size_t b = 0; b < blocks.size() && b < p.block_Hz.size(); ++b)
      blocks[b] += p.block_Hz[b] * static_cast<double>(p.rate_Hz.size()) / neurons;
  return 2.0 * readout::standard_error(blocks);
}

double NetworkState::cv_error() const {
  std::vector<double> all;
  for (const PopulationState& p : populations) all.insert(all.end(), p.cv.begin(), p.cv.end());
  return 2.0 * readout::standard_error(all);
}

double rate_error_Hz(const PopulationState& p) { return 2.0 * readout::standard_error(p.block_Hz); }

NetworkState measure_run(const Scenario& scenario, Network& network, Engine& engine, double from_s,
                         const std::function<bool()>& stop) {
  const auto began = Clock::now();
  NetworkState state;
  RawRun run(scenario, network, engine);
  std::vector<readout::SpikeTrains> trains;
  collect_into(run, network, trains);
  run.run({}, stop);
  state.simulated_s = static_cast<double>(engine.now()) * network.dt_ms * 1e-3;
  state.measured_s = std::max(0.0, state.simulated_s - from_s);
  state.run_s = since(began);
  for (std::size_t k = 0; k < trains.size() && !state.ran_away(); ++k)
    state.populations.push_back(
        measure_population(network.populations[k]->name, trains[k], from_s, state.simulated_s));
  return state;
}

NetworkState run_network(const ValidateOptions& options, const NetworkProtocol& protocol) {
  check_stop(options);
  const auto began = Clock::now();
  char until[32];
  std::snprintf(until, sizeof until, "until=\"%.9g s\"", protocol.until_s);
  const std::vector<std::string> overrides = {"seed=" + std::to_string(protocol.seed), until};
  const Scenario scenario =
      load_scenario((options.scenarios / "validation" / (protocol.scenario + ".json")).string(), overrides);
  const std::string what = scenario.name + ", seed " + std::to_string(scenario.seed);
  char how[96];
  std::snprintf(how, sizeof how, "from %.9g s, wall budget %.9g s", protocol.from_s, protocol.wall_budget_s);
  const RunCache cache(options.cache, scenario, how);
  if (const auto kept = cache.find()) {
    const NetworkState state = unpack(*kept, scenario);
    tell(options, what + " (kept from an earlier run)", state, "");
    return state;
  }

  Network network = build_network(scenario, build_options(DeviceChoice::automatic, options.threads));
  EngineChoice choice = make_engine(network, DeviceChoice::automatic, options.threads);
  const double build_s = since(began);
  const auto run_began = Clock::now();
  NetworkState state;
  try {
    const Engine& engine = *choice.engine;
    state = measure_run(scenario, network, *choice.engine, protocol.from_s, [&] {
      check_stop(options);
      return protocol.wall_budget_s > 0.0 && since(began) > protocol.wall_budget_s &&
             static_cast<double>(engine.now()) * network.dt_ms * 1e-3 >= protocol.from_s + protocol.least_s;
    });
  } catch (const Error& e) {
    if (e.code() != ExitCode::numerics || !protocol.may_run_away) throw;
    state.run_s = since(run_began);
  }
  state.build_s = build_s;
  state.peak_GB = static_cast<double>(peak_resident_bytes()) * 1e-9;
  tell(options, what, state, choice.engine->device());
  cache.keep(pack(state));
  return state;
}

}  // namespace penfield
