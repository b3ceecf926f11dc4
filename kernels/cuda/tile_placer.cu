#include "kernels/cuda/tile_placer.cuh"

#include <algorithm>
#include <bit>

#include "kernels/cuda/copies.cuh"

namespace penfield::cuda {

std::uint32_t bits_for(std::uint64_t count) {
  return count < 2 ? 0 : static_cast<std::uint32_t>(std::bit_width(count - 1));
}

namespace {

/// What the host knows of a tile that is on the card.
void leave_on_card(const PlacedTile& from, std::int64_t num_present, std::uint32_t pieces,
                   SynapseTile& tile) {
  const std::uint64_t n = from.end - from.begin;
  const bool grouped = num_present >= 0;
  tile.source_begin = from.source_begin;
  tile.source_end = from.source_end;
  tile.pieces = pieces;
  tile.offset.leave_elsewhere(grouped ? 0 : from.num_offsets(pieces));
  tile.group.leave_elsewhere(grouped ? num_row_groups(from.num_rows(pieces)) : 0);
  tile.row_end.leave_elsewhere(grouped ? static_cast<std::size_t>(num_present) : 0);
  tile.code.leave_elsewhere(from.code == nullptr ? 0 : n);
  tile.packed.leave_elsewhere(from.packed == nullptr ? 0 : n);
  tile.weight.leave_elsewhere(from.weight == nullptr ? 0 : n);
}

}  // namespace

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
  made.lay_out_synapses(chunk, placed, grows);
  std::uint64_t num_offsets = 0, most_offsets = 0, num_groups = 0;
  for (const PlacedTile& tile : placed) {
    num_offsets += tile.num_offsets(job.pieces);
    most_offsets = std::max<std::uint64_t>(most_offsets, tile.num_offsets(job.pieces));
  }
  std::uint32_t* const offset = offset_.need(num_offsets);
  std::uint64_t at = 0;
  for (PlacedTile& tile : placed) {
    tile.offset = offset + at;
    at += tile.num_offsets(job.pieces);
    tile.first_group = num_groups;
    num_groups += num_row_groups(tile.num_rows(job.pieces));
  }
  clear(stream_, offset, num_offsets * sizeof *offset);
  PlacedTile* const table = placed_.need(num_tiles);
  upload(stream_, table, placed.data(), num_tiles);
  place_synapses(stream_.get(), job, table, placed.back().end, sorted.key, sorted.weight);
  sort_scan_.largest_so_far(offset, num_offsets);
  settle_offsets(stream_.get(), table, num_tiles, job.pieces, most_offsets);
  look_for_delays(job, chunk, table, made);

  std::uint64_t* const present = present_.need(num_groups + 1);  // [0] is read of a tile without rows
  RowCount* const counted = counts_.need(num_tiles);
  clear(stream_, counted, num_tiles * sizeof *counted);
  count_present_rows(stream_.get(), table, num_tiles, job.pieces, num_row_groups(most_offsets - 1), present,
                     counted);
  std::vector<RowCount> counts(num_tiles);
  download(stream_, counts.data(), counted, num_tiles);
  if (num_groups > 0) sort_scan_.sum_before(present, num_groups);
  stream_.wait();
  std::vector<std::int64_t> num_present(num_tiles);
  for (std::uint32_t t = 0; t < num_tiles; ++t) {
    const bool grouped = counts[t].crowded == 0 && groups_pay(placed[t].num_rows(job.pieces),
                                                              static_cast<std::uint64_t>(counts[t].present),
                                                              placed[t].end - placed[t].begin);
    num_present[t] = grouped ? counts[t].present : -1;
  }
  made.lay_out_rows(chunk, placed, num_present, grows);
  upload(stream_, table, placed.data(), num_tiles);
  keep_rows(stream_.get(), table, num_tiles, job.pieces, most_offsets, present);
  for (std::uint32_t t = 0; t < num_tiles; ++t)
    leave_on_card(placed[t], num_present[t], job.pieces, tiles[chunk.first_tile + t]);
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
  offset_.release();
  present_.release();
  counts_.release();
  seen_.release();
  held_.release();
}

}  // namespace penfield::cuda
