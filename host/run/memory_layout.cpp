#include "host/run/memory_layout.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <set>

#include "host/build/build_network.hpp"
#include "host/build/edge_files.hpp"
#include "host/build/history_sizes.hpp"
#include "host/build/population_builder.hpp"
#include "host/build/projection_builder.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/connect/delay.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/state/calendar.hpp"
#include "penfield/state/projection.hpp"
#include "penfield/state/segment.hpp"

namespace penfield {

namespace {

/// The span of source indices that can reach a tile, mean over a few tiles; all of them where distance plays
/// no part.
double span_per_tile(const RuleSpec& rule, const ConnectRule& connect, const PopulationLayout& source,
                     const PopulationLayout& target) {
  using K = RuleSpec::Kind;
  if (rule.kind == K::one_to_one) return target.tile_size;
  const bool near = rule.kind == K::distance_probability || rule.kind == K::distance_in_degree ||
                    rule.kind == K::topographic;
  if (!near || source.positions.empty() || target.positions.empty()) return source.n;
  // A few hundred thousand draws end at about 3.5 standard deviations of a Gaussian, 12 lengths of an
  // exponential.
  const double draws = 3.5 * connect.kernel.sigma_mm;
  const double reach = rule.kernel.kind == KernelSpec::Kind::gaussian && rule.kind != K::distance_probability
                           ? draws
                           : cutoff_mm(connect.kernel);
  const double scale_x = static_cast<double>(source.sheet.width_mm) / target.sheet.width_mm;
  const double scale_y = static_cast<double>(source.sheet.height_mm) / target.sheet.height_mm;
  const std::uint32_t samples = std::min(target.num_tiles, 16u);
  double sum = 0.0;
  for (std::uint32_t k = 0; k < samples; ++k) {
    const std::uint32_t tile = static_cast<std::uint32_t>(std::uint64_t{k} * target.num_tiles / samples);
    const std::uint32_t begin = tile * target.tile_size, end = std::min(target.n, begin + target.tile_size);
    double low_x = 1e30, high_x = -1e30, low_y = 1e30, high_y = -1e30;
    for (std::uint32_t i = begin; i < end; ++i) {
      low_x = std::min(low_x, target.positions[i].x_mm * scale_x);
      high_x = std::max(high_x, target.positions[i].x_mm * scale_x);
      low_y = std::min(low_y, target.positions[i].y_mm * scale_y);
      high_y = std::max(high_y, target.positions[i].y_mm * scale_y);
    }
    const auto within = [&](double at, double low, double high, double size) {
      if (at >= low - reach && at <= high + reach) return true;
      return source.sheet.periodic && (at - size >= low - reach || at + size <= high + reach);
    };
    const auto inside = [&](const Position& p) {
      return within(p.x_mm, low_x, high_x, source.sheet.width_mm) &&
             within(p.y_mm, low_y, high_y, source.sheet.height_mm);
    };
    std::uint32_t first = 0, last = source.n;
    while (first < last && !inside(source.positions[first])) ++first;
    while (last > first && !inside(source.positions[last - 1])) --last;
    sum += last - first;
  }
  return samples == 0 ? 0.0 : sum / samples;
}

/// Lists arrays of one owner, rounded up as they are allocated.
class Lister {
 public:
  Lister(std::string owner, std::vector<MemoryLine>& out) : owner_(std::move(owner)), out_(out) {}
  void add(const char* array, std::uint64_t count, std::uint64_t element_bytes) {
    if (count == 0) return;
    out_.push_back({owner_, array, (count * element_bytes + 63) / 64 * 64});
  }

