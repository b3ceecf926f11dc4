#pragma once
// report.html: one file that opens without a network, and the before-and-after picture of a map.
#include <cstddef>
#include <string>

#include "host/report/report_data.hpp"

namespace penfield {

/// The whole page: style, script and data in one HTML text. It depends on `data` alone, so the same run gives
/// the same bytes. All text is escaped, whatever it holds; invalid UTF-8 is replaced. So that the page stays
/// under 10 MB, maps of very many bins are merged into coarser ones, long series are thinned to their
/// extremes and settings over 1 MiB are cut; each of these is said on the page. Throws Error(internal) for
/// arrays whose lengths contradict each other, a winner that is no part, or a colour that is not "#rrggbb".
std::string make_report(const ReportData& data);

/// Two frames one above the other (side by side on a sheet up to 4 times as wide as high) with territories,
/// names and a scale, as an SVG picture with its own white ground, 960 wide. Throws Error(internal) as
/// make_report does, or for a frame that does not exist.
std::string map_svg(const ReportData& data, std::size_t frame_a, std::size_t frame_b);

}  // namespace penfield
