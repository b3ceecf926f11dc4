#include "host/run/rewiring.hpp"

#include <algorithm>
#include <cmath>

#include "host/build/fill_tile.hpp"
#include "host/build/population_builder.hpp"
#include "host/build/projection_builder.hpp"
#include "host/run/freed_memory.hpp"
#include "penfield/base/error.hpp"
#include "penfield/connect/delay.hpp"
#include "penfield/connect/positions.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

namespace {

constexpr double kDay_s = 86400.0;
constexpr std::uint32_t kNobody = 0xffffffffu;

}  // namespace

/// One tile's synapses as editable rows, target after target.
struct Rewiring::Tile {
  std::uint32_t first_target = 0;
  std::vector<std::vector<SynapseEntry>> rows;  ///< [target in tile], ascending by (source, delay)
  std::vector<FormedSynapse> formed;

  ~Tile() {
    std::vector<std::vector<SynapseEntry>>().swap(rows);
    give_back_memory();  // thousands of small blocks, which the probe to come could not use
  }
};

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
  if (view.source != view.target)
    throw Error(ExitCode::scenario,
                "structure " + spec.name + ": projection " + spec.projection +
                    " joins two populations; rewiring needs one that stays within a population");
  const std::string& rule = network.projections[projection_]->rule;
  if (num_states_of_rule(rule) > 0)
    throw Error(ExitCode::scenario, "structure " + spec.name + ": synapses of projection " + spec.projection +
                                        " keep state of " + rule +
                                        ", which rewiring cannot carry along; choose a rule without state");
  population_ = view.target;
  const Population& p = *network.populations[population_];
  const Sheet sheet = sheet_of(scenario, p.name);
  width_mm_ = sheet.width_mm;
  height_mm_ = sheet.height_mm;
  periodic_ = sheet.periodic;
  const std::uint32_t n = p.view.n;
  driver_.assign(n, 0.0f);
  baseline_sum_.assign(n, 0.0f);
  dendritic_.assign(n, 0.0f);
  axonal_.assign(n, 1.0f);
  for (const FieldSpec& f : scenario.fields) {
    if (f.name != spec.growth_field) continue;
    field_.assign(n, 0.0f);
    for (std::uint32_t i = 0; i < n; ++i) {
      double value = f.base;
      for (const FieldSpec::Bump& b : f.bumps) {
        const double d2 =
            (p.x_mm[i] - b.x_mm) * (p.x_mm[i] - b.x_mm) + (p.y_mm[i] - b.y_mm) * (p.y_mm[i] - b.y_mm);
        value += b.amplitude * exp_d(-d2 / (2.0 * b.sigma_mm * b.sigma_mm));
      }
      field_[i] = static_cast<float>(value);
    }
  }
  // Cells a quarter of a kernel width wide blur the kernel by under 1 % of its variance.
  cell_mm_ = std::max(spec.kernel.sigma_mm / 4.0, std::sqrt(width_mm_ * height_mm_ / std::max(1u, n)));
  cells_x_ = std::max(1u, static_cast<std::uint32_t>(std::ceil(width_mm_ / cell_mm_)));
  cells_y_ = std::max(1u, static_cast<std::uint32_t>(std::ceil(height_mm_ / cell_mm_)));
  std::vector<std::vector<std::uint32_t>> cells(static_cast<std::size_t>(cells_x_) * cells_y_);
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto cx = std::min(cells_x_ - 1, static_cast<std::uint32_t>(p.x_mm[i] / cell_mm_));
    const auto cy = std::min(cells_y_ - 1, static_cast<std::uint32_t>(p.y_mm[i] / cell_mm_));
    cells[cy * cells_x_ + cx].push_back(i);
  }
  cell_begin_.push_back(0);
  for (const auto& cell : cells) {
    cell_neuron_.insert(cell_neuron_.end(), cell.begin(), cell.end());
    cell_begin_.push_back(static_cast<std::uint32_t>(cell_neuron_.size()));
    most_in_cell_ = std::max(most_in_cell_, static_cast<std::uint32_t>(cell.size()));
  }
}

