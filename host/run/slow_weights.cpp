#include "host/run/slow_weights.hpp"

#include <algorithm>
#include <cmath>

#include "host/build/build_network.hpp"
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

void Consolidation::advance(Network& network, double seconds, bool frozen) {
  if (frozen) return;
  Projection& p = *network.projections[projection_];
  const PopulationView& target = network.populations[p.view.target]->view;
  struct Shares {
    double early = 1.0;  ///< of an early part, what is left of it
    double late = 0.0;   ///< ... and what has become lasting
  };
  const auto shares = [&](double energy) {
    const double decay_per_s = 1.0 / spec_->early_tau_s, late_per_s = energy / spec_->late_tau_s;
    const double left = exp_d(-(decay_per_s + late_per_s) * seconds);
    return Shares{left, late_per_s / (decay_per_s + late_per_s) * (1.0 - left)};
  };
  const Shares untagged = shares(0.0);
  std::vector<Shares> tagged;  // [bin]
  for (std::uint32_t b = 0; field_ != nullptr && b < field_->num_bins(); ++b)
    tagged.push_back(shares(field_->energy(b)));
  if (field_ == nullptr) tagged.push_back(shares(1.0));
  constexpr std::int32_t kUnit_log2 = 30;  // of what is consolidated in a bin
  std::vector<std::uint64_t> paid(tagged.size(), 0);
  const TileRange own = network.own_tiles(*network.populations[p.view.target]);
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    SynapseTile& tile = p.tiles[t];
    for (std::size_t k = 0; k < tile.weight.size(); ++k) {
      const double lasting = static_cast<double>(lasting_[t][k]);
      const double early = static_cast<double>(tile.weight[k]) - lasting;
      if (early == 0.0) continue;
      const std::uint32_t i = tile_begin(target, t) + p.view.target_in_tile(tile.code[k]);
      const std::size_t bin = field_ != nullptr ? bin_[i] : 0;
      const Shares& s = std::fabs(early) >= spec_->threshold ? tagged[bin] : untagged;
      const auto now_lasting = static_cast<float>(lasting + early * s.late);
      paid[bin] += static_cast<std::uint64_t>(
          in_units(static_cast<float>(static_cast<double>(now_lasting) - lasting), kUnit_log2));
      lasting_[t][k] = now_lasting;
      tile.weight[k] = static_cast<float>(lasting + early * (s.late + s.early));
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
  const auto& params = scenario.projections[projection_].plasticity->params;
  const auto bound = [&](const char* key, double otherwise) {
    const auto found = params.find(key);
    return static_cast<float>(found == params.end() ? otherwise : found->second);
  };
  w_min_ = bound("w_min", 0.0);
  w_max_ = bound("w_max", 1.0);
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
  const Population& target = *network.populations[p.view.target];
  std::vector<std::int64_t> out(target.view.n, 0);
  const TileRange own = network.own_tiles(target);
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    const SynapseTile& tile = p.tiles[t];
    std::int64_t* const of = out.data() + tile_begin(target.view, t);
    for (std::size_t k = 0; k < tile.weight.size(); ++k)
      of[p.view.target_in_tile(tile.code[k])] += in_units(tile.weight[k], unit_log2_);
  }
  return out;
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

void SlowWeights::advance(Network& network, const std::vector<std::vector<float>>& rate_Hz, double time_s,
                          double seconds, const std::function<bool(const std::string&)>& frozen,
                          std::vector<PoolRecord>& records) {
  if (!any()) return;
  double stride_s = seconds;
  for (const Consolidation& c : consolidations)
    stride_s = std::min({stride_s, 0.2 * c.spec().early_tau_s, 0.2 * c.spec().late_tau_s});
  const double strides = std::ceil(seconds / stride_s);
  const double length_s = seconds / strides;
  for (double k = 0.0; k < strides; k += 1.0) {
    for (AstrocyteField& f : fields)
      f.advance(time_s + k * length_s, length_s, [&](std::uint32_t population, std::size_t i) {
        return static_cast<double>(rate_Hz[population][i]);
      });
    for (Consolidation& c : consolidations) c.advance(network, length_s, frozen(c.spec().name));
  }
  for (const Normalisation& n : normalisations)
    if (!frozen(n.spec().name)) n.apply(network);
  records.resize(fields.size());
  for (std::size_t k = 0; k < fields.size(); ++k) fields[k].append_to(records[k], time_s + seconds);
}

void SlowWeights::archive(StateArchive& a, const Network& network) {
  for (AstrocyteField& f : fields) f.archive(a);
  for (Consolidation& c : consolidations) c.archive(a, network);
  for (Normalisation& n : normalisations) n.archive(a);
}

}  // namespace penfield
