#pragma once
// Construction of tiles, first half, written once over a team: rows are counted and drawn, a member a row,
// and synapses get their weights and delays. In between the caller sorts them by (target, source) where they
// are not drawn in that order, and afterwards by (tile, source, delay); step/place_synapses.hpp goes on from
// there. A chunk of whole tiles goes through at a time.
#include <cstddef>
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/connect/delay.hpp"
#include "penfield/connect/row_recipe.hpp"
#include "penfield/connect/value_distribution.hpp"
#include "penfield/numerics/bits.hpp"
#include "penfield/numerics/fixed_point.hpp"
#include "penfield/state/projection.hpp"
#include "penfield/step/team.hpp"

namespace penfield {

/// What of [0, n) a team takes: stretches of indices are dealt out to the teams in turn.
struct TeamShare {
  std::uint32_t part = 0, parts = 1;
  std::uint32_t stretch = 1;

  /// f(first, count) for every stretch of the team.
  template <class F>
  PENFIELD_HD void for_each(std::uint64_t n, F&& f) const {
    for (std::uint64_t first = std::uint64_t{part} * stretch; first < n;
         first += std::uint64_t{parts} * stretch)
      f(first, n - first < stretch ? static_cast<std::uint32_t>(n - first) : stretch);
  }
};

/// Synapses as integers that sort as tiles hold them: tile of the chunk, source, delay beyond the shortest,
/// target within the tile. Before they have a delay: row of the chunk, source. While rows are rewired: row of
/// the chunk, source, delay.
struct SynapseKeys {
  std::uint32_t source_bits = 0, delay_bits = 0;

  /// The order of targets within a delay is that of the rows: sorting starts above them.
  PENFIELD_HD static constexpr std::uint32_t delay_begin() { return SynapseCode::kTargetBits; }
  PENFIELD_HD std::uint32_t source_begin() const { return delay_begin() + delay_bits; }
  PENFIELD_HD std::uint32_t tile_begin() const { return source_begin() + source_bits; }

  PENFIELD_HD std::uint64_t drawn(std::uint64_t row, std::uint32_t source) const {
    return row << source_bits | source;
  }
  PENFIELD_HD std::uint32_t drawn_source(std::uint64_t key) const { return low(key, source_bits); }

  PENFIELD_HD std::uint32_t row_begin() const { return source_bits + delay_bits; }
  PENFIELD_HD std::uint64_t listed(std::uint64_t row, std::uint32_t source, std::uint32_t beyond) const {
    return (row << source_bits | source) << delay_bits | beyond;
  }
  PENFIELD_HD std::uint64_t listed_row(std::uint64_t key) const { return key >> row_begin(); }
  PENFIELD_HD std::uint32_t listed_source(std::uint64_t key) const {
    return low(key >> delay_bits, source_bits);
  }
  PENFIELD_HD std::uint32_t listed_beyond(std::uint64_t key) const { return low(key, delay_bits); }

  PENFIELD_HD std::uint64_t placed(std::uint64_t tile, std::uint32_t source, std::uint32_t beyond,
                                   std::uint32_t target) const {
    return ((tile << source_bits | source) << delay_bits | beyond) << delay_begin() | target;
  }
  PENFIELD_HD std::uint32_t target(std::uint64_t key) const { return low(key, delay_begin()); }
  PENFIELD_HD std::uint32_t beyond(std::uint64_t key) const { return low(key >> delay_begin(), delay_bits); }
  PENFIELD_HD std::uint32_t source(std::uint64_t key) const {
    return low(key >> source_begin(), source_bits);
  }
  PENFIELD_HD std::uint32_t tile(std::uint64_t key) const {
    return static_cast<std::uint32_t>(key >> tile_begin());
  }

 private:
  PENFIELD_HD static std::uint32_t low(std::uint64_t key, std::uint32_t bits) {
    return static_cast<std::uint32_t>(key & ((std::uint64_t{1} << bits) - 1));
  }
};

/// One projection on its way into tiles, as kernels get it.
struct TileJob {
  RowRecipe rows;
  ValueDrawer weight{ValueDistribution()};
  DelayDrawer delay;
  std::uint32_t tile_size = 1;
  std::uint32_t min_delay = 1;  ///< steps
  std::uint32_t pieces = 1;     ///< of a row: see DelayPieces
  WeightStorage storage = WeightStorage::fixed16;
  std::int32_t weight_scale = 0;  ///< fixed16: a weight is stored in units of 2^-weight_scale
  SynapseKeys keys;
};

/// Rows of consecutive targets, the first of them the first of a tile.
struct RowBlock {
  std::uint32_t first_target = 0;
  std::uint32_t num_rows = 0;
};

/// Memory for as many rows as are drawn at a time.
struct RowScratches {
  RowScratch first;
  RowScratchSize each;

