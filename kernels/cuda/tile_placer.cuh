#pragma once
// Puts the sorted synapses of a chunk of tiles into the tiles' arrays on the card.
#include <cstdint>
#include <vector>

#include "kernels/cuda/build_kernels.cuh"
#include "kernels/cuda/card_tiles.cuh"
#include "kernels/cuda/sort_scan.cuh"

namespace penfield::cuda {

/// Bits that tell `count` values apart.
std::uint32_t bits_for(std::uint64_t count);

/// A chunk's synapses, sorted by (tile, source, delay, target).
struct SortedChunk {
  const std::uint64_t* key;         ///< SynapseKeys::placed
  const std::uint32_t* weight;      ///< as stored; null where all are equal
  const std::uint64_t* tile_begin;  ///< on the host, [tiles + 1]: where each begins, plus any constant
  const std::uint64_t* tile_begin_on_card;
};

class TilePlacer {
 public:
  TilePlacer(const Stream& stream, SortScan& sort_scan) : stream_(stream), sort_scan_(sort_scan) {}

  /// Fills the chunk, and what `made` and `tiles` say of its tiles. Of `job` it takes keys, pieces and
  /// storage; `grows`: see CardTiles::lay_out_synapses(). Returns when all is there. Throws Error(memory).
  void place(const TileJob& job, const SortedChunk& sorted, bool grows, TileChunk& chunk, CardTiles& made,
             std::vector<SynapseTile>& tiles);

  void release();

 private:
  void find_ranges(const TileJob& job, const SortedChunk& sorted, std::vector<PlacedTile>& placed);
  void look_for_delays(const TileJob& job, const TileChunk& chunk, const PlacedTile* table, CardTiles& made);

  const Stream& stream_;
  SortScan& sort_scan_;
  Room<SourceRange> sources_;
  Room<PlacedTile> placed_;
  Room<std::uint32_t> offset_;
  Room<std::uint64_t> present_;
  Room<RowCount> counts_;
  Room<std::int32_t> seen_;
  Room<std::uint16_t> held_;
};

}  // namespace penfield::cuda
