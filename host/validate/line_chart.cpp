#include "host/validate/line_chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace penfield {

namespace {

constexpr double kWidth = 760.0, kLeft = 74.0, kRight = 150.0, kTop = 84.0, kHeight = 190.0, kGap = 58.0;
constexpr const char* kInk = "#1b1f24";

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", v);
  return text;
}

std::string text(double x, double y, const char* anchor, int size, const std::string& words,
                 bool bold = false) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\" font-size=\"" +
         std::to_string(size) + "\" fill=\"" + kInk + "\"" + (bold ? " font-weight=\"700\"" : "") + ">" +
         words + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
  return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" +
         number(y2) + "\" " + style + "/>\n";
}

/// A round number near a fifth of the range.
double tick(double range) {
  const double raw = range / 5.0, power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double m : {1.0, 2.0, 5.0})
    if (m * power >= raw) return m * power;
  return 10.0 * power;
}

struct Range {
  double low = 0.0, high = 1.0;
};

}  // namespace

std::string line_chart_svg(const std::string& title, const std::string& note, const std::string& x_label,
                           const std::vector<ChartPanel>& panels) {
  Range x{0.0, 0.0};
  for (const ChartPanel& panel : panels)
    for (const ChartCurve& c : panel.curves)
      for (const double v : c.x) x.high = std::max(x.high, v);
  const double plot = kWidth - kLeft - kRight;
  const auto at_x = [&](double v) { return kLeft + plot * (v - x.low) / (x.high - x.low); };
  const double height = kTop + static_cast<double>(panels.size()) * (kHeight + kGap) + 12.0;
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(kWidth) + "\" height=\"" +
                    number(height) + "\" viewBox=\"0 0 " + number(kWidth) + " " + number(height) +
                    "\" font-family=\"Helvetica,Arial,sans-serif\">\n<rect width=\"100%\" height=\"100%\" "
                    "fill=\"#ffffff\"/>\n";
  out += text(kLeft - 50, 28, "start", 18, title, true) + text(kLeft - 50, 50, "start", 13, note);
  double top = kTop;
  for (const ChartPanel& panel : panels) {
    Range y{0.0, panel.reference};
    for (const ChartCurve& c : panel.curves)
      for (const double v : c.y) y.high = std::max(y.high, v);
    const double step = tick(y.high);
    y.high = step * std::ceil(1.02 * y.high / step);
    const auto at_y = [&](double v) { return top + kHeight * (1.0 - (v - y.low) / (y.high - y.low)); };
    out += text(kLeft, top - 10, "start", 14, panel.title, true);
    for (double v = 0.0; v <= y.high * 1.0001; v += step) {
      out += line(kLeft, at_y(v), kLeft + plot, at_y(v), "stroke=\"#e3e6ea\"");
      out += text(kLeft - 8, at_y(v) + 4, "end", 12, number(v));
    }
    if (panel.reference > 0.0)
      out += line(kLeft, at_y(panel.reference), kLeft + plot, at_y(panel.reference),
                  "stroke=\"#8d99a6\" stroke-dasharray=\"5 4\"");
    if (!panel.mark.empty()) {
      out += line(at_x(panel.mark_x), top, at_x(panel.mark_x), top + kHeight, "stroke=\"#8d99a6\"");
      out += text(at_x(panel.mark_x) + 5, top + 13, "start", 12, panel.mark);
    }
    const double step_x = tick(x.high);
    for (double v = 0.0; v <= x.high * 1.0001; v += step_x)
      out += text(at_x(v), top + kHeight + 17, "middle", 12, number(v));
    const double middle = top + kHeight / 2;
    out += "<g transform=\"rotate(-90 22 " + number(middle) + ")\">" +
           text(22, middle, "middle", 13, panel.y_label) + "</g>\n";
    double label = top + 14;
    for (const ChartCurve& c : panel.curves) {
      out += "<polyline fill=\"none\" stroke-width=\"1.8\" stroke=\"" + c.colour + "\" points=\"";
      for (std::size_t k = 0; k < c.x.size(); ++k)
        out += number(at_x(c.x[k])) + "," + number(at_y(c.y[k])) + " ";
      out += "\"/>\n";
      const std::string style = "stroke-width=\"3\" stroke=\"" + c.colour + "\"";
      out += line(kLeft + plot + 12, label - 4, kLeft + plot + 30, label - 4, style.c_str());
      out += text(kLeft + plot + 36, label, "start", 13, c.name);
      label += 20;
    }
    top += kHeight + kGap;
  }
  return out + text(kLeft + plot / 2, top - 18, "middle", 14, x_label, true) + "</svg>\n";
}

}  // namespace penfield
