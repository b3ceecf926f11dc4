#pragma once
#include <string>

#include "host/report/report_data.hpp"

namespace penfield {

/// The data of the page as JSON that can stand inside a <script> element: ASCII, and without any '<'. Maps
/// travel as base64 of little-endian arrays (winners int16, responses uint8 in 254ths of the largest, 255 for
/// none), numbers with six digits, NaN and infinities as null, the seed as text.
std::string page_data_json(const ReportData& data);

}  // namespace penfield
