#include "kernels/cuda/card_tile_maker.hpp"

#include <algorithm>
#include <nvtx3/nvtx3.hpp>
#include <string>

#include "kernels/cuda/build_kernels.cuh"
#include "kernels/cuda/card_tiles.cuh"
#include "kernels/cuda/copies.cuh"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/row_drawer.cuh"
#include "kernels/cuda/sort_scan.cuh"
#include "penfield/base/error.hpp"

namespace penfield::cuda {

namespace {

/// The next multiple of 64: arrays of tiles begin at whole cache lines.
std::uint64_t aligned(std::uint64_t count) { return (count + 63) / 64 * 64; }

/// Consecutive tiles that go through together.
struct Chunk {
  std::uint32_t first, end;  ///< tiles, counted from the first own one
  RowBlock rows;
  std::uint64_t num_synapses;
};

class CardTileMaker final : public TileMaker {
 public:
  explicit CardTileMaker(const CardTileMakerOptions& options)
      : options_((open_device(options.device), options)),
        fetcher_(std::make_shared<TileFetcher>(options.device)),
        sort_scan_(stream_),
        rows_(stream_, sort_scan_, options.scratch_bytes) {}

  std::unique_ptr<DistantTiles> make(const TileRequest& request, std::vector<SynapseTile>& tiles) override {
    const nvtx3::scoped_range range{"make tiles"};
    PENFIELD_CUDA_CHECK(cudaSetDevice(options_.device));
    auto made = std::make_unique<CardTiles>(fetcher_);
    made->own = request.own;
    made->pieces = request.view.pieces.count;
    made->num_source_tiles = request.source.num_tiles;
    const std::uint32_t num_tiles = request.own.end - request.own.begin;
    if (num_tiles == 0) return made;
    const TileJob job = rows_.begin(request);
    place_tiles(request, *made);
    made->held.resize(std::size_t{num_tiles} * made->num_source_tiles * made->pieces);
    for (std::uint32_t first = 0; first < num_tiles;) {
      const Chunk chunk = next_chunk(request, first);
      make_chunk(request, job, chunk, *made, tiles);
      first = chunk.end;
    }
    return made;
  }

  void release() override {
    stream_.wait();
    rows_.release();
    keys_.release();
    weights_.release();
    sources_.release();
    placed_.release();
    seen_.release();
    held_.release();
    sort_scan_.release();
  }

 private:
  /// Room for the synapses of all tiles, and where each begins in it.
  void place_tiles(const TileRequest& request, CardTiles& made) {
    const WeightStorage storage = request.view.storage;
    const std::vector<std::uint64_t>& begin = rows_.tile_begin();
    out_begin_.assign(1, 0);
    for (std::size_t t = 0; t + 1 < begin.size(); ++t) {
      const std::uint64_t n = begin[t + 1] - begin[t];
      if (n >= std::uint64_t{1} << 32)
        throw Error(ExitCode::memory, "one tile would hold " + std::to_string(n) +
                                          " synapses of a projection, more than the 4294967295 that its "
                                          "offsets can count: use smaller tiles or a lower in-degree");
      out_begin_.push_back(out_begin_.back() + aligned(n));
    }
    const std::uint64_t n = out_begin_.back();
    if (storage == WeightStorage::fixed16) {
      made.packed = DeviceBuffer<std::uint32_t>(n);
    } else {
      made.code = DeviceBuffer<std::uint16_t>(n);
    }
    if (storage == WeightStorage::float32) made.weight = DeviceBuffer<float>(n);
  }

  /// As many tiles from `first` on as fit, one at least.
  Chunk next_chunk(const TileRequest& request, std::uint32_t first) const {
    const std::vector<std::uint64_t>& begin = rows_.tile_begin();
    constexpr std::uint32_t kMost = 4096;  // tiles that a key tells apart, whatever the sources and delays
    const auto num_tiles = static_cast<std::uint32_t>(begin.size() - 1);
    std::uint32_t end = first + 1;
    while (end < num_tiles && end - first < kMost && begin[end + 1] - begin[first] <= options_.chunk_synapses)
      ++end;
    return {first, end, rows_of_tiles(request, first, end), begin[end] - begin[first]};
  }

  void make_chunk(const TileRequest& request, const TileJob& job, const Chunk& chunk, CardTiles& made,
                  std::vector<SynapseTile>& tiles) {
    rows_.draw(request, job, chunk.first, chunk.rows, chunk.num_synapses, keys_);
    key(job, chunk, rows_.row_begin(request, chunk.first));
    place(request, job, chunk, made, tiles);
  }

  /// Gives the synapses of a chunk their weights and delays and sorts them as tiles hold them.
  void key(const TileJob& job, const Chunk& chunk, const std::uint64_t* row_begin) {
    const bool weighted = job.storage != WeightStorage::uniform;
    if (weighted) weights_.need(chunk.num_synapses);
    key_synapses(stream_.get(), job, chunk.rows, row_begin, keys_.values(), keys_.other(),
                 weighted ? weights_.values() : nullptr);
    keys_.current = 1 - keys_.current;
    const std::uint32_t end = job.keys.tile_begin() + bits_for(chunk.end - chunk.first);
    if (weighted) {
      sort_scan_.sort(keys_, weights_, chunk.num_synapses, SynapseKeys::delay_begin(), end);
    } else {
      sort_scan_.sort(keys_, chunk.num_synapses, SynapseKeys::delay_begin(), end);
    }
  }

