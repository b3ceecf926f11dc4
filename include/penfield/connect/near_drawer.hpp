#pragma once
// Draws of sources near a place, in proportion to a kernel of their distance.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/connect/cell_grid.hpp"
#include "penfield/connect/index_set.hpp"
#include "penfield/connect/kernel.hpp"
#include "penfield/connect/sampling.hpp"
#include "penfield/numerics/distributions.hpp"

namespace penfield {

/// Cells a quarter of sigma to a half of it wide follow the kernel closely enough that few draws are thrown
/// away.
inline double cell_size_mm(const Kernel& kernel) {
  const double sigma = kernel.sigma_mm;
  const double natural = kernel.shape == Kernel::Shape::gaussian ? 0.5 * sigma : 0.25 * sigma;
  const double of_cutoff = 0.25 * cutoff_mm(kernel);
  return natural < of_cutoff ? natural : of_cutoff;
}

/// The weights are integers, so that a draw is exact. Plain data over a grid of sources.
class NearDrawer {
 public:
  struct WeightedCell {
    std::uint64_t
        weight_end;       ///< summed weight of this cell and those before, each source counted with `bound`
    std::uint64_t bound;  ///< no source of the cell weighs more
    std::uint32_t begin, end;  ///< slots
  };
  /// The cells near one place, in memory that the caller has.
  struct Cells {
    const WeightedCell* cell;
    std::uint32_t size;
    std::uint64_t total;  ///< weight
  };

  NearDrawer() : NearDrawer(CellGridView(), Kernel()) {}
  NearDrawer(const CellGridView& grid, const Kernel& kernel)
      : grid_(grid), profile_(kernel), unit_(weight_unit(grid.sources().size())) {}
  /// The same over a copy of the grid.
  NearDrawer over(const CellGridView& grid) const {
    NearDrawer there = *this;
    there.grid_ = grid;
    return there;
  }

  PENFIELD_HD const CellGridView& grid() const { return grid_; }
  PENFIELD_HD const KernelProfile& profile() const { return profile_; }
  /// No place has more.
  std::uint64_t most_cells() const { return grid_.most_cells_near(profile_.cutoff_mm()); }

  /// Fills `cell`, which has room for most_cells(), with those near a place that hold anything of weight.
  PENFIELD_HD Cells weigh(double x_mm, double y_mm, WeightedCell* cell) const {
    Cells out{cell, 0, 0};
    grid_.for_each_near(x_mm, y_mm, profile_.cutoff_mm(), [&](const CellGridView::Cell& of) {
      const double most = profile_.value(grid_.least_squared_distance(x_mm, y_mm, of));
      if (!(most > 0.0)) return;
      // One more than the rounded value: exp_d may fail to be monotone in its last bit.
      const std::uint64_t bound = static_cast<std::uint64_t>(most * unit_ + 0.5) + 1;
      out.total += bound * of.size();
      cell[out.size++] = {out.total, bound, of.begin, of.end};
    });
    return out;
  }

  PENFIELD_HD std::uint64_t weight(double x_mm, double y_mm, std::uint32_t slot) const {
    return static_cast<std::uint64_t>(profile_.value(grid_.squared_distance(x_mm, y_mm, slot)) * unit_ + 0.5);
  }

  /// Calls emit(source) for every source that a trial of chance peak * kernel(d) picks. Candidates are drawn
  /// with the largest chance of their cell and thinned to their own, which is exact.
  template <class Emit>
  PENFIELD_HD void pick_sources(RandomSequence& random, double x_mm, double y_mm, double peak,
                                std::uint32_t excluded, Emit&& emit) const {
    TrialWalker walker(random);
    grid_.for_each_near(x_mm, y_mm, profile_.cutoff_mm(), [&](const CellGridView::Cell& cell) {
      const double most = peak * profile_.value(grid_.least_squared_distance(x_mm, y_mm, cell));
      walker.run(cell.size(), trial_hazard(most), [&](std::uint32_t i) {
        const std::uint32_t slot = cell.begin + i;
        const double chance = peak * profile_.value(grid_.squared_distance(x_mm, y_mm, slot));
        if (random.uniform() * most < chance && grid_.source(slot) != excluded) emit(grid_.source(slot));
      });
    });
  }

  /// One try: a slot with chance weight / total, or kNoNeuron. A single even integer picks the cell, the slot
  /// and whether the slot's own weight, at most the cell's bound, accepts it. Needs a total above 0.
  PENFIELD_HD std::uint32_t draw(RandomSequence& random, const Cells& near, double x_mm, double y_mm) const {
    const std::uint64_t at = random.below(near.total);
    std::uint32_t first = 0, count = near.size;  // the first cell whose weight ends beyond `at`
    while (count > 0) {
      const std::uint32_t half = count / 2;
      if (near.cell[first + half].weight_end <= at) {
        first += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    const WeightedCell& of = near.cell[first];
    const std::uint64_t before_end = of.weight_end - at - 1;
    const std::uint64_t place = before_end / of.bound;
    const std::uint32_t slot = of.begin + static_cast<std::uint32_t>(place);
    return before_end - place * of.bound < weight(x_mm, y_mm, slot) ? slot : kNoNeuron;
  }

  /// Calls emit(source) for `count` sources of such draws; the first `count` different ones if there is a set
  /// to hold them. False where too many tries found too few: the caller draws what is missing in another way.
  template <class Emit>
  PENFIELD_HD bool draw_sources(RandomSequence& random, const Cells& near, double x_mm, double y_mm,
                                std::uint32_t excluded, std::uint32_t count, IndexSet* different,
                                Emit&& emit) const {
    // Draws to try before the exact but slower way: ample unless nearly every source nearby is taken.
    std::uint64_t tries_left = near.total == 0 ? 0 : 64 + 16 * static_cast<std::uint64_t>(count);
    std::uint32_t found = 0;
    for (; found < count && tries_left > 0; --tries_left) {
      const std::uint32_t slot = draw(random, near, x_mm, y_mm);
      if (slot == kNoNeuron) continue;
      const std::uint32_t source = grid_.source(slot);
      if (source == excluded || (different != nullptr && !different->insert(source))) continue;
      emit(source);
      ++found;
    }
    return found == count;
  }

 private:
  /// Weights of kernel value 1: the summed weight of all sources stays below 2^63.
  static double weight_unit(std::size_t num_sources) {
    int bits = 40;
    while (bits > 30 && (num_sources >> (62 - bits)) != 0) --bits;
    return static_cast<double>(std::uint64_t{1} << bits);
  }

  CellGridView grid_;
  KernelProfile profile_;
  double unit_;
};

}  // namespace penfield