void Rewiring::observe(const Measures& measures, double seconds) {
  const std::vector<float>& now =
      spec_.burst_driver ? measures.burst[population_] : measures.rate_Hz[population_];
  const auto keep = static_cast<float>(exp_d(-seconds / spec_.driver_tau_s));
  for (std::size_t i = 0; i < driver_.size(); ++i) {
    driver_[i] = driver_started_ ? fused(keep, driver_[i] - now[i], now[i]) : now[i];
    baseline_sum_[i] += now[i];
  }
  ++baseline_steps_;
  driver_started_ = true;
}

void Rewiring::begin_baseline() {
  std::fill(baseline_sum_.begin(), baseline_sum_.end(), 0.0f);
  baseline_steps_ = 0;
}

void Rewiring::take_snapshot(const Network& network) {
  intact_driver_.assign(driver_.size(), 0.0f);
  for (std::size_t i = 0; i < driver_.size(); ++i) {
    intact_driver_[i] =
        baseline_steps_ > 0 ? baseline_sum_[i] / static_cast<float>(baseline_steps_) : driver_[i];
    driver_[i] = intact_driver_[i];
  }
  intact_sum_.assign(driver_.size(), 0.0f);
  // Only of the network as built: the fixed-point scale allows twice that, however often a snapshot is taken.
  const bool as_built = max_in_degree_ == 0;
  Tile tile;
  const Population& population = *network.populations[population_];
  const TileRange own = network.own_tiles(population);
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    collect(network, t, tile);
    for (std::size_t k = 0; k < tile.rows.size(); ++k) {
      float sum = 0.0f;
      for (const SynapseEntry& e : tile.rows[k]) sum += e.weight;
      intact_sum_[tile.first_target + k] = sum;
      dendritic_[tile.first_target + k] = static_cast<float>(tile.rows[k].size());
      if (as_built)
        max_in_degree_ = std::max(max_in_degree_, 2 * static_cast<std::uint32_t>(tile.rows[k].size()));
    }
  }
  gather_neurons(network, population, intact_sum_.data());
  gather_neurons(network, population, dendritic_.data());
  max_in_degree_ = static_cast<std::uint32_t>(network.ranks->largest_of(max_in_degree_));
}

float Rewiring::relative_driver(std::uint32_t i) const {
  if (intact_driver_.empty() || !(intact_driver_[i] > 0.0f)) return 1.0f;
  return driver_[i] / intact_driver_[i];
}

float Rewiring::deficit(std::uint32_t i) const {
  const float e = 1.0f - relative_driver(i);
  const auto band = static_cast<float>(spec_.dead_band);
  const float size = e < 0.0f ? -e : e;
  if (size <= band) return 0.0f;
  // One noisy burst must not count as an unbounded surplus.
  const float beyond = std::min(size - band, 2.0f);
  return e < 0.0f ? -beyond : beyond;
}

void Rewiring::advance_elements(double days) {
  const auto nu_d = static_cast<float>(spec_.dendrite_rate_per_d * days);
  const auto nu_a = static_cast<float>(spec_.axon_rate_per_d * days);
  const auto relax = static_cast<float>(1.0 - exp_d(-spec_.axon_relax_per_d * days));
  const auto low = static_cast<float>(spec_.axon_min);
  const auto high = static_cast<float>(spec_.axon_max);
  for (std::uint32_t i = 0; i < driver_.size(); ++i) {
    const float e = deficit(i);
    dendritic_[i] = std::max(0.0f, fused(nu_d, e, dendritic_[i]));
    const float a = fused(nu_a, e, fused(relax, 1.0f - axonal_[i], axonal_[i]));
    axonal_[i] = std::clamp(a, low, high);
  }
}