  void place(const TileRequest& request, const TileJob& job, const Chunk& chunk, CardTiles& made,
             std::vector<SynapseTile>& tiles) {
    const std::uint32_t num_tiles = chunk.end - chunk.first;
    const std::vector<std::uint64_t>& begin = rows_.tile_begin();
    std::vector<SourceRange> sources(num_tiles);
    SourceRange* const found = sources_.need(num_tiles);
    find_sources(stream_.get(), job.keys, keys_.values(), rows_.tile_begin_on_card() + chunk.first, num_tiles,
                 found);
    download(stream_, sources.data(), found, num_tiles);
    stream_.wait();

    std::uint64_t num_offsets = 0, most_offsets = 0;
    std::vector<PlacedTile> placed(num_tiles);
    std::vector<std::uint64_t> offset_begin;
    for (std::uint32_t t = 0; t < num_tiles; ++t) {
      PlacedTile& tile = placed[t];
      tile.begin = begin[chunk.first + t] - begin[chunk.first];
      tile.end = begin[chunk.first + t + 1] - begin[chunk.first];
      tile.source_begin = sources[t].begin;
      tile.source_end = sources[t].end;
      offset_begin.push_back(num_offsets);
      most_offsets = std::max<std::uint64_t>(most_offsets, tile.num_offsets(job.pieces));
      num_offsets += aligned(tile.num_offsets(job.pieces));
    }
    made.offsets.push_back({request.own.begin + chunk.first, request.own.begin + chunk.end,
                            DeviceBuffer<std::uint32_t>(num_offsets)});
    std::uint32_t* const offset = made.offsets.back().offset.data();
    clear(stream_, offset, num_offsets * sizeof *offset);
    for (std::uint32_t t = 0; t < num_tiles; ++t) {
      const std::uint64_t out = out_begin_[chunk.first + t];
      placed[t].offset = offset + offset_begin[t];
      if (!made.code.empty()) placed[t].code = made.code.data() + out;
      if (!made.packed.empty()) placed[t].packed = made.packed.data() + out;
      if (!made.weight.empty()) placed[t].weight = made.weight.data() + out;
      describe(job, placed[t], made, tiles[request.own.begin + chunk.first + t]);
    }
    PlacedTile* const table = placed_.need(num_tiles);
    upload(stream_, table, placed.data(), num_tiles);
    place_synapses(stream_.get(), job, table, chunk.num_synapses, keys_.values(),
                   job.storage == WeightStorage::uniform ? nullptr : weights_.values());
    sort_scan_.largest_so_far(offset, num_offsets);
    settle_offsets(stream_.get(), table, num_tiles, job.pieces, most_offsets);
    look_for_delays(request, job, chunk, table, made);
    stream_.wait();  // the tables above are the host's
  }

  /// Sizes for the host, pointers for the card; arrays without a synapse are none.
  static void describe(const TileJob& job, const PlacedTile& placed, CardTiles& made, SynapseTile& tile) {
    const std::uint64_t n = placed.end - placed.begin;
    tile.source_begin = placed.source_begin;
    tile.source_end = placed.source_end;
    tile.pieces = job.pieces;
    tile.offset.leave_elsewhere(placed.num_offsets(job.pieces));
    tile.code.leave_elsewhere(placed.code == nullptr ? 0 : n);
    tile.packed.leave_elsewhere(placed.packed == nullptr ? 0 : n);
    tile.weight.leave_elsewhere(placed.weight == nullptr ? 0 : n);
    TileSynapses view;
    view.source_begin = placed.source_begin;
    view.source_end = placed.source_end;
    view.pieces = job.pieces;
    view.offset = placed.offset;
    if (n > 0) {
      view.code = placed.code;
      view.packed = placed.packed;
      view.weight = placed.weight;
    }
    made.views.push_back(view);
  }

  void look_for_delays(const TileRequest& request, const TileJob& job, const Chunk& chunk,
                       const PlacedTile* table, CardTiles& made) {
    const std::uint32_t num_tiles = chunk.end - chunk.first;
    const std::size_t of_tile = std::size_t{made.num_source_tiles} * made.pieces;
    const std::size_t n = num_tiles * of_tile;
    std::int32_t* const seen = seen_.need(n * kPieceDelays);
    clear(stream_, seen, n * kPieceDelays * sizeof *seen);
    std::uint16_t* const held = held_.need(n);
    const auto num_delays = static_cast<std::uint32_t>(request.view.max_delay - request.view.min_delay + 1);
    find_delays(stream_.get(), table, num_tiles, job.pieces, num_delays, made.num_source_tiles,
                request.source.tile_size, seen, held);
    download(stream_, made.held.data() + chunk.first * of_tile, held, n);
  }

  CardTileMakerOptions options_;
  std::shared_ptr<TileFetcher> fetcher_;
  Stream stream_;
  SortScan sort_scan_;
  RowDrawer rows_;
  std::vector<std::uint64_t> out_begin_;  ///< [own tiles + 1] in the projection's arrays
  SortBuffers<std::uint64_t> keys_;
  SortBuffers<std::uint32_t> weights_;
  Room<SourceRange> sources_;
  Room<PlacedTile> placed_;
  Room<std::int32_t> seen_;
  Room<std::uint16_t> held_;
};

}  // namespace

std::unique_ptr<TileMaker> make_card_tile_maker(const CardTileMakerOptions& options) {
  return std::make_unique<CardTileMaker>(options);
}

}  // namespace penfield::cuda
