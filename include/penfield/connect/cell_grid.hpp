#pragma once
// Sources sorted into square-ish cells of their sheet, so that those near a place are found without a walk
// over all.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "penfield/base/host_device.hpp"
#include "penfield/connect/positions.hpp"

namespace penfield {

/// The grid as plain data: arrays that the host or a card holds.
class CellGridView {
 public:
  /// Sources of one cell: the slots begin <= s < end, and the smallest box around them.
  struct Cell {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    float lower_x_mm = 0.0f, upper_x_mm = 0.0f;
    float lower_y_mm = 0.0f, upper_y_mm = 0.0f;

    PENFIELD_HD std::uint32_t size() const { return end - begin; }
  };

  PENFIELD_HD std::uint32_t source(std::uint32_t slot) const { return source_[slot]; }

  /// The squared distance in mm^2 from a place to a source.
  PENFIELD_HD double squared_distance(double x_mm, double y_mm, std::uint32_t slot) const {
    return squared_distance_mm2(x_mm, y_mm, position_[slot].x_mm, position_[slot].y_mm, sheet_);
  }

  /// No source of the cell is nearer to the place than the square root of this.
  PENFIELD_HD double least_squared_distance(double x_mm, double y_mm, const Cell& cell) const {
    const double dx = gap(x_mm, cell.lower_x_mm, cell.upper_x_mm, sheet_.width_mm);
    const double dy = gap(y_mm, cell.lower_y_mm, cell.upper_y_mm, sheet_.height_mm);
    return dx * dx + dy * dy;
  }

  /// Calls f(cell) for every cell that holds sources and may reach within `radius_mm` of a place, in a fixed
  /// order.
  template <class F>
  PENFIELD_HD void for_each_near(double x_mm, double y_mm, double radius_mm, F&& f) const {
    if (num_x_ == 0) return;
    // A hair more, so that rounding of the bounds never drops a source exactly at the radius.
    const double reach = radius_mm * (1.0 + 1.0e-9);
    const Range xs = range(x_mm - left_mm_, reach, per_mm_x_, num_x_);
    const Range ys = range(y_mm - bottom_mm_, reach, per_mm_y_, num_y_);
    for (std::int64_t iy = ys.first; iy <= ys.last; ++iy) {
      const std::size_t row = static_cast<std::size_t>(wrap(iy, num_y_)) * num_x_;
      for (std::int64_t ix = xs.first; ix <= xs.last; ++ix) {
        const Cell& cell = cells_[row + wrap(ix, num_x_)];
        if (cell.end > cell.begin) f(cell);
      }
    }
  }

  /// No place has more cells within `radius_mm`.
  std::uint64_t most_cells_near(double radius_mm) const {
    const auto along = [&](double per_mm, std::uint32_t count) {
      const double most = 2.0 * radius_mm * (1.0 + 1.0e-9) * per_mm + 3.0;
      return most < count ? static_cast<std::uint64_t>(most) : std::uint64_t{count};
    };
    return along(per_mm_x_, num_x_) * along(per_mm_y_, num_y_);
  }

  /// The arrays, so that a copy of them elsewhere can take their place.
  Span<const Cell> cells() const { return {cells_, std::size_t{num_x_} * num_y_}; }
  Span<const std::uint32_t> sources() const { return {source_, num_sources_}; }
  Span<const Position> positions() const { return {position_, num_sources_}; }
  CellGridView at(const Cell* cells, const std::uint32_t* sources, const Position* positions) const {
    CellGridView there = *this;
    there.cells_ = cells;
    there.source_ = sources;
    there.position_ = positions;
    return there;
  }

 private:
  friend class CellGrid;

  struct Range {
    std::int64_t first, last;
  };

  PENFIELD_HD static double magnitude(double x) { return x < 0.0 ? -x : x; }
  PENFIELD_HD double gap(double at, double lower, double upper, double period) const {
    if (at >= lower && at <= upper) return 0.0;
    if (!sheet_.periodic) return at < lower ? lower - at : at - upper;
    // On a circle the nearest point of an arc is one of its ends.
    const double to_lower = magnitude(periodic_offset(at, lower, period));
    const double to_upper = magnitude(periodic_offset(at, upper, period));
    return to_lower < to_upper ? to_lower : to_upper;
  }

  PENFIELD_HD Range range(double offset_mm, double reach_mm, double per_mm, std::uint32_t count) const {
    const double first = (offset_mm - reach_mm) * per_mm;
    const double last = (offset_mm + reach_mm) * per_mm;
    // Written so that huge values never reach a conversion to an integer.
    if (!sheet_.periodic) {
      if (!(last >= 0.0)) return {0, -1};
      const std::int64_t begin =
          first > 0.0 ? static_cast<std::int64_t>(first < count ? first : count - 1) : 0;
      return {begin, static_cast<std::int64_t>(last < count ? last : count - 1)};
    }
    if (!(last - first + 2.0 < count)) return {0, static_cast<std::int64_t>(count) - 1};
    return {static_cast<std::int64_t>(first + count) - count,
            static_cast<std::int64_t>(last + count) - count};
  }

  PENFIELD_HD static std::size_t wrap(std::int64_t i, std::uint32_t count) {
    const std::int64_t n = count;
    return static_cast<std::size_t>(i < 0 ? i + n : (i >= n ? i - n : i));
  }

