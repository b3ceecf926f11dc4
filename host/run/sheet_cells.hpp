#pragma once
// Cells of a sheet with the neurons in them, for partner search without all pairs.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "penfield/base/span.hpp"
#include "penfield/connect/rewire_row.hpp"

namespace penfield {

/// Cells a quarter of a kernel width wide blur the kernel by under 1 % of its variance.
class SheetCells {
 public:
  SheetCells() = default;
  SheetCells(double width_mm, double height_mm, double sigma_mm, std::uint32_t num_neurons)
      : cell_mm_(std::max(sigma_mm / 4.0, std::sqrt(width_mm * height_mm / std::max(1u, num_neurons)))),
        cells_x_(std::max(1u, static_cast<std::uint32_t>(std::ceil(width_mm / cell_mm_)))),
        cells_y_(std::max(1u, static_cast<std::uint32_t>(std::ceil(height_mm / cell_mm_)))),
        width_mm_(width_mm),
        height_mm_(height_mm) {}

  /// Sorts neurons into the cells, neuron i times(i) times; returns how many entries there are.
  template <class Times>
  std::uint32_t fill(Span<const float> x_mm, Span<const float> y_mm, Times&& times) {
    const std::size_t num_cells = static_cast<std::size_t>(cells_x_) * cells_y_;
    begin_.assign(num_cells + 1, 0);
    const auto n = static_cast<std::uint32_t>(x_mm.size());
    for (std::uint32_t i = 0; i < n; ++i) begin_[cell_of(x_mm[i], y_mm[i]) + 1] += times(i);
    most_in_cell_ = 1;
    for (std::size_t c = 0; c < num_cells; ++c) {
      most_in_cell_ = std::max(most_in_cell_, begin_[c + 1]);
      begin_[c + 1] += begin_[c];
    }
    neuron_.resize(begin_[num_cells]);
    // The start of a cell is counted up while it fills, and so ends as the start of the next.
    for (std::uint32_t i = 0; i < n; ++i)
      for (std::uint32_t k = times(i), c = k > 0 ? cell_of(x_mm[i], y_mm[i]) : 0; k > 0; --k)
        neuron_[begin_[c]++] = i;
    for (std::size_t c = num_cells; c > 0; --c) begin_[c] = begin_[c - 1];
    begin_[0] = 0;
    return static_cast<std::uint32_t>(neuron_.size());
  }

  /// Lets a search look here; the cells must outlive it.
  void show(RowRewiring& job) const {
    job.width_mm = width_mm_;
    job.height_mm = height_mm_;
    job.cell_mm = cell_mm_;
    job.cells_x = cells_x_;
    job.cells_y = cells_y_;
    job.most_in_cell = most_in_cell_;
    job.cell_begin = begin_.data();
    job.cell_neuron = neuron_.data();
  }

 private:
  std::uint32_t cell_of(float x_mm, float y_mm) const {
    const auto cx = std::min(cells_x_ - 1, static_cast<std::uint32_t>(static_cast<double>(x_mm) / cell_mm_));
    const auto cy = std::min(cells_y_ - 1, static_cast<std::uint32_t>(static_cast<double>(y_mm) / cell_mm_));
    return cy * cells_x_ + cx;
  }

  double cell_mm_ = 0.1;
  std::uint32_t cells_x_ = 1, cells_y_ = 1;
  double width_mm_ = 1.0, height_mm_ = 1.0;
  std::uint32_t most_in_cell_ = 1;
  std::vector<std::uint32_t> begin_, neuron_;
};

}  // namespace penfield
