#pragma once
// Steps between the caller's data and what the page and the picture draw.
#include <cstddef>
#include <string>
#include <vector>

#include "host/report/report_data.hpp"

namespace penfield {

/// Throws Error(internal) for the first contradiction in `data`.
void check_report_data(const ReportData& data);

/// [part] "#rrggbb": the caller's colour, or one of twelve that stay apart for the common colour deficiencies
/// (Okabe & Ito 2008, "Color Universal Design"; Tol 2021, "Colour schemes", SRON/EPS/TN/09-002).
std::vector<std::string> part_colours(const std::vector<ReportPart>& parts);

/// [part] what follows the last slash of the name, where no other part is called so.
std::vector<std::string> part_labels(const std::vector<ReportPart>& parts);

/// Side of the blocks of bins to merge so that all frames together take at most `max_bins` bins; 1 if they
/// fit.
std::uint32_t merge_factor(const ReportSheet& sheet, std::size_t num_frames, std::size_t max_bins);

/// The sheet with blocks of factor x factor bins for bins.
ReportSheet merged_sheet(const ReportSheet& sheet, std::uint32_t factor);

/// The frame on the merged sheet: the commonest winner of a block (ties: lowest code; bins without neurons
/// count only where there is nothing else) and the mean best response of its bins that hold neurons.
ReportFrame merged_frame(const ReportFrame& frame, const ReportSheet& sheet, std::uint32_t factor);

/// At most `max_points` of a series: the lowest and the highest of each stretch of equal length, so no peak
/// is lost.
ReportSeries thinned(const ReportSeries& series, std::size_t max_points);

/// Text for the inside of an HTML or SVG element or attribute.
std::string escape_markup(const std::string& text);

/// Index of the frame that others are compared with.
std::size_t reference_frame(const std::vector<ReportFrame>& frames);

}  // namespace penfield
