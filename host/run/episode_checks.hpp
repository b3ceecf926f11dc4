#pragma once
// What episodes say of themselves: was heal-in long enough, and are they long against what they measure?
#include <cstddef>
#include <vector>

#include "host/run/episode_batches.hpp"
#include "host/run/state_archive.hpp"

namespace penfield {

/// Pooled over macro steps, for every condition of the day and population.
///
/// Drift: the rate of the first quarter of an episode minus that of the rest, over the mean of all. A rate
/// that the last condition or leap has left elsewhere, and that heal-in has not let go, shows here; a quarter
/// of it is the error of what the episode measures.
///
/// Wander: of the variance of neighbours' rates between distant batches of an episode (four and more apart),
/// the share that neighbouring batches do not have, 1 - g(1) / g(4..) with g the variogram. Rates that forget
/// within a batch have 0, a mode that lasts two batches 0.5, one that outlasts the episode 0.8. Where it is
/// large the time scales are not separate: an episode shows one of the states that rates wander through, and
/// the macro step takes it for all of them.
class EpisodeChecks {
 public:
  /// The episodes of a macro step.
  void add(const std::vector<EpisodeSpikes>& conditions);

  std::size_t num_conditions() const { return conditions_.size(); }
  std::size_t num_populations() const { return conditions_.empty() ? 0 : conditions_.front().size(); }
  struct Drift {
    double mean = 0.0, standard_error = 0.0;  ///< relative; NaN before two episodes with spikes
  };
  Drift drift(std::size_t condition, std::size_t population) const;
  /// NaN for a population that no slow process follows, or whose spikes say nothing.
  double wander(std::size_t condition, std::size_t population) const;
  /// Is the drift larger than 2 % and than three standard errors?
  bool heals_too_short(std::size_t condition, std::size_t population) const;
  /// Is half of the variance slow, over ten episodes or more?
  bool wanders(std::size_t condition, std::size_t population) const;

  void archive(StateArchive& a);

 private:
  struct Sums {
    double episodes = 0.0, drift = 0.0, squares = 0.0;
    double near = 0.0, far = 0.0;  ///< variogram
  };
  std::vector<std::vector<Sums>> conditions_;  ///< [condition][population]
};

}  // namespace penfield
