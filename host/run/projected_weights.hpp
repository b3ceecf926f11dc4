#pragma once
// Plastic weights on the episodic clock: short episodes show each synapse's drift, a leap moves it.
#include <cstdint>
#include <vector>

#include "host/clock/drift.hpp"
#include "host/run/rule_slope.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

struct StepErrors;

/// Errors of weights are those of the synapses onto one target neuron in so many.
inline constexpr std::uint32_t kJudgedShare = 16;

/// One projection with a pair rule. In the episodes of a macro step its weights learn spike by spike, for so
/// short that they hardly move, and their changes are read in batches; then they are put back, and the step
/// moves them by their drift, shrunk to what their group (weight, distance, rates of both cells) shows, with
/// the diffusion of the step's own length (host/clock/drift.hpp, slow_steps.hpp).
class ProjectedWeights {
 public:
  ProjectedWeights(const Scenario& scenario, std::uint32_t projection, const Network& network);

  std::uint32_t projection() const { return projection_; }
  const std::string& name() const { return name_; }

  /// The weights are those that the macro step starts from.
  void begin_step(const Network& network);
  /// They are put back: another condition is about to begin. Call Engine::upload() afterwards.
  void put_back(Network& network);
  /// Heal-in is over; changes are counted from here.
  void begin_episode(const Network& network);
  void end_batch(const Network& network, std::uint32_t batch);
  /// `rate_Hz` [population][neuron] of this episode, which lasted `seconds` and counts for `fraction` of the
  /// day. Throws Error(scenario) where the weights moved by over 1 % of their range (root mean square): such
  /// a rule is too fast to be projected.
  void end_episode(Network& network, const std::vector<std::vector<float>>& rate_Hz, double seconds,
                   double fraction);
  /// Moves the weights by `seconds`, or leaves them as they were where `frozen`; `macro_step` keys the draws.
  /// Errors are in units of the rule's range. `speed` [target]: how many times as fast it learns in the leap;
  /// empty: 1.
  StepErrors leap(Network& network, double seconds, std::uint64_t macro_step, bool frozen,
                  const std::vector<float>& speed = {});
  /// What is known of drifts belongs to a network that has changed since.
  void forget();

  /// Bytes a synapse that a macro step takes while it is measured.
  static constexpr std::uint64_t kBytesPerSynapse = 32;

  /// What changes in a run, for checkpoints; every rank calls it, since each holds its synapses' drifts.
  void archive(StateArchive& a);

 private:
  /// Of one synapse, while a macro step is measured.
  struct Measured {
    float first = 0.0f, latest = 0.0f;  ///< weight at the step's beginning; at the latest batch's end
    BatchSums sums;
    float drift_per_s = 0.0f, error2 = 0.0f, diffusion_per_s = 0.0f;  ///< of the day so far
    std::uint32_t group = 0;
  };
  static_assert(sizeof(Measured) == kBytesPerSynapse);
  /// A synapse with what its leap needs.
  struct Place {
    std::uint32_t source, target, ordinal;  ///< ordinal among those that join the same two cells
    std::int32_t delay;                     ///< steps
    std::size_t tile, at;
  };

  template <class F>
  void for_each_tile(F&& f) const;
  template <class F>
  void for_each(F&& f) const;
  std::uint32_t workers() const;
  std::uint32_t group_of(const Network& network, const Place& s, double weight) const;
  void fade(double kept);
  std::uint32_t weight_bin(double weight) const;
  Covariates covariates(std::uint32_t source, std::uint32_t target, bool smoothed) const;
  double relaxation(const RuleSlope& slope, std::uint32_t source, std::uint32_t target, double weight,
                    bool smoothed) const;

  const Network* network_;
  std::string name_;
  std::uint32_t seed_ = 0, projection_ = 0;
  double w_min_ = 0.0, range_ = 1.0;
  double shortest_s_ = 1.0;  ///< episode
  double width_mm_ = 1.0, height_mm_ = 1.0;
  bool one_sheet_ = false, periodic_ = false;
  bool structural_ = false;  ///< rewiring edits its rows

  /// Rates of one condition, this macro step's and of the latest ones together.
  struct ConditionRates {
    double fraction = 1.0;
    std::vector<float> source_Hz, target_Hz;
    std::vector<float> source_sum, target_sum;  ///< each step counts kKeptDrift of the one after it
    /// What makes the smoothed rates of a population have the mean of the present ones: smoothing takes the
    /// noise from single cells, and must not lag behind all of them.
    double source_scale = 0.0, target_scale = 0.0;
  };
  std::vector<ConditionRates> conditions_;
  std::size_t condition_ = 0;
  DriftMemory memory_;

  /// [tile][synapse] residual drift, each episode counting kKeptDrift of the one after it; own tiles alone.
  std::vector<std::vector<float>> own_;

  std::vector<std::vector<Measured>> measured_;  ///< [tile][synapse], own tiles alone
  std::vector<double> group_error2_;             ///< [group] of the day
  std::vector<std::uint64_t> group_count_;
  std::vector<std::vector<ExactSum>> batch_sums_;  ///< [worker][group][batch] of the present episode
};

}  // namespace penfield
