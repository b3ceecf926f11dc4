#pragma once
// From neurons and skin sites to bins and body parts, and the winner-take-all map on top.
#include <cstdint>
#include <vector>

#include "host/readout/types.hpp"

namespace penfield::readout {

/// Winner of a bin in which no part reaches the threshold.
inline constexpr std::uint32_t kSilentBin = 0xffffffffu;
/// Winner of a bin without neurons: it counts nowhere.
inline constexpr std::uint32_t kEmptyBin = 0xfffffffeu;

/// Response of every cortical bin to every body part.
struct BinMap {
  BinGrid grid;
  std::uint32_t num_parts = 0;
  std::vector<double> response_Hz;  ///< [bin * num_parts + part]; 0 for empty bins and parts without sites
  std::vector<std::uint32_t> num_neurons;  ///< [bin]; 0 marks an empty bin

  bool empty(std::uint32_t bin) const { return num_neurons[bin] == 0; }
  double response(std::uint32_t bin, std::uint32_t part) const {
    return response_Hz[std::size_t{bin} * num_parts + part];
  }
};

/// Bins of `bin_mm` over a sheet. Throws Error(internal) for a size that is not positive or over 2^31 bins.
BinGrid make_grid(double width_mm, double height_mm, double bin_mm);

/// The bin of a place; places on the far edges belong to the last bins. Throws Error(internal) outside the
/// sheet.
std::uint32_t bin_of(const BinGrid& grid, double x_mm, double y_mm);

/// For each bin and site the mean over the bin's neurons of (response - spontaneous); for each part the best
/// of its sites. Throws Error(internal) for arrays whose lengths contradict each other or a site of an
/// unknown part.
BinMap bin_map(const MapProbe& probe);

/// The part other than `excluded` that drives the bin best (ties: lowest index), or kNoPart for an empty bin.
std::uint32_t best_part(const BinMap& map, std::uint32_t bin, std::uint32_t excluded = kNoPart);

/// Is a part other than `excluded` at or above the threshold? Never with a threshold <= 0: a map in which
/// nothing responds has no winners.
bool answers(const BinMap& map, std::uint32_t bin, double threshold_Hz, std::uint32_t excluded = kNoPart);

/// Theta: `fraction` of the median over non-empty bins of the best response of the intact map, Hz; the mean
/// of the middle two for an even number, 0 if every bin is empty. Maps are read at theta times 0.7, 1 and 1.4
/// beside each other, since without a threshold a winner-take-all map hands silent cortex to whoever is least
/// silent.
double response_threshold_Hz(const BinMap& baseline, double fraction = 0.3);
inline constexpr double kThresholdFactors[] = {0.7, 1.0, 1.4};

/// Winner-take-all map: [bin] best part other than `excluded`, kSilentBin below the threshold, kEmptyBin.
std::vector<std::uint32_t> winner_map(const BinMap& map, double threshold_Hz,
                                      std::uint32_t excluded = kNoPart);

/// The parts next to a part along x, of those that share some of its y range; kNoPart at the end of the body.
struct Neighbours {
  std::uint32_t left = kNoPart, right = kNoPart;
};
Neighbours neighbours(const std::vector<Part>& parts, std::uint32_t part);

/// Do two parts share some of their y range, so that they can be neighbours along x?
bool share_rows(const Part& a, const Part& b);

}  // namespace penfield::readout