void Rewiring::collect(const Network& network, std::uint32_t t, Tile& tile) const {
  const Projection& projection = *network.projections[projection_];
  const PopulationView& p = network.populations[population_]->view;
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

std::uint64_t Rewiring::remove(Tile& tile, double days, std::uint64_t macro_step) {
  std::uint64_t removed = 0;
  const double reference = spec_.weight_reference;
  for (std::uint32_t local = 0; local < tile.rows.size(); ++local) {
    auto& row = tile.rows[local];
    if (row.empty()) continue;
    const std::uint32_t neuron = tile.first_target + local;
    RandomSequence random(seed_, Stream::structure_delete, neuron, macro_step);
    const double need = 1.0 + spec_.hazard_deficit_gain * std::max(0.0f, deficit(neuron));
    // A cap of less than one synapse is met on average: its fraction is a chance.
    const double cap = spec_.cap_per_d * days * static_cast<double>(row.size());
    auto allowed = static_cast<std::uint32_t>(cap);
    if (random.uniform() < cap - allowed) ++allowed;
    std::vector<std::uint32_t> doomed;
    for (std::uint32_t k = 0; k < row.size(); ++k) {
      const double hazard =
          spec_.hazard_per_d * exp_d(-std::fabs(row[k].weight) / reference / spec_.hazard_weight) * need;
      if (random.uniform() < 1.0 - exp_d(-hazard * days)) doomed.push_back(k);
    }
    const double left = static_cast<double>(row.size() - doomed.size());
    const double surplus = left - dendritic_[neuron];
    if (surplus >= 1.0) {
      std::vector<std::uint32_t> order;
      for (std::uint32_t k = 0; k < row.size(); ++k)
        if (!std::binary_search(doomed.begin(), doomed.end(), k)) order.push_back(k);
      std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return std::fabs(row[a].weight) < std::fabs(row[b].weight);
      });
      order.resize(static_cast<std::size_t>(surplus));
      doomed.insert(doomed.end(), order.begin(), order.end());
    }
    if (doomed.size() > allowed) doomed.resize(allowed);
    std::sort(doomed.begin(), doomed.end());
    for (std::size_t k = doomed.size(); k-- > 0;) row.erase(row.begin() + doomed[k]);
    deleted_on_[neuron] = static_cast<std::uint32_t>(doomed.size());
    removed += doomed.size();
  }
  return removed;
}

std::uint32_t Rewiring::find_partner(const Network& network, std::uint32_t target, std::uint64_t macro_step,
                                     std::uint32_t attempt, const FormationMask& mask) const {
  const Population& p = *network.populations[population_];
  RandomSequence random(seed_, Stream::structure_partner, static_cast<std::uint64_t>(attempt) << 32 | target,
                        macro_step);
  for (int attempts = 0; attempts < 64; ++attempts) {
    double x = p.x_mm[target] + spec_.kernel.sigma_mm * random.normal();
    double y = p.y_mm[target] + spec_.kernel.sigma_mm * random.normal();
    if (periodic_) {
      x -= width_mm_ * std::floor(x / width_mm_);
      y -= height_mm_ * std::floor(y / height_mm_);
    }
    if (!(x >= 0.0 && x < width_mm_ && y >= 0.0 && y < height_mm_)) continue;
    const auto cx = std::min(cells_x_ - 1, static_cast<std::uint32_t>(x / cell_mm_));
    const auto cy = std::min(cells_y_ - 1, static_cast<std::uint32_t>(y / cell_mm_));
    const std::uint32_t begin = cell_begin_[cy * cells_x_ + cx];
    const std::uint32_t in_cell = cell_begin_[cy * cells_x_ + cx + 1] - begin;
    // Places in the fullest cell's count, so that every neuron is equally likely whatever cell it is in.
    const auto pick = static_cast<std::uint32_t>(random.below(most_in_cell_));
    const double accept = random.uniform();
    if (pick >= in_cell) continue;
    const std::uint32_t source = cell_neuron_[begin + pick];
    if (source == target) continue;
    double attraction = axonal_[source] / spec_.axon_max;
    if (!field_.empty()) attraction *= std::min(1.0f, field_[source]);
    if (accept >= attraction) continue;
    const bool inside = !mask.inside.empty() && mask.inside[source] != 0;
    if (mask.kind == FormationMask::Kind::no_outside_sources && !inside) continue;
    if (mask.kind == FormationMask::Kind::no_inside_sources && inside) continue;
    return source;
  }
  return kNobody;
}

