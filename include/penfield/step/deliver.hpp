#pragma once
// Phase "deliver": the owner of a tile pulls the spikes of a step and adds its own synapses' weights to the
// tile's ring. Sums are integers, so the order of spikes, rows and team members does not matter.
#include <cstdint>

#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/numerics/fixed_point.hpp"
#include "penfield/state/population.hpp"
#include "penfield/state/projection.hpp"
#include "penfield/step/team.hpp"

namespace penfield {

/// Where the input of one (population, port, tile) that arrives `delay` steps after `step` is summed.
struct RingTile {
  std::int32_t* sum;
  std::uint32_t mask;
  std::uint32_t tile_size;
  StepIndex step;

  PENFIELD_HD std::int32_t* at(std::int32_t delay, std::uint32_t target) const {
    const std::uint32_t slot = (static_cast<std::uint32_t>(step) + static_cast<std::uint32_t>(delay)) & mask;
    return sum + static_cast<std::size_t>(slot) * tile_size + target;
  }
};

PENFIELD_HD inline RingTile ring_tile(const PopulationView& target, std::uint32_t port, std::uint32_t tile,
                                      StepIndex step) {
  return {target.ring[port] + static_cast<std::size_t>(tile) * target.ring_slots * target.tile_size,
          target.ring_slots - 1, target.tile_size, step};
}

/// A tile with no more synapses than this stays in a core's second cache, where asking ahead costs more than
/// it saves.
inline constexpr std::uint32_t kNearSynapses = 1u << 17;

/// Asks for the row of the spike after the next, and for what leads there of those behind it, as rows lie
/// anywhere in memory. On a GPU other warps hide that wait.
[[gnu::always_inline]] PENFIELD_HD inline void fetch_ahead(const TileSynapses& tile,
                                                           const std::uint32_t* neuron, std::uint32_t k,
                                                           std::uint32_t size) {
#if !defined(__CUDACC__)
  constexpr std::uint32_t kAhead = 2, kLine = 16, kMost = 32 * kLine;  // a line holds 16 weights, or 32 codes
  const bool grouped = tile.rows.grouped();
  const auto with_source = [&](std::uint32_t ahead, auto&& f) {
    if (k + ahead >= size) return;
    const std::uint32_t s = neuron[k + ahead] - tile.source_begin;  // below it: wraps to a large number
    if (s < tile.num_sources()) f(s);
  };
  with_source((grouped ? 3 : 2) * kAhead, [&](std::uint32_t s) {
    __builtin_prefetch(tile.rows.looked_at_first(std::size_t{s} * tile.pieces));
  });
  if (grouped)
    with_source(2 * kAhead, [&](std::uint32_t s) {
      __builtin_prefetch(tile.rows.looked_at_then(std::size_t{s} * tile.pieces));
    });
  if (k + kAhead >= size) return;
  const std::uint32_t s = neuron[k + kAhead] - tile.source_begin;
  if (s >= tile.num_sources()) return;
  const RowRange row = tile.row(s);
  const std::uint32_t end = row.end - row.begin < kMost ? row.end : row.begin + kMost;
  for (std::uint32_t at = row.begin; at < end; at += kLine) {
    if (tile.code != nullptr && (at - row.begin) % (2 * kLine) == 0) __builtin_prefetch(tile.code + at);
    if (tile.packed != nullptr) __builtin_prefetch(tile.packed + at);
    if (tile.weight != nullptr) __builtin_prefetch(tile.weight + at, 1);
  }
#else
  static_cast<void>(tile), static_cast<void>(neuron), static_cast<void>(k), static_cast<void>(size);
#endif
}

/// Calls f(source, place, lane, lanes) for every spike of step `emitted` whose source may reach the tile; the
/// members of a team share out the spikes, and the synapses of each over `lanes` of them.
template <class Team, class F>
PENFIELD_HD inline void for_each_spike(Team& team, const PopulationView& source, const TileSynapses& tile,
                                       StepIndex emitted, F&& f) {
  if (emitted < 0 || tile.source_begin >= tile.source_end) return;
  const bool far = tile.num_synapses > kNearSynapses;
  const std::uint32_t first = tile.source_begin / source.tile_size;
  const std::uint32_t last = (tile.source_end - 1) / source.tile_size;
  for (std::uint32_t t = first; t <= last; ++t) {
    const std::uint32_t place = list_place(source, emitted, t);
    const std::uint32_t size = source.list_size[place];
    if (size == 0) continue;
    const std::size_t base = list_base(source, place, t);
    const std::uint32_t* neuron = source.list_neuron + base;
    team.for_each_row(size, [&](std::uint32_t k, std::uint32_t lane, std::uint32_t lanes) {
      if (far) fetch_ahead(tile, neuron, k, size);
      const std::uint32_t s = neuron[k];
      if (s >= tile.source_begin && s < tile.source_end) f(s - tile.source_begin, base + k, lane, lanes);
    });
  }
}

/// Adds pieces of rows of one projection to the ring of a tile, as the weights are. Limited by the row's
/// bytes (2 to 6 a synapse) and the scattered adds. A copy of what it reads, since the ring's integers could
/// alias the views, and would make the compiler read these again for every synapse.
struct PieceAdder {
  const std::uint16_t* code;
  const std::uint32_t* packed;
  const float* weight;
  std::int32_t uniform, factor, min_delay, scale_log2;
  bool spread;

