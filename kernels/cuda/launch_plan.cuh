#pragma once
// Which blocks a step launches: tables of target tiles, and of what comes into them.
#include <cstdint>
#include <vector>

#include "kernels/cuda/device_table.cuh"
#include "penfield/state/network.hpp"
#include "penfield/state/segment.hpp"

namespace penfield::cuda {

/// Blocks of the delivery kernels that one multiprocessor takes at a time, by their registers: all blocks of
/// a launch run at once, if a card has room for one a tile.
constexpr std::uint32_t kStaticBlocks = 6, kPlasticBlocks = 2;

/// What a block delivers.
struct BlockShare {
  TileShare share;
  std::uint32_t lanes_log2;  ///< threads that share a row of synapses, at the most: about its length, 4 to 32
};

/// Shares as kernels get them.
struct DeliveryView {
  const BlockShare* blocks;
  const Segment* segments;
  std::uint32_t num_blocks;
};

/// The segments of some projections, dealt out to blocks.
class DeliveryList {
 public:
  /// Those of the network's projections that `wanted` says. True if captured kernels hold stale arguments.
  template <class Wanted>
  bool assign(const Network& network, Wanted&& wanted, std::uint32_t num_blocks, const Stream& stream);
  DeliveryView view() const { return {blocks_.data(), segments_.data(), blocks_.size()}; }
  const std::vector<BlockShare>& shares() const { return blocks_.values(); }

 private:
  DeviceTable<BlockShare> blocks_;
  DeviceTable<Segment> segments_;
};

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

/// What plastic projections of one rule ask for.
struct RulePlan {
  DeliveryList deliver;
  WorkList flush;
};

/// About how many blocks share out the work of each kind; none: a block a tile.
struct BlocksWanted {
  std::uint32_t deliver_static, deliver_plastic, flush;
};
/// As many as a card of so many multiprocessors takes at once.
constexpr BlocksWanted blocks_of_card(std::uint32_t multiprocessors) {
  return {kStaticBlocks * multiprocessors, kPlasticBlocks * multiprocessors,
          kPlasticBlocks * multiprocessors};
}

struct LaunchPlan {
  DeliveryList deliver_static;     ///< projections without a rule
  std::vector<RulePlan> by_rule;   ///< projections of each plasticity rule
  DeviceTable<TargetTile> marked;  ///< tiles whose history rings a flush brings up to date
  bool plastic = false;            ///< does any projection have a rule?

  /// True if captured kernels hold stale arguments.
  bool assign(const Network& network, const BlocksWanted& blocks, const Stream& stream);
};

}  // namespace penfield::cuda
