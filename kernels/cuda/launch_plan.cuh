#pragma once
// Which blocks a step launches: tables of target tiles and of the projections that come into them.
#include <cstdint>
#include <vector>

#include "kernels/cuda/device_table.cuh"
#include "penfield/state/network.hpp"

namespace penfield::cuda {

/// One projection into a tile.
struct Incoming {
  std::uint32_t projection;
  std::uint32_t lanes_log2;  ///< threads that share a row of synapses: about its length, 4 to 32
};

/// One tile of a population, and its incoming projections [begin, end) in WorkView::incoming.
struct TargetTile {
  std::uint32_t population, tile, begin, end;
};

/// A list of tiles as kernels get it. Blocks [0, num_tiles) x [0, split): the projections into a tile are
/// dealt out to its `split` blocks.
struct WorkView {
  const TargetTile* tiles;
  const Incoming* incoming;
  std::uint32_t num_tiles;
  std::uint32_t split;
};

class WorkList {
 public:
  /// Those of the network's projections that `wanted` says, tile by tile. True if captured kernels hold stale
  /// arguments.
  template <class Wanted>
  bool assign(const Network& network, Wanted&& wanted, std::uint32_t num_blocks, const Stream& stream);
  WorkView view() const { return {tiles_.data(), incoming_.data(), tiles_.size(), split_}; }

 private:
  DeviceTable<TargetTile> tiles_;
  DeviceTable<Incoming> incoming_;
  std::uint32_t split_ = 1;
};

struct LaunchPlan {
  WorkList learning_static;        ///< projections without a rule
  WorkList all;                    ///< all projections, as if static: learning is off
  std::vector<WorkList> by_rule;   ///< projections of each plasticity rule
  DeviceTable<TargetTile> marked;  ///< tiles whose history rings a flush brings up to date
  bool plastic = false;            ///< does any projection have a rule?

  /// `num_blocks`: how many blocks a launch should have, at the least, to fill the card.
  bool assign(const Network& network, std::uint32_t num_blocks, const Stream& stream);
};

}  // namespace penfield::cuda
