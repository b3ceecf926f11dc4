#include "host/run/projected_weights.hpp"

#include <cstdio>
#include <utility>

#include "host/build/population_builder.hpp"
#include "host/clock/slow_steps.hpp"
#include "host/run/step_errors.hpp"
#include "host/run/tile_archive.hpp"
#include "penfield/base/error.hpp"
#include "penfield/base/share_out.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

namespace {

constexpr std::uint32_t kWeightBins = 8, kDistanceBins = 4, kDelayBins = 8,
                        kGroups = kWeightBins * kDistanceBins * kDelayBins;
/// A group of fewer synapses takes the plane of all.
constexpr std::uint32_t kFewestInGroup = 64;
/// Largest change in an episode, root mean square, of the range.
constexpr double kMostInEpisode = 0.01;
/// Mean change of weights, of the range, over which what earlier episodes showed fades.
constexpr double kRemembered = 0.05;
/// In place of the number of a macro step, for a draw that a synapse keeps.
constexpr std::uint64_t kOfSynapse = 0xfffffffu;

double size_of(double x) { return x < 0.0 ? -x : x; }

/// Adds rates to the sums of earlier ones; returns the mean of the rates over that of the sums.
double smooth(const std::vector<float>& rate_Hz, std::vector<float>& sums) {
  const auto keep = static_cast<float>(kKeptDrift);
  double rate = 0.0, sum = 0.0;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] = fused(keep, sums[i], rate_Hz[i]);
    rate += static_cast<double>(rate_Hz[i]);
    sum += static_cast<double>(sums[i]);
  }
  return sum > 0.0 ? rate / sum : 0.0;
}

}  // namespace

ProjectedWeights::ProjectedWeights(const Scenario& scenario, std::uint32_t projection, const Network& network)
    : network_(&network), seed_(scenario.seed), projection_(projection) {
  const ProjectionSpec& spec = scenario.projections[projection];
  name_ = spec.name;
  w_min_ = spec.plasticity->params.at("w_min");
  range_ = spec.plasticity->params.at("w_max") - w_min_;
  const Sheet sheet = sheet_of(scenario, spec.to);
  width_mm_ = sheet.width_mm;
  height_mm_ = sheet.height_mm;
  periodic_ = sheet.periodic;
  one_sheet_ = spec.from.substr(0, spec.from.find('/')) == spec.to.substr(0, spec.to.find('/'));
  structural_ = structure_of(scenario, name_) != nullptr;
  shortest_s_ = scenario.clock.conditions.front().episode_s;
  for (const ConditionSpec& c : scenario.clock.conditions) {
    shortest_s_ = c.episode_s < shortest_s_ ? c.episode_s : shortest_s_;
    ConditionRates rates;
    rates.fraction = c.fraction;
    const ProjectionView& view = network.projections[projection]->view;
    rates.source_sum.assign(network.populations[view.source]->view.n, 0.0f);
    rates.target_sum.assign(network.populations[view.target]->view.n, 0.0f);
    conditions_.push_back(std::move(rates));
  }
}

/// Threads that share the tiles. Each adds up into sums of its own, and all sums are exact, so that no bit
/// depends on who took which tile.
std::uint32_t ProjectedWeights::workers() const {
  const Projection& p = *network_->projections[projection_];
  const TileRange own = network_->own_tiles(*network_->populations[p.view.target]);
  return sharers(own.end - own.begin, network_->host_threads);
}

/// Calls f(tile, worker) for all tiles that this rank holds.
template <class F>
void ProjectedWeights::for_each_tile(F&& f) const {
  const Projection& p = *network_->projections[projection_];
  const TileRange own = network_->own_tiles(*network_->populations[p.view.target]);
  share_out(own.begin, own.end, network_->host_threads, std::forward<F>(f));
}

