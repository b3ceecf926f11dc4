#include "host/build/build_network.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <new>

#include "host/build/edge_files.hpp"
#include "host/build/history_sizes.hpp"
#include "host/build/population_builder.hpp"
#include "host/build/projection_builder.hpp"
#include "host/build/share_tiles.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/base/error.hpp"
#include "penfield/connect/delay.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/numerics/fixed_point.hpp"

namespace penfield {

namespace {

/// The largest magnitude that a weight of this projection can ever have.
double largest_weight(const ProjectionPlan& plan) {
  const ValueDrawer drawer(plan.weight);
  double largest = std::max(std::fabs(drawer.smallest()), std::fabs(drawer.largest()));
  if (plan.edges)
    for (float w : plan.edges->weight) largest = std::max(largest, static_cast<double>(std::fabs(w)));
  if (plan.spec->plasticity) {
    const auto& params = plan.spec->plasticity->params;
    for (const char* key : {"w_min", "w_max"}) {
      const auto found = params.find(key);
      if (found != params.end()) largest = std::max(largest, std::fabs(found->second));
    }
  }
  return largest;
}

/// Where positions of a population are kept for the rules.
std::vector<std::vector<Position>> positions_of(const Network& network) {
  std::vector<std::vector<Position>> out;
  for (const auto& p : network.populations) {
    std::vector<Position> positions(p->view.n);
    for (std::uint32_t i = 0; i < p->view.n; ++i) positions[i] = {p->x_mm[i], p->y_mm[i]};
    out.push_back(std::move(positions));
  }
  return out;
}

std::uint32_t port_of(const Population& p, const std::string& name) {
  const auto& ports = neuron_model_infos[p.view.model].ports;
  for (std::uint32_t k = 0; k < ports.size(); ++k)
    if (name == ports[k].name) return k;
  throw Error(ExitCode::scenario, "population " + p.name + " has no port " + name);
}

/// Rows, bounds and distributions of every projection; nothing is made yet.
std::vector<ProjectionPlan> plan_projections(const Scenario& scenario, const Network& network,
                                             std::vector<std::vector<Position>>& positions) {
  std::vector<ProjectionPlan> plans;
  for (std::uint32_t k = 0; k < scenario.projections.size(); ++k) {
    const ProjectionSpec& spec = scenario.projections[k];
    ProjectionPlan plan;
    plan.spec = &spec;
    plan.index = k;
    plan.source = population_index(network, spec.from);
    plan.target = population_index(network, spec.to);
    plan.port = port_of(*network.populations[plan.target], spec.port);
    plan.weight = value_distribution(spec.weight);
    plan.delay.base_ms = value_distribution(spec.delay.base_ms);
    plan.delay.velocity_mm_per_ms = spec.delay.velocity_mm_per_ms;
    const PopulationGeometry source{network.populations[plan.source]->view.n, positions[plan.source],
                                    sheet_of(scenario, spec.from)};
    const PopulationGeometry target{network.populations[plan.target]->view.n, positions[plan.target],
                                    sheet_of(scenario, spec.to)};
    if (spec.rule.kind == RuleSpec::Kind::file)
      plan.edges = std::make_unique<EdgeList>(read_listed_edges(scenario, spec));
    try {
      plan.rows = std::make_unique<RowMaker>(connect_rule(spec.rule), scenario.seed, k, source, target,
                                             plan.source == plan.target, plan.edges.get());
    } catch (const Error& e) {
      throw Error(e.code(), "projection " + spec.name + ": " + e.what());
    }
    plan.max_in_degree = plan.rows->max_in_degree();
    plan.largest_weight = largest_weight(plan);
    if (const StructureSpec* s = structure_of(scenario, spec.name)) {
      plan.structural = true;
      const double grown = std::max({1.0, s->new_weight, s->mature_weight});
      plan.largest_weight = std::max(plan.largest_weight, std::fabs(s->weight_reference) * grown);
      // Growth is refused beyond twice the initial in-degree (host/run/rewiring.cpp keeps to it).
      plan.max_in_degree *= 2;
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

/// [population] synapses that come into a neuron, at the most.
std::vector<double> synapses_per_neuron(const Network& network, const std::vector<ProjectionPlan>& plans) {
  std::vector<double> out(network.populations.size(), 0.0);
  for (const ProjectionPlan& plan : plans) out[plan.target] += plan.rows->max_in_degree();
  return out;
}

/// The most entries of a spike list that reach one neuron in one step.
double most_at_once(const StimulusSpec& s, double dt_ms) {
  std::map<std::pair<std::uint32_t, std::int64_t>, std::uint32_t> count;
  std::uint32_t most = 0;
  for (const auto& [neuron, time_ms] : s.spikes)
    most = std::max(most, ++count[{neuron, std::llround(time_ms / dt_ms)}]);
  return most;
}

/// One power-of-two scale for all that lands on a port, such that no step's sum can overflow.
void choose_scales(const Scenario& scenario, Network& network, const std::vector<ProjectionPlan>& plans) {
  for (auto& p : network.populations)
    for (std::uint32_t port = 0; port < p->view.num_ports; ++port) {
      double bound = 0.0;
      for (const ProjectionPlan& plan : plans)
        if (plan.target == p->view.index && plan.port == port)
          bound += plan.largest_weight * plan.max_in_degree;
      for (const StimulusSpec& s : scenario.stimuli)
        if (s.kind == StimulusSpec::Kind::spikes && s.to == p->name && port_of(*p, s.port) == port)
          bound += std::fabs(s.weight) * most_at_once(s, scenario.dt_ms);
      p->view.scale_log2[port] = bound > 0.0 ? choose_scale_log2(bound) : 0;
    }
}

void allocate_by_delay(const Scenario& scenario, Network& network) {
  std::vector<ProjectionDelays> delays;
  for (const auto& projection : network.projections) {
    const ProjectionView& v = projection->view;
    delays.push_back({v.source, v.target, v.port, v.min_delay, v.max_delay, v.rule >= 0, v.dendritic});
  }
  for (auto& p : network.populations) allocate_rings(*p, ring_sizes(scenario, p->view.index, delays));
}

/// Spike lists and history rings that lazy plasticity reads.
void allocate_histories(const Scenario& scenario, Network& network) {
  for (auto& p : network.populations) {
    PopulationView& v = p->view;
    std::uint32_t longest = 0;
    bool is_source = false;
    for (const auto& projection : network.projections) {
      if (projection->view.rule < 0) continue;
      if (projection->view.source == v.index) is_source = true;
      if (projection->view.target == v.index)
        longest = std::max<std::uint32_t>(longest, projection->view.max_delay);
    }
    const std::size_t listed = p->list_neuron.size();
    if (is_source) {
      p->list_previous_step.resize(listed);
      for (std::uint32_t k = 0; k < v.num_traces; ++k) p->list_previous_trace[k].resize(listed);
    }
    if (longest == 0) continue;
    const auto gap =
        1 + static_cast<std::uint32_t>(refractory_ms(scenario.populations[v.index]) / scenario.dt_ms);
    const HistorySizes sizes = history_sizes(longest, gap);
    v.history_limit = sizes.limit;
    v.history_capacity = sizes.capacity;
    p->earlier_spike.resize(v.n);
    p->earlier_spike.fill(kNeverStep);
    p->history_step.resize(static_cast<std::size_t>(v.n) * v.history_capacity);
    for (std::uint32_t k = 0; k < v.num_traces; ++k)
      p->history_trace[k].resize(static_cast<std::size_t>(v.n) * v.history_capacity);
    p->history_count.resize(v.n);
    p->history_mark.resize(v.n);
    p->history_flushed.resize(v.n);
    p->history_flushed.fill(kNeverStep);
    p->flush_due.resize(v.num_tiles);
  }
}

}  // namespace

std::uint32_t population_index(const Network& network, const std::string& name) {
  for (const auto& p : network.populations)
    if (p->name == name) return p->view.index;
  throw Error(ExitCode::internal, "no population is called " + name);
}

Network build_network(const Scenario& scenario, const BuildOptions& options) {
  try {
    Network network;
    network.ranks = options.ranks;
    network.host_threads = std::max(1u, options.threads);
    network.seed = scenario.seed;
    network.dt_ms = scenario.dt_ms;
    for (std::uint32_t k = 0; k < scenario.populations.size(); ++k)
      network.populations.push_back(build_population(scenario, k, options));
    for (const HomeostasisSpec& h : scenario.homeostasis) {
      Population& p = *network.populations[population_index(network, h.of)];
      const std::uint32_t port = port_of(p, h.port);
      if (!p.factor[port].empty()) continue;
      p.factor[port].resize(p.view.n);
      p.factor[port].fill(1.0f);
    }
    for (const ModulatorSpec& m : scenario.modulators) {
      network.modulators.push_back(std::make_unique<Modulator>());
      network.modulators.back()->name = m.name;
      ModulatorView& view = network.modulators.back()->view;
      view.tau_ms = static_cast<float>(m.tau_ms);
      view.baseline = static_cast<float>(m.baseline);
      view.dt_ms = static_cast<float>(scenario.dt_ms);
    }
    for (const StructureSpec& s : scenario.structure)
      for (const ProjectionSpec& spec : scenario.projections)
        if (spec.name == s.projection)
          for (const std::string& name : {spec.from, spec.to}) {
            Population& p = *network.populations[population_index(network, name)];
            p.view.burst_trace =
                static_cast<std::int32_t>(find_or_add_trace(p, s.burst_tau_ms, scenario.dt_ms));
            p.burst_sum.resize(p.view.n);
          }
    auto positions = positions_of(network);
    const std::vector<ProjectionPlan> plans = plan_projections(scenario, network, positions);
    choose_scales(scenario, network, plans);
    network.bind();  // tiles cost by the drives that the views know of
    share_tiles(network, synapses_per_neuron(network, plans));
    for (const ProjectionPlan& plan : plans) {
      network.projections.push_back(build_projection(scenario, plan, network, options));
      if (options.progress)
        options.progress(static_cast<double>(network.projections.size()) / static_cast<double>(plans.size()));
    }
    if (options.maker) options.maker->release();
    allocate_by_delay(scenario, network);
    allocate_histories(scenario, network);
    network.bind();
    return network;
  } catch (const std::bad_alloc&) {
    throw Error(ExitCode::memory,
                "the network does not fit into this machine's memory: `penfield plan` prints what it needs; "
                "lower n or the "
                "in-degrees");
  }
}

}  // namespace penfield
