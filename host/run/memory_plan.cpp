#include "host/run/memory_plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>

#include "host/record/hdf5.hpp"
#include "host/run/growth_record.hpp"
#include "host/run/memory_layout.hpp"
#include "host/run/raw_records.hpp"
#include "host/run/session_manifest.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/neuron/catalogue.hpp"

namespace penfield {

namespace {

constexpr double kAssumedRate_Hz = 5.0;
// Of a 2.x GHz server core with AVX2, measured on the amputation scenario.
constexpr double kNeuronStep_ns = 5.0, kEvent_ns = 1.5;

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  return file >> total >> resident ? resident * 4096 : std::uint64_t{16} << 20;
}

[[noreturn]] void refuse(const std::string& at_least, double bytes, std::uint64_t neurons, double synapses) {
  char text[200];
  std::snprintf(text, sizeof text, "%s%.0f MB for %llu neurons and %.4g synapses, and %.0f MB are available",
                at_least.c_str(), bytes * 1e-6, static_cast<unsigned long long>(neurons), synapses,
                static_cast<double>(available_bytes()) * 1e-6);
  throw Error(ExitCode::memory,
              std::string("not enough memory (host): the run needs ") + text +
                  "; lower n or the in-degrees, or use a larger machine (penfield plan shows what takes "
                  "the most)");
}

double rate_Hz(const Scenario& scenario, const PopulationSpec& p) {
  if (scenario.body && scenario.body->relay == p.name) return scenario.body->spontaneous_Hz + kAssumedRate_Hz;
  for (const HomeostasisSpec& h : scenario.homeostasis)
    if (h.of == p.name && h.set_point_Hz > 0.0) return h.set_point_Hz;
  return kAssumedRate_Hz;
}

/// Less than the network takes: neurons at 40 bytes, synapses of the rules that say their number at 4. Lets
/// what is out of all proportion be refused before even its positions are made.
void refuse_the_hopeless(const Scenario& scenario, const Ranks& ranks, bool to_run) {
  std::uint64_t neurons = 0;
  double synapses = 0.0;
  std::map<std::string, double> n;
  for (const PopulationSpec& p : scenario.populations) {
    neurons += p.n;
    n[p.name] = p.n;
  }
  using K = RuleSpec::Kind;
  for (const ProjectionSpec& p : scenario.projections) {
    if (!to_run) break;
    const RuleSpec& rule = p.rule;
    const auto count = static_cast<double>(rule.count);
    if (rule.kind == K::fixed_in_degree || rule.kind == K::distance_in_degree || rule.kind == K::topographic)
      synapses += n[p.to] * count;
    if (rule.kind == K::fixed_out_degree) synapses += n[p.from] * count;
    if (rule.kind == K::fixed_total_number) synapses += count;
    if (rule.kind == K::all_to_all) synapses += n[p.from] * n[p.to];
    if (rule.kind == K::fixed_probability) synapses += n[p.from] * n[p.to] * rule.probability;
  }
  const double least =
      ranks.on_machine() * (40.0 * static_cast<double>(neurons) + 4.0 * synapses / ranks.size());
  if (least > static_cast<double>(available_bytes())) refuse("more than ", least, neurons, synapses);
}

/// What the recorders of a run keep in memory until it ends.
void add_records(const Scenario& scenario, const std::vector<ProjectionLayout>& projections,
                 MemoryPlan& plan) {
  const bool episodic = scenario.clock.episodic;
  const auto num_steps = static_cast<double>(plan.schedule.macro_steps);
  double recorded_s = scenario.until_s, episodes = 1.0;
  if (episodic) {
    recorded_s = 0.0;
    for (const ConditionSpec& c : scenario.clock.conditions) recorded_s += num_steps * c.episode_s;
    episodes = num_steps * static_cast<double>(scenario.clock.conditions.size());
  }
  double bytes = 0.0, spike_bytes = 0.0;
  for (const RecordSpec& r : scenario.record) {
    for (const PopulationSpec& p : scenario.populations) {
      if (!record_matches(r.of, p.name)) continue;
      if (r.what == "spikes") spike_bytes += sizeof(Spike) * p.n * rate_Hz(scenario, p) * recorded_s;
      const double samples = recorded_s / r.every_s + (episodic ? episodes : 0.0);
      const std::size_t all = neuron_model_infos[neuron_model_index(p.model)].columns.size();
      const auto columns = static_cast<double>(r.columns.empty() ? all : r.columns.size());
      if (r.what == "traces") bytes += samples * columns * (4.0 * (r.count == 0 ? p.n : r.count) + 8.0);
      if (r.what == "rates") bytes += samples * 24.0;
    }
    if (r.what != "weights" && r.what != "connectivity") continue;
    if (episodic && r.every_s < scenario.clock.short_step_s) continue;  // read once, when results are written
    const double reads = episodic ? std::min(num_steps, scenario.until_s / r.every_s + 1.0)
                                  : std::floor(scenario.until_s / r.every_s);
    for (const ProjectionLayout& p : projections)
      if (record_matches(r.of, p.name)) bytes += reads * 16.0 * static_cast<double>(p.synapses);
  }
  plan.records = static_cast<std::uint64_t>(std::min(bytes, 1e18));
  plan.spikes = static_cast<std::uint64_t>(std::min(spike_bytes, 1e18));
}

/// What consolidation, the energy meter and growth keep beside the network. `projections`: this rank's share.
std::uint64_t slow_bytes(const Scenario& scenario, const std::vector<PopulationLayout>& populations,
                         const std::vector<ProjectionLayout>& projections) {
  std::uint64_t bytes = 0;
  for (const ProjectionLayout& p : projections) {
    for (const ConsolidationSpec& c : scenario.consolidation)
      if (c.projection == p.name) bytes += sizeof(float) * p.synapses;  // lasting parts
    if (scenario.energy)  // out-degrees, and in-degrees of what learns
      bytes += sizeof(std::uint64_t) * (populations[p.source].n + (p.plastic ? populations[p.target].n : 0u));
  }
  for (const StructureSpec& s : scenario.structure)
    if (!scenario.clock.episodic && s.every_s > 0.0)
      bytes += static_cast<std::uint64_t>(scenario.until_s / s.every_s) * std::size(kGrowthSeries) *
               sizeof(double);
  return bytes;
}

/// Leaves of a projection what comes into the tiles of the rank that has the most of them.
void keep_share(const PopulationLayout& target, std::uint32_t ranks, ProjectionLayout& p) {
  if (ranks == 1 || target.num_tiles == 0) return;
  const double share = static_cast<double>((target.num_tiles + ranks - 1) / ranks) / target.num_tiles;
  p.synapses = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(p.synapses)));
  p.sources_per_tile *= share;  // it is taken for all tiles
  p.place_bytes = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(p.place_bytes)));
}

