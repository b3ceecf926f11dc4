#include "host/bench/bench.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "host/build/build_network.hpp"
#include "host/build/merge_networks.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/readout/spike_tally.hpp"
#include "host/run/measure.hpp"
#include "host/run/raw_growth.hpp"
#include "host/run/raw_run.hpp"
#include "host/run/session.hpp"
#include "host/scenario/scenario_json.hpp"

namespace penfield {

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

Scenario scenario_of(const BenchNetwork& network, const BenchOptions& options) {
  char until[32];
  std::snprintf(until, sizeof until, "until=\"%.9g s\"", network.until_s);
  const std::vector<std::string> overrides = {"seed=" + std::to_string(options.seed), until};
  return parse_scenario(network.scenario(options.scale), network.name, ".", overrides);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/// [population][neuron] synapses that a spike of the neuron reaches.
std::vector<std::vector<std::uint64_t>> out_degrees(const Network& network) {
  std::vector<std::vector<std::uint64_t>> out;
  for (const auto& p : network.populations) out.emplace_back(p->view.n, 0);
  for (const auto& projection : network.projections) {
    auto& from = out[projection->view.source];
    for (const SynapseTile& tile : projection->tiles)
      for (std::uint32_t s = tile.source_begin; s < tile.source_end; ++s) {
        const RowRange row = tile.row(s - tile.source_begin);
        from[s] += row.end - row.begin;
      }
  }
  return out;
}

struct Counts {
  double spikes = 0.0, events = 0.0;
};

using SpikeCounts = std::vector<std::vector<std::uint32_t>>;

/// [population][neuron] spikes so far; growth counts on from them, so nobody clears them.
SpikeCounts spike_counts(const Network& network) {
  SpikeCounts out;
  for (const auto& p : network.populations) out.emplace_back(p->spike_count.begin(), p->spike_count.end());
  return out;
}

/// Spikes since `before`, and what they reached.
Counts count_events(const Network& network, const SpikeCounts& before,
                    const std::vector<std::vector<std::uint64_t>>& reach) {
  Counts counts;
  for (std::size_t p = 0; p < network.populations.size(); ++p)
    for (std::size_t i = 0; i < reach[p].size(); ++i) {
      const auto spikes = static_cast<double>(network.populations[p]->spike_count[i] - before[p][i]);
      counts.spikes += spikes;
      counts.events += spikes * static_cast<double>(reach[p][i]);
    }
  return counts;
}

/// What the spikes of a population said.
struct CheckedPopulation {
  std::string name;
  std::vector<double> rate_Hz;   ///< [neuron]
  std::vector<double> cv;        ///< [neuron with 3 intervals or more]
  std::vector<double> block_Hz;  ///< [tenth of the measured time] mean rate
};

BenchCheck check_of(const std::string& name, const std::vector<const CheckedPopulation*>& populations) {
  BenchCheck check;
  check.population = name;
  std::vector<double> rates, cvs, logs, blocks;
  for (const CheckedPopulation* p : populations) {
    rates.insert(rates.end(), p->rate_Hz.begin(), p->rate_Hz.end());
    cvs.insert(cvs.end(), p->cv.begin(), p->cv.end());
    blocks.resize(p->block_Hz.size(), 0.0);
    for (std::size_t b = 0; b < blocks.size(); ++b)
      blocks[b] += p->block_Hz[b] * static_cast<double>(p->rate_Hz.size());
  }
  for (double r : rates)
    if (r > 0.0) logs.push_back(std::log(r));
  for (double& b : blocks) b /= static_cast<double>(std::max<std::size_t>(1, rates.size()));
  check.rate_Hz = readout::mean(rates);
  check.cv = readout::mean(cvs);
  check.log_rate_sd = readout::standard_deviation(logs);
  check.rate_error_Hz = 2.0 * readout::standard_error(blocks);
  check.cv_error = 2.0 * readout::standard_error(cvs);
  return check;
}

void judge(const Observed& observed, BenchCheck& check) {
  check.judged = true;
  check.rate_low_Hz = observed.rate_low_Hz;
  check.rate_high_Hz = observed.rate_high_Hz;
  check.cv_low = observed.cv_low;
  check.cv_high = observed.cv_high;
  check.pass = check.rate_Hz >= observed.rate_low_Hz - check.rate_error_Hz &&
               check.rate_Hz <= observed.rate_high_Hz + check.rate_error_Hz;
  if (observed.cv_high > 0.0)
    check.pass = check.pass && check.cv >= observed.cv_low - check.cv_error &&
                 check.cv <= observed.cv_high + check.cv_error;
}

bool silent(const CheckedPopulation& p) {
  return std::all_of(p.rate_Hz.begin(), p.rate_Hz.end(), [](double r) { return r == 0.0; });
}

/// What was observed of a population, or of all, at this scale; null: nothing.
const Observed* observed_of(const BenchNetwork& network, double scale, const std::string& population) {
  if (scale < network.low_scale || scale > network.high_scale) return nullptr;
  for (const Observed& o : network.observed)
    if (population == o.population) return &o;
  return nullptr;
}

/// [instance][population] that are looked at as one.
using InInstances = std::vector<std::vector<const CheckedPopulation*>>;

BenchCheck check_in_each(const std::string& name, const InInstances& instances, const Observed* observed) {
  std::vector<const CheckedPopulation*> all;
  for (const auto& one : instances) all.insert(all.end(), one.begin(), one.end());
  BenchCheck check = check_of(name, all);
  if (observed != nullptr) judge(*observed, check);
  for (const auto& one : instances) {
    BenchCheck alone = check_of(name, one);
    check.instance_Hz.push_back(alone.rate_Hz);
    if (observed == nullptr) continue;
    judge(*observed, alone);
    check.failed_instances += alone.pass ? 0 : 1;
  }
  check.pass = check.failed_instances == 0;
  return check;
}

std::vector<BenchCheck> checks_of(const BenchNetwork& network, double scale,
                                  const std::vector<CheckedPopulation>& populations,
                                  std::uint32_t instances) {
  const std::size_t own = populations.size() / instances;
  InInstances all(instances);
  std::vector<BenchCheck> checks;
  for (std::size_t k = 0; k < own; ++k) {
    InInstances same(instances);
    bool none = true;
    for (std::uint32_t instance = 0; instance < instances; ++instance) {
      const CheckedPopulation& p = populations[instance * own + k];
      same[instance].push_back(&p);
      none = none && silent(p);
    }
    // Who never fires and need not says nothing, such as Poisson sources, whose spikes nobody records.
    const std::string& name = populations[k].name;
    const Observed* observed = observed_of(network, scale, name);
    if (none && observed == nullptr) continue;
    for (std::uint32_t instance = 0; instance < instances; ++instance)
      all[instance].push_back(same[instance].front());
    checks.push_back(check_in_each(name, same, observed));
  }
  checks.insert(checks.begin(), check_in_each("", all, observed_of(network, scale, "")));
  return checks;
}

/// Runs until scenario.until_s. Spikes are counted as they come: kept, they would take more memory than many
/// a network.
std::vector<CheckedPopulation> run_checked(const Scenario& scenario, const Network& network, RawRun& run,
                                           double from_s) {
  constexpr std::uint32_t kBlocks = 10;
  std::vector<readout::SpikeTally> tallies;
  for (const auto& p : network.populations)
    tallies.emplace_back(p->view.n, steps_of(from_s, scenario.dt_ms),
                         steps_of(scenario.until_s, scenario.dt_ms), kBlocks, scenario.dt_ms * 1e-3);
  run.send_spikes([&](const std::vector<Spike>& spikes) {
    for (const Spike& s : spikes) tallies[s.population].add(s.neuron, s.step);
  });
  run.run();
  run.send_spikes([](const std::vector<Spike>&) {});
  std::vector<CheckedPopulation> populations;
  for (std::size_t k = 0; k < tallies.size(); ++k)
    populations.push_back({network.populations[k]->name, tallies[k].rates_Hz(), tallies[k].cv_isi(),
                           tallies[k].block_rates_Hz()});
  return populations;
}

void add_bytes(const MemoryPlan& plan, const Network& network, BenchResult& result) {
  double synapses = 0.0, neurons = 0.0;
  for (const MemoryLine& line : plan.arrays) {
    bool of_population = false;
    for (const auto& p : network.populations) of_population = of_population || p->name == line.owner;
    (of_population ? neurons : synapses) += static_cast<double>(line.bytes);
  }
  result.bytes_per_synapse = synapses / static_cast<double>(std::max<std::uint64_t>(1, result.synapses));
  result.bytes_per_neuron = neurons / static_cast<double>(std::max<std::uint64_t>(1, result.neurons));
}

std::uint32_t instances_of(const BenchNetwork& network, const BenchOptions& options) {
  return options.instances > 0 ? options.instances : network.instances;
}

BuildOptions build_of(const BenchNetwork& network, const BenchOptions& options, const Scenario& scenario) {
  return build_options(scenario, instances_of(network, options), options.device, options.threads,
                       options.card);
}

/// Of all instances together. They are built one after another, so that transient arrays are those of one.
MemoryPlan planned(const BenchNetwork& network, const BenchOptions& options, const Scenario& scenario,
                   const BuildOptions& build, bool to_run) {
  MemoryPlan plan = plan_memory(scenario, build, to_run);
  const std::uint64_t instances = instances_of(network, options);
  for (MemoryLine& line : plan.arrays) line.bytes *= instances;
  plan.host_peak += (instances - 1) * (plan.network + plan.records);
  plan.device += (instances - 1) * plan.network;
  for (std::uint64_t* amount : {&plan.neurons, &plan.synapses, &plan.network, &plan.records, &plan.spikes})
    *amount *= instances;
  plan.events_per_s *= static_cast<double>(instances);
  return plan;
}

Network build_instances(Scenario scenario, const BuildOptions& build, std::uint32_t instances) {
  std::vector<Network> networks;
  for (std::uint32_t k = 0; k < instances; ++k, ++scenario.seed)
    networks.push_back(build_network(scenario, build));
  return merge_networks(std::move(networks));
}

/// What structural plasticity cost and did, over all stretches.
void add_growth(const RawGrowth& growth, double wall_s, BenchResult& result) {
  result.growth_s = wall_s;
  for (const GrowthRecord& r : growth.records())
    for (std::size_t k = 0; k < r.time_s.size(); ++k) {
      if (r.time_s[k] <= result.warm_up_s) continue;
      result.formed_per_s += r.formed[k];
      result.deleted_per_s += r.deleted[k];
    }
  const double seconds = result.simulated_s * static_cast<double>(result.wall_s.size());
  result.formed_per_s /= seconds;
  result.deleted_per_s /= seconds;
}

std::string text_of(const StateDigest& digest) {
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(digest.all()));
  return hex;
}

}  // namespace

