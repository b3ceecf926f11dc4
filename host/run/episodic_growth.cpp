#include "host/run/episodic_growth.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "penfield/base/error.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"
#include "penfield/numerics/philox.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

namespace {

constexpr double kMostPieces = 64.0;

double mean_of(const std::vector<std::uint32_t>& values) {
  double sum = 0.0;
  for (const std::uint32_t v : values) sum += v;
  return values.empty() ? 0.0 : sum / static_cast<double>(values.size());
}

}  // namespace

/// Elements of sources, or of targets.
struct EpisodicGrowth::Side {
  CalciumSensor* calcium;
  ElementCounts* elements;
  LevelEstimate estimate;
  std::uint64_t key = 0;            ///< of its draws
  std::vector<double> slope{};      ///< [neuron] 1/s, as the episode showed it
  std::vector<double> predicted{};  ///< [neuron] of the step before, and then of this one
  std::vector<double> change{};     ///< [neuron] prediction, correction and walk together
  StepErrors errors{};

  /// What elements do over `seconds`, the step before having taken `before_s`; 0: there was none.
  void plan(std::uint32_t seed, std::uint64_t step, double seconds, double before_s, double rate_error);

 private:
  /// Slope and how steeply it answers calcium, both per second.
  std::pair<double, double> slope_of(std::uint32_t neuron) const {
    const GrowthCurve& curve = elements->curve();
    const auto f = [&](double level) {
      return static_cast<double>(curve.value(static_cast<float>(level > 0.0 ? level : 0.0)));
    };
    const double level = estimate.level()[neuron], nu_per_s = curve.nu_per_s;
    const double far = square_root(3.0 * estimate.variance()[neuron]);
    const double mean = (4.0 * f(level) + f(level + far) + f(level - far)) / 6.0;
    constexpr double kApart = 0.02;
    return {nu_per_s * mean, nu_per_s * (f(level + kApart) - f(level - kApart)) / (2.0 * kApart)};
  }
};

void EpisodicGrowth::Side::plan(std::uint32_t seed, std::uint64_t step, double seconds, double before_s,
                                double rate_error) {
  const auto n = static_cast<std::uint32_t>(elements->elements().size());
  const bool first = !(before_s > 0.0);
  slope.resize(n);
  change.resize(n);
  if (first) predicted.assign(n, 0.0);
  double corrected = 0.0, moved = 0.0, uncertain = 0.0;
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto [now, steepness] = slope_of(i);
    const double earlier = first ? now : slope[i];
    const double correction = first ? 0.0 : fused(0.5 * before_s, now + earlier, -predicted[i]);
    const double ahead = first ? 0.0 : 0.5 * std::min(seconds / before_s, 1.0) * (now - earlier);
    slope[i] = now;
    predicted[i] = seconds * (now + ahead);
    const double walk = steepness * steepness * estimate.walk()[i] * seconds * estimate.walk_left(i);
    const RandomBlock block =
        philox4x32(seed, static_cast<std::uint32_t>(Stream::structure_walk), key << 32 | i, step);
    change[i] = fused(square_root(walk), normal_d(block.word[0], block.word[1]), predicted[i] + correction);
    corrected = fused(correction, correction, corrected);
    moved += std::fabs(predicted[i] + correction);
    uncertain += std::fabs(steepness) * estimate.level()[i];
  }
  // Relative to the synapses that a neuron has in the mean.
  const double synapses = std::max(1.0, mean_of(elements->synapses())), cells = std::max(1u, n);
  errors.discretisation = square_root(corrected / cells) / synapses;
  errors.change = moved / cells / synapses;
  errors.statistical = rate_error * uncertain / cells * seconds / synapses;
}

struct EpisodicGrowth::Structure {
  Structure(const StructureSpec& spec, const Scenario& scenario, Network& network)
      : growing(spec, scenario, network) {
    const double tau_s = spec.calcium_tau_s;
    sides.push_back({&growing.source_calcium, &growing.axonal, LevelEstimate(growing.source(), tau_s),
                     2 * growing.projection()});
    sides.push_back({&growing.target_calcium, &growing.dendritic, LevelEstimate(growing.target(), tau_s),
                     2 * growing.projection() + 1});
  }
  std::uint32_t population(std::size_t side) const {
    return side == 0 ? growing.source().view.index : growing.target().view.index;
  }

  void forget() {
    before_s = 0.0;
    for (Side& side : sides) side.estimate.forget();
  }

  GrowingStructure growing;
  std::vector<Side> sides;  ///< sources, targets
  double before_s = 0.0;    ///< length of the step that the slopes are of; 0: there is none
};

