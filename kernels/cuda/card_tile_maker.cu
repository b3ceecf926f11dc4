#include "kernels/cuda/card_tile_maker.hpp"

#include <algorithm>
#include <bit>
#include <nvtx3/nvtx3.hpp>
#include <string>

#include "kernels/cuda/block_team.cuh"
#include "kernels/cuda/build_kernels.cuh"
#include "kernels/cuda/card_tiles.cuh"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/sort_scan.cuh"
#include "penfield/base/error.hpp"

namespace penfield::cuda {

namespace {

std::uint32_t bits_for(std::uint64_t count) {
  return count < 2 ? 0 : static_cast<std::uint32_t>(std::bit_width(count - 1));
}

/// The next multiple of 64: arrays of tiles begin at whole cache lines.
std::uint64_t aligned(std::uint64_t count) { return (count + 63) / 64 * 64; }

template <class T>
void upload(const Stream& stream, T* to, const T* from, std::size_t n) {
  if (n > 0)
    PENFIELD_CUDA_CHECK(cudaMemcpyAsync(to, from, n * sizeof(T), cudaMemcpyHostToDevice, stream.get()));
}
template <class T>
void download(const Stream& stream, T* to, const T* from, std::size_t n) {
  if (n > 0)
    PENFIELD_CUDA_CHECK(cudaMemcpyAsync(to, from, n * sizeof(T), cudaMemcpyDeviceToHost, stream.get()));
}
void clear(const Stream& stream, void* at, std::size_t bytes) {
  if (bytes > 0) PENFIELD_CUDA_CHECK(cudaMemsetAsync(at, 0, bytes, stream.get()));
}

/// What rows are drawn from, on the card.
struct RecipeArrays {
  Room<std::uint32_t> count, slot_source;
  Room<Position> source, target, slot_position;
  Room<CellGridView::Cell> cell;
};

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
        sort_scan_(stream_) {}

  std::unique_ptr<DistantTiles> make(const TileRequest& request, std::vector<SynapseTile>& tiles) override {
    const nvtx3::scoped_range range{"make tiles"};
    PENFIELD_CUDA_CHECK(cudaSetDevice(options_.device));
    auto made = std::make_unique<CardTiles>(fetcher_);
    made->own = request.own;
    made->pieces = request.view.pieces.count;
    made->num_source_tiles = request.source.num_tiles;
    const std::uint32_t num_tiles = request.own.end - request.own.begin;
    if (num_tiles == 0) return made;
    TileJob job = job_of(request);
    const RowBlock all = rows_of(request, 0, num_tiles);
    draw_with_scratch(request, all.num_rows);
    count(job, all, num_tiles);
    place_tiles(request, *made);
    made->held.resize(std::size_t{num_tiles} * made->num_source_tiles * made->pieces);
    for (std::uint32_t first = 0; first < num_tiles;) {
      const Chunk chunk = next_chunk(request, first);
      job.keys.source_bits = bits_for(job.rows.num_sources);
      make_chunk(request, job, chunk, *made, tiles);
      first = chunk.end;
    }
    return made;
  }

  void release() override {
    stream_.wait();
    arrays_ = RecipeArrays();
    set_.release();
    cell_.release();
    row_begin_.release();
    tile_begin_on_card_.release();
    missing_.release();
    num_missing_.release();
    keys_.release();
    weights_.release();
    sources_.release();
    placed_.release();
    seen_.release();
    held_.release();
    sort_scan_.release();
  }

 private:
  static RowBlock rows_of(const TileRequest& request, std::uint32_t first, std::uint32_t end) {
    const PopulationView& target = request.target;
    const std::uint32_t begin = tile_begin(target, request.own.begin + first);
    const std::uint32_t last = request.own.begin + end - 1;
    return {begin, tile_begin(target, last) + tile_count(target, last) - begin};
  }

