#include "host/run/slow_weights.hpp"

#include <algorithm>
#include <cmath>

#include "host/build/build_network.hpp"
#include "host/clock/exact_sum.hpp"
#include "host/run/projected_weights.hpp"
#include "host/run/step_errors.hpp"
#include "host/run/tile_archive.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

namespace {

std::uint32_t projection_index(const Scenario& scenario, const std::string& name) {
  for (std::uint32_t q = 0; q < scenario.projections.size(); ++q)
    if (scenario.projections[q].name == name) return q;
  throw Error(ExitCode::internal, "no projection is called " + name);
}

/// A bound of a projection's rule: every rule has the same defaults.
float bound_of(const Scenario& scenario, std::uint32_t projection, const char* key, double otherwise) {
  const auto& params = scenario.projections[projection].plasticity->params;
  const auto found = params.find(key);
  return static_cast<float>(found == params.end() ? otherwise : found->second);
}

/// Sums over judged synapses of all ranks, in units of a rule's range.
struct Judged {
  ExactSum difference2, change;
  std::uint64_t synapses = 0;

  void add(double difference, double moved) {
    difference2.add(difference * difference);
    change.add(std::fabs(moved));
    ++synapses;
  }
  StepErrors errors(const Network& network) const {
    std::uint64_t words[] = {difference2.low, difference2.high, change.low, change.high, synapses};
    network.ranks->sum(words);
    StepErrors out;
    if (words[4] == 0) return out;
    const auto n = static_cast<double>(words[4]);
    out.discretisation = std::sqrt(ExactSum{words[0], words[1]}.value() / n);
    out.change = ExactSum{words[2], words[3]}.value() / n;
    return out;
  }
};

/// |w| in units of 2^-unit_log2, cut to a whole number.
std::int64_t in_units(float w, std::int32_t unit_log2) {
  return static_cast<std::int64_t>(std::fabs(static_cast<double>(w)) * std::ldexp(1.0, unit_log2));
}

}  // namespace

// ---- consolidation
// --------------------------------------------------------------------------------------------------

Consolidation::Consolidation(const ConsolidationSpec& spec, const Scenario& scenario, const Network& network,
                             std::vector<AstrocyteField>& fields)
    : spec_(&spec), projection_(projection_index(scenario, spec.projection)) {
  w_min_ = bound_of(scenario, projection_, "w_min", 0.0);
  w_max_ = bound_of(scenario, projection_, "w_max", 1.0);
  const Projection& p = *network.projections[projection_];
  const Population& target = *network.populations[p.view.target];
  for (AstrocyteField& f : fields)
    if (f.spec().name == spec.astrocytes) field_ = &f;
  if (field_ != nullptr) {
    cells_.assign(field_->num_bins(), 0);
    for (std::uint32_t i = 0; i < target.view.n; ++i) {
      bin_.push_back(
          field_->bin_at(static_cast<double>(target.x_mm[i]), static_cast<double>(target.y_mm[i])));
      ++cells_[bin_.back()];
    }
  }
  const BorrowedSynapses borrowed(network);
  network.projections[projection_]->fetch();
  lasting_.resize(p.tiles.size());
  const TileRange own = network.own_tiles(target);
  for (std::uint32_t t = own.begin; t < own.end; ++t)
    lasting_[t].assign(p.tiles[t].weight.begin(), p.tiles[t].weight.end());
}

Consolidation::BinShares Consolidation::shares(double seconds) const {
  const auto at = [&](double energy) {
    const double decay_per_s = 1.0 / spec_->early_tau_s, late_per_s = energy / spec_->late_tau_s;
    const double both_per_s = decay_per_s + late_per_s;
    const double left = exp_d(-both_per_s * seconds), late = late_per_s / both_per_s;
    const double mean_s = (1.0 - left) / both_per_s;
    return Shares{left, late * (1.0 - left), mean_s, late * (seconds - mean_s)};
  };
  BinShares out{at(0.0), {}};
  for (std::uint32_t b = 0; field_ != nullptr && b < field_->num_bins(); ++b)
    out.tagged.push_back(at(field_->energy(b)));
  if (field_ == nullptr) out.tagged.push_back(at(1.0));
  return out;
}

/// Tagged or not goes by the early part in the middle of the interval, decay left out.
const Consolidation::Shares& Consolidation::shares_of(const BinShares& all, double early, double drift_per_s,
                                                      double seconds, std::size_t bin) const {
  return std::fabs(early + 0.5 * seconds * drift_per_s) >= spec_->threshold ? all.tagged[bin] : all.untagged;
}

