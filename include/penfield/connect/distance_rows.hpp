#pragma once
// Rows whose sources are chosen by their distance from one place.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "penfield/base/error.hpp"
#include "penfield/connect/cell_grid.hpp"
#include "penfield/connect/kernel.hpp"
#include "penfield/connect/near_drawer.hpp"

namespace penfield {

/// The sources of a projection on a grid, and the rows that are drawn from it.
class DistanceRows {
 public:
  DistanceRows(Span<const Position> sources, const Sheet& sheet, const Kernel& kernel)
      : grid_(sources, sheet, cell_size_mm(kernel)), drawer_(grid_.view(), kernel), peak_(kernel.peak) {}

  /// Valid as long as this lives.
  const NearDrawer& drawer() const { return drawer_; }

  /// How many sources a target at the place has in the mean where each connects by its own chance, itself
  /// included where it is one of them.
  double expected(double x_mm, double y_mm) const {
    double sum = 0.0;
    for_each_near(x_mm, y_mm, [&](const CellGrid::Cell& cell) {
      for (std::uint32_t slot = cell.begin; slot < cell.end; ++slot)
        sum += peak_ * drawer_.profile().value(drawer_.grid().squared_distance(x_mm, y_mm, slot));
    });
    return sum;
  }

  /// How many sources a target at the place has at the very most.
  std::uint32_t candidates(double x_mm, double y_mm) const {
    std::uint32_t sum = 0;
    for_each_near(x_mm, y_mm, [&](const CellGrid::Cell& cell) {
      if (drawer_.profile().value(drawer_.grid().least_squared_distance(x_mm, y_mm, cell)) > 0.0)
        sum += cell.size();
    });
    return sum;
  }

  /// Draws what is missing from a list of all candidates and their weights, sources already taken left out
  /// where they may not repeat. The distribution is that of going on with NearDrawer::draw().
  void complete(RandomSequence& random, const NearDrawer::Cells& near, double x_mm, double y_mm,
                std::uint32_t excluded, std::uint32_t in_degree, bool allow_multapses,
                std::vector<std::uint32_t>& row) const {
    const std::size_t taken = row.size();
    std::vector<std::uint32_t> source;
    std::vector<std::uint64_t> weights;
    std::uint64_t total = 0;
    for (std::uint32_t c = 0; c < near.size; ++c) {
      for (std::uint32_t slot = near.cell[c].begin; slot < near.cell[c].end; ++slot) {
        const std::uint32_t candidate = drawer_.grid().source(slot);
        const std::uint64_t w = drawer_.weight(x_mm, y_mm, slot);
        if (w == 0 || candidate == excluded) continue;
        if (!allow_multapses && std::binary_search(row.begin(), row.end(), candidate)) continue;
        source.push_back(candidate);
        weights.push_back(w);
        total += w;
      }
    }
    const std::size_t missing = in_degree - taken;
    if (source.empty() || (!allow_multapses && source.size() < missing)) {
      throw Error(ExitCode::scenario, "a target at " + std::to_string(x_mm) + ", " + std::to_string(y_mm) +
                                          " mm of the source's sheet has " +
                                          std::to_string(source.size() + (allow_multapses ? 0 : taken)) +
                                          " sources within the cutoff of " +
                                          std::to_string(drawer_.profile().cutoff_mm()) +
                                          " mm, fewer than its in_degree of " + std::to_string(in_degree) +
                                          " needs; lower in_degree, widen the kernel or allow multapses");
    }
    SumTree tree(weights);
    for (std::size_t i = 0; i < missing; ++i) {
      const std::size_t pick = tree.find(random.below(total));
      row.push_back(source[pick]);
      if (!allow_multapses) {
        tree.remove(pick, weights[pick]);
        total -= weights[pick];
      }
    }
    std::sort(row.begin(), row.end());
  }

 private:
  template <class F>
  void for_each_near(double x_mm, double y_mm, F&& f) const {
    drawer_.grid().for_each_near(x_mm, y_mm, drawer_.profile().cutoff_mm(), f);
  }

  /// Prefix sums under removal (Fenwick 1994).
  class SumTree {
   public:
    explicit SumTree(const std::vector<std::uint64_t>& weights) : sum_(weights.size() + 1, 0) {
      for (std::size_t i = 1; i < sum_.size(); ++i) {
        sum_[i] += weights[i - 1];
        const std::size_t parent = i + (i & (~i + 1));
        if (parent < sum_.size()) sum_[parent] += sum_[i];
      }
      while (2 * top_ < sum_.size()) top_ *= 2;
    }
    /// The element that holds `at` when the weights are laid end to end.
    std::size_t find(std::uint64_t at) const {
      std::size_t place = 0;
      for (std::size_t step = top_; step > 0; step /= 2) {
        if (place + step < sum_.size() && sum_[place + step] <= at) {
          place += step;
          at -= sum_[place];
        }
      }
      return place;
    }
    void remove(std::size_t element, std::uint64_t weight) {
      for (std::size_t i = element + 1; i < sum_.size(); i += i & (~i + 1)) sum_[i] -= weight;
    }

   private:
    std::vector<std::uint64_t> sum_;
    std::size_t top_ = 1;
  };

  CellGrid grid_;
  NearDrawer drawer_;
  double peak_;
};

}  // namespace penfield
