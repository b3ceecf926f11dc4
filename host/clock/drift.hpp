#pragma once
// What a short episode says of the drift of a slow variable, and how much of it is noise. An episode is cut
// into batches; their changes give the drift, the variance of that estimate, and the diffusion. Multiplied by
// H over the episode's length a change would carry its scatter along, so the estimate of one synapse is
// shrunk to what is expected of its group by its reliability (Efron & Morris, J Am Stat Assoc 70:311, 1975),
// which grows as macro steps see the same synapse again, and only the diffusion of H seconds is added. What
// of its own drift a synapse has not shown yet it is dealt, once and for all, from what is left of the
// group's variance (imputation: Rubin, Multiple Imputation for Nonresponse in Surveys, 1987), since shrunk
// drifts alone would leave weights too narrow.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "host/clock/exact_sum.hpp"

namespace penfield {

/// Batches of an episode: fewer leave the variance of their mean too uncertain (SCIENCE: at least 8).
inline constexpr std::uint32_t kDriftBatches = 8;

/// Changes of one variable in the batches of one episode.
struct BatchSums {
  float sum = 0.0f, squares = 0.0f;
};

/// Drift of one variable: its mean change a second, the variance of that mean as estimated from batches, and
/// the variance a second of the change itself.
struct DriftEstimate {
  double drift_per_s = 0.0, error2 = 0.0, diffusion_per_s = 0.0;
};

/// From `batches` changes over `batch_s` seconds each: drift = sum / (n T), its variance s^2 / (n T^2),
/// diffusion s^2 / T, with s^2 the sample variance of the changes.
DriftEstimate drift_of(const BatchSums& sums, std::uint32_t batches, double batch_s);

/// Adds one condition's estimate, which counts for `fraction` of the day.
void add_condition(DriftEstimate& day, const DriftEstimate& condition, double fraction);

/// What the drift of a synapse is expected to follow, given the rates of its two cells: x1 = r_pre r_post and
/// x2 = r_pre. A pair rule acts at presynaptic spikes, by the target's trace or without it, and at
/// postsynaptic ones by the source's, so that the mean of a group's drift is b1 x1 + b2 x2; and a cell that
/// is silent moves nothing.
struct Covariates {
  double product = 0.0, source = 0.0;
};

/// What the drifts of a projection's groups have been in the latest episodes, each counting 9/10 of the one
/// after it: some ten episodes together. Part of the slow state.
struct DriftMemory {
  struct Group {
    static constexpr bool all_doubles = true;
    double count = 0.0, xy1 = 0.0, xy2 = 0.0, x11 = 0.0, x12 = 0.0, x22 = 0.0;
  };
  std::vector<Group> groups;  ///< empty: none yet, or the network has changed since
  /// Of the synapses of a group: squared residuals, their variance as estimated from batches, products of a
  /// residual and the mean of the earlier ones, and that mean squared.
  struct Own {
    static constexpr bool all_doubles = true;
    double count = 0.0, residual2 = 0.0, error2 = 0.0, pairs = 0.0, paired = 0.0, earlier2 = 0.0;
  };
  std::vector<Own> own;
  double weight = 0.0, weight2 = 0.0;  ///< sums of the episodes' weights, and of their squares
};
inline constexpr double kKeptDrift = 0.9;
/// All episodes so far count `kept` of what they did.
void fade_memory(DriftMemory& memory, double kept);

/// Drifts of many synapses by group: a least-squares plane through each group's drifts by their covariates,
/// and how far what is left of a synapse's can be believed. Sums are exact, so that no order of adding and no
/// partition matters. Calls: add() of every synapse; Ranks::sum of line_words(); solve(); add_residual() of
/// every synapse; Ranks::sum of residual_words() and class_words(); finish(). A plane changes slowly, being a
/// function of the weight, so it is that of the latest episodes together.
class DriftGroups {
 public:
  /// Drifts are within +-`largest_drift_per_s`. A group of fewer than `fewest` synapses takes the numbers of
  /// all groups together. Groups come in `classes` of as many each, one class after the other: what differs
  /// between classes may change faster than planes of many episodes follow.
  DriftGroups(std::size_t groups, double largest_drift_per_s, std::uint32_t fewest = 64,
              std::size_t classes = 1);

  void add(std::size_t group, const Covariates& x, double drift_per_s);
  void solve(const DriftMemory& earlier = {});
  /// What a synapse's drift differs from its group's plane by. Of what it is after finish(), `earlier_per_s`
  /// is the mean over the earlier episodes, 0 where there are none.
  double residual(std::size_t group, const Covariates& x, double drift_per_s) const {
    return drift_per_s - expected(group, x);
  }
  /// Into the numbers that own_variance() and reliability() tell of `own`, a group too, or another division.
  void add_residual(std::size_t group, std::size_t own, const Covariates& x, double residual_per_s,
                    double error2, double earlier_per_s);
  void finish();
  const DriftMemory& memory() const { return memory_; }
  /// What others, made alike and not yet solved, were shown since they last were joined; they forget it.
  void join(std::span<DriftGroups> others);
  std::span<std::uint64_t> line_words() { return words_of(line_); }
  std::span<std::uint64_t> residual_words() { return words_of(residual_); }
  std::span<std::uint64_t> class_words() { return words_of(class_); }

  /// What the group's plane says, per second; after finish() with what all synapses of its class together now
  /// differ from their planes by, so that planes of many episodes do not lag behind a network that changes.
  double expected(std::size_t group, const Covariates& x) const;
  /// Variance, 1/s^2, of the drifts of one group's synapses that lasts from episode to episode: of the
  /// residuals by their products with earlier ones; by their scatter beyond what batches explain where there
  /// are none.
  double own_variance(std::size_t group) const { return own_[group].variance; }
  /// What the mean of a synapse's residuals over the latest episodes tells of its next one: the slope of
  /// present residuals on earlier means, in which noise and change of the drift itself count alike; where
  /// there are none, V / (V + noise).
  double reliability(std::size_t group) const { return own_[group].reliability; }
  std::uint64_t count(std::size_t group) const { return line_[group].count; }

 private:
  struct Line {
    std::uint64_t count = 0;
    ExactSum xy1, xy2, x11, x12, x22;
  };
  struct Residual {
    std::uint64_t count = 0;
    ExactSum residual2, error2, paired, earlier2;
  };
  struct Class {
    std::uint64_t count = 0;
    ExactSum residual, product;
  };
  struct Fit {
    double product = 0.0, source = 0.0;  ///< slopes, in the units of the scales
  };
  struct Own {
    double variance = 0.0, reliability = 0.0;
  };
  std::size_t class_of(std::size_t group) const { return group * common_.size() / (fits_.size() - 1); }
  static Own own_drift(const DriftMemory::Own& m, double weight, double weight2);
  static Fit plane(const DriftMemory::Group& s);

  std::vector<Line> line_;          ///< [groups + 1] the last one is of all
  std::vector<Residual> residual_;  ///< [groups + 1]
  std::vector<Class> class_;        ///< [classes + 1]
  std::vector<Fit> fits_;
  DriftMemory memory_;  ///< with this episode
  std::vector<Own> own_;
  std::vector<double> common_;  ///< [class]
  double drift_scale_;
  std::uint32_t fewest_;
};

/// Mean change of a group of `count` synapses and its standard error, from the sums of its changes in the
/// batches of an episode, which hold what its synapses have in common.
DriftEstimate mean_of_batches(std::span<const ExactSum> sums, std::uint64_t count, double batch_s);

}  // namespace penfield
