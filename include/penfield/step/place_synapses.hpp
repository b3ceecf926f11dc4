#pragma once
// Construction of tiles, second half (see step/draw_rows.hpp): synapses that are sorted by (tile, source,
// delay, target) go into the arrays of their tiles. A chunk of whole tiles goes through at a time.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/bits.hpp"
#include "penfield/state/projection.hpp"
#include "penfield/step/draw_rows.hpp"

namespace penfield {

/// One tile of a chunk, and where its arrays go; those that its storage does not have are null.
struct PlacedTile {
  std::uint64_t begin = 0;  ///< its first synapse in the chunk, which has fewer than 2^32
  std::uint64_t end = 0;
  std::uint32_t source_begin = 0, source_end = 0;
  std::uint16_t* code = nullptr;
  std::uint32_t* packed = nullptr;
  float* weight = nullptr;

  std::uint32_t* offset = nullptr;       ///< [num_offsets()] of its rows, for the time being
  std::uint64_t first_group = 0;         ///< of its rows, among those of the chunk
  std::uint32_t* kept_offset = nullptr;  ///< for good, in this form or in the other: see RowPlaces
  RowGroup* group = nullptr;
  std::uint16_t* row_end = nullptr;

  PENFIELD_HD std::uint32_t num_rows(std::uint32_t pieces) const {
    return (source_end - source_begin) * pieces;
  }
  PENFIELD_HD std::uint32_t num_offsets(std::uint32_t pieces) const { return num_rows(pieces) + 1; }
};

/// Of the rows of a tile, which decide on their form.
struct RowCount {
  std::int32_t present;  ///< that are not empty
  std::int32_t crowded;  ///< groups whose rows' ends do not fit
};

/// Sources that reach a tile: [begin, end).
struct SourceRange {
  std::uint32_t begin, end;
};

/// sources[t] of tile t, whose synapses are key[tile_begin[t]] up to key[tile_begin[t + 1]], less
/// tile_begin[0].
template <class Team>
PENFIELD_HD void find_sources(Team& team, SynapseKeys keys, const std::uint64_t* key,
                              const std::uint64_t* tile_begin, std::uint32_t num_tiles,
                              SourceRange* sources) {
  team.for_each(num_tiles, [&](std::uint32_t t) {
    const std::uint64_t begin = tile_begin[t] - tile_begin[0], end = tile_begin[t + 1] - tile_begin[0];
    sources[t] = begin == end ? SourceRange{0, 0}
                              : SourceRange{keys.source(key[begin]), keys.source(key[end - 1]) + 1};
  });
}

/// Writes the codes and weights of all synapses of a chunk, and marks where pieces of rows end:
/// offset[piece + 1] = number of the chunk's synapses up to there. Offsets that nothing ends at stay as they
/// are, at 0: the largest of all before, over all tiles of the chunk one behind the other, is what they
/// become, and settle_offsets() makes them count from their tile.
template <class Team>
PENFIELD_HD void place_synapses(Team& team, const TileJob& job, const PlacedTile* tiles, TeamShare share,
                                std::uint64_t num_synapses, const std::uint64_t* key,
                                const std::uint32_t* weight) {
  const SynapseKeys keys = job.keys;
  const auto piece_of = [&](std::uint64_t of, std::uint32_t source_begin) {
    return (keys.source(of) - source_begin) * job.pieces + keys.beyond(of) / kPieceDelays;
  };
  share.for_each(num_synapses, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t k = first + i, of = key[k];
      const PlacedTile& tile = tiles[keys.tile(of)];
      const std::uint64_t at = k - tile.begin;
      const std::uint16_t code = SynapseCode::pack(keys.target(of), keys.beyond(of) % kPieceDelays);
      if (tile.packed != nullptr) {
        tile.packed[at] = weight[k] << 16 | code;
      } else {
        tile.code[at] = code;
      }
      if (tile.weight != nullptr) tile.weight[at] = float_from_bits(weight[k]);
      const std::uint32_t piece = piece_of(of, tile.source_begin);
      if (k + 1 == tile.end || piece_of(key[k + 1], tile.source_begin) != piece)
        tile.offset[piece + 1] = static_cast<std::uint32_t>(k + 1);
    });
  });
}

/// Makes the offsets of a tile count from its own first synapse.
template <class Team>
PENFIELD_HD void settle_offsets(Team& team, const PlacedTile& tile, std::uint32_t pieces, TeamShare share) {
  share.for_each(tile.num_offsets(pieces), [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count,
                  [&](std::uint32_t i) { tile.offset[first + i] -= static_cast<std::uint32_t>(tile.begin); });
  });
}

