#pragma once
// Which lateral synapses came and went, and where the new ones come from.
#include <cstdint>
#include <vector>

#include "host/readout/rates.hpp"
#include "penfield/base/span.hpp"

namespace penfield::readout {

/// The synapses of one projection at one time, in any order; pairs may repeat.
struct SynapseList {
  Span<const std::uint32_t> source, target;  ///< [synapse] index within its population
};

/// Synapse turnover of one zone's targets.
struct Turnover {
  std::uint64_t formed = 0, deleted = 0;
  double per_week =
      kNotMeasured;  ///< (formed + deleted) / (2 n) per week, n the zone's mean number of synapses
};
/// [zone] turnover between two counts, from events counted per target neuron over `days` (gain plus loss over
/// twice the total, the turnover ratio of Holtmaat et al. 2005, Neuron 45:279). `count_before` and
/// `count_after`: synapses on it.
std::vector<Turnover> turnover_by_zone(Span<const std::uint32_t> formed, Span<const std::uint32_t> deleted,
                                       Span<const std::uint32_t> count_before,
                                       Span<const std::uint32_t> count_after, const std::vector<Zone>& zone,
                                       double days);

/// Turnover of the territory over that of the far zone in the same weeks of the same run.
double turnover_ratio(const std::vector<Turnover>& by_zone);

/// [neuron] 1 where the activity driver is above `fraction` of the neuron's own intact value: a responsive
/// donor.
std::vector<std::uint8_t> responsive_donors(Span<const float> driver, Span<const float> intact,
                                            double fraction = 0.5);

/// Origin of the synapses onto the old territory's neurons.
struct SynapseOrigin {
  std::uint32_t num_targets = 0;               ///< neurons of the territory
  double net_outside_per_cell = kNotMeasured;  ///< now minus intact, from sources outside the territory
  double net_inside_per_cell = kNotMeasured;   ///< the same from inside
  double net_outside_share =
      kNotMeasured;           ///< of the net gain; 1 when the inside lost, not measured without gain
  std::uint64_t num_new = 0;  ///< present now and not in the intact list (by pair, with multiplicity)
  double new_outside_share = kNotMeasured;     ///< of the new ones (gross: local turnover dominates it)
  double new_responsive_share = kNotMeasured;  ///< of the new ones, from responsive donors
  double new_mean_distance_mm = kNotMeasured;  ///< |x_source - x_target| of the new ones
};
/// `source_inside`, `target_inside`: [neuron] 1 in the old territory; `responsive`: [source]; x in mm.
/// Throws Error(internal) for an index beyond the arrays.
SynapseOrigin synapse_origin(const SynapseList& intact, const SynapseList& now, Span<const float> source_x_mm,
                             Span<const float> target_x_mm, Span<const std::uint8_t> source_inside,
                             Span<const std::uint8_t> target_inside, Span<const std::uint8_t> responsive);

}  // namespace penfield::readout
