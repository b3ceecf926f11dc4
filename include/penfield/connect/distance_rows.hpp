#pragma once
// Rows whose sources are chosen by their distance from one place.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "penfield/base/error.hpp"
#include "penfield/connect/cell_grid.hpp"
#include "penfield/connect/kernel.hpp"
#include "penfield/connect/sampling.hpp"

namespace penfield {

/// No source is excluded from a row.
inline constexpr std::uint32_t kNoNeuron = 0xffffffffu;

/// Cells a quarter of sigma to a half of it wide follow the kernel closely enough that few draws are thrown
/// away.
inline double cell_size_mm(const Kernel& kernel) {
  const double sigma = kernel.sigma_mm;
  const double natural = kernel.shape == Kernel::Shape::gaussian ? 0.5 * sigma : 0.25 * sigma;
  const double of_cutoff = 0.25 * cutoff_mm(kernel);
  return natural < of_cutoff ? natural : of_cutoff;
}

/// Every source independently with chance peak * kernel(d). Candidates are drawn with the largest chance of
/// their cell and thinned to their own, which is exact.
class DistanceProbabilityRows {
 public:
  DistanceProbabilityRows(Span<const Position> sources, const Sheet& sheet, const Kernel& kernel)
      : grid_(sources, sheet, cell_size_mm(kernel)), profile_(kernel), peak_(kernel.peak) {}

  /// Fills the empty `row` for a target at the place; `excluded` (or kNoNeuron) never becomes a source.
  void make(RandomSequence& random, double x_mm, double y_mm, std::uint32_t excluded,
            std::vector<std::uint32_t>& row) const {
    TrialWalker walker(random);
    grid_.for_each_near(x_mm, y_mm, profile_.cutoff_mm(), [&](const CellGrid::Cell& cell) {
      const double most = peak_ * profile_.value(grid_.least_squared_distance(x_mm, y_mm, cell));
      walker.run(cell.size(), trial_hazard(most), [&](std::uint32_t i) {
        const std::uint32_t slot = cell.begin + i;
        const double chance = peak_ * profile_.value(grid_.squared_distance(x_mm, y_mm, slot));
        if (random.uniform() * most < chance && grid_.source(slot) != excluded)
          row.push_back(grid_.source(slot));
      });
    });
    std::sort(row.begin(), row.end());
  }

  /// How many sources a target at the place has in the mean, itself included where it is one of them.
  double expected(double x_mm, double y_mm) const {
    double sum = 0.0;
    grid_.for_each_near(x_mm, y_mm, profile_.cutoff_mm(), [&](const CellGrid::Cell& cell) {
      for (std::uint32_t slot = cell.begin; slot < cell.end; ++slot) {
        sum += peak_ * profile_.value(grid_.squared_distance(x_mm, y_mm, slot));
      }
    });
    return sum;
  }

  /// How many sources a target at the place has at the very most.
  std::uint32_t candidates(double x_mm, double y_mm) const {
    std::uint32_t sum = 0;
    grid_.for_each_near(x_mm, y_mm, profile_.cutoff_mm(), [&](const CellGrid::Cell& cell) {
      if (profile_.value(grid_.least_squared_distance(x_mm, y_mm, cell)) > 0.0) sum += cell.size();
    });
    return sum;
  }

 private:
  CellGrid grid_;
  KernelProfile profile_;
  double peak_;
};

/// A set number of sources, each drawn with chance proportional to kernel(d), in integer weights. Without
/// multapses the row is the first in_degree distinct sources of such draws.
class DistanceDegreeRows {
 public:
  DistanceDegreeRows(Span<const Position> sources, const Sheet& sheet, const Kernel& kernel)
      : grid_(sources, sheet, cell_size_mm(kernel)), profile_(kernel), unit_(weight_unit(sources.size())) {}