StepErrors Consolidation::spread_leap(Network& network, const std::vector<std::vector<float>>& before,
                                      double seconds, double stride_s) {
  Projection& p = *network.projections[projection_];
  const PopulationView& target = network.populations[p.view.target]->view;
  const TileRange own = network.own_tiles(*network.populations[p.view.target]);
  const double strides = std::ceil(seconds / stride_s);
  const double whole_s = seconds / strides, half_s = 0.5 * whole_s;
  const BinShares whole = shares(whole_s), half = shares(half_s);
  const double range = static_cast<double>(w_max_) - static_cast<double>(w_min_);
  Judged judged;
  drift_per_s_.assign(p.tiles.size(), {});
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    SynapseTile& tile = p.tiles[t];
    drift_per_s_[t].resize(tile.weight.size());
    for (std::size_t k = 0; k < tile.weight.size(); ++k) {
      const double learnt = static_cast<double>(tile.weight[k]) - static_cast<double>(before[t][k]);
      const double drift_per_s = learnt / seconds;
      drift_per_s_[t][k] = static_cast<float>(drift_per_s);
      tile.weight[k] = before[t][k];
      const std::uint32_t i = tile_begin(target, t) + p.view.target_in_tile(tile.code[k]);
      if (i % kJudgedShare != 0) continue;
      const auto weight_after = [&](const BinShares& by, double each_s, double intervals) {
        double lasting = lasting_[t][k], early = static_cast<double>(before[t][k]) - lasting;
        for (double n = 0.0; n < intervals; n += 1.0) {
          const Shares& s = shares_of(by, early, drift_per_s, each_s, bin_of(i));
          lasting += early * s.late + drift_per_s * s.late_s;
          early = early * s.early + drift_per_s * s.early_s;
        }
        return lasting + early;
      };
      const double after = weight_after(whole, whole_s, strides);
      judged.add((after - weight_after(half, half_s, 2.0 * strides)) / range,
                 (after - static_cast<double>(before[t][k]) - learnt) / range);
    }
  }
  return judged.errors(network);
}

void Consolidation::advance(Network& network, double seconds, bool frozen) {
  if (frozen) return;
  Projection& p = *network.projections[projection_];
  const PopulationView& target = network.populations[p.view.target]->view;
  const BinShares by = shares(seconds);
  constexpr std::int32_t kUnit_log2 = 30;  // of what is consolidated in a bin
  std::vector<std::uint64_t> paid(by.tagged.size(), 0);
  const TileRange own = network.own_tiles(*network.populations[p.view.target]);
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    SynapseTile& tile = p.tiles[t];
    for (std::size_t k = 0; k < tile.weight.size(); ++k) {
      const double lasting = static_cast<double>(lasting_[t][k]);
      const double early = static_cast<double>(tile.weight[k]) - lasting;
      const double drift_per_s = drift_per_s_.empty() ? 0.0 : static_cast<double>(drift_per_s_[t][k]);
      if (early == 0.0 && drift_per_s == 0.0) continue;
      const std::size_t bin = bin_of(tile_begin(target, t) + p.view.target_in_tile(tile.code[k]));
      const Shares& s = shares_of(by, early, drift_per_s, seconds, bin);
      const auto now_lasting = static_cast<float>(lasting + early * s.late + drift_per_s * s.late_s);
      paid[bin] += static_cast<std::uint64_t>(
          in_units(static_cast<float>(static_cast<double>(now_lasting) - lasting), kUnit_log2));
      lasting_[t][k] = now_lasting;
      tile.weight[k] =
          static_cast<float>(lasting + early * (s.late + s.early) + drift_per_s * (s.late_s + s.early_s));
      // A sum of rounded steps may lie beyond a bound that the leap itself has met.
      if (drift_per_s != 0.0) tile.weight[k] = clamp_weight(tile.weight[k], w_min_, w_max_);
    }
  }
  if (field_ == nullptr || spec_->cost_mM_per_unit == 0.0) return;
  network.ranks->sum(paid);
  for (std::uint32_t b = 0; b < paid.size(); ++b)
    if (cells_[b] > 0)
      field_->take(
          b, spec_->cost_mM_per_unit * std::ldexp(static_cast<double>(paid[b]), -kUnit_log2) / cells_[b]);
}

void Consolidation::archive(StateArchive& a, const Network& network) {
  a.within("consolidation " + spec_->name);
  archive_tiles(a, "lasting", network, *network.projections[projection_], lasting_);
}

// ---- normalisation
// --------------------------------------------------------------------------------------------------

