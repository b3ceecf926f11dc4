#pragma once
// Where the neighbours' responses end inside a lost part's territory, to less than a bin, and how fast they
// advance.
#include <cstdint>
#include <vector>

#include "host/readout/bin_map.hpp"

namespace penfield::readout {

/// Response along x of the parts on one side of the lost part.
struct Profile {
  std::vector<double> x_mm;         ///< [column] centres of the columns that hold neurons, ascending
  std::vector<double> response_Hz;  ///< [column]
};

enum class Side { left, right };

/// For each column of bins the mean over the neurons in the rows of the lost part's rectangle (the y average
/// is taken first, it carries less noise than a median of row fronts), then the best of the parts on that
/// side.
Profile side_profile(const BinMap& map, const std::vector<Part>& parts, std::uint32_t lost, Side side);

/// How far the neighbours reach into the lost part's rectangle, mm from its borders; negative: the front has
/// not reached the border. kNotMeasured on a side without a neighbour.
struct Fronts {
  double left_mm = kNotMeasured, right_mm = kNotMeasured;
  bool met = false;  ///< the two meet: both end in the middle of their overlap, and left + right = width

  double mean_mm() const;  ///< of the sides that have a neighbour
};

/// Crossing of theta next to each border, by linear interpolation between column centres: inward from the
/// border while the response holds, outward if it is below theta there. A side that is nowhere above theta
/// has withdrawn to the sheet's last column.
Fronts fronts(const BinMap& map, const std::vector<Part>& parts, std::uint32_t lost, double theta_Hz);

/// Advance of the theta crossing against the intact map, mm, mean of the sides.
double border_shift_mm(const Fronts& intact, const Fronts& now);

/// Share of the zone between the intact fronts that has been crossed: (b_left + b_right) / (W - o_left -
/// o_right) with b the advances and o the intact depths, in [0, 1]. The counterpart of
/// Recovery::recovered_share without the steps of a bin.
double recovered_share_interpolated(const Fronts& intact, const Fronts& now, const Part& lost);

/// Share of the whole rectangle behind the fronts, in [0, 1]: the counterpart of Recovery::share.
double share_interpolated(const Fronts& now, const Part& lost);

struct FrontSample {
  double time_d = 0.0;
  double front_mm = 0.0;      ///< Fronts::mean_mm
  double filled_share = 0.0;  ///< any measure of filling; decides how long the fit runs
};

struct FrontFit {
  double speed_mm_per_week = kNotMeasured;
  double intercept_mm = kNotMeasured;  ///< at time 0
  double residual_mm = kNotMeasured;   ///< root mean square
  std::uint32_t num_samples = 0;       ///< used
};

/// Least-squares line through the samples (ascending in time) from `from_d` up to the first that is filled to
/// `max_filled`: the core lights up at once when both fronts meet, which is no speed. Needs two samples at
/// different times.
FrontFit fit_front(const std::vector<FrontSample>& samples, double from_d = 0.0, double max_filled = 0.8);

}  // namespace penfield::readout