  /// Fills the empty `row` for a target at the place; `excluded` (or kNoNeuron) never becomes a source.
  /// Throws Error(scenario) when too few sources lie within the cutoff.
  void make(RandomSequence& random, double x_mm, double y_mm, std::uint32_t excluded, std::uint32_t in_degree,
            bool allow_multapses, std::vector<std::uint32_t>& row) const {
    if (in_degree == 0) return;
    const std::vector<WeightedCell> cells = weighted_cells(x_mm, y_mm);
    const std::uint64_t total = cells.empty() ? 0 : cells.back().weight_end;
    // Draws to try before the exact but slower way: ample unless nearly every source nearby is taken.
    std::uint64_t tries_left = total == 0 ? 0 : 64 + 16 * static_cast<std::uint64_t>(in_degree);
    const auto fill = [&](std::size_t size) {
      while (row.size() < size && tries_left > 0) {
        --tries_left;
        const std::uint32_t slot = draw(random, cells, total, x_mm, y_mm);
        if (slot != kNoNeuron && grid_.source(slot) != excluded) row.push_back(grid_.source(slot));
      }
    };
    std::size_t sorted = 0;
    do {
      fill(in_degree);
      const auto middle = row.begin() + static_cast<std::ptrdiff_t>(sorted);
      std::sort(middle, row.end());
      std::inplace_merge(row.begin(), middle, row.end());
      if (!allow_multapses) row.erase(std::unique(row.begin(), row.end()), row.end());
      sorted = row.size();
    } while (row.size() < in_degree && tries_left > 0);
    if (row.size() < in_degree)
      complete(random, cells, x_mm, y_mm, excluded, in_degree, allow_multapses, row);
  }

 private:
  struct WeightedCell {
    std::uint64_t
        weight_end;       ///< summed weight of this cell and those before, each source counted with `bound`
    std::uint64_t bound;  ///< no source of the cell weighs more
    std::uint32_t begin, end;  ///< slots
  };

  /// Weights of kernel value 1: the summed weight of all sources stays below 2^63.
  static double weight_unit(std::size_t num_sources) {
    int bits = 40;
    while (bits > 30 && (num_sources >> (62 - bits)) != 0) --bits;
    return static_cast<double>(std::uint64_t{1} << bits);
  }

  std::uint64_t weight(double x_mm, double y_mm, std::uint32_t slot) const {
    return static_cast<std::uint64_t>(profile_.value(grid_.squared_distance(x_mm, y_mm, slot)) * unit_ + 0.5);
  }

  std::vector<WeightedCell> weighted_cells(double x_mm, double y_mm) const {
    std::vector<WeightedCell> cells;
    std::uint64_t sum = 0;
    grid_.for_each_near(x_mm, y_mm, profile_.cutoff_mm(), [&](const CellGrid::Cell& cell) {
      const double most = profile_.value(grid_.least_squared_distance(x_mm, y_mm, cell));
      if (!(most > 0.0)) return;
      // One more than the rounded value: exp_d may fail to be monotone in its last bit.
      const std::uint64_t bound = static_cast<std::uint64_t>(most * unit_ + 0.5) + 1;
      sum += bound * cell.size();
      cells.push_back({sum, bound, cell.begin, cell.end});
    });
    return cells;
  }

  /// One try: a slot with chance weight / total, or kNoNeuron. A single even integer picks the cell, the slot
  /// and whether the slot's own weight, at most the cell's bound, accepts it.
  std::uint32_t draw(RandomSequence& random, const std::vector<WeightedCell>& cells, std::uint64_t total,
                     double x_mm, double y_mm) const {
    const std::uint64_t at = random.below(total);
    const auto cell =
        std::upper_bound(cells.begin(), cells.end(), at,
                         [](std::uint64_t value, const WeightedCell& c) { return value < c.weight_end; });
    const std::uint64_t before_end = cell->weight_end - at - 1;
    const std::uint32_t slot = cell->begin + static_cast<std::uint32_t>(before_end / cell->bound);
    return before_end % cell->bound < weight(x_mm, y_mm, slot) ? slot : kNoNeuron;
  }

  /// Draws what is missing from a list of all candidates and their weights, sources already taken left out
  /// where they may not repeat. The distribution is that of going on with draw().
  void complete(RandomSequence& random, const std::vector<WeightedCell>& cells, double x_mm, double y_mm,
                std::uint32_t excluded, std::uint32_t in_degree, bool allow_multapses,
                std::vector<std::uint32_t>& row) const {
    const std::size_t taken = row.size();
    std::vector<std::uint32_t> source;
    std::vector<std::uint64_t> weights;
    std::uint64_t total = 0;
    for (const WeightedCell& cell : cells) {
      for (std::uint32_t slot = cell.begin; slot < cell.end; ++slot) {
        const std::uint32_t candidate = grid_.source(slot);
        const std::uint64_t w = weight(x_mm, y_mm, slot);
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
                                          std::to_string(profile_.cutoff_mm()) +
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
  KernelProfile profile_;
  double unit_;
};

}  // namespace penfield