 private:
  std::string owner_;
  std::vector<MemoryLine>& out_;
};

struct Traces {
  std::set<double> tau_ms;
  bool is_source = false, is_target = false;
  std::uint32_t target_delay = 0;
};

/// Traces and histories that plastic and structural projections ask of a population.
Traces traces_of(const Scenario& scenario, std::uint32_t index,
                 const std::vector<ProjectionLayout>& projections) {
  Traces t;
  for (std::uint32_t k = 0; k < projections.size(); ++k) {
    const ProjectionLayout& p = projections[k];
    const ProjectionSpec& spec = scenario.projections[k];
    if (const StructureSpec* s = structure_of(scenario, spec.name);
        s != nullptr && (p.source == index || p.target == index))
      t.tau_ms.insert(s->burst_tau_ms);
    if (!spec.plasticity) continue;
    visit_plasticity_rule(static_cast<std::uint32_t>(plasticity_rule_index(spec.plasticity->rule)),
                          [&]<class Rule>() {
                            auto params = defaults<typename Rule::Params>();
                            for (const auto& field : Rule::Params::fields()) {
                              const auto found = spec.plasticity->params.find(field.key);
                              if (found != spec.plasticity->params.end())
                                params.*(field.member) = static_cast<float>(found->second);
                            }
                            if (p.source == index)
                              for (const float tau : pre_tau_ms<Rule>(params)) t.tau_ms.insert(tau);
                            if (p.target == index)
                              for (const float tau : post_tau_ms<Rule>(params)) t.tau_ms.insert(tau);
                          });
    if (p.source == index) t.is_source = true;
    if (p.target == index) {
      t.is_target = true;
      t.target_delay = std::max(t.target_delay, p.max_delay);
    }
  }
  return t;
}

void list_histories(const Scenario& scenario, const PopulationSpec& spec, const Traces& traces,
                    Lister& list) {
  const std::uint32_t gap = 1 + static_cast<std::uint32_t>(refractory_ms(spec) / scenario.dt_ms);
  const std::uint64_t capacity = history_sizes(traces.target_delay, gap).capacity;
  list.add("earlier_spike", spec.n, sizeof(StepIndex));
  list.add("history_step", spec.n * capacity, sizeof(StepIndex));
  list.add("history_trace", spec.n * capacity * traces.tau_ms.size(), 4);
  list.add("history_count, history_mark", 2 * std::uint64_t{spec.n}, 4);
  list.add("history_flushed", spec.n, sizeof(StepIndex));
}

}  // namespace

PopulationLayout lay_out_population(const Scenario& scenario, std::uint32_t index,
                                    const BuildOptions& options) {
  const PopulationSpec& spec = scenario.populations[index];
  PopulationLayout out;
  out.n = spec.n;
  out.tile_size = choose_tile_size(scenario, index, options);
  out.num_tiles = (spec.n + out.tile_size - 1) / out.tile_size;
  out.sheet = sheet_of(scenario, spec.name);
  out.positions = lay_out(layout_of(spec), out.sheet, scenario.seed, index, spec.n);
  return out;
}

ProjectionLayout lay_out_projection(const Scenario& scenario, std::uint32_t index,
                                    const std::vector<PopulationLayout>& populations) {
  const ProjectionSpec& spec = scenario.projections[index];
  ProjectionLayout out;
  out.name = spec.name;
  for (std::uint32_t k = 0; k < scenario.populations.size(); ++k) {
    if (scenario.populations[k].name == spec.from) out.source = k;
    if (scenario.populations[k].name == spec.to) out.target = k;
  }
  const auto& ports = neuron_model_infos[neuron_model_index(scenario.populations[out.target].model)].ports;
  for (std::uint32_t k = 0; k < ports.size(); ++k)
    if (spec.port == ports[k].name) out.port = k;
  const PopulationLayout& source = populations[out.source];
  const PopulationLayout& target = populations[out.target];
  EdgeList edges;
  if (spec.rule.kind == RuleSpec::Kind::file) edges = read_listed_edges(scenario, spec);
  const ConnectRule connect = connect_rule(spec.rule);
  std::optional<RowMaker> rows;  // but of a rule whose maker holds all synapses
  if (spec.rule.kind == RuleSpec::Kind::fixed_out_degree) {
    out.synapses = std::uint64_t{source.n} * spec.rule.count;
  } else {
    rows.emplace(connect, scenario.seed, index, PopulationGeometry{source.n, source.positions, source.sheet},
                 PopulationGeometry{target.n, target.positions, target.sheet}, out.source == out.target,
                 spec.rule.kind == RuleSpec::Kind::file ? &edges : nullptr);
    out.synapses = rows->expected_synapses();
    out.drawn = is_drawn(connect.kind);
    if (out.drawn) out.row_bytes = row_scratch_size(rows->recipe()).bytes();
  }
  DelayRule rule;
  rule.base_ms = value_distribution(spec.delay.base_ms);
  rule.velocity_mm_per_ms = spec.delay.velocity_mm_per_ms;
  const DelayDrawer delay(rule, scenario.dt_ms);
  out.min_delay = static_cast<std::uint32_t>(delay.smallest());
  out.max_delay =
      static_cast<std::uint32_t>(delay.largest(largest_distance_mm(sheet_of(scenario, spec.from))));
  if (!edges.delay_ms.empty()) {
    const auto [shortest, longest] = std::minmax_element(edges.delay_ms.begin(), edges.delay_ms.end());
    out.min_delay = delay_steps(*shortest, scenario.dt_ms);
    out.max_delay = delay_steps(*longest, scenario.dt_ms);
  }
  out.delays_known = edges.delay_ms.empty() && out.max_delay - out.min_delay <= 255;
  out.uniform = spec.weight.kind == Distribution::Kind::constant && edges.weight.empty();
  out.plastic = spec.plasticity.has_value();
  out.paired = out.plastic && is_pair_rule(plasticity_rule_index(spec.plasticity->rule));
  if (spec.plasticity) out.states = num_states_of_rule(spec.plasticity->rule);
  out.dendritic = spec.plasticity && spec.plasticity->dendritic_delay;
  out.structural = structure_of(scenario, spec.name) != nullptr;
  out.sources_per_tile = span_per_tile(spec.rule, connect, source, target);
  std::optional<RowSample> sample;
  if (rows && out.delays_known && spec.rule.kind != RuleSpec::Kind::file)
    sample.emplace(RowSample{*rows, delay, scenario.seed, index});
  out.place_bytes = row_place_bytes(out, target, sample ? &*sample : nullptr);
  using K = RuleSpec::Kind;
  if (spec.rule.kind == K::distance_probability || spec.rule.kind == K::distance_in_degree ||
      spec.rule.kind == K::topographic)
    out.maker_bytes = 18ull * source.n;
  if (spec.rule.kind == K::fixed_out_degree || spec.rule.kind == K::file) out.maker_bytes = 8 * out.synapses;
  if (spec.rule.kind == K::fixed_total_number) out.maker_bytes = 4ull * target.n;
  return out;
}

void list_population(const Scenario& scenario, std::uint32_t index,
                     const std::vector<PopulationLayout>& populations,
                     const std::vector<ProjectionLayout>& projections, std::vector<MemoryLine>& out) {
  const PopulationSpec& spec = scenario.populations[index];
  const PopulationLayout& layout = populations[index];
  const NeuronModelInfo& model = neuron_model_infos[neuron_model_index(spec.model)];
  const std::uint64_t n = spec.n, padded = layout.padded(), num_ports = model.ports.size();
  Lister list(spec.name, out);
  const Traces traces = traces_of(scenario, index, projections);
  std::vector<ProjectionDelays> delays;
  for (const ProjectionLayout& p : projections) delays.push_back(p.delays());
  const RingSizes sizes = ring_sizes(scenario, index, delays);
  const std::uint64_t listed =
      layout.num_tiles * list_places(layout.tile_size, sizes.list_slots, sizes.spike_interval);

  list.add("state columns", n * model.num_columns, 4);
  list.add("input rings",
           padded * sizes.ring_slots *
               static_cast<std::uint64_t>(std::count(sizes.heard.begin(), sizes.heard.end(), true)),
           4);
  std::set<std::string> gains;
  for (const HomeostasisSpec& h : scenario.homeostasis)
    if (h.of == spec.name) gains.insert(h.port);
  list.add("gains", n * gains.size(), 4);
  list.add("scratch", n * (num_ports + 2) + padded, 4);
  list.add("spiked", n, sizeof(*PopulationView{}.spiked));
  list.add("spike_count", n, 4);
  if (model.stochastic) list.add("rates", 3 * n, 4);
  const bool relay = scenario.body && scenario.body->relay == spec.name;
  if (scenario.body && (spec.somatotopic || relay)) list.add("part", n, 4);
  if (relay) list.add("skin_gain", n, 4);
  list.add("positions", 2 * n, 4);
  if (!spec.tonic_field.empty()) list.add("tonic share", n, 4);
  list.add("spike lists", listed + std::uint64_t{2} * sizes.list_slots * layout.num_tiles, 4);
  list.add("traces", n * traces.tau_ms.size(), 4);
  for (double tau_ms : traces.tau_ms)
    list.add("trace decay", static_cast<std::uint64_t>(21.0 * tau_ms / scenario.dt_ms) + 2, 4);
  if (!traces.tau_ms.empty()) list.add("last_spike", n, sizeof(StepIndex));
  for (const ProjectionLayout& p : projections)
    if (p.structural && (p.source == index || p.target == index)) {
      list.add("burst_sum", n, 4);
      break;
    }
  if (traces.is_source) {
    list.add("list_previous_step", listed, sizeof(StepIndex));
    list.add("list_previous_trace", listed * traces.tau_ms.size(), 4);
  }
  if (traces.is_target) list_histories(scenario, spec, traces, list);
}

void list_projection(const ProjectionLayout& p, const std::vector<PopulationLayout>& populations,
                     std::vector<MemoryLine>& out) {
  const PopulationLayout& target = populations[p.target];
  Lister list(p.name, out);
  list.add("places of rows", p.place_bytes, 1);
  list.add("targets and delays", p.synapses, 2);
  if (p.weight_bytes() > 0) list.add("weights", p.synapses, p.weight_bytes());
  if (p.states > 0) list.add("rule state", p.synapses * p.states, 4);
  list.add("views", target.num_tiles, sizeof(TileSynapses));
}

void list_segments(const ProjectionLayout& p, const std::vector<PopulationLayout>& populations, double dt_ms,
                   std::vector<MemoryLine>& out) {
  const double source_tiles = std::ceil(p.sources_per_tile / populations[p.source].tile_size);
  const bool by_delay = p.plastic && !p.dendritic;
  const std::uint64_t times = by_delay ? p.max_delay - p.min_delay + 1 : p.delays().pieces().count;
  const double pairs = source_tiles * populations[p.target].num_tiles;  // of tiles
  const auto at_most = [&](std::uint64_t times) {
    return std::min(static_cast<std::uint64_t>(pairs) * times, p.synapses);
  };
  Lister list(p.name, out);
  const double rows = p.sources_per_tile * populations[p.target].num_tiles;
  const std::uint32_t days = calendar_days(p.paired, p.dendritic, static_cast<std::int32_t>(p.min_delay),
                                           static_cast<std::int32_t>(p.max_delay),
                                           rows > 0.0 ? static_cast<double>(p.synapses) / rows : 0.0);
  if (days == 0) {
    list.add("segments", at_most(times), sizeof(Segment));
    return;
  }
  const std::uint64_t whole = at_most(p.delays().pieces().count);
  list.add("segments", at_most(times) + whole, sizeof(Segment));
  // Those of the card that the targets are for share out the synapses in two waves of blocks.
  const double shares = populations[p.target].num_tiles + std::min(800.0, static_cast<double>(whole) / 4.0);
  const double all = calendar_capacity(static_cast<double>(p.synapses), dt_ms);
  list.add("calendars", static_cast<std::uint64_t>(days * (all + shares * calendar_capacity(0.0, dt_ms))),
           sizeof(DueSynapse));
}

}  // namespace penfield
