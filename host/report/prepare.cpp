#include "host/report/prepare.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "penfield/base/error.hpp"

namespace penfield {

namespace {

constexpr const char* kPalette[] = {"#0072b2", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#56b4e9",
                                    "#d55e00", "#999933", "#332288", "#ddcc77", "#882255", "#44aa99"};

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ExitCode::internal, "the report's data contradict each other (" + problem +
                                      "), a defect of the program: please report it with the scenario");
}

bool is_colour(const std::string& text) {
  return text.size() == 7 && text[0] == '#' &&
         text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
}

void check_series(const std::string& name, const std::vector<double>& time_s,
                  const std::vector<double>& value) {
  if (time_s.size() != value.size()) fail("times and values of '" + name + "'");
  for (std::size_t i = 0; i < time_s.size(); ++i) {
    if (!std::isfinite(time_s[i]) || (i > 0 && time_s[i] < time_s[i - 1])) fail("times of '" + name + "'");
  }
}

void check_frame(const ReportData& data, const ReportFrame& frame) {
  const std::size_t num_bins = std::size_t{data.sheet.num_x} * data.sheet.num_y;
  if (frame.winner.size() != num_bins) fail("bins of map '" + frame.label + "'");
  if (!frame.best_response_Hz.empty() && frame.best_response_Hz.size() != num_bins) {
    fail("responses of map '" + frame.label + "'");
  }
  for (const std::int16_t winner : frame.winner) {
    if (winner < kReportNoNeurons || winner >= static_cast<int>(data.parts.size())) {
      fail("winners of map '" + frame.label + "'");
    }
  }
}

/// The bins of block (bx, by).
template <class Visit>
void for_each_bin(const ReportSheet& sheet, std::uint32_t factor, std::uint32_t bx, std::uint32_t by,
                  const Visit& visit) {
  const std::uint32_t x_end = std::min((bx + 1) * factor, sheet.num_x);
  const std::uint32_t y_end = std::min((by + 1) * factor, sheet.num_y);
  for (std::uint32_t iy = by * factor; iy < y_end; ++iy) {
    for (std::uint32_t ix = bx * factor; ix < x_end; ++ix) visit(std::size_t{iy} * sheet.num_x + ix);
  }
}

}  // namespace

void check_report_data(const ReportData& data) {
  if (data.parts.size() > 32767) fail("number of body parts");
  for (const ReportPart& part : data.parts) {
    if (!part.colour.empty() && !is_colour(part.colour)) fail("colour of part '" + part.name + "'");
  }
  const ReportSheet& sheet = data.sheet;
  if (!data.frames.empty() && !(sheet.num_x > 0 && sheet.num_y > 0 && sheet.bin_mm > 0 &&
                                sheet.width_mm > 0 && sheet.height_mm > 0)) {
    fail("size of the sheet");
  }
  for (std::size_t i = 0; i < data.frames.size(); ++i) {
    check_frame(data, data.frames[i]);
    if (!std::isfinite(data.frames[i].time_s) ||
        (i > 0 && data.frames[i].time_s < data.frames[i - 1].time_s)) {
      fail("times of the maps");
    }
  }
  for (const ReportCurve& curve : data.curves) {
    check_series(curve.name, curve.time_s, curve.value);
    for (const ReportSeries& series : curve.comparisons)
      check_series(series.name, series.time_s, series.value);
  }
  for (const ReportSeries& series : data.rates_Hz) check_series(series.name, series.time_s, series.value);
}

std::vector<std::string> part_colours(const std::vector<ReportPart>& parts) {
  std::vector<std::string> colours;
  std::size_t next = 0;
  for (const ReportPart& part : parts) {
    colours.push_back(part.colour.empty() ? kPalette[next++ % std::size(kPalette)] : part.colour);
  }
  return colours;
}

std::vector<std::string> part_labels(const std::vector<ReportPart>& parts) {
  const auto last_word = [](const std::string& name) { return name.substr(name.rfind('/') + 1); };
  std::map<std::string, int> uses;
  for (const ReportPart& part : parts) ++uses[last_word(part.name)];
  std::vector<std::string> labels;
  for (const ReportPart& part : parts) {
    const std::string label = last_word(part.name);
    labels.push_back(!label.empty() && uses[label] == 1 ? label : part.name);
  }
  return labels;
}

