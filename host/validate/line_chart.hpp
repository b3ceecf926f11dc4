#pragma once
// Curves over time as an SVG picture.
#include <string>
#include <vector>

namespace penfield {

struct ChartCurve {
  std::string name, colour;
  std::vector<double> x, y;
};

struct ChartPanel {
  std::string title, y_label;
  std::vector<ChartCurve> curves;
  double reference = 0.0;  ///< where a thin line is drawn
};

/// Panels below each other with one x axis; `mark` is a vertical line with its name.
std::string line_chart_svg(const std::string& title, const std::string& note, const std::string& x_label,
                           const std::vector<ChartPanel>& panels, double mark_x, const std::string& mark);

}  // namespace penfield
