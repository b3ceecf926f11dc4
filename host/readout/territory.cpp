#include "host/readout/territory.hpp"

#include <algorithm>

#include "penfield/base/error.hpp"

namespace penfield::readout {
namespace {

double share_of(std::uint32_t part, std::uint32_t whole) {
  return whole == 0 ? kNotMeasured : static_cast<double>(part) / whole;
}

void check_length(const BinMask& mask, const BinMap& map) {
  if (mask.size() != map.grid.num_bins()) {
    throw Error(ExitCode::internal, "a set of bins and a map lie on different grids");
  }
}

double distance_to(const Part& part, double x_mm) {
  if (x_mm < part.x_mm) return part.x_mm - x_mm;
  return x_mm > part.right_mm() ? x_mm - part.right_mm() : 0.0;
}

}  // namespace

BinMask winner_territory(const std::vector<std::uint32_t>& baseline_winner, std::uint32_t part) {
  BinMask mask(baseline_winner.size());
  for (std::size_t bin = 0; bin < mask.size(); ++bin) mask[bin] = baseline_winner[bin] == part;
  return mask;
}

BinMask rectangle_territory(const BinMap& map, const Part& part) {
  BinMask mask(map.grid.num_bins());
  for (std::uint32_t bin = 0; bin < mask.size(); ++bin) {
    const double x_mm = map.grid.centre_x_mm(bin % map.grid.num_x);
    const double y_mm = map.grid.centre_y_mm(bin / map.grid.num_x);
    mask[bin] = !map.empty(bin) && x_mm >= part.x_mm && x_mm < part.right_mm() && y_mm >= part.y_mm &&
                y_mm < part.top_mm();
  }
  return mask;
}

BinMask near_border(const BinGrid& grid, const BinMask& territory, const Part& part, double distance_mm) {
  BinMask mask(territory.size());
  for (std::uint32_t bin = 0; bin < mask.size(); ++bin) {
    const double x_mm = grid.centre_x_mm(bin % grid.num_x);
    const double inward_mm = std::min(x_mm - part.x_mm, part.right_mm() - x_mm);
    mask[bin] = territory[bin] && inward_mm <= distance_mm;
  }
  return mask;
}

std::uint32_t num_set(const BinMask& mask) {
  std::uint32_t count = 0;
  for (const std::uint8_t set : mask) count += set != 0;
  return count;
}

BinMask silent_bins(const BinMask& territory, const BinMap& after_lesion, std::uint32_t lost,
                    double theta_Hz) {
  check_length(territory, after_lesion);
  BinMask mask(territory.size());
  for (std::uint32_t bin = 0; bin < mask.size(); ++bin) {
    mask[bin] = territory[bin] && !answers(after_lesion, bin, theta_Hz, lost);
  }
  return mask;
}

BinMask answering_bins(const BinMask& bins, const BinMap& now, std::uint32_t lost, double theta_Hz) {
  check_length(bins, now);
  BinMask mask(bins.size());
  for (std::uint32_t bin = 0; bin < mask.size(); ++bin) {
    mask[bin] = bins[bin] && answers(now, bin, theta_Hz, lost);
  }
  return mask;
}

Recovery recovery(const BinMask& territory, const BinMask& silent, const BinMap& baseline, const BinMap& now,
                  std::uint32_t lost, double theta_Hz) {
  Recovery out;
  out.num_territory_bins = num_set(territory);
  out.num_silent_bins = num_set(silent);
  out.recovered_share = share_of(num_set(answering_bins(silent, now, lost, theta_Hz)), out.num_silent_bins);
  out.share = share_of(num_set(answering_bins(territory, now, lost, theta_Hz)), out.num_territory_bins);
  out.baseline_overlap =
      share_of(num_set(answering_bins(territory, baseline, lost, theta_Hz)), out.num_territory_bins);
  return out;
}

double topography(const BinMask& recovered, const BinMap& now, const std::vector<Part>& parts,
                  std::uint32_t lost) {
  check_length(recovered, now);
  const Neighbours next = neighbours(parts, lost);
  if (next.left == kNoPart || next.right == kNoPart) return kNotMeasured;  // nothing to prefer
  std::uint32_t ordered = 0;
  for (std::uint32_t bin = 0; bin < recovered.size(); ++bin) {
    if (!recovered[bin]) continue;
    const double x_mm = now.grid.centre_x_mm(bin % now.grid.num_x);
    const double left_mm = distance_to(parts[next.left], x_mm),
                 right_mm = distance_to(parts[next.right], x_mm);
    // Bins are cut in decimal steps, so "equally far" differs in the last bits.
    const double tie_mm = 1.0e-9 * now.grid.width_mm;
    const std::uint32_t winner = best_part(now, bin, lost);
    ordered += (winner == next.left && left_mm <= right_mm + tie_mm) ||
               (winner == next.right && right_mm <= left_mm + tie_mm);
  }
  return share_of(ordered, num_set(recovered));
}

double kept_winner_share(const std::vector<std::uint32_t>& baseline_winner,
                         const std::vector<std::uint32_t>& winner, std::uint32_t lost) {
  if (baseline_winner.size() != winner.size()) {
    throw Error(ExitCode::internal, "two winner maps lie on different grids");
  }
  std::uint32_t owned = 0, kept = 0;
  for (std::size_t bin = 0; bin < winner.size(); ++bin) {
    const std::uint32_t before = baseline_winner[bin];
    if (before == kSilentBin || before == kEmptyBin || before == lost) continue;
    ++owned;
    kept += winner[bin] == before;
  }
  return share_of(kept, owned);
}

}  // namespace penfield::readout