/// Calls f(Place, weight, worker) for all synapses that this rank holds.
template <class F>
void ProjectedWeights::for_each(F&& f) const {
  const Projection& p = *network_->projections[projection_];
  const PopulationView& target = network_->populations[p.view.target]->view;
  constexpr std::uint32_t kNone = 0xffffffffu;
  for_each_tile([&](std::uint32_t t, std::uint32_t worker) {
    const std::uint32_t first = tile_begin(target, t);
    std::vector<std::uint32_t> last(tile_count(target, t), kNone), ordinal(last.size(), 0);
    p.for_each_synapse(t, [&](const Projection::Synapse& s) {
      ordinal[s.target] = last[s.target] == s.source ? ordinal[s.target] + 1 : 0;
      last[s.target] = s.source;
      f(Place{s.source, first + s.target, ordinal[s.target], s.delay, t, s.place}, s.weight, worker);
    });
  });
}

std::uint32_t ProjectedWeights::weight_bin(double weight) const {
  const auto bin = static_cast<std::int32_t>((weight - w_min_) / range_ * kWeightBins);
  return static_cast<std::uint32_t>(bin < 0                                         ? 0
                                    : bin >= static_cast<std::int32_t>(kWeightBins) ? kWeightBins - 1
                                                                                    : bin);
}

/// Distances go by the sheet's diagonal: to a sixteenth of it, an eighth, a quarter, and beyond. Delays count
/// because cells of a recurrent network fire together within milliseconds: which spike of such a pair comes
/// first at the synapse is decided by its delay, and so is the sign of what it learns.
std::uint32_t ProjectedWeights::group_of(const Network& network, const Place& s, double weight) const {
  const ProjectionView& view = network.projections[projection_]->view;
  std::uint32_t far = 0;
  if (one_sheet_) {
    const Population& from = *network.populations[view.source];
    const Population& to = *network.populations[view.target];
    double dx = size_of(static_cast<double>(from.x_mm[s.source]) - to.x_mm[s.target]);
    double dy = size_of(static_cast<double>(from.y_mm[s.source]) - to.y_mm[s.target]);
    if (periodic_ && dx > 0.5 * width_mm_) dx = width_mm_ - dx;
    if (periodic_ && dy > 0.5 * height_mm_) dy = height_mm_ - dy;
    const double share2 = (dx * dx + dy * dy) / (width_mm_ * width_mm_ + height_mm_ * height_mm_);
    far = share2 < 1.0 / 256.0 ? 0 : share2 < 1.0 / 64.0 ? 1 : share2 < 1.0 / 16.0 ? 2 : 3;
  }
  const auto late =
      static_cast<std::uint32_t>((s.delay - view.min_delay) * static_cast<std::int32_t>(kDelayBins) /
                                 (view.max_delay - view.min_delay + 1));
  return (late * kDistanceBins + far) * kWeightBins + weight_bin(weight);
}

void ProjectedWeights::begin_step(const Network& network) {
  const Projection& p = *network.projections[projection_];
  measured_.resize(p.tiles.size());
  const TileRange own = network.own_tiles(*network.populations[p.view.target]);
  for (std::uint32_t t = own.begin; t < own.end; ++t)
    measured_[t].assign(p.tiles[t].num_synapses(), Measured{});
  group_error2_.assign(kGroups, 0.0);
  std::vector<std::vector<std::uint64_t>> count(workers(), std::vector<std::uint64_t>(kGroups, 0));
  for_each([&](const Place& s, float weight, std::uint32_t worker) {
    Measured& m = measured_[s.tile][s.at];
    m.first = weight;
    m.group = group_of(network, s, weight);
    ++count[worker][m.group];
  });
  group_count_.assign(kGroups, 0);
  for (const auto& of : count)
    for (std::uint32_t g = 0; g < kGroups; ++g) group_count_[g] += of[g];
  network.ranks->sum(group_count_);
  condition_ = 0;
}

void ProjectedWeights::put_back(Network& network) {
  if (measured_.empty()) return;
  Projection& p = *network.projections[projection_];
  for_each_tile([&](std::uint32_t t, std::uint32_t) {
    for (std::size_t k = 0; k < measured_[t].size(); ++k) p.tiles[t].weight[k] = measured_[t][k].first;
  });
}

void ProjectedWeights::begin_episode(const Network& network) {
  const Projection& p = *network.projections[projection_];
  for_each_tile([&](std::uint32_t t, std::uint32_t) {
    for (std::size_t k = 0; k < measured_[t].size(); ++k) {
      measured_[t][k].latest = p.tiles[t].weight[k];
      measured_[t][k].sums = {};
    }
  });
  batch_sums_.assign(workers(), std::vector<ExactSum>(std::size_t{kGroups} * kDriftBatches));
}