/// Code and data of the program and its libraries that a run has used by its first checkpoint, and keeps
/// (measured on a tiny network).
constexpr std::uint64_t kOnceUsed = 2600 * 1024;

}  // namespace

MemoryPlan plan_memory(const Scenario& scenario, const BuildOptions& options, bool to_run) {
  refuse_the_hopeless(scenario, *options.ranks, to_run);
  MemoryPlan plan;
  hdf5_version();  // wakes the library, whose pages a run has resident too
  plan.program = resident_bytes() + kOnceUsed;
  plan.schedule = plan_schedule(scenario);
  std::vector<PopulationLayout> populations;
  for (std::uint32_t k = 0; k < scenario.populations.size(); ++k)
    populations.push_back(lay_out_population(scenario, k, options));
  std::vector<ProjectionLayout> projections;
  for (std::uint32_t k = 0; k < scenario.projections.size(); ++k)
    projections.push_back(lay_out_projection(scenario, k, populations));

  for (std::uint32_t k = 0; k < populations.size(); ++k) {
    list_population(scenario, k, populations, projections, plan.arrays);
    plan.neurons += populations[k].n;
  }
  for (ProjectionLayout& p : projections) {
    plan.synapses += p.synapses;
    plan.events_per_s += static_cast<double>(p.synapses) * rate_Hz(scenario, scenario.populations[p.source]);
    keep_share(populations[p.target], options.ranks->size(), p);
    list_projection(p, populations, plan.arrays);
    if (options.gpu) list_segments(p, populations, scenario.dt_ms, plan.arrays);
  }
  for (const MemoryLine& line : plan.arrays) plan.network += line.bytes;
  add_records(scenario, projections, plan);
  plan.records += slow_bytes(scenario, populations, projections);
  const bool on_card = options.maker != nullptr || options.plan_for_maker;
  list_transients(scenario, populations, projections, options.threads, on_card, plan);
  plan.device = plan.network;
  if (on_card) list_card(populations, projections, plan);

  std::vector<std::pair<std::string, std::uint64_t>> by_phase;
  for (const MemoryLine& line : plan.transient) {
    if (by_phase.empty() || by_phase.back().first != line.owner) by_phase.emplace_back(line.owner, 0);
    by_phase.back().second += line.bytes;
  }
  // A run fetches what a card has made at its first checkpoint, and a benchmark for its digest.
  std::uint64_t largest = 0;
  for (const auto& [owner, bytes] : by_phase)
    largest = std::max(largest, owner == "building" ? bytes - std::min(bytes, plan.made_on_card) : bytes);
  plan.host_peak = plan.program + plan.network + plan.records + largest;
  return plan;
}

void require_memory(const MemoryPlan& plan, std::uint32_t ranks) {
  if (plan.host_peak * ranks <= available_bytes()) return;
  refuse(ranks == 1 ? "" : "on this machine's " + std::to_string(ranks) + " ranks together ",
         static_cast<double>(plan.host_peak * ranks), plan.neurons, static_cast<double>(plan.synapses));
}

const char* const kNominalError =
    "if every population fires at its set-point, else at 5 Hz: on one core, runs at such rates took 0.8 to 2 "
    "times as long, and those at 38 Hz with 1250 synapses a cell 5 to 7 times.";

double nominal_run_s(const MemoryPlan& plan, const Scenario& scenario, std::uint32_t threads) {
  const double steps_per_s = 1000.0 / scenario.dt_ms;
  const double per_spiking_s =
      static_cast<double>(plan.neurons) * steps_per_s * kNeuronStep_ns + plan.events_per_s * kEvent_ns;
  return plan.schedule.spiking_s * per_spiking_s * 1e-9 / std::max(1u, threads);
}

}  // namespace penfield
