#include "kernels/cuda/tile_placer.cuh"

#include <algorithm>
#include <bit>

#include "kernels/cuda/copies.cuh"

namespace penfield::cuda {

std::uint32_t bits_for(std::uint64_t count) {
  return count < 2 ? 0 : static_cast<std::uint32_t>(std::bit_width(count - 1));
}

void TilePlacer::find_ranges(const TileJob& job, const SortedChunk& sorted, std::vector<PlacedTile>& placed) {
  const auto num_tiles = static_cast<std::uint32_t>(placed.size());
  std::vector<SourceRange> sources(num_tiles);
  SourceRange* const found = sources_.need(num_tiles);
  find_sources(stream_.get(), job.keys, sorted.key, sorted.tile_begin_on_card, num_tiles, found);
  download(stream_, sources.data(), found, num_tiles);
  stream_.wait();
  for (std::uint32_t t = 0; t < num_tiles; ++t) {
    placed[t].begin = sorted.tile_begin[t] - sorted.tile_begin[0];
    placed[t].end = sorted.tile_begin[t + 1] - sorted.tile_begin[0];
    placed[t].source_begin = sources[t].begin;
    placed[t].source_end = sources[t].end;
  }
}

void TilePlacer::place(const TileJob& job, const SortedChunk& sorted, bool grows, TileChunk& chunk,
                       CardTiles& made, std::vector<SynapseTile>& tiles) {
  const std::uint32_t num_tiles = chunk.end_tile - chunk.first_tile;
  std::vector<PlacedTile> placed(num_tiles);
  find_ranges(job, sorted, placed);
  const std::uint64_t num_offsets = made.lay_out(chunk, placed, grows);
  std::uint64_t most_offsets = 0;
  for (std::uint32_t t = 0; t < num_tiles; ++t) {
    const PlacedTile& from = placed[t];
    const std::uint64_t n = from.end - from.begin;
    SynapseTile& tile = tiles[chunk.first_tile + t];
    tile.source_begin = from.source_begin;
    tile.source_end = from.source_end;
    tile.pieces = job.pieces;
    tile.offset.leave_elsewhere(from.num_offsets(job.pieces));
    tile.code.leave_elsewhere(from.code == nullptr ? 0 : n);
    tile.packed.leave_elsewhere(from.packed == nullptr ? 0 : n);
    tile.weight.leave_elsewhere(from.weight == nullptr ? 0 : n);
    most_offsets = std::max<std::uint64_t>(most_offsets, tile.offset.size());
  }
  std::uint32_t* const offset = chunk.offset.data();
  clear(stream_, offset, num_offsets * sizeof *offset);
  PlacedTile* const table = placed_.need(num_tiles);
  upload(stream_, table, placed.data(), num_tiles);
  place_synapses(stream_.get(), job, table, placed.back().end, sorted.key, sorted.weight);
  sort_scan_.largest_so_far(offset, num_offsets);
  settle_offsets(stream_.get(), table, num_tiles, job.pieces, most_offsets);
  look_for_delays(job, chunk, table, made);
  stream_.wait();  // the tables above are the host's
}

void TilePlacer::look_for_delays(const TileJob& job, const TileChunk& chunk, const PlacedTile* table,
                                 CardTiles& made) {
  const std::uint32_t num_tiles = chunk.end_tile - chunk.first_tile;
  const std::size_t of_tile = std::size_t{made.num_source_tiles} * made.pieces;
  const std::size_t n = num_tiles * of_tile;
  std::int32_t* const seen = seen_.need(n * kPieceDelays);
  clear(stream_, seen, n * kPieceDelays * sizeof *seen);
  std::uint16_t* const held = held_.need(n);
  find_delays(stream_.get(), table, num_tiles, job.pieces, made.num_delays, made.num_source_tiles,
              made.source_tile_size, seen, held);
  download(stream_, made.held.data() + (chunk.first_tile - made.own.begin) * of_tile, held, n);
}

void TilePlacer::release() {
  sources_.release();
  placed_.release();
  seen_.release();
  held_.release();
}

}  // namespace penfield::cuda