void ProjectedWeights::end_batch(const Network& network, std::uint32_t batch) {
  const Projection& p = *network.projections[projection_];
  for_each_tile([&](std::uint32_t t, std::uint32_t worker) {
    std::vector<ExactSum>& sums = batch_sums_[worker];
    for (std::size_t k = 0; k < measured_[t].size(); ++k) {
      Measured& m = measured_[t][k];
      const float weight = p.tiles[t].weight[k], change = weight - m.latest;
      m.latest = weight;
      m.sums.sum += change;
      m.sums.squares += change * change;
      sums[std::size_t{m.group} * kDriftBatches + batch].add(static_cast<double>(change) / range_);
    }
  });
}

void ProjectedWeights::end_episode(Network& network, const std::vector<std::vector<float>>& rate_Hz,
                                   double seconds, double fraction) {
  const double batch_s = seconds / kDriftBatches;
  std::vector<ExactSum> moved2(workers());
  for_each_tile([&](std::uint32_t t, std::uint32_t worker) {
    ExactSum of_tile;
    for (Measured& m : measured_[t]) {
      DriftEstimate day{m.drift_per_s, m.error2, m.diffusion_per_s};
      add_condition(day, drift_of(m.sums, kDriftBatches, batch_s), fraction);
      m.drift_per_s = static_cast<float>(day.drift_per_s);
      m.error2 = static_cast<float>(day.error2);
      m.diffusion_per_s = static_cast<float>(day.diffusion_per_s);
      const double moved = static_cast<double>(m.sums.sum) / range_;
      of_tile.add(moved * moved);
    }
    moved2[worker].join(of_tile);
  });
  for (std::uint32_t w = 1; w < moved2.size(); ++w) moved2[0].join(moved2[w]);
  std::vector<ExactSum>& batches = batch_sums_[0];
  for (std::uint32_t w = 1; w < batch_sums_.size(); ++w)
    for (std::size_t k = 0; k < batches.size(); ++k) batches[k].join(batch_sums_[w][k]);
  std::uint64_t words[] = {moved2[0].low, moved2[0].high};
  network.ranks->sum(words);
  network.ranks->sum(words_of(batches));
  std::uint64_t synapses = 0;
  for (const std::uint64_t n : group_count_) synapses += n;
  const double moved =
      synapses == 0 ? 0.0 : square_root(ExactSum{words[0], words[1]}.value() / static_cast<double>(synapses));
  if (moved > kMostInEpisode) {
    char text[64];
    std::snprintf(text, sizeof text, "%.2g %% of their range in %.3g s", 100.0 * moved, seconds);
    throw Error(
        ExitCode::scenario,
        "projection " + name_ + " learns too fast for the episodic clock: its weights moved by " + text +
            " of spiking (root mean square), and what is projected may move by 1 %; set clock.mode to "
            "\"raw\", shorten the episodes, or lower the rule's amplitudes");
  }
  for (std::uint32_t g = 0; g < kGroups; ++g) {
    if (group_count_[g] == 0) continue;
    const DriftEstimate mean = mean_of_batches(
        {batches.data() + std::size_t{g} * kDriftBatches, kDriftBatches}, group_count_[g], batch_s);
    group_error2_[g] = fused(fraction * fraction, mean.error2, group_error2_[g]);
  }
  const ProjectionView& view = network.projections[projection_]->view;
  ConditionRates& c = conditions_[condition_];
  c.source_Hz = rate_Hz[view.source];
  c.target_Hz = rate_Hz[view.target];
  c.source_scale = smooth(c.source_Hz, c.source_sum);
  c.target_scale = smooth(c.target_Hz, c.target_sum);
  ++condition_;
}

Covariates ProjectedWeights::covariates(std::uint32_t source, std::uint32_t target, bool smoothed) const {
  Covariates x;
  for (const ConditionRates& c : conditions_) {
    const double pre =
        smoothed ? c.source_scale * c.source_sum[source] : static_cast<double>(c.source_Hz[source]);
    const double post =
        smoothed ? c.target_scale * c.target_sum[target] : static_cast<double>(c.target_Hz[target]);
    x.product = fused(c.fraction, pre * post, x.product);
    x.source = fused(c.fraction, pre, x.source);
  }
  return x;
}

