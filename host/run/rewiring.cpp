#include "host/run/rewiring.hpp"

#include <algorithm>
#include <cmath>

#include "host/build/fill_tile.hpp"
#include "host/build/population_builder.hpp"
#include "host/build/projection_builder.hpp"
#include "host/clock/slow_steps.hpp"
#include "host/run/freed_memory.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/base/error.hpp"
#include "penfield/base/share_out.hpp"
#include "penfield/connect/positions.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

namespace {

constexpr double kDay_s = 86400.0;

}  // namespace

/// One tile's synapses as editable rows, target after target.
struct Rewiring::Tile {
  std::uint32_t first_target = 0;
  std::vector<std::vector<SynapseEntry>> rows;  ///< [target in tile], ascending by (source, delay)

  ~Tile() {
    std::vector<std::vector<SynapseEntry>>().swap(rows);
    give_back_memory();  // thousands of small blocks, which the probe to come could not use
  }
};

std::vector<float> growth_field(const Scenario& scenario, const StructureSpec& spec,
                                const Population& source) {
  std::vector<float> field;
  for (const FieldSpec& f : scenario.fields) {
    if (f.name != spec.growth_field) continue;
    field.assign(source.view.n, 0.0f);
    for (std::uint32_t i = 0; i < source.view.n; ++i)
      field[i] = static_cast<float>(field_at(f, source.x_mm[i], source.y_mm[i]));
  }
  return field;
}

Rewiring::Rewiring(const Scenario& scenario, const StructureSpec& spec, const Network& network)
    : spec_(spec), seed_(scenario.seed), dt_ms_(scenario.dt_ms) {
  bool found = false;
  for (std::uint32_t k = 0; k < scenario.projections.size(); ++k) {
    if (scenario.projections[k].name != spec.projection) continue;
    found = true;
    projection_ = k;
    delay_ = scenario.projections[k].delay;
  }
  if (!found) throw Error(ExitCode::internal, "structure of an unknown projection " + spec.projection);
  const ProjectionView& view = network.projections[projection_]->view;
  const std::string& rule = network.projections[projection_]->rule;
  if (num_states_of_rule(rule) > 0)
    throw Error(ExitCode::scenario, "structure " + spec.name + ": synapses of projection " + spec.projection +
                                        " keep state of " + rule +
                                        ", which rewiring cannot carry along; choose a rule without state");
  source_ = view.source;
  target_ = view.target;
  const Population& source = *network.populations[source_];
  const Sheet sheet = sheet_of(scenario, source.name);
  periodic_ = sheet.periodic;
  const std::uint32_t num_targets = network.populations[target_]->view.n;
  const auto drivers_of = [](std::uint32_t n) {
    const std::vector<float> none(n, 0.0f);
    return Drivers{none, none, none, none, {}};
  };
  received_ = drivers_of(num_targets);
  if (!within_one()) given_ = drivers_of(source.view.n);
  dendritic_.assign(num_targets, 0.0f);
  axonal_.assign(source.view.n, 1.0f);
  field_ = growth_field(scenario, spec, source);
  cells_ = SheetCells(sheet.width_mm, sheet.height_mm, spec.kernel.sigma_mm, source.view.n);
  cells_.fill(source.x_mm, source.y_mm, [](std::uint32_t) { return 1u; });
}

void Rewiring::observe(const std::vector<float>& driver, double seconds, Drivers& of) const {
  const auto keep = static_cast<float>(exp_d(-seconds / spec_.driver_tau_s));
  const auto mean_keep = static_cast<float>(exponential_mean(-seconds / spec_.driver_tau_s));
  const auto corrected = static_cast<float>(corrected_share_);
  for (std::size_t i = 0; i < of.now.size(); ++i) {
    const float start = driver_started_ ? fused(corrected, driver[i] - of.shown[i], of.now[i]) : driver[i];
    of.now[i] = fused(keep, start - driver[i], driver[i]);
    of.mean[i] = fused(mean_keep, start - driver[i], driver[i]);
    of.shown[i] = driver[i];
    of.baseline_sum[i] += driver[i];
  }
}

void Rewiring::observe(const Measures& measures, double seconds) {
  const auto& drivers = spec_.burst_driver ? measures.burst : measures.rate_Hz;
  observe(drivers[target_], seconds, received_);
  observe(drivers[source_], seconds, given_);
  ++baseline_steps_;
  driver_started_ = true;
  // A rate that rises by 1 on a line over the step has raised the driver by this at its end.
  corrected_share_ = 1.0 - exponential_mean(-seconds / spec_.driver_tau_s);
}