std::uint32_t merge_factor(const ReportSheet& sheet, std::size_t num_frames, std::size_t max_bins) {
  const std::uint32_t most = std::max({sheet.num_x, sheet.num_y, 1u});
  std::uint32_t factor = 1;
  while (factor < most) {
    const ReportSheet merged = merged_sheet(sheet, factor);
    if (std::size_t{merged.num_x} * merged.num_y * num_frames <= max_bins) break;
    ++factor;
  }
  return factor;
}

ReportSheet merged_sheet(const ReportSheet& sheet, std::uint32_t factor) {
  ReportSheet merged = sheet;
  merged.num_x = sheet.num_x / factor + (sheet.num_x % factor != 0);
  merged.num_y = sheet.num_y / factor + (sheet.num_y % factor != 0);
  merged.bin_mm = sheet.bin_mm * factor;
  return merged;
}

ReportFrame merged_frame(const ReportFrame& frame, const ReportSheet& sheet, std::uint32_t factor) {
  if (factor == 1) return frame;
  const ReportSheet merged = merged_sheet(sheet, factor);
  ReportFrame result{frame.time_s, frame.label, frame.intact, {}, {}};
  std::map<std::int16_t, std::uint32_t> votes;
  for (std::uint32_t by = 0; by < merged.num_y; ++by) {
    for (std::uint32_t bx = 0; bx < merged.num_x; ++bx) {
      votes.clear();
      double sum_Hz = 0.0;
      std::uint32_t num_measured = 0;
      for_each_bin(sheet, factor, bx, by, [&](std::size_t bin) {
        if (frame.winner[bin] == kReportNoNeurons) return;
        ++votes[frame.winner[bin]];
        if (!frame.best_response_Hz.empty() && std::isfinite(frame.best_response_Hz[bin])) {
          sum_Hz += frame.best_response_Hz[bin];
          ++num_measured;
        }
      });
      std::int16_t winner = kReportNoNeurons;
      std::uint32_t most = 0;
      for (const auto& [code, count] : votes) {
        if (count > most) {
          winner = code;
          most = count;
        }
      }
      result.winner.push_back(winner);
      if (!frame.best_response_Hz.empty()) {
        result.best_response_Hz.push_back(num_measured > 0 ? static_cast<float>(sum_Hz / num_measured)
                                                           : std::numeric_limits<float>::quiet_NaN());
      }
    }
  }
  return result;
}

ReportSeries thinned(const ReportSeries& series, std::size_t max_points) {
  const std::size_t num_points = series.value.size();
  if (num_points <= max_points) return series;
  ReportSeries result{series.name, {}, {}};
  const std::size_t num_stretches = std::max<std::size_t>(max_points / 2, 1);
  for (std::size_t k = 0; k < num_stretches; ++k) {
    const std::size_t begin = k * num_points / num_stretches, end = (k + 1) * num_points / num_stretches;
    std::size_t low = begin, high = begin;
    for (std::size_t i = begin; i < end; ++i) {
      // A NaN compares false, so it is replaced as soon as a number comes along.
      if (std::isnan(series.value[low]) || series.value[i] < series.value[low]) low = i;
      if (std::isnan(series.value[high]) || series.value[i] > series.value[high]) high = i;
    }
    for (const std::size_t i : {std::min(low, high), std::max(low, high)}) {
      result.time_s.push_back(series.time_s[i]);
      result.value.push_back(series.value[i]);
      if (low == high) break;
    }
  }
  return result;
}

std::string escape_markup(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default:
        // Other control characters are not allowed in XML at all.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') escaped += c;
    }
  }
  return escaped;
}

std::size_t reference_frame(const std::vector<ReportFrame>& frames) {
  const auto found =
      std::find_if(frames.begin(), frames.end(), [](const ReportFrame& f) { return f.intact; });
  return found == frames.end() ? 0 : static_cast<std::size_t>(found - frames.begin());
}

}  // namespace penfield