  PENFIELD_HD RowScratch of(std::uint32_t slot) const {
    return {first.set == nullptr ? nullptr : first.set + slot * each.set,
            first.cell == nullptr ? nullptr : first.cell + slot * each.cells};
  }
};

/// length[i] = synapses of row i of the block.
template <class Team>
PENFIELD_HD void count_rows(Team& team, const TileJob& job, RowBlock block, TeamShare share,
                            const RowScratches& scratches, std::uint64_t* length) {
  const RowRecipe& rows = job.rows;
  share.for_each(block.num_rows, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint32_t target = block.first_target + static_cast<std::uint32_t>(first) + i;
      if (knows_length(rows.kind)) {
        length[first + i] = row_length(rows, target);
        return;
      }
      RandomSequence random =
          connect_sequence(rows.seed, Stream::connect_source, target, rows.projection_number);
      std::uint64_t n = 0;
      draw_row(rows, target, random, scratches.of(share.part * share.stretch + i),
               [&](std::uint32_t) { ++n; });
      length[first + i] = n;
    });
  });
}

/// drawn[k] = SynapseKeys::drawn() of every synapse, row after row; row i of the block begins at row_begin[i]
/// less row_begin[0]. missing[i] says whether the row could not be drawn to its end: `num_missing` counts
/// them up, and someone else has to make them.
template <class Team>
PENFIELD_HD void draw_rows(Team& team, const TileJob& job, RowBlock block, TeamShare share,
                           const RowScratches& scratches, const std::uint64_t* row_begin,
                           std::uint64_t* drawn, std::uint32_t* missing, std::int32_t* num_missing) {
  const RowRecipe& rows = job.rows;
  share.for_each(block.num_rows, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t row = first + i;
      const std::uint32_t target = block.first_target + static_cast<std::uint32_t>(row);
      RandomSequence random =
          connect_sequence(rows.seed, Stream::connect_source, target, rows.projection_number);
      std::uint64_t* at = drawn + (row_begin[row] - row_begin[0]);
      const bool whole = draw_row(rows, target, random, scratches.of(share.part * share.stretch + i),
                                  [&](std::uint32_t source) { *at++ = job.keys.drawn(row, source); });
      missing[row] = whole ? 0u : 1u;
      if (!whole) team.add(num_missing, 1);
    });
  });
}

/// Draws what each synapse has of its own, by its ordinal in the sorted row: key[k] = SynapseKeys::placed(),
/// and weight[k] = the bits that are stored (`weight` is null where all are equal). `drawn` is what draw_rows
/// made, each row in ascending order.
template <class Team>
PENFIELD_HD void key_synapses(Team& team, const TileJob& job, RowBlock block, TeamShare share,
                              const std::uint64_t* row_begin, const std::uint64_t* drawn, std::uint64_t* key,
                              std::uint32_t* weight) {
  const RowRecipe& rows = job.rows;
  share.for_each(block.num_rows, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each_row(count, [&](std::uint32_t i, std::uint32_t lane, std::uint32_t lanes) {
      const auto row = static_cast<std::uint32_t>(first) + i;
      const std::uint32_t target = block.first_target + row;
      const std::uint64_t begin = row_begin[row] - row_begin[0];
      const auto length = static_cast<std::uint32_t>(row_begin[row + 1] - row_begin[row]);
      for (std::uint32_t k = lane; k < length; k += lanes) {
        const std::uint32_t source = job.keys.drawn_source(drawn[begin + k]);
        const SynapseKey synapse{rows.projection_number, target, k};
        const double distance = job.delay.uses_distance() ? rows.distance_mm(target, source) : 0.0;
        const std::uint32_t beyond = job.delay.draw(rows.seed, synapse, distance) - job.min_delay;
        key[begin + k] = job.keys.placed(row / job.tile_size, source, beyond, row % job.tile_size);
        if (weight == nullptr) continue;
        const auto w = static_cast<float>(job.weight.draw(rows.seed, Stream::connect_weight, synapse));
        weight[begin + k] = job.storage == WeightStorage::fixed16
                                ? static_cast<std::uint32_t>(to_fixed(w, job.weight_scale))
                                : bits_from_float(w);
      }
    });
  });
}

}  // namespace penfield
