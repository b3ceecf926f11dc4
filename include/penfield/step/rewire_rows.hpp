#pragma once
// Structural plasticity where tiles lie (connect/rewire_row.hpp has what is drawn), written once over a team.
// A chunk of whole tiles goes through at a time: its synapses are listed and sorted into rows, target after
// target and by source and delay within one; rows lose and win synapses; step/place_synapses.hpp puts them
// back. Between the bodies the caller sorts, sums and compacts.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/connect/rewire_row.hpp"
#include "penfield/numerics/bits.hpp"
#include "penfield/state/projection.hpp"
#include "penfield/state/row_reading.hpp"
#include "penfield/step/draw_rows.hpp"
#include "penfield/step/team.hpp"

namespace penfield {

/// One tile of a chunk, and where its synapses go in the list.
struct ListedTile {
  TileSynapses synapses;
  std::uint64_t begin = 0;
};

/// A chunk's rows: those of row i are [begin[i], begin[i + 1]), by source and delay.
struct ListedRows {
  std::uint64_t num_synapses = 0;
  const std::uint64_t* begin = nullptr;  ///< [rows + 1]
  std::uint64_t* key = nullptr;          ///< SynapseKeys::listed
  std::uint32_t* weight = nullptr;       ///< bits of the float
};

/// Lists the synapses of tile `t` of a chunk: SynapseKeys::listed() and the bits of their weights.
template <class Team>
PENFIELD_HD void list_synapses(Team& team, SynapseKeys keys, const ProjectionView& view,
                               std::uint32_t tile_size, const ListedTile* tiles, std::uint32_t t,
                               TeamShare share, std::uint64_t* key, std::uint32_t* weight) {
  const ListedTile& tile = tiles[t];
  const TileSynapses& s = tile.synapses;
  const std::uint32_t num_pieces = (s.source_end - s.source_begin) * s.pieces;
  share.for_each(num_pieces, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each_row(count, [&](std::uint32_t i, std::uint32_t lane, std::uint32_t lanes) {
      const auto row = static_cast<std::uint32_t>(first) + i;
      const std::uint32_t source = s.source_begin + row / s.pieces;
      const std::uint32_t delay = row % s.pieces * static_cast<std::uint32_t>(kPieceDelays);
      const RowRange range = s.rows.at(row);
      for (std::uint32_t k = range.begin + lane; k < range.end; k += lanes) {
        const std::uint32_t code = s.packed != nullptr ? s.packed[k] : s.code[k];
        const std::uint64_t target = std::uint64_t{t} * tile_size + SynapseCode::target(code);
        key[tile.begin + k] = keys.listed(target, source, delay + SynapseCode::delay(code));
        weight[tile.begin + k] = bits_from_float(view.weight(s, k));
      }
    });
  });
}

/// The first of the sorted key[first, end) that is not below `of`.
PENFIELD_HD inline std::uint64_t first_not_below(const std::uint64_t* key, std::uint64_t first,
                                                 std::uint64_t end, std::uint64_t of) {
  while (first < end) {
    const std::uint64_t middle = first + (end - first) / 2;
    if (key[middle] < of) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return first;
}

/// begin[i] of `num_rows` rows of the sorted keys, the end of the last row too; what lies beyond is in none.
template <class Team>
PENFIELD_HD void find_rows(Team& team, SynapseKeys keys, const std::uint64_t* key, std::uint64_t num_synapses,
                           std::uint32_t num_rows, TeamShare share, std::uint64_t* begin) {
  share.for_each(std::uint64_t{num_rows} + 1, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      begin[first + i] = first_not_below(key, 0, num_synapses, keys.listed(first + i, 0, 0));
    });
  });
}

/// What is deleted of each row of a chunk.
struct DeletedRows {
  std::uint8_t* keep = nullptr;         ///< [synapses] 1: stays, as far as is known
  std::uint64_t* left = nullptr;        ///< [rows] synapses that will stay
  std::uint32_t* weakest = nullptr;     ///< [rows] RowDeletions::weakest
  std::uint64_t* candidates = nullptr;  ///< [rows] synapses that these are chosen from
};

