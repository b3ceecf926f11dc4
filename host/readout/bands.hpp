#pragma once
// Acceptance bands of the validation scenarios and the rule that scores them over seeds.
#include <cstdint>
#include <string>
#include <vector>

#include "host/readout/types.hpp"

namespace penfield::readout {

/// A number, the band it has to lie in (both ends included; an infinite end is open), and where the band
/// comes from.
struct Band {
  std::string name;
  double value = kNotMeasured;
  double low = 0.0, high = 0.0;
  std::string unit;
  std::string source;
};

/// False for a value that was not measured.
bool in_band(const Band& band);

/// The band widened by 25 %: its width times 1.25 about the same middle; a one-sided band moves its bound
/// outwards by 25 % of the bound's size.
Band widened(const Band& band);

struct Verdict {
  std::string name, unit, source;
  double low = 0.0, high = 0.0;
  double mean = kNotMeasured;  ///< over seeds
  double min = kNotMeasured, max = kNotMeasured;
  std::uint32_t num_seeds = 0;
  std::uint32_t num_in_band = 0, num_in_widened = 0;
  bool enough_seeds = false;  ///< at least 5
  bool pass = false;
};

/// Scores one band over seeds: passes when at least 5 seeds ran, their mean is in the band, and at least 4 of
/// 5 (80 % of more) are in the widened band. A seed that was not measured fails its band and the mean. One
/// entry per seed, equal but for `value`; throws Error(internal) for none or for a mixture of bands.
Verdict verdict(const std::vector<Band>& seeds);

/// The same for every band of a scenario; [seed][band], every seed with the same bands in the same order.
std::vector<Verdict> verdicts(const std::vector<std::vector<Band>>& seeds);

/// What `unmask_fast` measures 6 h after the loss, structure frozen.
struct UnmaskFastValues {
  double recovered_share = kNotMeasured;  ///< of the silent area, 0 to 1
  double border_shift_mm = kNotMeasured;
  double inhibition_change_percent = kNotMeasured;  ///< ICI proxy in the territory; negative: less
  double clamped_shift_mm = kNotMeasured;  ///< the knock-out run: inhibition frozen, same seed; NaN: not run
};
std::vector<Band> unmask_fast_bands(const UnmaskFastValues& values);

/// What `sprout_8wk` measures 56 days after the loss.
struct Sprout8wkValues {
  double share = kNotMeasured;                 ///< of the old territory within 1.5 mm of its borders, 0 to 1
  double front_mm_per_week = kNotMeasured;     ///< fitted before 80 % is filled
  double turnover_ratio = kNotMeasured;        ///< territory over far zone, first four weeks
  double decoding_ratio = kNotMeasured;        ///< accuracy over the accuracy before the lesion
  double territory_rate_ratio = kNotMeasured;  ///< weekly mean over the set-point
  double structure_off_share = kNotMeasured;   ///< `share` of the knock-out run, same seed
  double net_outside_share =
      kNotMeasured;  ///< of the net gain of lateral synapses, until half of what was silent at 6 h has filled
  double responsive_donor_share = kNotMeasured;  ///< of the new lateral synapses, lowest over time
};
/// The mask that forbids synapses from outside has no band: it has to change the topography
/// (paired_difference).
std::vector<Band> sprout_8wk_bands(const Sprout8wkValues& values);

}  // namespace penfield::readout