  /// Rows, weights and delays with what they need on the card.
  TileJob job_of(const TileRequest& request) {
    TileJob job;
    job.rows = request.rows.recipe();
    job.weight = ValueDrawer(request.weight);
    job.delay = DelayDrawer(request.delay, request.dt_ms);
    job.tile_size = request.target.tile_size;
    job.min_delay = static_cast<std::uint32_t>(request.view.min_delay);
    job.pieces = request.view.pieces.count;
    job.storage = request.view.storage;
    job.weight_scale = request.view.scale_log2 - request.view.weight_shift;
    job.keys.delay_bits = bits_for(std::uint64_t(request.view.max_delay - request.view.min_delay) + 1);
    RowRecipe& rows = job.rows;
    const bool by_distance = info(rows.kind).uses_positions;
    const bool places = by_distance || job.delay.uses_distance();
    rows.count = copy(arrays_.count, rows.count, rows.count == nullptr ? 0 : rows.num_targets);
    rows.source_position = copy(arrays_.source, rows.source_position,
                                places && rows.source_position != nullptr ? rows.num_sources : 0);
    rows.target_position = copy(arrays_.target, rows.target_position,
                                places && rows.target_position != nullptr ? rows.num_targets : 0);
    if (by_distance) {
      const CellGridView& grid = rows.near.grid();
      rows.near = rows.near.over(
          grid.at(copy(arrays_.cell, grid.cells().data(), grid.cells().size()),
                  copy(arrays_.slot_source, grid.sources().data(), grid.sources().size()),
                  copy(arrays_.slot_position, grid.positions().data(), grid.positions().size())));
    }
    return job;
  }
  /// Null for none.
  template <class T>
  const T* copy(Room<T>& room, const T* from, std::size_t n) {
    if (n == 0) return nullptr;
    T* const to = room.need(n);
    upload(stream_, to, from, n);
    return to;
  }

  /// Blocks that draw rows, and the memory that their rows take.
  void draw_with_scratch(const TileRequest& request, std::uint32_t num_rows) {
    const RowScratchSize each = row_scratch_size(request.rows.recipe());
    const std::uint32_t few = num_rows / (8 * num_multiprocessors()) + 1;  // spread over the whole card
    launch_.stretch = std::clamp(few, 32u, kBlockThreads);
    const std::size_t of_block = std::max<std::size_t>(1, each.bytes() * launch_.stretch);
    const std::uint64_t fit = std::clamp<std::uint64_t>(options_.scratch_bytes / of_block, 1, 8192);
    launch_.blocks = static_cast<std::uint32_t>(
        std::min<std::uint64_t>((num_rows + launch_.stretch - 1) / launch_.stretch, fit));
    const std::size_t slots = std::size_t{launch_.blocks} * launch_.stretch;
    scratches_ = {{each.set > 0 ? set_.need(slots * each.set) : nullptr,
                   each.cells > 0 ? cell_.need(slots * each.cells) : nullptr},
                  each};
  }

  /// Lengths of all rows, and from them where rows and tiles begin.
  void count(const TileJob& job, RowBlock all, std::uint32_t num_tiles) {
    std::uint64_t* const begin = row_begin_.need(std::size_t{all.num_rows} + 1);
    count_rows(stream_.get(), job, all, launch_, scratches_, begin);
    clear(stream_, begin + all.num_rows, sizeof *begin);
    sort_scan_.sum_before(begin, std::size_t{all.num_rows} + 1);
    std::uint64_t* const tiles = tile_begin_on_card_.need(num_tiles + 1);
    find_tiles(stream_.get(), begin, all.num_rows, job.tile_size, num_tiles, tiles);
    tile_begin_.resize(num_tiles + 1);
    download(stream_, tile_begin_.data(), tiles, tile_begin_.size());
    stream_.wait();
  }

