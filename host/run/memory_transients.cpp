// What a run needs on top of the network, and what it writes.
#include <algorithm>
#include <cmath>

#include "host/build/fill_tile.hpp"
#include "host/run/measure.hpp"
#include "host/run/memory_layout.hpp"
#include "host/run/projected_weights.hpp"
#include "host/run/raw_records.hpp"
#include "penfield/base/share_out.hpp"

namespace penfield {

namespace {

constexpr std::uint64_t kBlock = 16;  // malloc's own bytes beside each allocation
// Of HDF5 and of the report, while results are written (measured on a tiny network).
constexpr std::uint64_t kOutput = 1900 * 1024;

class Transient {
 public:
  Transient(std::string name, MemoryPlan& plan) : name_(std::move(name)), plan_(plan) {}
  void add(const char* what, std::uint64_t bytes) {
    if (bytes > 0) plan_.transient.push_back({name_, what, bytes});
  }

 private:
  std::string name_;
  MemoryPlan& plan_;
};

std::uint64_t find_population(const Scenario& scenario, const std::string& name) {
  for (std::uint64_t k = 0; k < scenario.populations.size(); ++k)
    if (scenario.populations[k].name == name) return k;
  return 0;
}

/// [part] touch sites of the probe.
std::vector<std::uint64_t> probe_sites(const Scenario& scenario, const ProbeSpec& probe) {
  std::vector<std::uint64_t> sites;
  for (const BodyPartSpec& part : scenario.body->parts)
    sites.push_back(
        static_cast<std::uint64_t>(std::max(1L, std::lround(part.width_mm / probe.site_spacing_mm)) *
                                   std::max(1L, std::lround(part.height_mm / probe.site_spacing_mm))));
  return sites;
}

/// Arrays that a probe saves and restores.
bool is_fast(const std::string& array) {
  for (const char* fast :
       {"state columns", "input rings", "spike_count", "spike lists", "traces", "last_spike", "burst_sum",
        "list_previous_step", "list_previous_trace", "earlier_spike", "history_step", "history_trace",
        "history_count, history_mark", "history_flushed"})
    if (array == fast) return true;
  return false;
}

/// Bytes of a synapse in a RowStream: a row's sources lie some way apart, and a byte holds seven bits.
double streamed_bytes(const ProjectionLayout& p, const std::vector<PopulationLayout>& populations) {
  const double in_degree = static_cast<double>(p.synapses) / std::max(1u, populations[p.target].n);
  const double apart = populations[p.source].n / std::max(1.0, in_degree);
  const double source = apart < 64.0 ? 1.0 : apart < 8192.0 ? 2.0 : 3.0;
  const double delay = p.min_delay == p.max_delay ? 0.0 : p.max_delay < 128 ? 1.0 : 2.0;
  return source + delay + (p.uniform ? 0.0 : 4.0);
}

void list_build(const std::vector<PopulationLayout>& populations,
                const std::vector<ProjectionLayout>& projections, std::uint32_t threads, bool on_card,
                MemoryPlan& plan) {
  Transient phase("building", plan);
  std::uint64_t positions = 0, makers = 0;
  for (const PopulationLayout& p : populations) positions += p.n * sizeof(Position);
  // Projections are made in their order: while one is in the making, those after it take nothing.
  double entries = 0.0, later = 0.0;
  for (auto p = projections.rbegin(); p != projections.rend(); ++p) {
    makers += p->maker_bytes;
    if (on_card && made_on_card(*p)) continue;  // the host has nothing of these until it fetches them
    const PopulationLayout& target = populations[p->target];
    const double stored = 2.0 + static_cast<double>(p->weight_bytes());
    const double making = std::min<double>(target.n, std::min(threads, target.num_tiles) * target.tile_size);
    const double share = p->delays_known ? making / std::max(1u, target.n) : 1.0;
    const double streamed = share * static_cast<double>(p->synapses) * streamed_bytes(*p, populations);
    entries = std::max(entries, streamed - later);
    later += stored * static_cast<double>(p->synapses);
  }
  phase.add("positions", positions);
  phase.add("row makers", makers);
  double rows = 0.0;  // of a tile, as offsets
  for (const ProjectionLayout& p : projections)
    if (!(on_card && made_on_card(p))) rows = std::max(rows, p.sources_per_tile * p.delays().pieces().count);
  phase.add("rows being placed", static_cast<std::uint64_t>(4.0 * rows * std::max(1u, threads)));
  phase.add("synapses in the making", static_cast<std::uint64_t>(entries));
}

void list_rewiring(const Scenario& scenario, const std::vector<PopulationLayout>& populations,
                   const std::vector<ProjectionLayout>& projections, std::uint32_t threads,
                   MemoryPlan& plan) {
  Transient phase("rewiring", plan);
  for (const ProjectionLayout& p : projections) {
    if (!p.structural) continue;
    const PopulationLayout& target = populations[p.target];
    // The share of as many of the largest tiles as there are threads.
    const std::uint32_t at_once = sharers(target.num_tiles, threads);
    const double share =
        std::min(1.0, static_cast<double>(at_once) * target.tile_size / std::max(1u, target.n));
    const auto in_tiles = [&](std::uint64_t bytes) {
      return static_cast<std::uint64_t>(share * static_cast<double>(bytes));
    };
    // Reserved with a sixteenth to spare, a tile a thread (host/run/rewiring.cpp).
    phase.add("rows, a tile a thread",
              in_tiles(p.synapses * sizeof(SynapseEntry) * 17 / 16 +
                       target.n * (2 * sizeof(SynapseEntry) + sizeof(std::vector<SynapseEntry>) + kBlock)));
  }
  std::uint64_t measures = 0;
  for (const PopulationSpec& p : scenario.populations) measures += 8ull * p.n;
  phase.add("measured rates", measures);
}

/// Structural plasticity on the raw clock: a tile's arrays are there twice, and what changes is listed
/// (host/run/raw_growth.cpp).
void list_growth(const std::vector<PopulationLayout>& populations,
                 const std::vector<ProjectionLayout>& projections, MemoryPlan& plan) {
  Transient phase("growth", plan);
  constexpr std::uint64_t kSynapse = 6, kNeuron = 60;  // code and weight; calcium, elements, counts, chances
  for (const ProjectionLayout& p : projections) {
    if (!p.structural) continue;
    const PopulationLayout& target = populations[p.target];
    const double share = static_cast<double>(std::min(target.n, target.tile_size)) / std::max(1u, target.n);
    phase.add("a tile's synapses once more",
              static_cast<std::uint64_t>(share * static_cast<double>(kSynapse * p.synapses)));
    phase.add("calcium and elements", kNeuron * (std::uint64_t{target.n} + populations[p.source].n));
  }
}

/// Of the fast state, to go back to.
std::uint64_t saved_bytes(const MemoryPlan& plan) {
  std::uint64_t bytes = 0;
  for (const MemoryLine& line : plan.arrays)
    if (is_fast(line.array)) bytes += line.bytes;
  return bytes;
}

void list_episodes(const Scenario& scenario, const std::vector<ProjectionLayout>& projections,
                   MemoryPlan& plan) {
  Transient phase("measuring", plan);
  phase.add("saved state", saved_bytes(plan));
  std::uint64_t measures = 0;
  for (const PopulationSpec& p : scenario.populations) measures += 8ull * p.n;
  phase.add("measured rates", measures);
  // Own drifts stay between macro steps; the rest, with the weights to go back to, while one is measured.
  std::uint64_t drifts = 0;
  for (const ProjectionLayout& p : projections)
    if (p.plastic) drifts += p.synapses * (ProjectedWeights::kBytesPerSynapse + 8);
  // What consolidation and normalisation remember of weights, and the drift that a leap becomes.
  for (const ProjectionLayout& p : projections) {
    const auto of = [&](const auto& spec) { return spec.projection == p.name; };
    const bool lasts = std::any_of(scenario.consolidation.begin(), scenario.consolidation.end(), of);
    const bool kept = std::any_of(scenario.normalisation.begin(), scenario.normalisation.end(), of);
    drifts += p.synapses * (lasts ? 8 : kept ? 4 : 0);
  }
  phase.add("drifts of weights", drifts);
}

void list_probe(const Scenario& scenario, const std::vector<PopulationLayout>& populations,
                MemoryPlan& plan) {
  if (scenario.probes.empty() || !scenario.body) return;
  Transient phase("probing", plan);
  const ProbeSpec& probe = scenario.probes.front();
  const std::uint64_t n = populations[find_population(scenario, probe.of)].n;
  const std::vector<std::uint64_t> sites = probe_sites(scenario, probe);
  std::uint64_t all = 0, decoded = 0;
  for (std::uint64_t s : sites) all += s;
  for (const EventSpec& e : scenario.timeline) {
    if (e.kind != EventSpec::Kind::amputate) continue;
    for (std::size_t k = 0; k < sites.size(); ++k)
      if (scenario.body->parts[k].name == e.part)
        for (std::size_t d = k == 0 ? 0 : k - 1; d < std::min(sites.size(), k + 2); ++d) decoded += sites[d];
    break;
  }
  phase.add("saved state", saved_bytes(plan));
  phase.add("responses", n * all * sizeof(float) + 3 * n * sizeof(float));
  phase.add("trials for the decoder", decoded * probe.trials * n * sizeof(float));
  const double length_ms =
      2300.0 + static_cast<double>(all * probe.trials) * (probe.touch_ms + probe.rest_ms);
  phase.add("touch schedule", static_cast<std::uint64_t>(length_ms / scenario.dt_ms) * sites.size() * 4 +
                                  all * probe.trials * 36);
}

std::uint64_t map_bins(const Scenario& scenario) {
  if (scenario.probes.empty()) return 0;
  const ProbeSpec& probe = scenario.probes.front();
  const auto area = scenario.areas.find(probe.of.substr(0, probe.of.find('/')));
  if (area == scenario.areas.end()) return 0;
  return static_cast<std::uint64_t>(std::ceil(area->second.width_mm / probe.bin_mm)) *
         static_cast<std::uint64_t>(std::ceil(area->second.height_mm / probe.bin_mm));
}

}  // namespace

void list_transients(const Scenario& scenario, const std::vector<PopulationLayout>& populations,
                     const std::vector<ProjectionLayout>& projections, std::uint32_t threads, bool on_card,
                     MemoryPlan& plan) {
  list_build(populations, projections, threads, on_card, plan);
  if (scenario.clock.episodic) {
    list_episodes(scenario, projections, plan);
    list_rewiring(scenario, populations, projections, threads, plan);
    list_probe(scenario, populations, plan);
  } else {
    list_growth(populations, projections, plan);
  }
  const std::uint64_t maps = plan.schedule.probes * map_bins(scenario) * 8;
  const std::uint64_t curves = plan.schedule.macro_steps * 500;
  std::uint64_t written = 0;
  for (const ProjectionLayout& p : projections)
    for (const RecordSpec& r : scenario.record)
      if (record_matches(r.of, p.name) && (r.what == "weights" || r.what == "connectivity")) {
        written += 24 * p.synapses;
        break;
      }
  Transient output("writing results", plan);
  output.add("arrays", 2 * (maps + curves) + written);
  output.add("records once more", plan.records);
  output.add("HDF5 and the report", kOutput);
  plan.results = 2 * (maps + curves + plan.records + plan.spikes) + written + (std::uint64_t{200} << 10);
  for (const MemoryLine& line : plan.arrays)
    if (line.array != "scratch" && line.array != "spiked" && line.array != "positions" &&
        line.array != "part" && line.array != "trace decay" && line.array != "views")
      plan.checkpoint += line.bytes;
  plan.checkpoint += maps + curves + plan.records + plan.spikes;
}

}  // namespace penfield
