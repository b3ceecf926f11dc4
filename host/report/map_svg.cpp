#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/report/prepare.hpp"
#include "host/report/report.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

namespace {

constexpr double kWidth = 960.0, kMargin = 16.0, kGap = 20.0;
constexpr const char* kSilentColour = "#a9adb2";
constexpr const char* kText = "font-family=\"Helvetica,Arial,sans-serif\"";

/// A coordinate with at most two decimals, whatever the locale.
std::string coordinate(double value) {
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, std::round(value * 100.0) / 100.0);
  return std::string(text, written.ptr);
}

std::string rectangle(double x, double y, double width, double height, const std::string& look) {
  return "<rect x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" width=\"" + coordinate(width) +
         "\" height=\"" + coordinate(height) + "\" " + look + "/>\n";
}

std::string label(double x, double y, const std::string& anchor, int size, const std::string& words,
                  bool bold = false) {
  return "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" text-anchor=\"" + anchor +
         "\" font-size=\"" + std::to_string(size) +
         "\" fill=\"#1b1f24\" stroke=\"#ffffff\" stroke-width=\"3\" stroke-opacity=\"0.8\" "
         "paint-order=\"stroke\" " +
         (bold ? "font-weight=\"700\" " : "") + kText + ">" + escape_markup(words) + "</text>\n";
}

/// One map with its caption above and its territories on it.
class Panel {
 public:
  Panel(const ReportData& data, double left, double top, double width)
      : data_(data), left_(left), top_(top), scale_(width / data.sheet.width_mm) {
    height_ = std::max(data.sheet.height_mm * scale_, kLeastHeight);
    y_scale_ = height_ / data.sheet.height_mm;
  }

  static double height(const ReportSheet& sheet, double width) {
    return kCaption + kNames + std::max(sheet.height_mm * width / sheet.width_mm, kLeastHeight);
  }

  /// How much higher than true to scale the sheet is drawn.
  static double stretch(const ReportSheet& sheet, double width) {
    return std::max(kLeastHeight * sheet.width_mm / (sheet.height_mm * width), 1.0);
  }

  std::string draw(const ReportFrame& frame) const {
    return label(left_, top_ + 15, "start", 16, frame.label, true) + bins(frame) + territories(frame.intact);
  }

 private:
  static constexpr double kCaption = 22.0, kNames = 18.0;
  static constexpr double kLeastHeight = 110.0;  // strips are stretched, or nothing could be seen in them

  double x(double mm) const { return left_ + (mm - data_.sheet.origin_x_mm) * scale_; }
  double y(double mm) const {
    return top_ + kCaption + kNames + height_ - (mm - data_.sheet.origin_y_mm) * y_scale_;
  }
  double edge_x(std::uint32_t ix) const {
    return left_ + std::min(ix * data_.sheet.bin_mm, data_.sheet.width_mm) * scale_;
  }
  double edge_y(std::uint32_t iy) const {
    return top_ + kCaption + kNames + height_ -
           std::min(iy * data_.sheet.bin_mm, data_.sheet.height_mm) * y_scale_;
  }

  std::string bins(const ReportFrame& frame) const {
    const std::vector<std::string> colours = part_colours(data_.parts);
    std::string text = "<g shape-rendering=\"crispEdges\">\n";
    for (std::uint32_t iy = 0; iy < data_.sheet.num_y; ++iy) {
      const std::int16_t* const row = frame.winner.data() + std::size_t{iy} * data_.sheet.num_x;
      for (std::uint32_t begin = 0, end; begin < data_.sheet.num_x; begin = end) {
        for (end = begin + 1; end < data_.sheet.num_x && row[end] == row[begin];) ++end;
        if (row[begin] == kReportNoNeurons) continue;
        const std::string colour =
            row[begin] == kReportSilent ? kSilentColour : colours[static_cast<std::size_t>(row[begin])];
        text += rectangle(edge_x(begin), edge_y(iy + 1), edge_x(end) - edge_x(begin),
                          edge_y(iy) - edge_y(iy + 1), "fill=\"" + colour + "\"");
      }
    }
    return text + "</g>\n";
  }