double ProjectedWeights::relaxation(const RuleSlope& slope, std::uint32_t source, std::uint32_t target,
                                    double weight, bool smoothed) const {
  double b = 0.0;
  for (const ConditionRates& c : conditions_) {
    const double pre =
        smoothed ? c.source_scale * c.source_sum[source] : static_cast<double>(c.source_Hz[source]);
    const double post =
        smoothed ? c.target_scale * c.target_sum[target] : static_cast<double>(c.target_Hz[target]);
    b = fused(c.fraction, slope.relaxation_per_s(weight, pre, post), b);
  }
  return b;
}

StepErrors ProjectedWeights::leap(Network& network, double step_s, std::uint64_t macro_step, bool frozen,
                                  const std::vector<float>& speed) {
  put_back(network);
  StepErrors out;
  Projection& p = *network.projections[projection_];
  const RuleSlope slope(network, p, w_min_, w_min_ + range_);
  // A drift without the part that pulls back, w_min being 0: a group's plane then leaves to each synapse how
  // it relaxes.
  const auto outward = [&](const Place& s, const Measured& m) {
    return m.drift_per_s + relaxation(slope, s.source, s.target, m.first, false) * (m.first - w_min_);
  };
  DriftGroups groups(kGroups, range_ / shortest_s_, kFewestInGroup, kDelayBins);
  std::vector<DriftGroups> parts(workers(), groups);
  for_each([&](const Place& s, float, std::uint32_t worker) {
    const Measured& m = measured_[s.tile][s.at];
    parts[worker].add(m.group, covariates(s.source, s.target, false), outward(s, m));
  });
  groups.join(parts);
  network.ranks->sum(groups.line_words());
  groups.solve(memory_);
  // Where rows have been edited since, synapses have other places: nothing is known of them.
  bool same = own_.size() == measured_.size();
  for (std::size_t t = 0; same && t < own_.size(); ++t) same = own_[t].size() == measured_[t].size();
  if (structural_ || !same) {
    own_.resize(measured_.size());
    for (std::size_t t = 0; t < own_.size(); ++t) own_[t].assign(measured_[t].size(), 0.0f);
  }
  const double episodes = memory_.weight;  // before this one
  for_each([&](const Place& s, float, std::uint32_t worker) {
    const Measured& m = measured_[s.tile][s.at];
    const float own = own_[s.tile][s.at];
    const Covariates x = covariates(s.source, s.target, false);
    const double rest = groups.residual(m.group, x, outward(s, m));
    parts[worker].add_residual(m.group, weight_bin(m.first), x, rest, m.error2,
                               episodes > 0.0 ? own / episodes : 0.0);
  });
  groups.join(parts);
  network.ranks->sum(groups.residual_words());
  network.ranks->sum(groups.class_words());
  groups.finish();
  memory_ = groups.memory();

  double unseen_sd[kWeightBins];
  for (std::uint32_t bin = 0; bin < kWeightBins; ++bin)
    unseen_sd[bin] = square_root(groups.own_variance(bin) * (1.0 - groups.reliability(bin)));
  struct alignas(64) Moves {
    ExactSum change, difference2;
    std::uint64_t doubled = 0;
  };
  std::vector<Moves> moves(workers());
  std::uint64_t synapses = 0;
  for (const std::uint64_t n : group_count_) synapses += n;
  const double w_max = w_min_ + range_;
  for_each([&](const Place& s, float, std::uint32_t worker) {
    const Measured& m = measured_[s.tile][s.at];
    const Covariates smoothed = covariates(s.source, s.target, true);
    const std::uint64_t entity = std::uint64_t{s.ordinal & 0xffffu} << 32 | s.target;
    const auto draw = [&](std::uint64_t step) {
      return leap_draw(philox4x32(seed_, static_cast<std::uint32_t>(Stream::weight_diffusion), entity,
                                  std::uint64_t{projection_} << 28 | step, s.source));
    };
    const std::uint32_t bin = weight_bin(m.first);
    float& rest = own_[s.tile][s.at];
    rest = static_cast<float>(
        fused(kKeptDrift, static_cast<double>(rest),
              groups.residual(m.group, covariates(s.source, s.target, false), outward(s, m))));
    const double own = groups.reliability(bin) * static_cast<double>(rest) / memory_.weight +
                       unseen_sd[bin] * draw(kOfSynapse).normal;
    const auto drift_at = [&](double w, double b) {
      const std::uint32_t group = m.group / kWeightBins * kWeightBins + weight_bin(w);
      return groups.expected(group, smoothed) + own - b * (w - w_min_);
    };
    const double b = relaxation(slope, s.source, s.target, m.first, true);
    // Learning at twice the speed is as many events in half the time.
    const double seconds = speed.empty() ? step_s : step_s * speed[s.target];
    const double moved = exponential_change(drift_at(m.first, b), b, seconds);
    if (s.target % kJudgedShare == 0) {
      const double half =
          clamp_to(m.first + exponential_change(drift_at(m.first, b), b, 0.5 * seconds), w_min_, w_max);
      const double b_half = relaxation(slope, s.source, s.target, half, true);
      const double twice =
          clamp_to(half + exponential_change(drift_at(half, b_half), b_half, 0.5 * seconds), w_min_, w_max);
      const double apart = (clamp_to(m.first + moved, w_min_, w_max) - twice) / range_;
      moves[worker].difference2.add(apart * apart);
      ++moves[worker].doubled;
    }
    if (frozen) return;
    const auto weight =
        static_cast<float>(reflected_leap(m.first, moved, diffused_variance(m.diffusion_per_s, b, seconds),
                                          w_min_, w_max, draw(macro_step % kOfSynapse)));
    moves[worker].change.add(size_of(static_cast<double>(weight) - m.first) / range_);
    p.tiles[s.tile].weight[s.at] = weight;
  });
  for (std::uint32_t w = 1; w < moves.size(); ++w) {
    moves[0].change.join(moves[w].change);
    moves[0].difference2.join(moves[w].difference2);
    moves[0].doubled += moves[w].doubled;
  }
  const Moves& all = moves[0];
  std::uint64_t words[] = {all.change.low, all.change.high, all.difference2.low, all.difference2.high,
                           all.doubled};
  network.ranks->sum(words);
  if (synapses > 0) {
    out.change = ExactSum{words[0], words[1]}.value() / static_cast<double>(synapses);
    if (words[4] > 0)
      out.discretisation = square_root(ExactSum{words[2], words[3]}.value() / static_cast<double>(words[4]));
    double error2 = 0.0;
    for (std::uint32_t g = 0; g < kGroups; ++g)
      error2 += group_error2_[g] * static_cast<double>(group_count_[g]) / static_cast<double>(synapses);
    out.statistical = square_root(error2) * step_s;  // of changes in units of the range
  }
  fade(exp_d(-out.change / kRemembered));
  if (structural_) own_.clear();  // rows will have been edited by the next time
  measured_.clear();
  measured_.shrink_to_fit();
  return out;
}

/// Drifts are those of a network that changes with its weights.
void ProjectedWeights::fade(double kept) {
  const auto share = static_cast<float>(kept);
  fade_memory(memory_, kept);
  for (ConditionRates& c : conditions_) {
    for (float& sum : c.source_sum) sum *= share;
    for (float& sum : c.target_sum) sum *= share;
  }
  for (auto& tile : own_)
    for (float& own : tile) own *= share;
}

void ProjectedWeights::forget() {
  memory_ = {};
  own_.clear();
  for (ConditionRates& c : conditions_) {
    c.source_sum.assign(c.source_sum.size(), 0.0f);
    c.target_sum.assign(c.target_sum.size(), 0.0f);
  }
}

void ProjectedWeights::archive(StateArchive& a) {
  a.within("projection " + name());
  for (ConditionRates& c : conditions_) {
    a.value("source_sum", c.source_sum);
    a.value("target_sum", c.target_sum);
  }
  archive_tiles(a, "own_drift", *network_, *network_->projections[projection_], own_);
  a.value("drift_memory", memory_.groups);
  a.value("drift_own", memory_.own);
  a.value("drift_weight", memory_.weight);
  a.value("drift_weight2", memory_.weight2);
}

}  // namespace penfield