/// Deletes what the hazard takes.
template <class Team>
PENFIELD_HD void delete_drawn(Team& team, const RowRewiring& job, RowBlock block, ListedRows rows,
                              TeamShare share, const DeletedRows& out) {
  share.for_each(block.num_rows, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t row = first + i, begin = rows.begin[row];
      const auto length = static_cast<std::uint32_t>(rows.begin[row + 1] - begin);
      const RowDeletions gone = draw_deletions(
          job, block.first_target + static_cast<std::uint32_t>(row), length,
          [&](std::uint32_t k) { return float_from_bits(rows.weight[begin + k]); },
          [&](std::uint32_t k, bool goes) { out.keep[begin + k] = goes ? 0 : 1; });
      out.left[row] = length - gone.drawn - gone.weakest;
      out.weakest[row] = gone.weakest;
      out.candidates[row] = gone.weakest > 0 ? length - gone.drawn : 0;
    });
  });
}

/// Synapses that the weakest are chosen from, row after row.
struct WeakSynapses {
  const std::uint64_t* begin = nullptr;  ///< [rows] where the candidates of a row begin
  std::uint64_t* key = nullptr;          ///< row, magnitude of the weight: what they are sorted by
  std::uint32_t* place = nullptr;        ///< in the chunk's list
};

/// Lists the candidates of the rows that have any.
template <class Team>
PENFIELD_HD void list_weak(Team& team, std::uint32_t num_rows, ListedRows rows, TeamShare share,
                           const DeletedRows& deleted, const WeakSynapses& weak) {
  share.for_each(num_rows, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t row = first + i;
      if (deleted.weakest[row] == 0) return;
      std::uint64_t at = weak.begin[row];
      for (std::uint64_t k = rows.begin[row]; k < rows.begin[row + 1]; ++k) {
        if (deleted.keep[k] == 0) continue;
        const float w = magnitude_of(float_from_bits(rows.weight[k]));
        weak.key[at] = row << 32 | bits_from_float(w);
        weak.place[at++] = static_cast<std::uint32_t>(k);
      }
    });
  });
}

/// Deletes the weakest, which sorting has brought to the front of their rows; equal ones kept their order.
template <class Team>
PENFIELD_HD void delete_weakest(Team& team, std::uint32_t num_rows, TeamShare share,
                                const DeletedRows& deleted, const WeakSynapses& weak) {
  share.for_each(num_rows, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t row = first + i;
      for (std::uint32_t k = 0; k < deleted.weakest[row]; ++k)
        deleted.keep[weak.place[weak.begin[row] + k]] = 0;
    });
  });
}

/// wanted[i] = partners that row i looks for; `begin` of what was left of the rows.
template <class Team>
PENFIELD_HD void count_formations(Team& team, const RowRewiring& job, RowBlock block,
                                  const std::uint64_t* begin, TeamShare share, std::uint64_t* wanted) {
  share.for_each(block.num_rows, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t row = first + i;
      wanted[row] = draw_formations(job, block.first_target + static_cast<std::uint32_t>(row),
                                    static_cast<std::uint32_t>(begin[row + 1] - begin[row]));
    });
  });
}

/// key[j] of the j-th synapse that the rows look for, row after row: SynapseKeys::listed(), or that of the
/// row behind all rows where no partner was found. Those of row i begin at wanted_begin[i].
template <class Team>
PENFIELD_HD void form_synapses(Team& team, const RowRewiring& job, RowBlock block, SynapseKeys keys,
                               const std::uint64_t* wanted_begin, std::uint64_t num_wanted, TeamShare share,
                               std::uint64_t* key) {
  share.for_each(num_wanted, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t j = first + i;
      const std::uint64_t row =
          first_not_below(wanted_begin, 0, block.num_rows + std::uint64_t{1}, j + 1) - 1;
      const std::uint32_t target = block.first_target + static_cast<std::uint32_t>(row);
      const std::uint32_t source =
          find_partner(job, target, static_cast<std::uint32_t>(j - wanted_begin[row]));
      key[j] = source == kNoPartner
                   ? keys.listed(block.num_rows, 0, 0)
                   : keys.listed(row, source,
                                 static_cast<std::uint32_t>(new_delay(job, source, target) - job.min_delay));
    });
  });
}

