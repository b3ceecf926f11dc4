#include "kernels/cuda/tile_placer.cuh"

#include <algorithm>
#include <bit>
#include <string>

#include "kernels/cuda/copies.cuh"
#include "penfield/base/error.hpp"

namespace penfield::cuda {

namespace {

/// The next multiple of 64: arrays of tiles begin at whole cache lines.
std::uint64_t aligned(std::uint64_t count) { return (count + 63) / 64 * 64; }

/// Room for `count` values; what was there may go.
template <class T>
void take_room(DeviceBuffer<T>& memory, std::uint64_t count, bool grows) {
  if (count <= memory.size()) return;
  memory = DeviceBuffer<T>();  // first, so that the old one and the new one need not fit together
  memory = DeviceBuffer<T>(grows ? count + aligned(count / 16) : count);
}

/// Sizes for the host, pointers for the card; arrays without a synapse are none.
void describe(const TileJob& job, const PlacedTile& placed, TileSynapses& view, SynapseTile& tile) {
  const std::uint64_t n = placed.end - placed.begin;
  tile.source_begin = placed.source_begin;
  tile.source_end = placed.source_end;
  tile.pieces = job.pieces;
  tile.offset.leave_elsewhere(placed.num_offsets(job.pieces));
  tile.code.leave_elsewhere(placed.code == nullptr ? 0 : n);
  tile.packed.leave_elsewhere(placed.packed == nullptr ? 0 : n);
  tile.weight.leave_elsewhere(placed.weight == nullptr ? 0 : n);
  view = TileSynapses();
  view.source_begin = placed.source_begin;
  view.source_end = placed.source_end;
  view.pieces = job.pieces;
  view.offset = placed.offset;
  if (n > 0) {
    view.code = placed.code;
    view.packed = placed.packed;
    view.weight = placed.weight;
  }
}

}  // namespace

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
    const std::uint64_t n = placed[t].end - placed[t].begin;
    if (n >= std::uint64_t{1} << 32)
      throw Error(ExitCode::memory, "one tile would hold " + std::to_string(n) +
                                        " synapses of a projection, more than the 4294967295 that its "
                                        "offsets can count: use smaller tiles or a lower in-degree");
  }
}

void TilePlacer::place(const TileJob& job, std::uint32_t num_delays, const PopulationView& source,
                       const SortedChunk& sorted, bool grows, TileChunk& chunk, CardTiles& made,
                       std::vector<SynapseTile>& tiles) {
  const std::uint32_t num_tiles = chunk.end_tile - chunk.first_tile;
  std::vector<PlacedTile> placed(num_tiles);
  find_ranges(job, sorted, placed);

  std::vector<std::uint64_t> offset_begin{0}, synapse_begin{0};
  std::uint64_t most_offsets = 0;
  for (const PlacedTile& tile : placed) {
    most_offsets = std::max<std::uint64_t>(most_offsets, tile.num_offsets(job.pieces));
    offset_begin.push_back(offset_begin.back() + aligned(tile.num_offsets(job.pieces)));
    synapse_begin.push_back(synapse_begin.back() + aligned(tile.end - tile.begin));
  }
  const std::uint64_t num_offsets = offset_begin.back(), room = synapse_begin.back();
  take_room(chunk.offset, num_offsets, grows);
  if (job.storage == WeightStorage::fixed16) {
    take_room(chunk.packed, room, grows);
  } else {
    take_room(chunk.code, room, grows);
  }
  if (job.storage == WeightStorage::float32) take_room(chunk.weight, room, grows);

  std::uint32_t* const offset = chunk.offset.data();
  clear(stream_, offset, num_offsets * sizeof *offset);
  for (std::uint32_t t = 0; t < num_tiles; ++t) {
    placed[t].offset = offset + offset_begin[t];
    if (!chunk.code.empty()) placed[t].code = chunk.code.data() + synapse_begin[t];
    if (!chunk.packed.empty()) placed[t].packed = chunk.packed.data() + synapse_begin[t];
    if (!chunk.weight.empty()) placed[t].weight = chunk.weight.data() + synapse_begin[t];
    describe(job, placed[t], made.views[chunk.first_tile + t - made.own.begin], tiles[chunk.first_tile + t]);
  }
  PlacedTile* const table = placed_.need(num_tiles);
  upload(stream_, table, placed.data(), num_tiles);
  place_synapses(stream_.get(), job, table, placed.back().end, sorted.key, sorted.weight);
  sort_scan_.largest_so_far(offset, num_offsets);
  settle_offsets(stream_.get(), table, num_tiles, job.pieces, most_offsets);
  look_for_delays(job, num_delays, source, chunk, table, made);
  stream_.wait();  // the tables above are the host's
}

void TilePlacer::look_for_delays(const TileJob& job, std::uint32_t num_delays, const PopulationView& source,
                                 const TileChunk& chunk, const PlacedTile* table, CardTiles& made) {
  const std::uint32_t num_tiles = chunk.end_tile - chunk.first_tile;
  const std::size_t of_tile = std::size_t{made.num_source_tiles} * made.pieces;
  const std::size_t n = num_tiles * of_tile;
  std::int32_t* const seen = seen_.need(n * kPieceDelays);
  clear(stream_, seen, n * kPieceDelays * sizeof *seen);
  std::uint16_t* const held = held_.need(n);
  find_delays(stream_.get(), table, num_tiles, job.pieces, num_delays, made.num_source_tiles,
              source.tile_size, seen, held);
  download(stream_, made.held.data() + (chunk.first_tile - made.own.begin) * of_tile, held, n);
}

void TilePlacer::release() {
  sources_.release();
  placed_.release();
  seen_.release();
  held_.release();
}

}  // namespace penfield::cuda