std::uint64_t Rewiring::form(Tile& tile, const Network& network, double days, std::uint64_t macro_step,
                             const FormationMask& mask) {
  const ProjectionView& view = network.projections[projection_]->view;
  const Population& p = *network.populations[population_];
  std::uint64_t formed = 0;
  tile.formed.clear();
  for (std::uint32_t local = 0; local < tile.rows.size(); ++local) {
    auto& row = tile.rows[local];
    const std::uint32_t neuron = tile.first_target + local;
    const double vacant = dendritic_[neuron] - static_cast<double>(row.size());
    if (!(vacant > 0.0)) continue;
    RandomSequence random(seed_, Stream::structure_form, neuron, macro_step);
    const double cap = spec_.cap_per_d * days * std::max<double>(1.0, static_cast<double>(row.size()));
    auto allowed = static_cast<std::uint64_t>(cap);
    if (random.uniform() < cap - static_cast<double>(allowed)) ++allowed;
    std::uint64_t wanted =
        std::min(allowed, random.poisson(vacant * (1.0 - exp_d(-spec_.formation_per_d * days))));
    wanted = std::min<std::uint64_t>(wanted, max_in_degree_ > row.size() ? max_in_degree_ - row.size() : 0);
    for (std::uint32_t k = 0; k < wanted; ++k) {
      const std::uint32_t source = find_partner(network, neuron, macro_step, k, mask);
      if (source == kNobody) continue;
      const double dx = p.x_mm[source] - p.x_mm[neuron], dy = p.y_mm[source] - p.y_mm[neuron];
      const double travel =
          delay_.velocity_mm_per_ms > 0.0 ? std::sqrt(dx * dx + dy * dy) / delay_.velocity_mm_per_ms : 0.0;
      const int steps = delay_steps(delay_.base_ms.a + travel, dt_ms_);
      SynapseEntry e{source, static_cast<std::uint16_t>(local),
                     static_cast<std::uint16_t>(std::clamp<int>(steps, view.min_delay, view.max_delay)),
                     static_cast<float>(spec_.new_weight * spec_.weight_reference)};
      const auto at =
          std::upper_bound(row.begin(), row.end(), e, [](const SynapseEntry& a, const SynapseEntry& b) {
            return a.source != b.source ? a.source < b.source : a.delay < b.delay;
          });
      row.insert(at, e);
      tile.formed.push_back({source, neuron});
      ++formed;
    }
  }
  return formed;
}

void Rewiring::mature(Tile& tile, double days) const {
  const double tau_d = spec_.maturation_tau_s / kDay_s;
  const auto rate = tau_d > 0.0 ? static_cast<float>(1.0 - exp_d(-days / tau_d)) : 0.0f;
  const auto grown = static_cast<float>(spec_.weight_reference * spec_.mature_weight);
  for (std::size_t k = 0; k < tile.rows.size(); ++k) {
    float sum = 0.0f;
    for (SynapseEntry& e : tile.rows[k]) {
      if (e.weight < grown) e.weight = fused(rate, grown - e.weight, e.weight);
      sum += e.weight;
    }
    const float limit = static_cast<float>(spec_.sum_limit) * intact_sum_[tile.first_target + k];
    if (spec_.sum_limit > 0.0 && sum > limit) {
      const float shrink = limit / sum;
      for (SynapseEntry& e : tile.rows[k]) e.weight *= shrink;
    }
  }
}

RewiringCounts Rewiring::advance(Network& network, double seconds, std::uint64_t macro_step,
                                 const FormationMask& mask) {
  if (!has_snapshot()) return {};
  const double days = seconds / kDay_s;
  advance_elements(days);
  RewiringCounts counts;
  formed_.clear();
  deleted_on_.assign(driver_.size(), 0);
  Projection& projection = *network.projections[projection_];
  Tile tile;  // one at a time: rows take three times the memory of the tile that they become
  const Population& population = *network.populations[population_];
  const TileRange own = network.own_tiles(population);
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    collect(network, t, tile);
    counts.deleted += remove(tile, days, macro_step);
    counts.formed += form(tile, network, days, macro_step, mask);
    mature(tile, days);
    formed_.insert(formed_.end(), tile.formed.begin(), tile.formed.end());
    fill_tile(projection.tiles[t], projection.view, Span<const std::vector<SynapseEntry>>(tile.rows));
  }
  std::uint64_t totals[2] = {counts.formed, counts.deleted};
  network.ranks->sum(totals);
  counts.formed = totals[0];
  counts.deleted = totals[1];
  formed_ = join_values(*network.ranks, formed_);
  gather_neurons(network, population, deleted_on_.data());
  return counts;
}

}  // namespace penfield