/// Counts the rows of a tile that are not empty: all in `count`, which begins at 0, those of each group in
/// `present`, [groups of the chunk].
template <class Team>
PENFIELD_HD void count_present_rows(Team& team, const PlacedTile& tile, std::uint32_t pieces, TeamShare share,
                                    std::uint64_t* present, RowCount* count) {
  const std::uint32_t num_rows = tile.num_rows(pieces);
  share.for_each(num_row_groups(num_rows), [&](std::uint64_t first, std::uint32_t num) {
    team.for_each(num, [&](std::uint32_t i) {
      const std::uint64_t g = first + i;
      const std::uint32_t n = group_of_rows(tile.offset, num_rows, g).num_present();
      present[tile.first_group + g] = n;
      if (n > 0) team.add(&count->present, static_cast<std::int32_t>(n));
      if (!ends_fit(tile.offset, num_rows, g)) team.add(&count->crowded, 1);
    });
  });
}

/// Keeps the offsets of a tile in the form that it has arrays for. `before[g]`: the rows that are not empty
/// of all groups of the chunk before g.
template <class Team>
PENFIELD_HD void keep_rows(Team& team, const PlacedTile& tile, std::uint32_t pieces, TeamShare share,
                           const std::uint64_t* before) {
  const std::uint32_t num_rows = tile.num_rows(pieces);
  if (tile.group == nullptr) {
    share.for_each(num_rows + std::uint64_t{1}, [&](std::uint64_t first, std::uint32_t num) {
      team.for_each(num, [&](std::uint32_t i) { tile.kept_offset[first + i] = tile.offset[first + i]; });
    });
    return;
  }
  before += tile.first_group;
  share.for_each(num_row_groups(num_rows), [&](std::uint64_t first, std::uint32_t num) {
    team.for_each(num, [&](std::uint32_t i) {
      const std::uint64_t g = first + i;
      RowGroup group = group_of_rows(tile.offset, num_rows, g);
      group.first = static_cast<std::uint32_t>(before[g] - before[0]);
      tile.group[g] = group;
      write_ends(tile.offset, g, group, tile.row_end);
    });
  });
}

/// For the rows from one tile of sources: seen[piece * kPieceDelays + delay] is counted up where the piece
/// has a synapse of the delay. Synapses have `num_delays` different delays at the most: a member reads rows
/// until it has found all of the piece.
template <class Team>
PENFIELD_HD void look_for_delays(Team& team, const PlacedTile& tile, std::uint32_t pieces,
                                 std::uint32_t num_delays, SourceRange sources, std::int32_t* seen) {
  if (sources.begin < tile.source_begin) sources.begin = tile.source_begin;
  if (sources.end > tile.source_end) sources.end = tile.source_end;
  for (std::uint32_t piece = 0; piece < pieces; ++piece) {
    const std::uint32_t left = num_delays - piece * kPieceDelays;
    const std::uint32_t all = (1u << (left < kPieceDelays ? left : kPieceDelays)) - 1;
    std::uint32_t delays = 0;
    for (std::uint32_t s = sources.begin + team.rank(); s < sources.end; s += team.size()) {
      const std::uint32_t* const offset = tile.offset + (s - tile.source_begin) * pieces + piece;
      for (std::uint32_t k = offset[0]; k < offset[1] && delays != all; ++k)
        delays |= 1u << SynapseCode::delay(tile.packed != nullptr ? tile.packed[k] : tile.code[k]);
    }
    for (std::uint32_t delay = 0; delay < kPieceDelays; ++delay)
      if ((delays >> delay & 1u) != 0) team.add(seen + piece * kPieceDelays + delay, 1);
  }
}

/// held[i] = the delays that look_for_delays has seen of piece i, as bits.
template <class Team>
PENFIELD_HD void join_delays(Team& team, TeamShare share, std::uint32_t num_pieces, const std::int32_t* seen,
                             std::uint16_t* held) {
  share.for_each(num_pieces, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      std::uint32_t delays = 0;
      for (std::uint32_t delay = 0; delay < kPieceDelays; ++delay)
        if (seen[(first + i) * kPieceDelays + delay] != 0) delays |= 1u << delay;
      held[first + i] = static_cast<std::uint16_t>(delays);
    });
  });
}

}  // namespace penfield