  Sheet sheet_;
  double left_mm_ = 0.0, bottom_mm_ = 0.0;
  double per_mm_x_ = 0.0, per_mm_y_ = 0.0;  ///< cells per mm
  std::uint32_t num_x_ = 0, num_y_ = 0;
  std::size_t num_sources_ = 0;
  const Cell* cells_ = nullptr;            ///< num_y * num_x, rows of x
  const std::uint32_t* source_ = nullptr;  ///< index of the source in each slot, ascending within a cell
  const Position* position_ = nullptr;     ///< its position, mm
};

/// Depends on the positions only, never on who asks. Memory: 12 bytes a source and 24 a cell.
class CellGrid {
 public:
  using Cell = CellGridView::Cell;

  /// Cells as close as possible to `cell_mm` wide, but large enough to hold 4 sources in the mean.
  CellGrid(Span<const Position> positions, const Sheet& sheet, double cell_mm) {
    view_.sheet_ = sheet;
    if (positions.empty()) return;
    set_bounds(positions);
    const double fewest = std::sqrt(4.0 * width_mm_ * height_mm_ / static_cast<double>(positions.size()));
    const double side = cell_mm > fewest ? cell_mm : fewest;
    const double most = static_cast<double>(positions.size());
    view_.num_x_ = whole_cells(width_mm_ / side, most);
    view_.num_y_ = whole_cells(height_mm_ / side, most / view_.num_x_ < 1.0 ? 1.0 : most / view_.num_x_);
    view_.per_mm_x_ = width_mm_ > 0.0 ? view_.num_x_ / width_mm_ : 0.0;
    view_.per_mm_y_ = height_mm_ > 0.0 ? view_.num_y_ / height_mm_ : 0.0;
    fill(positions);
    view_.num_sources_ = positions.size();
    view_ = view_.at(cells_.data(), source_.data(), position_.data());
  }
  CellGrid(CellGrid&&) = default;  // a copy's view would be of this one's arrays
  CellGrid& operator=(CellGrid&&) = default;

  /// Valid as long as this lives.
  const CellGridView& view() const { return view_; }

 private:
  void set_bounds(Span<const Position> positions) {
    double right = view_.sheet_.width_mm;
    double top = view_.sheet_.height_mm;
    if (!view_.sheet_.periodic) {
      view_.left_mm_ = right = positions[0].x_mm;
      view_.bottom_mm_ = top = positions[0].y_mm;
      for (const Position& p : positions) {
        view_.left_mm_ = std::min<double>(view_.left_mm_, p.x_mm);
        right = std::max<double>(right, p.x_mm);
        view_.bottom_mm_ = std::min<double>(view_.bottom_mm_, p.y_mm);
        top = std::max<double>(top, p.y_mm);
      }
    }
    width_mm_ = right - view_.left_mm_;
    height_mm_ = top - view_.bottom_mm_;
  }

  static std::uint32_t whole_cells(double count, double most) {
    const double bounded = count > most ? most : count;
    return bounded > 1.0 ? static_cast<std::uint32_t>(bounded) : 1;
  }

  static std::uint32_t bucket(double offset_mm, double per_mm, std::uint32_t count) {
    const double place = offset_mm * per_mm;
    if (!(place > 0.0)) return 0;
    return place >= count ? count - 1 : static_cast<std::uint32_t>(place);
  }

  void fill(Span<const Position> positions) {
    const auto cell_of = [&](const Position& p) {
      return static_cast<std::size_t>(bucket(p.y_mm - view_.bottom_mm_, view_.per_mm_y_, view_.num_y_)) *
                 view_.num_x_ +
             bucket(p.x_mm - view_.left_mm_, view_.per_mm_x_, view_.num_x_);
    };
    cells_.resize(static_cast<std::size_t>(view_.num_x_) * view_.num_y_);
    for (const Position& p : positions) ++cells_[cell_of(p)].end;
    std::uint32_t begin = 0;
    for (Cell& cell : cells_) {
      const std::uint32_t size = cell.end;
      cell.begin = cell.end = begin;
      begin += size;
    }
    source_.resize(positions.size());
    position_.resize(positions.size());
    for (std::uint32_t i = 0; i < positions.size(); ++i) {
      const Position& p = positions[i];
      Cell& cell = cells_[cell_of(p)];
      const bool first = cell.begin == cell.end;
      cell.lower_x_mm = first || p.x_mm < cell.lower_x_mm ? p.x_mm : cell.lower_x_mm;
      cell.upper_x_mm = first || p.x_mm > cell.upper_x_mm ? p.x_mm : cell.upper_x_mm;
      cell.lower_y_mm = first || p.y_mm < cell.lower_y_mm ? p.y_mm : cell.lower_y_mm;
      cell.upper_y_mm = first || p.y_mm > cell.upper_y_mm ? p.y_mm : cell.upper_y_mm;
      source_[cell.end] = i;
      position_[cell.end] = p;
      ++cell.end;
    }
  }

  CellGridView view_;
  double width_mm_ = 0.0, height_mm_ = 0.0;
  std::vector<Cell> cells_;
  std::vector<std::uint32_t> source_;
  std::vector<Position> position_;
};

}  // namespace penfield
