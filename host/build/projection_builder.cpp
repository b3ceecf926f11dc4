#include "host/build/projection_builder.hpp"

#include <algorithm>
#include <cstring>

#include "host/build/fill_tile.hpp"
#include "host/build/first_values.hpp"
#include "host/build/population_builder.hpp"
#include "penfield/base/error.hpp"
#include "penfield/base/share_out.hpp"
#include "penfield/base/stop.hpp"
#include "penfield/connect/delay.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/numerics/fixed_point.hpp"

namespace penfield {

namespace {

/// The synapses of one tile.
RowStream make_rows(const Scenario& scenario, const ProjectionPlan& plan, const PopulationView& target,
                    std::uint32_t tile) {
  const ValueDrawer weight(plan.weight);
  const DelayDrawer delay(plan.delay, scenario.dt_ms);
  const bool listed_delays = plan.edges && !plan.edges->delay_ms.empty();
  const bool listed_weights = plan.edges && !plan.edges->weight.empty();
  RowStream::Constants constants;
  constants.same_delay = !listed_delays && !delay.uses_distance() && delay.smallest() == delay.largest(0.0);
  constants.same_weight = !listed_weights && plan.weight.kind == ValueDistribution::Kind::constant;
  constants.delay = delay.smallest();
  constants.weight = static_cast<float>(plan.weight.mean);
  RowStream rows(constants);
  std::vector<std::uint32_t> sources;
  const std::uint32_t begin = tile_begin(target, tile);
  const std::uint32_t count = tile_count(target, tile), looked_at = 32;
  for (std::uint32_t local = 0; local < count; ++local) {
    // Room for what the first rows lead to expect, with a little to spare.
    leave_if_stopped();
    if (local == looked_at) rows.reserve(rows.num_bytes() / looked_at * count / 16 * 17);
    const std::uint32_t neuron = begin + local;
    plan.rows->make_row(neuron, sources);
    const auto listed = plan.rows->edges_of(neuron);
    for (std::uint32_t k = 0; k < sources.size(); ++k) {
      const SynapseKey key{plan.index, neuron, k};
      SynapseEntry e{sources[k], static_cast<std::uint16_t>(local), constants.delay, constants.weight};
      if (listed_delays) {
        e.delay = delay_steps(plan.edges->delay_ms[listed[k]], scenario.dt_ms);
      } else if (!constants.same_delay) {
        const double distance = delay.uses_distance() ? plan.rows->distance_mm(neuron, sources[k]) : 0.0;
        e.delay = delay.draw(scenario.seed, key, distance);
      }
      if (listed_weights) {
        e.weight = plan.edges->weight[listed[k]];
      } else if (!constants.same_weight) {
        e.weight = static_cast<float>(weight.draw(scenario.seed, Stream::connect_weight, key));
      }
      rows.add(e);
    }
  }
  return rows;
}

/// [tile] the synapses of the tiles `own`, made by so many threads; done(tile, synapses) may take them away.
template <class Done>
std::vector<RowStream> make_on_host(const Scenario& scenario, const ProjectionPlan& plan,
                                    const PopulationView& target, TileRange own, std::uint32_t num_threads,
                                    Done&& done) {
  std::vector<RowStream> made(target.num_tiles);
  share_out(own.begin, own.end, num_threads, [&](std::uint32_t t, std::uint32_t) {
    made[t] = make_rows(scenario, plan, target, t);
    done(t, made[t]);
  });
  return made;
}

template <class Rule>
typename Rule::Params params_of(const PlasticitySpec& spec) {
  auto params = defaults<typename Rule::Params>();
  for (const auto& field : Rule::Params::fields()) {
    const auto found = spec.params.find(field.key);
    if (found != spec.params.end()) params.*(field.member) = static_cast<float>(found->second);
  }
  return params;
}

template <class Rule>
void fill_constants(Projection& projection, const Scenario& scenario, const typename Rule::Params& params,
                    const std::vector<float>& gains) {
  RuleConstants<Rule> constants = rule_constants<Rule>(params, scenario.dt_ms);
  if constexpr (NoisyRule<Rule>) constants.noise = {scenario.seed, projection.view.index};
  if constexpr (!drug_targets_of_rule<Rule>().empty())
    for (std::size_t target = 0; target < gains.size(); ++target)
      if (gains[target] != 1.0f) Rule::apply_drug(constants, target, gains[target]);
  projection.rule_params.resize(sizeof constants);
  std::memcpy(projection.rule_params.data(), &constants, sizeof constants);
}

void set_rule(const Scenario& scenario, const ProjectionPlan& plan, Projection& projection,
              Network& network) {
  const PlasticitySpec& spec = *plan.spec->plasticity;
  ProjectionView& v = projection.view;
  projection.rule = spec.rule;
  v.rule = plasticity_rule_index(spec.rule);
  v.dendritic = spec.dendritic_delay;
  for (std::size_t m = 0; m < network.modulators.size(); ++m)
    if (network.modulators[m]->name == spec.modulator) projection.modulator = static_cast<std::int32_t>(m);
  visit_plasticity_rule(static_cast<std::uint32_t>(v.rule), [&]<class Rule>() {
    const auto params = params_of<Rule>(spec);
    fill_constants<Rule>(projection, scenario, params, {});
    const auto add_traces = [&](Population& of, const auto& tau_ms, std::uint8_t* traces) {
      for (const float tau : tau_ms)
        *traces++ = static_cast<std::uint8_t>(find_or_add_trace(of, tau, scenario.dt_ms));
    };
    add_traces(*network.populations[plan.source], pre_tau_ms<Rule>(params), v.trace_pre);
    add_traces(*network.populations[plan.target], post_tau_ms<Rule>(params), v.trace_post);
    for (std::size_t t = 0; num_states<Rule>() > 0 && t < projection.tiles.size(); ++t) {
      SynapseTile& tile = projection.tiles[t];
      tile.state.resize(tile.weight.size() * num_states<Rule>());
      set_first_values(projection, t, 0, tile.weight.size());
    }
  });
}

}  // namespace

void set_rule_constants(Projection& projection, const Scenario& scenario, const ProjectionSpec& spec,
                        const std::vector<float>& gains) {
  PlasticityRules::visit(spec.plasticity->rule, [&]<class Rule>() {
    fill_constants<Rule>(projection, scenario, params_of<Rule>(*spec.plasticity), gains);
  });
}

std::unique_ptr<Projection> build_projection(const Scenario& scenario, const ProjectionPlan& plan,
                                             Network& network, const BuildOptions& options) {
  auto projection = std::make_unique<Projection>();
  projection->name = plan.spec->name;
  const PopulationView& target = network.populations[plan.target]->view;
  ProjectionView& v = projection->view;
  v.index = plan.index;
  v.source = plan.source;
  v.target = plan.target;
  v.port = plan.port;
  v.scale_log2 = target.scale_log2[plan.port];
  v.storage = plan.spec->plasticity || plan.structural ? WeightStorage::float32 : WeightStorage::fixed16;
  while (v.storage == WeightStorage::fixed16 &&
         plan.largest_weight * power_of_two(v.scale_log2 - v.weight_shift) > 32767.0)
    ++v.weight_shift;
  const bool listed_weights = plan.edges && !plan.edges->weight.empty();
  if (v.storage == WeightStorage::fixed16 && plan.spec->weight.kind == Distribution::Kind::constant &&
      !listed_weights) {
    v.storage = WeightStorage::uniform;
    v.uniform_weight = to_fixed(static_cast<float>(plan.spec->weight.a), v.scale_log2 - v.weight_shift) *
                       (std::int32_t{1} << v.weight_shift);
  }

  const TileRange own = network.own_tiles(*network.populations[plan.target]);
  // Where the range of delays is known only when all synapses are made, they are packed afterwards.
  std::vector<RowStream> made;
  projection->tiles.resize(target.num_tiles);
  const DelayDrawer delay(plan.delay, scenario.dt_ms);
  const Sheet sheet = sheet_of(scenario, plan.spec->from);
  const double reach_mm = largest_distance_mm(sheet);
  v.min_delay = delay.smallest();
  v.max_delay = delay.largest(reach_mm);
  const auto cut = [&] {
    const auto& rule = plan.spec->plasticity;
    v.pieces = ProjectionDelays{plan.source,
                                plan.target,
                                plan.port,
                                v.min_delay,
                                v.max_delay,
                                rule.has_value(),
                                rule && rule->dendritic_delay}
                   .pieces();
  };
  cut();
  const bool listed_delays = plan.edges && !plan.edges->delay_ms.empty();
  const bool known = !listed_delays && v.max_delay - v.min_delay <= 255;

  // A card does not make what a rule has beside its weights, nor wide tiles, which are a CPU's.
  const bool has_state = plan.spec->plasticity && num_states_of_rule(plan.spec->plasticity->rule) > 0;
  const bool for_card = !has_state && target.tile_size <= SynapseCode::kMaxTileSize;
  if (options.maker && known && for_card && is_drawn(plan.rows->rule().kind)) {
    projection->distant = options.maker->make({*plan.rows, plan.weight, plan.delay, scenario.dt_ms, v,
                                               network.populations[plan.source]->view, target, own},
                                              projection->tiles);
  } else {
    made = make_on_host(scenario, plan, target, own, options.threads, [&](std::uint32_t t, RowStream& rows) {
      if (!known) return;
      fill_tile(projection->tiles[t], v, rows);
      rows = RowStream();
    });
  }

  if (!known) {
    std::uint16_t low = 65535, high = 1;
    for (const RowStream& rows : made) {
      low = std::min(low, rows.shortest());
      high = std::max(high, rows.longest());
    }
    high = static_cast<std::uint16_t>(network.ranks->largest_of(high));
    low = static_cast<std::uint16_t>(65535 - network.ranks->largest_of(65535u - low));
    v.min_delay = std::min(low, high);
    v.max_delay = high;
    if (v.max_delay - v.min_delay > 255)
      throw Error(ExitCode::scenario,
                  "delays of projection " + projection->name + " spread over " +
                      std::to_string(v.max_delay - v.min_delay) +
                      " steps, more than the 255 that a synapse can store: bound the delays, use a "
                      "larger dt_ms, or split the projection by distance");
    cut();
    for (std::uint32_t t = own.begin; t < own.end; ++t) fill_tile(projection->tiles[t], v, made[t]);
  }
  // Tiles of other ranks are tiles that nothing comes into.
  for (std::uint32_t t = 0; t < target.num_tiles; ++t)
    if (!own.holds(t)) fill_tile(projection->tiles[t], v, RowStream());
  if (plan.spec->plasticity) set_rule(scenario, plan, *projection, network);
  return projection;
}

}  // namespace penfield
