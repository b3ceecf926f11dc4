#pragma once
// The cortex that a lost part used to own: what fell silent, what came back, and to whom.
#include <cstdint>
#include <vector>

#include "host/readout/bin_map.hpp"

namespace penfield::readout {

/// Non-empty bins whose intact winner is `part`.
BinMask winner_territory(const std::vector<std::uint32_t>& baseline_winner, std::uint32_t part);

/// Non-empty bins whose centre lies in the part's anatomical rectangle.
BinMask rectangle_territory(const BinMap& map, const Part& part);

/// The territory's bins within `distance_mm` along x of the nearer border of the part ("within 1.5 mm").
BinMask near_border(const BinGrid& grid, const BinMask& territory, const Part& part, double distance_mm);

std::uint32_t num_set(const BinMask& mask);

/// Territory bins in which, right after the lesion, every part other than `lost` is below theta.
BinMask silent_bins(const BinMask& territory, const BinMap& after_lesion, std::uint32_t lost,
                    double theta_Hz);

/// Of these bins, those in which a part other than `lost` is now at or above theta.
BinMask answering_bins(const BinMask& bins, const BinMap& now, std::uint32_t lost, double theta_Hz);

/// How much of a lost part's territory others drive. Shares count bins and lie in [0, 1].
struct Recovery {
  std::uint32_t num_territory_bins = 0;
  std::uint32_t num_silent_bins = 0;
  double recovered_share = kNotMeasured;   ///< of the silent bins, driven by another part now
  double share = kNotMeasured;             ///< of the whole territory, driven by another part now
  double baseline_overlap = kNotMeasured;  ///< the same in the intact map: what `share` starts from
};
Recovery recovery(const BinMask& territory, const BinMask& silent, const BinMap& baseline, const BinMap& now,
                  std::uint32_t lost, double theta_Hz);

/// Share of the recovered bins whose best part is the neighbour with the nearer border along x (at equal
/// distance either will do). A random winner of two gives 0.5; ingrowth from both borders gives nearly 1.
double topography(const BinMask& recovered, const BinMap& now, const std::vector<Part>& parts,
                  std::uint32_t lost);

/// Share of the bins that another part owned in the intact map and that keep their winner (lesion aside, a
/// stable map gives 1). Both maps [bin] from winner_map.
double kept_winner_share(const std::vector<std::uint32_t>& baseline_winner,
                         const std::vector<std::uint32_t>& winner, std::uint32_t lost);

}  // namespace penfield::readout
