#pragma once
// Where the neurons of a population lie on its sheet, and the distances between positions. Each position is
// drawn by its index; neighbours in index are then neighbours in space, which keeps a tile's sources few.
// Sheets are flat, in mm, with the origin in one corner.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "penfield/base/host_device.hpp"
#include "penfield/base/span.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/philox.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

/// A flat piece of cortex. `periodic` joins opposite edges (a torus), so that no neuron lies at an edge.
struct Sheet {
  float width_mm = 1.0f;
  float height_mm = 1.0f;
  bool periodic = false;

  friend bool operator==(const Sheet&, const Sheet&) = default;
};

/// A place on a sheet: 0 <= x_mm <= width_mm, 0 <= y_mm <= height_mm.
struct Position {
  float x_mm = 0.0f;
  float y_mm = 0.0f;

  friend bool operator==(const Position&, const Position&) = default;
};

/// What a connection rule has to know of a population. `positions` (length num_neurons) may be empty when the
/// rule does not use distance; it is viewed, not copied, and has to outlive whatever uses this.
struct PopulationGeometry {
  std::uint32_t num_neurons = 0;
  Span<const Position> positions;
  Sheet sheet;
};

/// How a population is laid out.
struct Layout {
  enum class Kind {
    grid,           ///< a regular lattice
    jittered_grid,  ///< the lattice, each neuron moved evenly at random by up to half of `jitter` spacings
                    ///< each way
    uniform,        ///< independent even draws over the sheet, numbered along a curve that fills it
  };
  Kind kind = Kind::jittered_grid;
  float jitter = 0.5f;  ///< share of the lattice spacing, 0 to 1; used by jittered_grid only
};

/// The problem with a layout, or nothing.
inline std::optional<std::string> validate(const Layout& layout, const Sheet& sheet) {
  const auto is_length = [](float value) { return value > 0.0f && value <= 1.0e6f; };
  if (!is_length(sheet.width_mm) || !is_length(sheet.height_mm)) {
    return "the sheet measures " + std::to_string(sheet.width_mm) + " x " + std::to_string(sheet.height_mm) +
           " mm; both sides have to be above 0 and at most 1000000 mm";
  }
  if (layout.kind == Layout::Kind::jittered_grid && !(layout.jitter >= 0.0f && layout.jitter <= 1.0f)) {
    return "jitter is " + std::to_string(layout.jitter) +
           "; it is a share of the lattice spacing, from 0 to 1";
  }
  return std::nullopt;
}

/// The lattice of n points on a sheet, in an order that keeps consecutive indices close in space: the sheet
/// is cut into vertical strips of about 16 columns, walked up and down in turn, each row of a strip from left
/// to right and back in turn. A block of some hundred consecutive neurons is then a compact patch, which
/// keeps a tile's sources few. When n = columns * rows for the nearest whole number of columns, the lattice
/// is exactly regular; else some rows of a strip hold one point fewer, spread evenly over the strip.
class Lattice {
 public:
  /// n >= 1 points; the sheet's sides are above 0.
  Lattice(std::uint32_t n, const Sheet& sheet) : n_(n), sheet_(sheet) {
    const double columns = std::sqrt(static_cast<double>(n) * sheet.width_mm / sheet.height_mm);
    num_columns_ = clamp_count(columns + 0.5);
    num_strips_ = (num_columns_ + kStripColumns / 2) / kStripColumns;
    if (num_strips_ == 0) num_strips_ = 1;
  }

  struct Point {
    double x_mm, y_mm;                  ///< the lattice point
    double spacing_x_mm, spacing_y_mm;  ///< the size of its cell
  };

  /// The point of neuron `index` < n. Takes constant time.
  Point point(std::uint32_t index) const {
    std::uint64_t strip = static_cast<std::uint64_t>(index) * num_strips_ / n_;
    while (first_index(strip) > index) --strip;
    while (first_index(strip + 1) <= index) ++strip;
    const std::uint64_t columns = first_column(strip + 1) - first_column(strip);
    const std::uint64_t in_strip = first_index(strip + 1) - first_index(strip);
    const std::uint64_t rows = (in_strip + columns - 1) / columns;
    const std::uint64_t local = index - first_index(strip);
    // Row r holds the local indices from floor(r * in_strip / rows) on; this inverts that floor.
    const std::uint64_t row = ((local + 1) * rows - 1) / in_strip;
    const std::uint64_t row_begin = row * in_strip / rows;
    const std::uint64_t in_row = (row + 1) * in_strip / rows - row_begin;
    std::uint64_t place = local - row_begin;
    if (row % 2 == 1) place = in_row - 1 - place;
    const double column_mm = sheet_.width_mm / static_cast<double>(num_columns_);
    const double dx_mm = column_mm * static_cast<double>(columns) / static_cast<double>(in_row);
    const double dy_mm = sheet_.height_mm / static_cast<double>(rows);
    const std::uint64_t height_row = strip % 2 == 1 ? rows - 1 - row : row;
    return {static_cast<double>(first_column(strip)) * column_mm + (static_cast<double>(place) + 0.5) * dx_mm,
            (static_cast<double>(height_row) + 0.5) * dy_mm, dx_mm, dy_mm};
  }

 private:
  static constexpr std::uint64_t kStripColumns = 16;

  std::uint64_t clamp_count(double count) const {
    if (!(count >= 1.0)) return 1;
    return count >= static_cast<double>(n_) ? n_ : static_cast<std::uint64_t>(count);
  }
  std::uint64_t first_column(std::uint64_t strip) const { return strip * num_columns_ / num_strips_; }
  std::uint64_t first_index(std::uint64_t strip) const { return first_column(strip) * n_ / num_columns_; }

