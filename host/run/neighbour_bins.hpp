#pragma once
// Neighbouring cells, whose rates short episodes show better together than one by one.
#include <cstdint>
#include <vector>

#include "penfield/state/network.hpp"

namespace penfield {

/// Square bins of some 32 cells over a population's sheet; a population that is small or has no positions is
/// one bin.
class NeighbourBins {
 public:
  explicit NeighbourBins(const Population& cells);
  NeighbourBins() = default;

  std::size_t count() const { return count_; }
  std::uint32_t operator[](std::uint32_t neuron) const { return bin_[neuron]; }
  std::size_t num_cells() const { return bin_.size(); }
  /// [bin]
  std::vector<double> cells_per_bin() const;

 private:
  std::vector<std::uint32_t> bin_;  ///< [neuron]
  std::size_t count_ = 1;
};

}  // namespace penfield
