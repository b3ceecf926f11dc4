#pragma once
// A flush (penfield/step/learn.hpp) that goes through a tile's synapses and not through its rows. Of a sparse
// network most rows are short or empty, and to look at each costs more than the updates: here codes stream
// by, and only for a synapse whose target the flush takes its row is looked up.
#include <cstdint>

#include "penfield/step/learn.hpp"
#include "penfield/step/team.hpp"

namespace penfield {

/// The piece of a row, of `pieces` in the tile, that holds the synapse at `place`: the last that begins no
/// later. `from`: one that is no later.
PENFIELD_HD inline std::uint32_t piece_of(const TileSynapses& tile, std::uint32_t pieces, std::uint32_t place,
                                          std::uint32_t from) {
  const RowPlaces rows = tile.rows;
  const bool grouped = rows.grouped();
  const auto begin = [&](std::uint32_t i) { return grouped ? rows.group()[i].begin : rows.offset()[i]; };
  std::uint32_t low = grouped ? from / RowGroup::kRows : from, stride = 64;
  std::uint32_t high = grouped ? static_cast<std::uint32_t>(num_row_groups(pieces)) : pieces;
  // It is near: strides that double stay in memory that neighbours look at too.
  while (high - low > stride) {
    if (begin(low + stride) > place) {
      high = low + stride;
      break;
    }
    low += stride;
    stride *= 2;
  }
  while (low + 1 < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (begin(middle) <= place) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return grouped ? low * RowGroup::kRows + row_in_group(rows, low, place) : low;
}

/// As flush_tile: the same updates of the same synapses, of one of `parts` parts of the tile.
template <class Rule, class Team>
PENFIELD_HD inline void sweep_tile(Team& team, const PopulationView& source, const PopulationView& target,
                                   const ProjectionView& projection, const FlushTimes& flush,
                                   std::uint32_t tile_index, StepIndex step, FlushScope scope,
                                   std::uint32_t part, std::uint32_t parts) {
  const TileSynapses tile = projection.tiles[tile_index];
  const std::uint32_t pieces = (tile.source_end - tile.source_begin) * tile.pieces;
  if (pieces == 0) return;
  const std::uint64_t size = tile.num_synapses;
  const auto begin = static_cast<std::uint32_t>(size * part / parts);
  const auto end = static_cast<std::uint32_t>(size * (part + 1) / parts);
  const Learner<Rule> learner(source, target, projection, flush);
  const std::uint32_t first_target = tile_begin(target, tile_index);
  const std::uint16_t* const codes = tile.code;
  std::uint32_t piece = 0;  // of the synapse before
  for_each_kept(
      team, end - begin,
      [&](std::uint32_t n) {
        return flush_takes(target, first_target + SynapseCode::target(codes[begin + n]), scope);
      },
      [&](std::uint32_t n) {
        const std::uint32_t k = begin + n, code = codes[k];
        piece = piece_of(tile, pieces, k, piece);
        const std::int32_t delay = projection.delay(piece % tile.pieces, code);
        const auto pre = learner.latest_acted(tile.source_begin + piece / tile.pieces, delay, step);
        learner.catch_up(tile, k, first_target + SynapseCode::target(code), pre, delay, step);
      });
}

}  // namespace penfield
