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
  std::string mark;        ///< name of a vertical line; "": none
  double mark_x = 0.0;
};

/// Panels below each other with one x axis.
std::string line_chart_svg(const std::string& title, const std::string& note, const std::string& x_label,
                           const std::vector<ChartPanel>& panels);

}  // namespace penfield
