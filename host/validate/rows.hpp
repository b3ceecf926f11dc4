#pragma once
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "host/validate/validate.hpp"

namespace penfield {

inline constexpr double kOpenEnd = std::numeric_limits<double>::infinity();

/// A row with its verdict. Five seeds or more: their mean lies in the band, and four of five in the band
/// widened by a quarter (readout::verdict). Fewer: the mean lies in the band, widened at both ends by
/// `widened_by`; the note says so.
ValidationRow make_row(const std::string& name, const std::string& unit, std::vector<double> values,
                       double low, double high, double widened_by, const std::string& source);
/// The band is published +- `share` of it.
ValidationRow share_row(const std::string& name, const std::string& unit, std::vector<double> values,
                        double published, double share, double widened_by, const std::string& source);
/// Turns a row into a knock-out's: the mean has to lie outside the band. A value that is not a number (the
/// network ran away) lies outside.
ValidationRow knock_out(ValidationRow row);
/// A number that is shown and not judged, and why.
ValidationRow shown_row(const std::string& name, const std::string& unit, std::vector<double> values,
                        const std::string& note);

/// Throws Error(stopped) if a stop has been asked for.
void check_stop(const ValidateOptions& options);

/// `given` seeds, or the validation's own number.
std::vector<std::uint32_t> seeds_of(const ValidateOptions& options, std::uint32_t full, std::uint32_t quick);

/// Calls work(0) to work(num_jobs - 1), as many at a time as there are threads to use, the first ones first.
/// Once one throws no other is begun, and what it threw is thrown.
void spread_over_cores(const ValidateOptions& options, std::size_t num_jobs,
                       const std::function<void(std::size_t job)>& work);

}  // namespace penfield