bool BenchResult::pass() const {
  return std::all_of(checks.begin(), checks.end(), [](const BenchCheck& c) { return c.pass; });
}

MemoryPlan plan_bench(const BenchNetwork& network, const BenchOptions& options) {
  const Scenario scenario = scenario_of(network, options);
  const BuildOptions build =
      plan_options(scenario, instances_of(network, options), options.device, options.threads, options.card);
  return planned(network, options, scenario, build, false);
}

BenchResult run_bench(const BenchNetwork& network, const BenchOptions& options) {
  const auto say = [&](const std::string& text) {
    if (options.say) options.say(text);
  };
  BenchResult result;
  result.network = network.name;
  result.scale = options.scale;
  result.checked_from_s = network.from_s;
  const auto began = Clock::now();
  Scenario scenario = scenario_of(network, options);
  const BuildOptions build = build_of(network, options, scenario);
  result.instances = instances_of(network, options);
  const MemoryPlan plan = planned(network, options, scenario, build, true);
  require_room(plan, options.device);
  const auto planned_at = Clock::now();
  Network built = build_instances(scenario, build, result.instances);
  EngineChoice choice = make_engine(built, options.device, options.threads, options.card.kernel);
  Engine& engine = *choice.engine;
  result.setup_s = since(began);
  result.build_s = since(planned_at);
  result.device = engine.device();
  result.note = choice.note;
  result.dt_ms = scenario.dt_ms;
  for (const auto& p : built.populations) result.neurons += p->view.n;
  for (const auto& p : built.projections) {
    result.synapses += p->num_synapses();
    if (!p->rule.empty()) result.plastic_synapses += p->num_synapses();
  }
  add_bytes(plan, built, result);
  say("built " + std::to_string(result.neurons) + " neurons and " + std::to_string(result.synapses) +
      " synapses; running the stretch that is checked");

  RawRun run(scenario, built, engine);
  result.checks =
      checks_of(network, options.scale, run_checked(scenario, built, run, network.from_s), result.instances);
  result.warm_up_s = scenario.until_s;
  engine.flush();
  engine.download();
  result.digest = text_of(digest(built));
  for (std::uint32_t k = 0; k < result.instances; ++k)
    result.instance_digest.push_back(text_of(digest_of_instance(built, k)));

  auto reach = out_degrees(built);
  const StepIndex steps = std::max<StepIndex>(1, steps_of(options.simulated_s, scenario.dt_ms));
  result.simulated_s = static_cast<double>(steps) * scenario.dt_ms * 1e-3;
  engine.record_spikes(std::vector<bool>(built.populations.size(), false));
  std::vector<double> events_per_s, growth_s;
  Counts all;
  for (std::uint32_t k = 0; k < std::max(1u, options.repetitions); ++k) {
    say("timing stretch " + std::to_string(k + 1) + " of " + std::to_string(options.repetitions));
    const SpikeCounts before = spike_counts(built);
    const double grown_s = run.growth().wall_s();
    const auto timed = Clock::now();
    if (scenario.structure.empty()) {
      engine.run(steps);
    } else {
      scenario.until_s += result.simulated_s;
      run.run();
    }
    result.wall_s.push_back(since(timed));
    engine.download();
    growth_s.push_back((run.growth().wall_s() - grown_s) / result.simulated_s);
    if (!scenario.structure.empty()) reach = out_degrees(built);
    const Counts counts = count_events(built, before, reach);
    all.spikes += counts.spikes;
    events_per_s.push_back(counts.events / result.wall_s.back());
  }
  const double wall_s = median(result.wall_s);
  result.real_time_factor = wall_s / result.simulated_s;
  if (!scenario.structure.empty()) add_growth(run.growth(), median(growth_s), result);
  result.real_time_factor_per_instance = result.real_time_factor / result.instances;
  result.events_per_s = median(events_per_s);
  result.spikes_per_s = all.spikes / (result.simulated_s * static_cast<double>(result.wall_s.size()));
  result.ns_per_neuron_step =
      1e9 * wall_s / (static_cast<double>(steps) * static_cast<double>(result.neurons));

  engine.time_phases(true);
  engine.run(std::max<StepIndex>(1, steps / 2));
  double sum = 0.0;
  const auto phases = engine.phase_times_s();
  for (const auto& [name, seconds] : phases) sum += seconds;
  for (const auto& [name, seconds] : phases)
    if (sum > 0.0) result.phase_share.emplace_back(name, seconds / sum);
  engine.time_phases(false);
  result.peak_bytes = peak_resident_bytes();
  return result;
}

}  // namespace penfield