/// Merges new synapses, sorted too and all of one weight, into rows; equal ones come behind what was there.
/// `begin` becomes that of the merged rows.
template <class Team>
PENFIELD_HD void merge_rows(Team& team, std::uint32_t num_rows, SynapseKeys keys, ListedRows old,
                            ListedRows formed, std::uint32_t new_weight, TeamShare share, std::uint64_t* key,
                            std::uint32_t* weight, std::uint64_t* begin) {
  share.for_each(old.num_synapses, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t k = first + i, of = old.key[k], row = keys.listed_row(of);
      const std::uint64_t at = k + first_not_below(formed.key, formed.begin[row], formed.begin[row + 1], of);
      key[at] = of;
      weight[at] = old.weight[k];
    });
  });
  share.for_each(formed.num_synapses, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t k = first + i, of = formed.key[k], row = keys.listed_row(of);
      const std::uint64_t at = k + first_not_below(old.key, old.begin[row], old.begin[row + 1], of + 1);
      key[at] = of;
      weight[at] = new_weight;
    });
  });
  share.for_each(std::uint64_t{num_rows} + 1, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(
        count, [&](std::uint32_t i) { begin[first + i] = old.begin[first + i] + formed.begin[first + i]; });
  });
}

/// Lets all weights grow, row by row.
template <class Team>
PENFIELD_HD void mature_rows(Team& team, const RowRewiring& job, RowBlock block, ListedRows rows,
                             TeamShare share) {
  share.for_each(block.num_rows, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t row = first + i;
      std::uint32_t* const weight = rows.weight + rows.begin[row];
      mature_row(
          job, block.first_target + static_cast<std::uint32_t>(row),
          static_cast<std::uint32_t>(rows.begin[row + 1] - rows.begin[row]),
          [&](std::uint32_t k) { return float_from_bits(weight[k]); },
          [&](std::uint32_t k, float w) { weight[k] = bits_from_float(w); });
    });
  });
}

/// placed[k] = SynapseKeys::placed() of a listed synapse.
template <class Team>
PENFIELD_HD void key_listed(Team& team, SynapseKeys keys, std::uint32_t tile_size, ListedRows rows,
                            TeamShare share, std::uint64_t* placed) {
  share.for_each(rows.num_synapses, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t of = rows.key[first + i], row = keys.listed_row(of);
      placed[first + i] = keys.placed(row / tile_size, keys.listed_source(of), keys.listed_beyond(of),
                                      static_cast<std::uint32_t>(row % tile_size));
    });
  });
}

/// Reads the rows of a chunk.
template <class Team>
PENFIELD_HD void read_rows(Team& team, RowBlock block, SynapseKeys keys, ListedRows rows, TeamShare share,
                           const RowReading& reading) {
  share.for_each(block.num_rows, [&](std::uint64_t first, std::uint32_t count) {
    team.for_each(count, [&](std::uint32_t i) {
      const std::uint64_t row = first + i;
      const std::uint32_t target = block.first_target + static_cast<std::uint32_t>(row);
      float sum = 0.0f, input = reading.input != nullptr ? reading.input[target] : 0.0f;
      std::uint32_t flagged = 0;
      for (std::uint64_t k = rows.begin[row]; k < rows.begin[row + 1]; ++k) {
        const float w = float_from_bits(rows.weight[k]);
        const std::uint32_t source = keys.listed_source(rows.key[k]);
        sum += w;
        if (reading.input != nullptr)
          input += magnitude_of(w) * reading.source_rate_Hz[source] * reading.target_gain[target];
        if (reading.flagged != nullptr) flagged += reading.source_flag[source] != 0 ? 1u : 0u;
      }
      if (reading.input != nullptr) reading.input[target] = input;
      if (reading.weight_sum != nullptr) reading.weight_sum[target] = sum;
      if (reading.length != nullptr)
        reading.length[target] = static_cast<std::uint32_t>(rows.begin[row + 1] - rows.begin[row]);
      if (reading.flagged != nullptr) reading.flagged[target] = flagged;
    });
  });
}

}  // namespace penfield
