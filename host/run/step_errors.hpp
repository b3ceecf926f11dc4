#pragma once
// What one macro step is judged by. An error is that of the step's end, relative: of ln gain for homeostats,
// of a neuron's synapses for rewiring, of a rule's range for projected weights.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "host/run/episode_batches.hpp"
#include "host/run/level_estimate.hpp"
#include "host/run/rate_loop.hpp"
#include "host/run/rewiring.hpp"

namespace penfield {

/// Of one slow process over one macro step.
struct StepErrors {
  double discretisation = 0.0;  ///< root mean square: one step against two halves, with the same draws
  double statistical = 0.0;     ///< standard error of the mean drift, times the length of the step
  double change = 0.0;          ///< mean absolute change
  double rate_change =
      0.0;  ///< of rates that slow processes follow, since the step before (step_control.hpp)

  /// Of several processes each is the largest.
  void join(const StepErrors& other) {
    discretisation = std::max(discretisation, other.discretisation);
    statistical = std::max(statistical, other.statistical);
    change = std::max(change, other.change);
    rate_change = std::max(rate_change, other.rate_change);
  }
};

/// Relative standard error of a population's mean rate over the day, from its spikes in the batches of the
/// episodes; 0 where it is silent.
double rate_error(const std::vector<EpisodeSpikes>& conditions, std::uint32_t population);

/// Of a population whose Fano factors were asked for, over the day.
RateScatter rate_scatter(const std::vector<EpisodeSpikes>& conditions, std::uint32_t population);

/// Of a population's homeostats over `seconds`, before their advance(): halfway a neuron's rate has answered
/// its gains by the loop gains that the step assumes. Each figure is the largest of theirs.
StepErrors homeostat_errors(const RateLoop& loop, const Network& network, const Measures& measures,
                            double seconds, double rate_error);

}  // namespace penfield
