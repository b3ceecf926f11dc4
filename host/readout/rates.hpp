#pragma once
// Rates by zone, and small summaries of series over time and over seeds.
#include <cstdint>
#include <vector>

#include "host/readout/types.hpp"
#include "penfield/base/span.hpp"

namespace penfield::readout {

/// Where a neuron lies with respect to the lost part's rectangle.
enum class Zone : std::uint8_t {
  territory,  ///< inside it
  neighbour,  ///< inside the next part on either side
  between,    ///< none of the others
  far,        ///< at least `far_mm` from it along x: the control zone
};
inline constexpr std::uint32_t kNumZones = 4;

/// [neuron] zone of every neuron. Choose far_mm beyond the reach of new synapses (3 sigma of the formation
/// kernel).
std::vector<Zone> zones(const std::vector<Part>& parts, std::uint32_t lost, Span<const float> x_mm,
                        Span<const float> y_mm, double far_mm);

struct ZoneRate {
  std::uint32_t num_neurons = 0;
  double mean_Hz = kNotMeasured, sd_Hz = kNotMeasured;  ///< over neurons; sd with n - 1
  double median_Hz = kNotMeasured;
  double silent_share = kNotMeasured;  ///< of neurons below 0.1 Hz
};
/// [zone] summary of one population's rates. `rate_Hz` and `zone` have one entry per neuron.
std::vector<ZoneRate> rates_by_zone(Span<const float> rate_Hz, const std::vector<Zone>& zone);

/// 100 (sum now / sum intact - 1) over the neurons with mask 1: change of inhibition (ICI) from per-neuron
/// inhibitory weights or factors. Same lengths.
double change_percent(Span<const float> now, Span<const float> intact, Span<const std::uint8_t> mask);

/// Mean of the values whose time lies in (to_d - window_d, to_d]: the weekly mean of a rate that one probe
/// scatters by a quarter.
double window_mean(const std::vector<double>& time_d, const std::vector<double>& value, double to_d,
                   double window_d);

/// The value of the last sample before `filled` first reaches `limit` ("until half filled"); series ascend in
/// time.
double last_before_filled(const std::vector<double>& filled, const std::vector<double>& value, double limit);

struct PairedDifference {
  double mean = kNotMeasured, sd = kNotMeasured;  ///< of a - b over seeds
  std::uint32_t num_pairs = 0, num_positive = 0, num_negative = 0;
};
/// A run against its knock-out, seed by seed.
PairedDifference paired_difference(Span<const double> a, Span<const double> b);

}  // namespace penfield::readout
