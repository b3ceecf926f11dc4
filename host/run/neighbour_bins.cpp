#include "host/run/neighbour_bins.hpp"

#include <algorithm>
#include <cmath>

namespace penfield {

namespace {

constexpr double kCellsPerBin = 32.0;

}  // namespace

NeighbourBins::NeighbourBins(const Population& cells) : bin_(cells.view.n, 0) {
  const auto n = static_cast<double>(cells.view.n);
  if (n < 2.0 * kCellsPerBin || cells.x_mm.size() != cells.view.n) return;
  float right = cells.x_mm[0], top = cells.y_mm[0], left = right, bottom = top;
  for (std::uint32_t i = 0; i < cells.view.n; ++i) {
    left = std::min(left, cells.x_mm[i]), right = std::max(right, cells.x_mm[i]);
    bottom = std::min(bottom, cells.y_mm[i]), top = std::max(top, cells.y_mm[i]);
  }
  const double width = std::max(1e-9, static_cast<double>(right) - static_cast<double>(left)),
               height = std::max(1e-9, static_cast<double>(top) - static_cast<double>(bottom));
  const double side = std::sqrt(width * height * kCellsPerBin / n);
  const double columns = std::max(1.0, std::floor(width / side)),
               rows = std::max(1.0, std::floor(height / side));
  for (std::uint32_t i = 0; i < cells.view.n; ++i) {
    const double x = (static_cast<double>(cells.x_mm[i]) - static_cast<double>(left)) / width,
                 y = (static_cast<double>(cells.y_mm[i]) - static_cast<double>(bottom)) / height;
    bin_[i] = static_cast<std::uint32_t>(std::min(columns - 1.0, std::floor(x * columns)) +
                                         columns * std::min(rows - 1.0, std::floor(y * rows)));
  }
  count_ = static_cast<std::size_t>(columns * rows);
}

std::vector<double> NeighbourBins::cells_per_bin() const {
  std::vector<double> cells(count_, 0.0);
  for (const std::uint32_t b : bin_) cells[b] += 1.0;
  return cells;
}

}  // namespace penfield