  /// Room for the synapses of all tiles, and where each begins in it.
  void place_tiles(const TileRequest& request, CardTiles& made) {
    const WeightStorage storage = request.view.storage;
    out_begin_.assign(1, 0);
    for (std::size_t t = 0; t + 1 < tile_begin_.size(); ++t) {
      const std::uint64_t n = tile_begin_[t + 1] - tile_begin_[t];
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
    constexpr std::uint32_t kMost = 4096;  // tiles that a key tells apart, whatever the sources and delays
    const auto num_tiles = static_cast<std::uint32_t>(tile_begin_.size() - 1);
    std::uint32_t end = first + 1;
    while (end < num_tiles && end - first < kMost &&
           tile_begin_[end + 1] - tile_begin_[first] <= options_.chunk_synapses)
      ++end;
    return {first, end, rows_of(request, first, end), tile_begin_[end] - tile_begin_[first]};
  }

  void make_chunk(const TileRequest& request, const TileJob& job, const Chunk& chunk, CardTiles& made,
                  std::vector<SynapseTile>& tiles) {
    const std::uint64_t* const row_begin =
        row_begin_.data() + std::size_t{chunk.first} * request.target.tile_size;
    sort_rows(request, job, chunk, row_begin);
    key(job, chunk, row_begin);
    place(request, job, chunk, made, tiles);
  }

  /// Draws the rows of a chunk and sorts each of them.
  void sort_rows(const TileRequest& request, const TileJob& job, const Chunk& chunk,
                 const std::uint64_t* row_begin) {
    keys_.need(chunk.num_synapses);
    std::uint32_t* const missing = missing_.need(chunk.rows.num_rows);
    std::int32_t* const num_missing = num_missing_.need(1);
    clear(stream_, num_missing, sizeof *num_missing);
    draw_rows(stream_.get(), job, chunk.rows, launch_, scratches_, row_begin, keys_.values(), missing,
              num_missing);
    if (draws_ascending(job.rows)) return;
    if (info(job.rows.kind).uses_positions) {
      std::int32_t num = 0;
      download(stream_, &num, num_missing, 1);
      stream_.wait();
      if (num > 0) draw_missing(request, job, chunk, row_begin);
    }
    sort_scan_.sort(keys_, chunk.num_synapses, 0, job.keys.source_bits + bits_for(chunk.rows.num_rows));
  }

  /// The host draws the rows that ran out of tries: it has the memory for the exact but slower way.
  void draw_missing(const TileRequest& request, const TileJob& job, const Chunk& chunk,
                    const std::uint64_t* row_begin) {
    std::vector<std::uint32_t> missing(chunk.rows.num_rows);
    std::vector<std::uint64_t> begin(std::size_t{chunk.rows.num_rows} + 1);
    download(stream_, missing.data(), missing_.data(), missing.size());
    download(stream_, begin.data(), row_begin, begin.size());
    stream_.wait();
    std::vector<std::uint32_t> sources;
    std::vector<std::uint64_t> keys;
    for (std::uint32_t row = 0; row < missing.size(); ++row) {
      if (missing[row] == 0) continue;
      request.rows.make_row(chunk.rows.first_target + row, sources);
      keys.clear();
      for (const std::uint32_t source : sources) keys.push_back(job.keys.drawn(row, source));
      upload(stream_, keys_.values() + (begin[row] - begin[0]), keys.data(), keys.size());
      stream_.wait();
    }
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
    std::vector<SourceRange> sources(num_tiles);
    SourceRange* const found = sources_.need(num_tiles);
    find_sources(stream_.get(), job.keys, keys_.values(), tile_begin_on_card_.data() + chunk.first, num_tiles,
                 found);
    download(stream_, sources.data(), found, num_tiles);
    stream_.wait();

    std::uint64_t num_offsets = 0, most_offsets = 0;
    std::vector<PlacedTile> placed(num_tiles);
    std::vector<std::uint64_t> offset_begin;
    for (std::uint32_t t = 0; t < num_tiles; ++t) {
      PlacedTile& tile = placed[t];
      tile.begin = tile_begin_[chunk.first + t] - tile_begin_[chunk.first];
      tile.end = tile_begin_[chunk.first + t + 1] - tile_begin_[chunk.first];
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
    find_delays(stream_.get(), table, num_tiles, job.pieces, made.num_source_tiles, request.source.tile_size,
                seen, held);
    download(stream_, made.held.data() + chunk.first * of_tile, held, n);
  }

  CardTileMakerOptions options_;
  std::shared_ptr<TileFetcher> fetcher_;
  Stream stream_;
  SortScan sort_scan_;
  RecipeArrays arrays_;
  RowLaunch launch_{};
  RowScratches scratches_;
  Room<std::uint32_t> set_;
  Room<NearDrawer::WeightedCell> cell_;
  Room<std::uint64_t> row_begin_, tile_begin_on_card_;
  std::vector<std::uint64_t> tile_begin_, out_begin_;  ///< [own tiles + 1]
  Room<std::uint32_t> missing_;
  Room<std::int32_t> num_missing_;
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