Normalisation::Normalisation(const NormalisationSpec& spec, const Scenario& scenario, const Network& network)
    : spec_(&spec), projection_(projection_index(scenario, spec.projection)) {
  const ProjectionView& v = network.projections[projection_]->view;
  w_min_ = bound_of(scenario, projection_, "w_min", 0.0);
  w_max_ = bound_of(scenario, projection_, "w_max", 1.0);
  // No sum of a step reaches 2^30 in the port's scale; 2^20 times finer, sums stay below 2^50.
  unit_log2_ = v.scale_log2 + 20;
  const BorrowedSynapses borrowed(network);
  network.projections[projection_]->fetch();
  wanted_ = sums(network);
  const Population& target = *network.populations[v.target];
  gather_neurons(network, target, wanted_.data());
  if (spec.sum >= 0.0) wanted_.assign(target.view.n, in_units(static_cast<float>(spec.sum), unit_log2_));
}

std::vector<std::int64_t> Normalisation::sums(const Network& network) const {
  const Projection& p = *network.projections[projection_];
  return sums_of(network, [&](std::uint32_t t, std::size_t k) { return p.tiles[t].weight[k]; });
}

/// weight(tile, synapse)
template <class Weight>
std::vector<std::int64_t> Normalisation::sums_of(const Network& network, const Weight& weight) const {
  const Projection& p = *network.projections[projection_];
  const Population& target = *network.populations[p.view.target];
  std::vector<std::int64_t> out(target.view.n, 0);
  const TileRange own = network.own_tiles(target);
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    std::int64_t* const of = out.data() + tile_begin(target.view, t);
    for (std::size_t k = 0; k < p.tiles[t].weight.size(); ++k)
      of[p.view.target_in_tile(p.tiles[t].code[k])] += in_units(weight(t, k), unit_log2_);
  }
  return out;
}

/// Of synapses onto the judged neurons, by sizes of weights.
StepErrors Normalisation::errors(const Network& network,
                                 const std::vector<std::vector<float>>& before) const {
  const Projection& p = *network.projections[projection_];
  const Population& target = *network.populations[p.view.target];
  const std::vector<std::int64_t> first =
      sums_of(network, [&](std::uint32_t t, std::size_t k) { return before[t][k]; });
  const std::vector<std::int64_t> last = sums(network);
  const std::vector<std::int64_t> synapses =
      sums_of(network, [&](std::uint32_t, std::size_t) { return std::ldexp(1.0f, -unit_log2_); });
  const double unit = std::ldexp(1.0, -unit_log2_);
  const double low = std::min(std::fabs(static_cast<double>(w_min_)), std::fabs(static_cast<double>(w_max_)));
  const double high =
      std::max(std::fabs(static_cast<double>(w_min_)), std::fabs(static_cast<double>(w_max_)));
  const TileRange own = network.own_tiles(target);
  Judged judged;
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    const SynapseTile& tile = p.tiles[t];
    for (std::size_t k = 0; k < tile.weight.size(); ++k) {
      const std::uint32_t i = tile_begin(target.view, t) + p.view.target_in_tile(tile.code[k]);
      if (i % kJudgedShare != 0) continue;
      const double wants = static_cast<double>(wanted_[i]) * unit;
      // A weight of a neuron whose weights sum up to `sum`, kept.
      const auto kept = [&](double size, double sum) {
        if (!(sum > 0.0) || (spec_->only_above && sum < wants)) return size;
        const double to =
            spec_->divisive ? size * wants / sum : size + (wants - sum) / static_cast<double>(synapses[i]);
        return std::clamp(to, low, high);
      };
      const double size0 = std::fabs(static_cast<double>(before[t][k])),
                   size1 = std::fabs(static_cast<double>(tile.weight[k]));
      const double sum0 = static_cast<double>(first[i]) * unit, sum1 = static_cast<double>(last[i]) * unit;
      const double once = kept(size1, sum1), middle = 0.5 * (sum0 + sum1);
      const double sum_half = spec_->only_above && middle < wants ? middle : wants;
      const double twice =
          kept(kept(0.5 * (size0 + size1), middle) + 0.5 * (size1 - size0), sum_half + 0.5 * (sum1 - sum0));
      judged.add((once - twice) / (high - low), (once - size1) / (high - low));
    }
  }
  return judged.errors(network);
}