void Rewiring::begin_baseline() {
  for (Drivers* of : {&received_, &given_}) std::fill(of->baseline_sum.begin(), of->baseline_sum.end(), 0.0f);
  baseline_steps_ = 0;
}

void Rewiring::take_snapshot(const Network& network, TileRewirer* card) {
  for (Drivers* of : {&received_, &given_}) {
    if (baseline_steps_ > 0)
      for (std::size_t i = 0; i < of->now.size(); ++i)
        of->now[i] = of->baseline_sum[i] / static_cast<float>(baseline_steps_);
    of->intact = of->now;
    of->mean = of->now;
  }
  forget();
  intact_sum_.assign(dendritic_.size(), 0.0f);
  in_degree_.assign(dendritic_.size(), 0);
  const Population& population = *network.populations[target_];
  const Projection& projection = *network.projections[projection_];
  if (card != nullptr && projection.away()) {
    RowReading reading;
    reading.weight_sum = intact_sum_.data();
    reading.length = in_degree_.data();
    card->read(network, projection, reading);
  } else {
    Tile tile;
    const TileRange own = network.own_tiles(population);
    for (std::uint32_t t = own.begin; t < own.end; ++t) {
      collect(network, t, tile);
      for (std::size_t k = 0; k < tile.rows.size(); ++k) {
        float sum = 0.0f;
        for (const SynapseEntry& e : tile.rows[k]) sum += e.weight;
        intact_sum_[tile.first_target + k] = sum;
        in_degree_[tile.first_target + k] = static_cast<std::uint32_t>(tile.rows[k].size());
      }
    }
  }
  gather_neurons(network, population, intact_sum_.data());
  gather_neurons(network, population, in_degree_.data());
  dendritic_.assign(in_degree_.begin(), in_degree_.end());
  // Only of the network as built: the fixed-point scale allows twice that, however often a snapshot is taken.
  if (max_in_degree_ == 0 && !in_degree_.empty())
    max_in_degree_ = 2 * *std::max_element(in_degree_.begin(), in_degree_.end());
}

float Rewiring::Drivers::relative(float driver, std::uint32_t i) const {
  if (intact.empty() || !(intact[i] > 0.0f)) return 1.0f;
  return driver / intact[i];
}

float Rewiring::relative_driver(std::uint32_t i) const { return received_.relative(i); }

float Rewiring::deficit_at(float relative_driver) const {
  const float e = 1.0f - relative_driver;
  const auto band = static_cast<float>(spec_.dead_band);
  const float size = e < 0.0f ? -e : e;
  if (size <= band) return 0.0f;
  // One noisy burst must not count as an unbounded surplus.
  const float beyond = std::min(size - band, 2.0f);
  return e < 0.0f ? -beyond : beyond;
}

void Rewiring::set_growth_field(std::vector<float> field) {
  if (!spec_.growth_field.empty()) field_ = std::move(field);
}

void Rewiring::advance_elements(double days) {
  const auto nu_d = static_cast<float>(spec_.dendrite_rate_per_d * days);
  // The solution for a constant drive.
  const double relaxed = spec_.axon_relax_per_d * days;
  const auto nu_a = static_cast<float>(spec_.axon_rate_per_d * days * exponential_mean(-relaxed));
  const auto relax = static_cast<float>(1.0 - exp_d(-relaxed));
  const auto low = static_cast<float>(spec_.axon_min);
  const auto high = static_cast<float>(spec_.axon_max);
  const auto is_dead = [](const std::vector<std::uint8_t>& dead, std::uint32_t i) {
    return !dead.empty() && dead[i] != 0;
  };
  // A field over the targets speeds up what grows there: of axons, those of the targets themselves.
  const auto drive = [&](const Drivers& of, std::uint32_t i) {
    const float e = deficit_at(of.relative_mean(i));
    return speed_.empty() || &of == &given_ ? e : speed_[i] * e;
  };
  for (std::uint32_t i = 0; i < dendritic_.size(); ++i)
    dendritic_[i] =
        is_dead(dead_targets_, i) ? 0.0f : std::max(0.0f, fused(nu_d, drive(received_, i), dendritic_[i]));
  for (std::uint32_t i = 0; i < axonal_.size(); ++i) {
    const float a = fused(nu_a, drive(given(), i), fused(relax, 1.0f - axonal_[i], axonal_[i]));
    axonal_[i] = is_dead(dead_sources_, i) ? 0.0f : std::clamp(a, low, high);
  }
}