  std::string territories(bool intact) const {
    const std::vector<std::string> labels = part_labels(data_.parts);
    std::string text;
    for (std::size_t i = 0; i < data_.parts.size(); ++i) {
      const ReportPart& part = data_.parts[i];
      const double left = x(part.x_mm), top = y(part.y_mm + part.height_mm);
      const double width = part.width_mm * scale_, height = part.height_mm * y_scale_;
      const std::string line =
          "fill=\"none\" stroke=\"#1b1f24\" stroke-width=\"" + std::string(part.lost ? "3" : "1") + "\"";
      text += rectangle(left, top, width, height, line);
      // Names stand above territories that reach the upper edge, and inside the others.
      const bool above = top < top_ + kCaption + kNames + 1.0;
      const std::string name = labels[i] + (part.lost && !intact ? " (lost)" : "");
      if (above || height > 20.0) {
        text += label(left + 0.5 * width, above ? top - 5 : top + 16, "middle", 13, name, part.lost);
      }
    }
    return text;
  }

  const ReportData& data_;
  double left_, top_, scale_;
  double height_ = 0.0, y_scale_ = 1.0;
};

/// Colours with their names, then silent cortex and a scale bar of 1 mm with `note`; wraps into rows.
/// `bottom`: where it ends.
std::string legend(const ReportData& data, double top, double scale, const std::string& note,
                   double& bottom) {
  const std::vector<std::string> colours = part_colours(data.parts), labels = part_labels(data.parts);
  double left = kMargin, row = top;
  std::string text;
  const auto entry = [&](const std::string& colour, const std::string& name) {
    const double width = 34.0 + 7.6 * static_cast<double>(name.size());
    if (left + width > kWidth - kMargin) {
      left = kMargin;
      row += 22.0;
    }
    text += rectangle(left, row, 20, 13, "fill=\"" + colour + "\" stroke=\"#1b1f24\" stroke-width=\"0.5\"");
    text += label(left + 26, row + 11, "start", 13, name);
    left += width;
  };
  for (std::size_t i = 0; i < labels.size(); ++i) entry(colours[i], labels[i]);
  entry(kSilentColour, "silent cortex");
  if (left + scale + 60.0 + 7.0 * static_cast<double>(note.size()) > kWidth - kMargin) {
    left = kMargin;
    row += 22.0;
  }
  const double right = kWidth - kMargin;
  text += rectangle(right - scale, row + 5, scale, 3, "fill=\"#1b1f24\"");
  text += label(right - scale - 6, row + 11, "end", 13, "1 mm" + note);
  bottom = row + 22.0;
  return text;
}

}  // namespace

std::string map_svg(const ReportData& data, std::size_t frame_a, std::size_t frame_b) {
  check_report_data(data);
  if (frame_a >= data.frames.size() || frame_b >= data.frames.size()) {
    throw Error(ExitCode::internal, "map_svg was asked for a frame that does not exist");
  }
  const bool stacked = data.sheet.width_mm > 4.0 * data.sheet.height_mm;
  const double width = stacked ? kWidth - 2 * kMargin : 0.5 * (kWidth - 2 * kMargin - kGap);
  const double height = Panel::height(data.sheet, width);
  const Panel first(data, kMargin, kMargin, width);
  const Panel second(data, stacked ? kMargin : kMargin + width + kGap,
                     stacked ? kMargin + height + kGap : kMargin, width);
  double bottom = kMargin + height * (stacked ? 2 : 1) + (stacked ? kGap : 0.0) + 16.0;
  const double stretch = Panel::stretch(data.sheet, width);
  const std::string note =
      stretch > 1.02 ? " (height drawn x" + coordinate(std::round(stretch * 10.0) / 10.0) + ")" : "";
  const std::string keys = legend(data, bottom, width / data.sheet.width_mm, note, bottom);
  const std::string size = coordinate(kWidth) + "\" height=\"" + coordinate(bottom + 4.0);
  const std::string name = escape_markup(data.title + ": " + data.sheet.area + ", " +
                                         data.frames[frame_a].label + " and " + data.frames[frame_b].label);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + size + "\" viewBox=\"0 0 " +
         coordinate(kWidth) + " " + coordinate(bottom + 4.0) + "\" role=\"img\">\n<title>" + name +
         "</title>\n" + "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" +
         first.draw(data.frames[frame_a]) + second.draw(data.frames[frame_b]) + keys + "</svg>\n";
}

}  // namespace penfield