void Normalisation::apply(Network& network) const {
  Projection& p = *network.projections[projection_];
  const Population& target = *network.populations[p.view.target];
  const std::vector<std::int64_t> sum = sums(network);
  const TileRange own = network.own_tiles(target);
  const double unit = std::ldexp(1.0, -unit_log2_);
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    SynapseTile& tile = p.tiles[t];
    const std::uint32_t first = tile_begin(target.view, t), count = tile_count(target.view, t);
    std::vector<float> change(count, spec_->divisive ? 1.0f : 0.0f);
    std::vector<std::uint32_t> synapses(count, 0);
    if (!spec_->divisive)
      for (std::size_t k = 0; k < tile.weight.size(); ++k) ++synapses[p.view.target_in_tile(tile.code[k])];
    for (std::uint32_t j = 0; j < count; ++j) {
      const std::int64_t has = sum[first + j], wants = wanted_[first + j];
      if (has == wants || (spec_->only_above && has < wants)) continue;
      if (spec_->divisive) {
        if (has > 0) change[j] = static_cast<float>(static_cast<double>(wants) / static_cast<double>(has));
      } else if (synapses[j] > 0) {
        change[j] = static_cast<float>(static_cast<double>(wants - has) * unit / synapses[j]);
      }
    }
    for (std::size_t k = 0; k < tile.weight.size(); ++k) {
      const float by = change[p.view.target_in_tile(tile.code[k])];
      float& w = tile.weight[k];
      if (spec_->divisive) {
        if (by != 1.0f) w = clamp_weight(w * by, w_min_, w_max_);
      } else if (by != 0.0f) {
        // Weights that are stored negative grow downwards. None changes its sign.
        const float size = w_max_ <= 0.0f ? -w : w;
        const float moved = size + by > 0.0f ? size + by : 0.0f;
        w = clamp_weight(w_max_ <= 0.0f ? -moved : moved, w_min_, w_max_);
      }
    }
  }
}

void Normalisation::archive(StateArchive& a) {
  const std::size_t n = wanted_.size();
  a.value("normalised_sums", wanted_);
  if (wanted_.size() != n)
    throw Error(ExitCode::input_file, "the checkpoint's summed weights of " + spec_->projection + " are of " +
                                          std::to_string(wanted_.size()) + " neurons, not " +
                                          std::to_string(n) +
                                          ": it is damaged; start anew with another --out");
}

// ---- all
// ------------------------------------------------------------------------------------------------------------

SlowWeights::SlowWeights(const Scenario& scenario, const Network& network) {
  fields.reserve(scenario.astrocytes.size());  // consolidations point to them
  for (const AstrocyteSpec& spec : scenario.astrocytes) fields.emplace_back(spec, scenario, network);
  for (const ConsolidationSpec& spec : scenario.consolidation)
    consolidations.emplace_back(spec, scenario, network, fields);
  for (const NormalisationSpec& spec : scenario.normalisation)
    normalisations.emplace_back(spec, scenario, network);
}

void SlowWeights::begin_leap(const Network& network) {
  before_.clear();
  const auto remember = [&](std::uint32_t projection) {
    std::vector<std::vector<float>>& kept = before_[projection];
    for (const SynapseTile& tile : network.projections[projection]->tiles)
      kept.emplace_back(tile.weight.begin(), tile.weight.end());
  };
  for (const Consolidation& c : consolidations) remember(c.projection());
  for (const Normalisation& n : normalisations)
    if (!before_.contains(n.projection())) remember(n.projection());
}

StepErrors SlowWeights::advance(Network& network, const std::vector<std::vector<float>>& rate_Hz,
                                double time_s, double seconds,
                                const std::function<bool(const std::string&)>& frozen,
                                std::vector<PoolRecord>& records) {
  StepErrors out;
  if (!any()) return out;
  double stride_s = seconds;
  for (const Consolidation& c : consolidations)
    stride_s = std::min({stride_s, 0.2 * c.spec().early_tau_s, 0.2 * c.spec().late_tau_s});
  const double strides = std::ceil(seconds / stride_s);
  const double length_s = seconds / strides;
  for (Consolidation& c : consolidations)
    if (!frozen(c.spec().name))
      out.join(c.spread_leap(network, before_.at(c.projection()), seconds, stride_s));
  for (double k = 0.0; k < strides; k += 1.0) {
    for (AstrocyteField& f : fields)
      f.advance(time_s + k * length_s, length_s, [&](std::uint32_t population, std::size_t i) {
        return static_cast<double>(rate_Hz[population][i]);
      });
    for (Consolidation& c : consolidations) c.advance(network, length_s, frozen(c.spec().name));
  }
  for (Consolidation& c : consolidations) c.end_leap();
  for (const Normalisation& n : normalisations) {
    if (frozen(n.spec().name)) continue;
    out.join(n.errors(network, before_.at(n.projection())));
    n.apply(network);
  }
  before_.clear();
  records.resize(fields.size());
  for (std::size_t k = 0; k < fields.size(); ++k) fields[k].append_to(records[k], time_s + seconds);
  return out;
}

void SlowWeights::archive(StateArchive& a, const Network& network) {
  for (AstrocyteField& f : fields) f.archive(a);
  for (Consolidation& c : consolidations) c.archive(a, network);
  for (Normalisation& n : normalisations) n.archive(a);
}

}  // namespace penfield