  PENFIELD_HD PieceAdder(const ProjectionView& projection, const TileSynapses& tile)
      : code(tile.code),
        packed(tile.packed),
        weight(tile.weight),
        uniform(projection.uniform_weight),
        factor(std::int32_t{1} << projection.weight_shift),
        min_delay(projection.min_delay),
        scale_log2(projection.scale_log2),
        spread(projection.spread()) {}

  /// Synapses begin + lane, begin + lane + lanes and so on, below `end`; `ring` is that of the spike's step.
  template <class Team>
  PENFIELD_HD void add(Team& team, RingTile ring, std::uint32_t piece, std::uint32_t begin, std::uint32_t end,
                       std::uint32_t lane, std::uint32_t lanes) const {
    const PieceAdder my = *this;
    const std::int32_t first_delay = my.min_delay + static_cast<std::int32_t>(piece) * kPieceDelays;
    const auto at = [=](std::uint32_t c) {
      return ring.at(first_delay + static_cast<std::int32_t>(SynapseCode::delay(c)), SynapseCode::target(c));
    };
    const std::uint32_t first = begin + lane;
    const auto code = [codes = my.code](std::uint32_t k) { return codes[k]; };
    const auto packed = [synapses = my.packed](std::uint32_t k) { return synapses[k]; };
    const auto fixed = [factor = my.factor](std::uint32_t synapse) {
      return (static_cast<std::int32_t>(synapse) >> 16) * factor;
    };
    if (my.weight != nullptr) {
      struct Synapse {
        std::uint32_t code;
        float weight;
      };
      for_each_ahead(
          team, first, end, lanes,
          [codes = my.code, weights = my.weight](std::uint32_t k) {
            return Synapse{codes[k], weights[k]};
          },
          [&](const Synapse& s) { team.add(at(s.code), to_fixed(s.weight, my.scale_log2)); });
    } else if (my.spread) {
      if (my.packed != nullptr) {
        for_each_ahead(team, first, end, lanes, packed,
                       [&](std::uint32_t synapse) { team.add(at(synapse), fixed(synapse)); });
      } else {
        for_each_ahead(team, first, end, lanes, code, [&](std::uint32_t c) { team.add(at(c), my.uniform); });
      }
    } else {
      std::int32_t* const sum = ring.at(first_delay, 0);
      if (my.packed != nullptr) {
        for_each_ahead(team, first, end, lanes, packed, [&](std::uint32_t synapse) {
          team.add(sum + static_cast<std::uint16_t>(synapse), fixed(synapse));
        });
      } else {
        for_each_ahead(team, first, end, lanes, code,
                       [&](std::uint32_t c) { team.add(sum + c, my.uniform); });
      }
    }
  }
};

/// Plastic synapses that are visited in step `step`. Dendritic delays: the whole rows of this step's spikes;
/// axonal ones: of the spikes of step + 1 - d, the synapses with delay d. Calls f(emitted, piece, begin, end,
/// place, lane, lanes) for pieces of rows of spikes of step `emitted`, whose synapses [begin, end) are due.
template <class Team, class F>
PENFIELD_HD inline void for_each_due(Team& team, const PopulationView& source,
                                     const ProjectionView& projection, const TileSynapses& tile,
                                     StepIndex step, F&& f) {
  const std::uint32_t pieces = tile.pieces;
  if (projection.dendritic) {
    for_each_spike(team, source, tile, step,
                   [&](std::uint32_t s, std::size_t place, std::uint32_t lane, std::uint32_t lanes) {
                     for (std::uint32_t piece = 0; piece < pieces; ++piece) {
                       const RowRange row = tile.piece(s, piece);
                       f(step, piece, row.begin, row.end, place, lane, lanes);
                     }
                   });
    return;
  }
  const bool spread = projection.spread();
  for (std::int32_t d = projection.min_delay; d <= projection.max_delay; ++d) {
    const auto beyond = static_cast<std::uint32_t>(d - projection.min_delay);
    const std::uint32_t piece = beyond / kPieceDelays, extra = beyond % kPieceDelays;
    const StepIndex emitted = step + 1 - d;
    for_each_spike(team, source, tile, emitted,
                   [&](std::uint32_t s, std::size_t place, std::uint32_t lane, std::uint32_t lanes) {
                     auto [begin, end] = tile.piece(s, piece);
                     if (spread) {
                       while (begin < end && SynapseCode::delay(tile.code[begin]) < extra) ++begin;
                       std::uint32_t stop = begin;
                       while (stop < end && SynapseCode::delay(tile.code[stop]) == extra) ++stop;
                       end = stop;
                     }
                     f(emitted, piece, begin, end, place, lane, lanes);
                   });
  }
}

/// What is due in step `step` of synapses that do not learn: of each piece, the spikes of its age (see
/// DelayPieces). Plastic ones while learning is off: what learning would visit, so that no spike on its way
/// is lost or comes twice when it is switched.
template <class Team>
PENFIELD_HD inline void deliver_static(Team& team, const PopulationView& source, const PopulationView& target,
                                       const ProjectionView& projection, std::uint32_t tile_index,
                                       StepIndex step) {
  const TileSynapses tile = projection.tiles[tile_index];
  const PieceAdder adder(projection, tile);
  if (projection.rule >= 0) {
    for_each_due(team, source, projection, tile, step,
                 [&](StepIndex emitted, std::uint32_t piece, std::uint32_t begin, std::uint32_t end,
                     std::size_t, std::uint32_t lane, std::uint32_t lanes) {
                   adder.add(team, ring_tile(target, projection.port, tile_index, emitted), piece, begin, end,
                             lane, lanes);
                 });
    return;
  }
  StepIndex emitted = step - projection.pieces.first_age;
  for (std::uint32_t piece = 0; piece < tile.pieces; ++piece, emitted -= kPieceDelays) {
    const RingTile ring = ring_tile(target, projection.port, tile_index, emitted);
    for_each_spike(team, source, tile, emitted,
                   [=, &team](std::uint32_t s, std::size_t, std::uint32_t lane, std::uint32_t lanes) {
                     const RowRange row = tile.piece(s, piece);
                     adder.add(team, ring, piece, row.begin, row.end, lane, lanes);
                   });
  }
}

}  // namespace penfield
