#pragma once
// Which blocks a step launches: tables of target tiles, and of what comes into them.
#include <cstdint>
#include <vector>

#include "kernels/cuda/device_table.cuh"
#include "penfield/state/calendar.hpp"
#include "penfield/state/network.hpp"
#include "penfield/state/segment.hpp"

namespace penfield::cuda {

/// Blocks of the delivery kernels that one multiprocessor takes at a time, by their registers: all blocks of
/// a launch run at once, if a card has room for one a tile.
constexpr std::uint32_t kStaticBlocks = 6, kPlasticBlocks = 2, kCalendarBlocks = 3;

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

/// Segments by where their sources are.
enum class SourceTiles : std::uint8_t { all, own, of_other_ranks };

/// The segments of some projections, dealt out to blocks.
class DeliveryList {
 public:
  /// Those of the network's projections that `wanted` says, from `sources`. True if captured kernels hold
  /// stale arguments.
  template <class Wanted>
  bool assign(const Network& network, Wanted&& wanted, std::uint32_t num_blocks, const Stream& stream,
              SourceTiles sources = SourceTiles::all);
  DeliveryView view() const { return {blocks_.data(), segments_.data(), blocks_.size()}; }
  const std::vector<BlockShare>& shares() const { return blocks_.values(); }

 private:
  DeviceTable<BlockShare> blocks_;
  DeviceTable<Segment> segments_;
};

/// Calendars as kernels get them.
struct CalendarView {
  const CalendarShare* shares;  ///< [num_blocks]
  const Segment* segments;
  std::uint32_t num_blocks;
};

/// The plastic projections of one rule that are visited delay by delay, dealt out to blocks, each of which
/// keeps a calendar.
class CalendarList {
 public:
  /// `num_blocks`: that a card takes at once; none: no calendars. True if captured kernels hold stale
  /// arguments.
  bool assign(const Network& network, std::int32_t rule, std::uint32_t num_blocks, const Stream& stream);
  /// No day's list is complete: what was entered does not go with the spike lists any more.
  void forget(const Stream& stream) const;
  CalendarView view() const { return {shares_.data(), segments_.data(), shares_.size()}; }
  bool empty() const { return shares_.empty(); }

 private:
  DeviceTable<CalendarShare> shares_;
  DeviceTable<Segment> segments_;
  DeviceBuffer<std::uint32_t> counts_;  ///< [blocks][kCalendarWords]
  DeviceBuffer<DueSynapse> entries_;
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

/// A list of tiles as kernels get it. Blocks [0, num_tiles) x [0, split): the projections into a tile, each
/// in `parts` parts, are dealt out to its `split` blocks.
struct WorkView {
  const TargetTile* tiles;
  const Incoming* incoming;
  std::uint32_t num_tiles;
  std::uint32_t split;
  std::uint32_t parts;
};

class WorkList {
 public:
  /// Those of the network's projections that `wanted` says, tile by tile. True if captured kernels hold stale
  /// arguments.
  template <class Wanted>
  bool assign(const Network& network, Wanted&& wanted, std::uint32_t num_blocks, const Stream& stream);
  WorkView view() const { return {tiles_.data(), incoming_.data(), tiles_.size(), split_, parts_}; }

 private:
  DeviceTable<TargetTile> tiles_;
  DeviceTable<Incoming> incoming_;
  std::uint32_t split_ = 1, parts_ = 1;
};

/// What plastic projections of one rule ask for.
struct RulePlan {
  DeliveryList deliver;  ///< all of them
  CalendarList by_calendar;
  DeliveryList beside;  ///< those without a calendar, where others have one
  WorkList flush;

  /// What deliver_plastic_tiles is to bring while the calendars' kernel brings the rest.
  DeliveryView without_calendar() const { return by_calendar.empty() ? deliver.view() : beside.view(); }
};

/// About how many blocks share out the work of each kind; none: a block a tile, and no calendars.
struct BlocksWanted {
  std::uint32_t deliver_static, deliver_plastic, by_calendar, flush;
};
/// As many as a card of so many multiprocessors takes at once.
constexpr BlocksWanted blocks_of_card(std::uint32_t multiprocessors) {
  return {kStaticBlocks * multiprocessors, kPlasticBlocks * multiprocessors,
          kCalendarBlocks * multiprocessors, kPlasticBlocks * multiprocessors};
}

struct LaunchPlan {
  DeliveryList deliver_static;     ///< projections without a rule; on several ranks, from own sources
  DeliveryList deliver_received;   ///< the same from sources of other ranks
  std::vector<RulePlan> by_rule;   ///< projections of each plasticity rule
  DeviceTable<TargetTile> marked;  ///< tiles whose history rings a flush brings up to date
  bool plastic = false;            ///< does any projection have a rule?

  /// True if captured kernels hold stale arguments.
  bool assign(const Network& network, const BlocksWanted& blocks, const Stream& stream);
  /// See CalendarList::forget.
  void forget_calendars(const Stream& stream) const;
};

}  // namespace penfield::cuda
