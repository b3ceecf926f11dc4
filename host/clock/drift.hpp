#pragma once
// What a short episode says of the drift of a slow variable, and how much of it is noise. An episode is cut
// into batches; their changes give the drift, the variance of that estimate, and the diffusion. Multiplied by
// H over the episode's length a change would carry its scatter along, so the estimate of one synapse is
// shrunk to what is expected of its group by its reliability (Efron & Morris, J Am Stat Assoc 70:311, 1975),
// and only the diffusion of H seconds is added.
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
    double count = 0.0, xy1 = 0.0, xy2 = 0.0, x11 = 0.0, x12 = 0.0, x22 = 0.0;
    double residual2 = 0.0, error2 = 0.0;
  };
  std::vector<Group> groups;  ///< empty: none yet, or the network has changed since
};
inline constexpr double kKeptDrift = 0.9;

/// Drifts of many synapses by group: a least-squares plane through each group's drifts by their covariates,
/// and how much of what is left between synapses is more than noise. Sums are exact, so that no order of
/// adding and no partition matters. Calls: add() of every synapse; Ranks::sum of line_words(); solve();
/// add_residual() of every synapse; Ranks::sum of residual_words(); finish(). A plane changes slowly, being a
/// function of the weight, so it is that of the latest episodes together; how much of a single drift is noise
/// is told by all groups together, since of a small one it would be noise itself.
class DriftGroups {
 public:
  /// Drifts are within +-`largest_drift_per_s`. A group of fewer than `fewest` synapses takes the numbers of
  /// all groups together.
  DriftGroups(std::size_t groups, double largest_drift_per_s, std::uint32_t fewest = 64);

  void add(std::size_t group, const Covariates& x, double drift_per_s);
  void solve(const DriftMemory& earlier = {});
  void add_residual(std::size_t group, const Covariates& x, const DriftEstimate& estimate);
  void finish();
  DriftMemory memory() const { return memory_; }
  std::span<std::uint64_t> line_words();
  std::span<std::uint64_t> residual_words();

  /// What the group's plane says, per second.
  double expected(std::size_t group, const Covariates& x) const;
  /// V / (V + noise): V is the variance between the synapses of a group beyond that of their estimates.
  double reliability() const { return reliability_; }
  std::uint64_t count(std::size_t group) const { return line_[group].count; }

 private:
  struct Line {
    std::uint64_t count = 0;
    ExactSum xy1, xy2, x11, x12, x22;
  };
  struct Residual {
    ExactSum residual2, error2;
  };
  struct Fit {
    double product = 0.0, source = 0.0;  ///< slopes, in the units of the scales
  };
  static Fit plane(const DriftMemory::Group& s);
  std::size_t place(std::size_t group) const {
    return memory_.groups[group].count < fewest_ ? line_.size() - 1 : group;
  }
  const Fit& used(std::size_t group) const { return fits_[place(group)]; }

  std::vector<Line> line_;  ///< [groups + 1] the last one is of all
  std::vector<Residual> residual_;
  std::vector<Fit> fits_;
  DriftMemory memory_;  ///< with this episode
  double drift_scale_, reliability_ = 1.0;
  std::uint32_t fewest_;
};

/// A synapse's drift after shrinking, per second: what its group expects at the smoothed covariates, plus the
/// reliable part of what it differed by in this episode.
double shrunk_drift(const DriftGroups& groups, std::size_t group, const Covariates& now,
                    const Covariates& smoothed, double drift_per_s);

/// Mean change of a group of `count` synapses and its standard error, from the sums of its changes in the
/// batches of an episode, which hold what its synapses have in common.
DriftEstimate mean_of_batches(std::span<const ExactSum> sums, std::uint64_t count, double batch_s);

}  // namespace penfield
