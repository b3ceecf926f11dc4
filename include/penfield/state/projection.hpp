#pragma once
// The synapses of one projection as views: tile of targets first, then source, then delay.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/base/ids.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/fixed_point.hpp"
#include "penfield/state/population.hpp"
#include "penfield/state/row_places.hpp"

namespace penfield {

/// When lazy plasticity was last brought up to date. A flush of step F applies every post event up to and
/// including F to every synapse of the targets that it takes, whatever is still on its way to them.
/// PopulationView::history_flushed has it target by target.
struct FlushTimes {
  StepIndex last = kNeverStep;  ///< of any target
  StepIndex all = kNeverStep;   ///< of all targets
};

/// Which targets a flush takes. One that a full history ring asks for takes those that have fired most since
/// their last one, and so sweeps a synapse once in many spikes of its target, however fast the fastest is.
enum class FlushScope : std::uint32_t { none, filled, all };

/// How many delays a piece of a row holds: a piece that is delivered as late as can be then needs rings of 16
/// steps. With 7, rows of the cortical microcircuit fell into too many short pieces (1.2 times the time).
inline constexpr std::int32_t kPieceDelays = 15;

/// A row of spread delays is cut into pieces of kPieceDelays delays each, from min_delay on. Static synapses
/// are delivered piece by piece, each when its delays are near: the ring of input sums then spans a few steps
/// whatever the longest delay, and stays in a cache. Piece c waits first_age + c * kPieceDelays steps after
/// the spike.
struct DelayPieces {
  std::uint32_t count = 1;
  std::int32_t first_age = 0;

  constexpr std::int32_t last_age() const {
    return first_age + static_cast<std::int32_t>(count - 1) * kPieceDelays;
  }
};
/// Steps that may be updated between two exchanges of spikes, at most: more gains little, and their spike
/// lists take memory.
inline constexpr std::int32_t kMostBatchedSteps = 16;
/// `min_delay` and `max_delay` in steps. Delivery leaves so many steps where it can. Of several pieces, or of
/// delays that differ, none reaches further than 32 steps.
constexpr DelayPieces cut_delays(std::int32_t min_delay, std::int32_t max_delay) {
  const auto count = static_cast<std::uint32_t>((max_delay - min_delay) / kPieceDelays + 1);
  return {count, min_delay <= kMostBatchedSteps ? 0 : min_delay - kMostBatchedSteps};
}

/// Where a synapse ends, in 16 bits: the target within its tile, and its delay beyond the first of its piece.
/// Where all delays of a projection are equal, the target alone.
struct SynapseCode {
  static constexpr std::uint32_t kTargetBits = 12;
  static constexpr std::uint32_t kMaxTileSize = 1u << kTargetBits;
  static constexpr std::uint32_t kMaxWideTileSize = 1u << 16;  ///< where only such projections lead into it

  PENFIELD_HD static constexpr std::uint16_t pack(std::uint32_t target, std::uint32_t delay) {
    return static_cast<std::uint16_t>(delay << kTargetBits | target);
  }
  PENFIELD_HD static constexpr std::uint32_t target(std::uint32_t code) { return code & (kMaxTileSize - 1); }
  /// Also of a code whose upper half holds something else.
  PENFIELD_HD static constexpr std::uint32_t delay(std::uint32_t code) { return code >> kTargetBits & 15u; }
};

/// How a synapse's weight is stored.
enum class WeightStorage : std::uint8_t {
  uniform,  ///< static, all equal: not at all
  fixed16,  ///< static: int16 that is shifted left by `weight_shift` into the port's fixed-point scale
  float32,  ///< plastic or structural: rounded to the port's scale when delivered
};

/// The synapses of one projection into one tile. Piece c of the row of source s is row (s - source_begin) *
/// pieces + c, whose synapses are sorted by (delay, target, ordinal).
struct TileSynapses {
  std::uint32_t source_begin = 0;  ///< sources outside [source_begin, source_end) reach nothing here
  std::uint32_t source_end = 0;
  std::uint32_t pieces = 1;
  std::uint32_t num_synapses = 0;
  RowPlaces rows;                         ///< [(source_end - source_begin) * pieces]
  const std::uint16_t* code = nullptr;    ///< SynapseCode; null with fixed16
  const std::uint32_t* packed = nullptr;  ///< fixed16: SynapseCode, and the weight in the upper half
  float* weight = nullptr;                ///< float32
  float* state = nullptr;  ///< [synapses][num_states<Rule>()] what the plasticity rule has beside the weight

  PENFIELD_HD std::uint32_t num_sources() const { return source_end - source_begin; }
  /// A piece of the row of the source `s` places after source_begin.
  PENFIELD_HD RowRange piece(std::uint32_t s, std::uint32_t c) const {
    return rows.at(std::size_t{s} * pieces + c);
  }
  /// All its pieces.
  PENFIELD_HD RowRange row(std::uint32_t s) const { return {piece(s, 0).begin, piece(s, pieces - 1).end}; }
};

struct ProjectionView {
  std::uint32_t index = 0;               ///< number of the projection in the network
  std::uint32_t source = 0, target = 0;  ///< populations
  std::uint32_t port = 0;
  std::int32_t min_delay = 1, max_delay = 1;  ///< steps
  DelayPieces pieces;  ///< count also of plastic rows, which are visited delay by delay or whole
  WeightStorage storage = WeightStorage::fixed16;
  std::int32_t weight_shift = 0;
  std::int32_t uniform_weight = 0;      ///< uniform: the integer to add
  std::int32_t scale_log2 = 0;          ///< of the target's port
  const TileSynapses* tiles = nullptr;  ///< [tiles of the target population]

  std::int32_t rule = -1;                     ///< index in PlasticityRules, negative = static
  const void* rule_params = nullptr;          ///< RuleConstants<Rule>
  std::uint8_t trace_pre[kRuleTraces] = {};   ///< which traces of the source population the rule reads
  std::uint8_t trace_post[kRuleTraces] = {};  ///< which traces of the target population
  bool dendritic = false;                     ///< the delay is dendritic (else axonal)
  ModulatorView modulator;                    ///< that the rule reads; without arrays if it reads none

  PENFIELD_HD bool spread() const { return min_delay != max_delay; }
  /// Delay of a synapse of piece `piece`, steps.
  PENFIELD_HD std::int32_t delay(std::uint32_t piece, std::uint32_t code) const {
    return min_delay + static_cast<std::int32_t>(piece) * kPieceDelays +
           (spread() ? static_cast<std::int32_t>(SynapseCode::delay(code)) : 0);
  }
  /// The integer that a static synapse adds; `code` has the weight in its upper half, if weights differ.
  PENFIELD_HD std::int32_t static_weight(std::uint32_t code) const {
    return storage == WeightStorage::uniform ? uniform_weight
                                             : static_cast<std::int16_t>(code >> 16) * (1 << weight_shift);
  }
  /// Weight of the synapse at `place` in a tile's arrays, in the unit of the port.
  PENFIELD_HD float weight(const TileSynapses& tile, std::size_t place) const {
    if (storage == WeightStorage::float32) return tile.weight[place];
    return from_fixed(static_weight(tile.packed != nullptr ? tile.packed[place] : 0u), scale_log2);
  }
  /// Target of a synapse within its tile.
  PENFIELD_HD std::uint32_t target_in_tile(std::uint32_t code) const {
    return spread() ? SynapseCode::target(code) : static_cast<std::uint16_t>(code);
  }
};

}  // namespace penfield
