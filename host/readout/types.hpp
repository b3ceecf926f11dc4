#pragma once
// What a map probe hands to the readouts. Sheets are flat, in mm, with the origin in one corner; the
// somatotopic axis is x. Readouts are pure: the same arrays give the same bits, since every sum runs in index
// order.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace penfield::readout {

/// A readout that the data cannot give (an empty denominator) is NaN, and no band accepts it.
inline constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

/// "None of the parts": no neighbour on this side, nothing excluded.
inline constexpr std::uint32_t kNoPart = 0xffffffffu;

/// A body part's anatomical territory: the rectangle [x, x + width] x [y, y + height] of the sheet.
struct Part {
  std::string name;
  double x_mm = 0.0, y_mm = 0.0;  ///< the corner nearest the origin
  double width_mm = 0.0, height_mm = 0.0;

  double right_mm() const { return x_mm + width_mm; }
  double top_mm() const { return y_mm + height_mm; }
  double centre_x_mm() const { return x_mm + 0.5 * width_mm; }
  double centre_y_mm() const { return y_mm + 0.5 * height_mm; }
};

/// A place on the skin that the probe touches.
struct Site {
  std::uint32_t part = 0;  ///< index into MapProbe::parts
  float x_mm = 0.0f, y_mm = 0.0f;
};

/// One receptive-field mapping of one cortical population.
struct MapProbe {
  double bin_mm = 0.1;  ///< side of a cortical bin
  double sheet_width_mm = 0.0, sheet_height_mm = 0.0;
  std::vector<Part> parts;
  std::vector<Site> sites;
  std::uint32_t num_neurons = 0;
  std::vector<float> x_mm, y_mm;      ///< [neuron] position on the sheet
  std::vector<float> response_Hz;     ///< [neuron * sites.size() + site] rate during touch, mean over trials
  std::vector<float> spontaneous_Hz;  ///< [neuron] rate without touch
};

/// The sheet cut into square bins, x fastest: bin = iy * num_x + ix. The last row and column may be narrower.
struct BinGrid {
  double bin_mm = 0.0, width_mm = 0.0, height_mm = 0.0;
  std::uint32_t num_x = 0, num_y = 0;

  std::uint32_t num_bins() const { return num_x * num_y; }
  double left_mm(std::uint32_t ix) const { return ix * bin_mm; }
  double right_mm(std::uint32_t ix) const { return ix + 1 < num_x ? (ix + 1) * bin_mm : width_mm; }
  double bottom_mm(std::uint32_t iy) const { return iy * bin_mm; }
  double top_mm(std::uint32_t iy) const { return iy + 1 < num_y ? (iy + 1) * bin_mm : height_mm; }
  double centre_x_mm(std::uint32_t ix) const { return 0.5 * (left_mm(ix) + right_mm(ix)); }
  double centre_y_mm(std::uint32_t iy) const { return 0.5 * (bottom_mm(iy) + top_mm(iy)); }
  double area_mm2(std::uint32_t bin) const {
    const std::uint32_t ix = bin % num_x, iy = bin / num_x;
    return (right_mm(ix) - left_mm(ix)) * (top_mm(iy) - bottom_mm(iy));
  }
  friend bool operator==(const BinGrid&, const BinGrid&) = default;
};

/// [bin] 1: the bin belongs to a set of bins (a territory, the silent bins), 0: it does not.
using BinMask = std::vector<std::uint8_t>;

}  // namespace penfield::readout
