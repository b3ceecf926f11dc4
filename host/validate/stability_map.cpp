#include "host/validate/stability_map.hpp"

#include <cmath>
#include <cstdio>

namespace penfield {

namespace {

constexpr int kLeft = 96, kTop = 78, kCellWidth = 84, kCellHeight = 50, kBottom = 104;
constexpr const char* kColours[] = {"#8d99a6", "#c8553d", "#e9b44c", "#3a9d8f"};
constexpr const char* kInk = "#1b1f24";

std::string text(int x, int y, const char* anchor, int size, const std::string& words, const char* colour,
                 bool bold = false) {
  return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" text-anchor=\"" + anchor +
         "\" font-size=\"" + std::to_string(size) + "\" fill=\"" + colour + "\"" +
         (bold ? " font-weight=\"700\"" : "") + ">" + words + "</text>\n";
}

std::string box(int x, int y, int width, int height, const char* colour) {
  return "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" +
         std::to_string(width) + "\" height=\"" + std::to_string(height) + "\" rx=\"3\" fill=\"" + colour +
         "\"/>\n";
}

std::string printed(const char* format, double v) {
  char out[32];
  std::snprintf(out, sizeof out, format, v);
  return out;
}

/// Two decimals, as far as they say anything.
std::string short_number(double v) { return printed(v >= 9.95 ? "%.0f" : "%.2f", v); }

std::string cell(int x, int y, const StabilityCell& c) {
  const char* ink = c.stability == Stability::oscillating ? kInk : "#ffffff";
  const int middle = x + kCellWidth / 2;
  const std::string rate = std::isinf(c.rate) ? "run away" : short_number(c.rate);
  std::string out =
      box(x + 1, y + 1, kCellWidth - 2, kCellHeight - 2, kColours[static_cast<int>(c.stability)]);
  out += text(middle, y + 22, "middle", 15, rate, ink, true);
  if (!std::isinf(c.rate)) out += text(middle, y + 39, "middle", 11, "swing " + short_number(c.swing), ink);
  return out;
}

}  // namespace

const char* name_of(Stability stability) {
  static constexpr const char* kNames[] = {"silent", "unstable", "oscillating", "stable"};
  return kNames[static_cast<int>(stability)];
}

std::string time_label(double seconds) {
  static constexpr struct {
    double seconds;
    const char* unit;
  } kUnits[] = {{86400.0, "d"}, {3600.0, "h"}, {60.0, "min"}, {1.0, "s"}};
  char out[32] = "";
  for (const auto& u : kUnits) {
    if (seconds < u.seconds) continue;
    std::snprintf(out, sizeof out, "%.3g %s", seconds / u.seconds, u.unit);
    break;
  }
  return out;
}

std::string stability_svg(const StabilityMap& map) {
  const int columns = static_cast<int>(map.tau_s.size()), rows = static_cast<int>(map.recurrence.size());
  const int width = kLeft + columns * kCellWidth + 20, end = kTop + rows * kCellHeight,
            height = end + kBottom;
  const int centre = kLeft + columns * kCellWidth / 2;
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(width) +
                    "\" height=\"" + std::to_string(height) + "\" viewBox=\"0 0 " + std::to_string(width) +
                    " " + std::to_string(height) +
                    "\" font-family=\"Helvetica,Arial,sans-serif\">\n<rect width=\"100%\" height=\"100%\" "
                    "fill=\"#ffffff\"/>\n";
  out += text(kLeft, 28, "start", 18, "Scaling has to be fast enough, and may be too fast", kInk, true);
  out += text(
      kLeft, 50, "start", 13,
      "Large: mean rate, of the set-point. Swing: SD of the population's rate over its mean, bins of 1 s",
      kInk);
  for (int row = 0; row < rows; ++row) {
    const int y = end - (row + 1) * kCellHeight;
    out += text(kLeft - 10, y + kCellHeight / 2 + 5, "end", 14,
                printed("%.3g", map.recurrence[static_cast<std::size_t>(row)]), kInk);
    for (int column = 0; column < columns; ++column)
      out += cell(kLeft + column * kCellWidth, y,
                  map.at(static_cast<std::size_t>(row), static_cast<std::size_t>(column)));
  }
  for (int column = 0; column < columns; ++column)
    out += text(kLeft + column * kCellWidth + kCellWidth / 2, end + 20, "middle", 14,
                time_label(map.tau_s[static_cast<std::size_t>(column)]), kInk);
  out += text(centre, end + 46, "middle", 15, "time constant of synaptic scaling", kInk, true);
  const int side = kTop + rows * kCellHeight / 2;
  out += "<g transform=\"rotate(-90 32 " + std::to_string(side) + ")\">" +
         text(32, side, "middle", 15, "strength of recurrence", kInk, true) + "</g>\n";
  int x = kLeft;
  for (const Stability s :
       {Stability::stable, Stability::oscillating, Stability::unstable, Stability::silent}) {
    out += box(x, end + 68, 18, 18, kColours[static_cast<int>(s)]);
    out += text(x + 26, end + 82, "start", 14, name_of(s), kInk);
    x += 150;
  }
  return out + "</svg>\n";
}

}  // namespace penfield