EpisodicGrowth::EpisodicGrowth(const Scenario& scenario, Network& network, const Injury& injury,
                               const Influences& influences, std::vector<GrowthRecord>& records)
    : scenario_(scenario), network_(network), injury_(injury), influences_(influences), records_(records) {
  const bool any = std::any_of(scenario.structure.begin(), scenario.structure.end(), grows_by_elements);
  if (!scenario.clock.episodic || !any) return;
  const BorrowedSynapses borrowed(network);
  for (const StructureSpec& spec : scenario.structure) {
    if (!grows_by_elements(spec)) continue;
    structures_.push_back(std::make_unique<Structure>(spec, scenario, network));
    records_.emplace_back();
    records_.back().structure = spec.name;
  }
}

EpisodicGrowth::~EpisodicGrowth() = default;

std::vector<bool> EpisodicGrowth::watched() const {
  std::vector<bool> out(network_.populations.size(), false);
  for (const auto& s : structures_)
    for (std::size_t side = 0; side < 2; ++side) out[s->population(side)] = true;
  return out;
}

EpisodicGrowth::Step EpisodicGrowth::advance(
    const Measures& measures, const std::vector<EpisodeSpikes>& conditions, double from_s, double seconds,
    const std::function<bool(const std::string& structure)>& frozen) {
  Step step;
  const double begun_s = from_s + scenario_.clock.settle_s, ends_s = begun_s + seconds;
  for (std::size_t k = 0; k < structures_.size(); ++k) {
    Structure& s = *structures_[k];
    GrowingStructure& g = s.growing;
    g.begin_interval();
    for (std::size_t side = 0; side < 2; ++side)
      s.sides[side].calcium->observe_rates(measures.rate_Hz[s.population(side)], seconds);
    const double baseline_s = g.spec().baseline_s;
    // A run that branches may settle shorter than the one whose baseline it goes on with.
    if (begun_s < baseline_s && !g.target_calcium.has_baseline()) {
      for (Side& side : s.sides) {
        if (ends_s > 0.5 * baseline_s) side.calcium->add_to_baseline(seconds);
        if (ends_s >= baseline_s) side.calcium->end_baseline();
      }
    } else if (frozen(g.spec().name)) {
      s.forget();
    } else {
      for (std::size_t k_side = 0; k_side < 2; ++k_side) {
        Side& side = s.sides[k_side];
        const std::uint32_t population = s.population(k_side);
        side.estimate.observe(*side.calcium, rate_scatter(conditions, population), seconds,
                              injury_.dead(population));
        side.plan(scenario_.seed, g.intervals(), seconds, s.before_s, rate_error(conditions, population));
        step.errors.join(side.errors);
      }
      grow(s, seconds, from_s);
    }
    g.append_to(records_[k], from_s + seconds, 0);
    step.formed += g.latest.formed.size();
    step.deleted += g.latest.deleted.size();
  }
  return step;
}

void EpisodicGrowth::grow(Structure& s, double seconds, double at_s) {
  GrowingStructure& g = s.growing;
  s.before_s = seconds;
  const double tau_s = g.spec().vacant_tau_s;
  const double pieces = tau_s > 0.0 ? std::clamp(std::ceil(2.0 * seconds / tau_s), 1.0, kMostPieces) : 1.0;
  const double piece_s = seconds / pieces;
  for (int k = 0; k < static_cast<int>(pieces); ++k) {
    if (k > 0) g.draw_anew();
    for (Side& side : s.sides) side.elements->move(side.change, 1.0 / pieces, piece_s);
    g.change(piece_s, at_s + k * piece_s, injury_, influences_, [&] { network_.fetch_synapses(); });
  }
}

void EpisodicGrowth::forget() {
  for (const auto& s : structures_) s->forget();
}

void EpisodicGrowth::count_again() {
  const BorrowedSynapses borrowed(network_);
  for (const auto& s : structures_) s->growing.count_again(injury_);
}

const ElementCounts& EpisodicGrowth::dendritic(std::size_t k) const {
  return structures_[k]->growing.dendritic;
}

std::uint32_t EpisodicGrowth::target() const { return structures_.front()->population(1); }

void EpisodicGrowth::archive(StateArchive& a) {
  for (const auto& s : structures_) {
    s->growing.archive(a);
    a.value("growth_before_s", s->before_s);
    for (std::size_t k = 0; k < 2; ++k) {
      Side& side = s->sides[k];
      a.value(k == 0 ? "axonal_slope" : "dendritic_slope", side.slope);
      a.value(k == 0 ? "axonal_predicted" : "dendritic_predicted", side.predicted);
      side.estimate.archive(a, k == 0 ? "source_" : "target_");
      const std::size_t n = side.elements->elements().size();
      const bool fits = s->before_s == 0.0 || (side.slope.size() == n && side.predicted.size() == n);
      if (a.reading() && !(fits && side.estimate.fits()))
        throw Error(ExitCode::input_file, "the checkpoint's growth of \"" + s->growing.spec().name +
                                              "\" is of " + std::to_string(side.slope.size()) +
                                              " neurons, not " + std::to_string(n) +
                                              ": it is damaged; start anew with another --out");
    }
  }
}

}  // namespace penfield