void Rewiring::collect(const Network& network, std::uint32_t t, Tile& tile) const {
  const Projection& projection = *network.projections[projection_];
  const PopulationView& p = network.populations[target_]->view;
  const SynapseTile& from = projection.tiles[t];
  tile.first_target = tile_begin(p, t);
  tile.rows.resize(tile_count(p, t));
  // Room for what is there and a little growth: grown by doubling, the rows would take twice the memory.
  std::vector<std::uint32_t> count(tile.rows.size(), 0);
  for (std::uint16_t code : from.code) ++count[SynapseCode::target(code)];
  for (std::size_t k = 0; k < count.size(); ++k) {
    tile.rows[k].clear();
    tile.rows[k].reserve(count[k] + count[k] / 16 + 2);
  }
  projection.for_each_synapse(t, [&](const Projection::Synapse& s) {
    tile.rows[s.target].push_back(
        {s.source, static_cast<std::uint16_t>(s.target), static_cast<std::uint16_t>(s.delay), s.weight});
  });
}

/// What all rows of this macro step are drawn from; views members, which stay as they are while it is used.
RowRewiring Rewiring::row_rewiring(const Network& network, double days, std::uint64_t macro_step,
                                   const FormationMask& mask) {
  const ProjectionView& view = network.projections[projection_]->view;
  const Population& p = *network.populations[target_];
  const Population& source = *network.populations[source_];
  deficit_.resize(dendritic_.size());
  for (std::uint32_t i = 0; i < deficit_.size(); ++i) deficit_[i] = deficit_at(received_.relative_mean(i));
  const double tau_d = spec_.maturation_tau_s / kDay_s;
  RowRewiring job;
  job.seed = seed_;
  job.macro_step = macro_step;
  job.num_neurons = p.view.n;
  job.num_sources = source.view.n;
  job.dt_ms = dt_ms_;
  job.days = days;
  job.deficit = deficit_.data();
  job.dendritic = dendritic_.data();
  job.axonal = axonal_.data();
  job.intact_sum = intact_sum_.data();
  job.field = field_.empty() ? nullptr : field_.data();
  job.inside = mask.inside.empty() ? nullptr : mask.inside.data();
  job.x_mm = p.x_mm.data();
  job.y_mm = p.y_mm.data();
  if (!within_one()) {
    job.source_x_mm = source.x_mm.data();
    job.source_y_mm = source.y_mm.data();
    job.may_be_target = true;
  }
  job.hazard_per_d = spec_.hazard_per_d;
  job.hazard_weight = spec_.hazard_weight;
  job.hazard_deficit_gain = spec_.hazard_deficit_gain;
  job.weight_reference = spec_.weight_reference;
  job.cap = spec_.cap_per_d * days;
  job.formed_share = 1.0 - exp_d(-spec_.formation_per_d * days);
  job.max_in_degree = max_in_degree_;
  job.mask = mask.kind;
  job.sigma_mm = spec_.kernel.sigma_mm;
  job.shape = kernel_shape(spec_.kernel.kind);
  job.axon_max = spec_.axon_max;
  job.periodic = periodic_;
  cells_.show(job);
  job.delay_ms = delay_.base_ms.a;
  job.velocity_mm_per_ms = delay_.velocity_mm_per_ms;
  job.min_delay = view.min_delay;
  job.max_delay = view.max_delay;
  job.new_weight = static_cast<float>(spec_.new_weight * spec_.weight_reference);
  job.mature_weight = static_cast<float>(spec_.weight_reference * spec_.mature_weight);
  job.mature_share = tau_d > 0.0 ? static_cast<float>(1.0 - exp_d(-days / tau_d)) : 0.0f;
  job.sum_limit = static_cast<float>(spec_.sum_limit);
  return job;
}