  std::uint64_t n_;
  Sheet sheet_;
  std::uint64_t num_columns_ = 1;
  std::uint64_t num_strips_ = 1;
};

/// The position number `index` of population `population_number` (its place in the scenario), out of
/// `num_neurons` laid out on `sheet`; the same for any partition of the network. On a lattice it is that of
/// neuron `index`; see lay_out() for even draws. Needs validate() to have passed and index < num_neurons.
inline Position draw_position(const Layout& layout, const Sheet& sheet, std::uint32_t seed,
                              std::uint32_t population_number, std::uint32_t num_neurons,
                              std::uint32_t index) {
  double x_mm = 0.0;
  double y_mm = 0.0;
  const auto even = [&](double* first, double* second) {
    const RandomBlock block =
        philox4x32(seed, static_cast<std::uint32_t>(Stream::positions), index, population_number);
    *first = uniform_d(block.word[0], block.word[1]);
    *second = uniform_d(block.word[2], block.word[3]);
  };
  if (layout.kind == Layout::Kind::uniform) {
    even(&x_mm, &y_mm);
    x_mm *= sheet.width_mm;
    y_mm *= sheet.height_mm;
  } else {
    const Lattice::Point point = Lattice(num_neurons, sheet).point(index);
    x_mm = point.x_mm;
    y_mm = point.y_mm;
    if (layout.kind == Layout::Kind::jittered_grid) {
      double u = 0.0;
      double v = 0.0;
      even(&u, &v);
      x_mm += (u - 0.5) * layout.jitter * point.spacing_x_mm;
      y_mm += (v - 0.5) * layout.jitter * point.spacing_y_mm;
    }
  }
  const auto clamp = [](double value, float upper) {
    const float rounded = static_cast<float>(value);
    return rounded < 0.0f ? 0.0f : (rounded > upper ? upper : rounded);
  };
  return {clamp(x_mm, sheet.width_mm), clamp(y_mm, sheet.height_mm)};
}

/// Where a position lies along the Z-curve that fills the square around the sheet (G. M. Morton, 1966): 16
/// bits of x and of y in turn. Stretches of the curve are compact patches, up to a jump now and then.
inline std::uint32_t place_on_curve(Position p, const Sheet& sheet) {
  const double per_mm = 65536.0 / std::max(sheet.width_mm, sheet.height_mm);
  const auto spread = [per_mm](double mm) {
    std::uint32_t v = static_cast<std::uint32_t>(std::min(mm * per_mm, 65535.0));
    v = (v | v << 8) & 0x00ff00ffu;
    v = (v | v << 4) & 0x0f0f0f0fu;
    v = (v | v << 2) & 0x33333333u;
    return (v | v << 1) & 0x55555555u;
  };
  return spread(p.x_mm) | spread(p.y_mm) << 1;
}

/// [neuron] positions of a population. Even draws are sorted by their place on the curve, two at one place by
/// their number.
inline std::vector<Position> lay_out(const Layout& layout, const Sheet& sheet, std::uint32_t seed,
                                     std::uint32_t population_number, std::uint32_t num_neurons) {
  std::vector<Position> drawn(num_neurons);
  for (std::uint32_t i = 0; i < num_neurons; ++i)
    drawn[i] = draw_position(layout, sheet, seed, population_number, num_neurons, i);
  if (layout.kind != Layout::Kind::uniform) return drawn;
  std::vector<std::uint64_t> order(num_neurons);
  for (std::uint32_t i = 0; i < num_neurons; ++i)
    order[i] = std::uint64_t{place_on_curve(drawn[i], sheet)} << 32 | i;
  std::sort(order.begin(), order.end());
  std::vector<Position> sorted(num_neurons);
  for (std::uint32_t i = 0; i < num_neurons; ++i) sorted[i] = drawn[order[i] & 0xffffffffu];
  return sorted;
}

/// The shorter way from a to b along one side of length `period` of a torus; both within [0, period].
PENFIELD_HD inline double periodic_offset(double a, double b, double period) {
  double offset = b - a;
  if (offset > 0.5 * period) offset -= period;
  if (offset < -0.5 * period) offset += period;
  return offset;
}

/// The squared distance in mm^2 of two points (given in double, such as the mapped centre of a topographic
/// rule).
PENFIELD_HD inline double squared_distance_mm2(double ax_mm, double ay_mm, double bx_mm, double by_mm,
                                               const Sheet& sheet) {
  const double dx = sheet.periodic ? periodic_offset(ax_mm, bx_mm, sheet.width_mm) : bx_mm - ax_mm;
  const double dy = sheet.periodic ? periodic_offset(ay_mm, by_mm, sheet.height_mm) : by_mm - ay_mm;
  return dx * dx + dy * dy;
}

/// The distance in mm of two positions on one sheet: straight, or the shortest over joined edges when it is
/// periodic.
inline double distance_mm(Position a, Position b, const Sheet& sheet) {
  return std::sqrt(squared_distance_mm2(a.x_mm, a.y_mm, b.x_mm, b.y_mm, sheet));
}

/// The largest distance in mm that two positions on the sheet can have.
inline double largest_distance_mm(const Sheet& sheet) {
  const double share = sheet.periodic ? 0.5 : 1.0;
  const double width = share * sheet.width_mm;
  const double height = share * sheet.height_mm;
  return std::sqrt(width * width + height * height);
}

}  // namespace penfield
