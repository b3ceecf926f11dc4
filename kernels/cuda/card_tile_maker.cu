#include "kernels/cuda/card_tile_maker.hpp"

#include <algorithm>
#include <nvtx3/nvtx3.hpp>

#include "kernels/cuda/build_kernels.cuh"
#include "kernels/cuda/card_tiles.cuh"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/row_drawer.cuh"
#include "kernels/cuda/sort_scan.cuh"
#include "kernels/cuda/tile_placer.cuh"

namespace penfield::cuda {

namespace {

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
        placer_(stream_, sort_scan_),
        rows_(stream_, sort_scan_, options.scratch_bytes) {}

  std::unique_ptr<DistantTiles> make(const TileRequest& request, std::vector<SynapseTile>& tiles) override {
    const nvtx3::scoped_range range{"make tiles"};
    PENFIELD_CUDA_CHECK(cudaSetDevice(options_.device));
    auto made = std::make_unique<CardTiles>(fetcher_);
    made->own = request.own;
    made->pieces = request.view.pieces.count;
    made->num_delays = static_cast<std::uint32_t>(request.view.max_delay - request.view.min_delay + 1);
    made->storage = request.view.storage;
    made->num_source_tiles = request.source.num_tiles;
    made->source_tile_size = request.source.tile_size;
    const std::uint32_t num_tiles = request.own.end - request.own.begin;
    if (num_tiles == 0) return made;
    const TileJob job = rows_.begin(request);
    made->views.resize(num_tiles);
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
    placer_.release();
    sort_scan_.release();
  }

 private:
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
    TileChunk& placed = made.chunks.emplace_back();
    placed.first_tile = request.own.begin + chunk.first;
    placed.end_tile = request.own.begin + chunk.end;
    const SortedChunk sorted{
        keys_.values(), job.storage == WeightStorage::uniform ? nullptr : weights_.values(),
        rows_.tile_begin().data() + chunk.first, rows_.tile_begin_on_card() + chunk.first};
    placer_.place(job, sorted, false, placed, made, tiles);
  }

  CardTileMakerOptions options_;
  std::shared_ptr<TileFetcher> fetcher_;
  Stream stream_;
  SortScan sort_scan_;
  TilePlacer placer_;
  RowDrawer rows_;
  SortBuffers<std::uint64_t> keys_;
  SortBuffers<std::uint32_t> weights_;
};

}  // namespace

std::unique_ptr<TileMaker> make_card_tile_maker(const CardTileMakerOptions& options) {
  return std::make_unique<CardTileMaker>(options);
}

}  // namespace penfield::cuda