void Rewiring::remove(const RowRewiring& job, Tile& tile) {
  std::vector<std::uint32_t> doomed, left;
  for (std::uint32_t local = 0; local < tile.rows.size(); ++local) {
    auto& row = tile.rows[local];
    const std::uint32_t neuron = tile.first_target + local;
    doomed.clear();
    left.clear();
    const RowDeletions gone = draw_deletions(
        job, neuron, static_cast<std::uint32_t>(row.size()), [&](std::uint32_t k) { return row[k].weight; },
        [&](std::uint32_t k, bool goes) { (goes ? doomed : left).push_back(k); });
    if (gone.weakest > 0) {
      std::stable_sort(left.begin(), left.end(), [&](std::uint32_t a, std::uint32_t b) {
        return magnitude_of(row[a].weight) < magnitude_of(row[b].weight);
      });
      doomed.insert(doomed.end(), left.begin(), left.begin() + gone.weakest);
    }
    std::sort(doomed.begin(), doomed.end());
    for (std::size_t k = doomed.size(); k-- > 0;) row.erase(row.begin() + doomed[k]);
    deleted_on_[neuron] = static_cast<std::uint32_t>(doomed.size());
  }
}

void Rewiring::form(const RowRewiring& job, Tile& tile, std::vector<FormedSynapse>& formed) {
  for (std::uint32_t local = 0; local < tile.rows.size(); ++local) {
    auto& row = tile.rows[local];
    const std::uint32_t neuron = tile.first_target + local;
    const std::uint32_t wanted = draw_formations(job, neuron, static_cast<std::uint32_t>(row.size()));
    for (std::uint32_t k = 0; k < wanted; ++k) {
      const std::uint32_t source = find_partner(job, neuron, k);
      if (source == kNoPartner) continue;
      const SynapseEntry e{source, static_cast<std::uint16_t>(local),
                           static_cast<std::uint16_t>(new_delay(job, source, neuron)), job.new_weight};
      const auto at =
          std::upper_bound(row.begin(), row.end(), e, [](const SynapseEntry& a, const SynapseEntry& b) {
            return a.source != b.source ? a.source < b.source : a.delay < b.delay;
          });
      row.insert(at, e);
      formed.push_back({source, neuron});
    }
    in_degree_[neuron] = static_cast<std::uint32_t>(row.size());
  }
}

void Rewiring::mature(const RowRewiring& job, Tile& tile) const {
  for (std::uint32_t k = 0; k < tile.rows.size(); ++k) {
    auto& row = tile.rows[k];
    mature_row(
        job, tile.first_target + k, static_cast<std::uint32_t>(row.size()),
        [&](std::uint32_t at) { return row[at].weight; },
        [&](std::uint32_t at, float weight) { row[at].weight = weight; });
  }
}

RewiringCounts Rewiring::advance(Network& network, double seconds, std::uint64_t macro_step,
                                 const FormationMask& mask, TileRewirer* card) {
  if (!has_snapshot()) return {};
  const double days = seconds / kDay_s;
  advance_elements(days);
  formed_.clear();
  deleted_on_.assign(dendritic_.size(), 0);
  in_degree_.assign(dendritic_.size(), 0);
  Projection& projection = *network.projections[projection_];
  const Population& population = *network.populations[target_];
  const RowRewiring job = row_rewiring(network, days, macro_step, mask);
  if (card != nullptr && projection.away()) {
    card->rewire(network, projection, job, {deleted_on_.data(), in_degree_.data(), &formed_});
  } else {
    const TileRange own = network.own_tiles(population);
    const std::uint32_t tiles = own.end - own.begin;
    std::vector<std::vector<FormedSynapse>> formed(tiles);
    // One tile a thread at a time: rows take three times the memory of the tile that they become.
    std::vector<Tile> edited(sharers(tiles, network.host_threads));
    share_out(own.begin, own.end, network.host_threads, [&](std::uint32_t t, std::uint32_t worker) {
      Tile& tile = edited[worker];
      collect(network, t, tile);
      remove(job, tile);
      form(job, tile, formed[t - own.begin]);
      mature(job, tile);
      fill_tile(projection.tiles[t], projection.view, Span<const std::vector<SynapseEntry>>(tile.rows));
    });
    for (const auto& of_tile : formed) formed_.insert(formed_.end(), of_tile.begin(), of_tile.end());
  }
  formed_ = join_values(*network.ranks, formed_);
  gather_neurons(network, population, deleted_on_.data());
  gather_neurons(network, population, in_degree_.data());
  RewiringCounts counts;
  counts.formed = formed_.size();
  for (const std::uint32_t n : deleted_on_) counts.deleted += n;
  return counts;
}

}  // namespace penfield
