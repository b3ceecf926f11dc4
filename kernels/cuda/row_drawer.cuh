#pragma once
// Draws the rows of one projection after another on the card: what they are drawn from, the memory that this
// takes, and rows that the card cannot finish.
#include <cstdint>
#include <vector>

#include "kernels/cuda/build_kernels.cuh"
#include "kernels/cuda/sort_scan.cuh"
#include "kernels/cuda/tile_placer.cuh"
#include "penfield/engine/tile_maker.hpp"

namespace penfield::cuda {

/// The targets of consecutive own tiles of a request, counted from its first.
RowBlock rows_of_tiles(const TileRequest& request, std::uint32_t first, std::uint32_t end);

class RowDrawer {
 public:
  RowDrawer(const Stream& stream, SortScan& sort_scan, std::size_t scratch_bytes)
      : stream_(stream), sort_scan_(sort_scan), scratch_bytes_(scratch_bytes) {}

  /// Brings what rows, weights and delays are drawn from to the card and counts all rows of the request,
  /// which has a tile at least. Valid until the next call.
  TileJob begin(const TileRequest& request);

  /// [own tiles + 1] synapses before each tile: on the host, and on the card.
  const std::vector<std::uint64_t>& tile_begin() const { return tile_begin_; }
  const std::uint64_t* tile_begin_on_card() const { return tile_begin_on_card_.data(); }
  /// On the card: synapses before each row from that of an own tile on.
  const std::uint64_t* row_begin(const TileRequest& request, std::uint32_t tile) const {
    return row_begin_.data() + std::size_t{tile} * request.target.tile_size;
  }

  /// Draws the rows of consecutive tiles and sorts each of them: SynapseKeys::drawn() of their `num_synapses`
  /// are the values of `keys`. Throws what RowMaker::make_row throws.
  void draw(const TileRequest& request, const TileJob& job, std::uint32_t first_tile, RowBlock rows,
            std::uint64_t num_synapses, SortBuffers<std::uint64_t>& keys);

  void release();

 private:
  /// What rows are drawn from, on the card.
  struct RecipeArrays {
    Room<std::uint32_t> count, slot_source;
    Room<Position> source, target, slot_position;
    Room<CellGridView::Cell> cell;
  };

  TileJob job_of(const TileRequest& request);
  void take_scratch(const RowRecipe& recipe, std::uint32_t num_rows);
  void count(const TileJob& job, RowBlock all, std::uint32_t num_tiles);
  void draw_missing(const TileRequest& request, const TileJob& job, RowBlock rows,
                    const std::uint64_t* row_begin, std::uint64_t* keys);
  template <class T>
  const T* copy(Room<T>& room, const T* from, std::size_t n);

  const Stream& stream_;
  SortScan& sort_scan_;
  std::size_t scratch_bytes_;
  RecipeArrays arrays_;
  RowLaunch launch_{};
  RowScratches scratches_;
  Room<std::uint32_t> set_;
  Room<NearDrawer::WeightedCell> cell_;
  Room<std::uint64_t> row_begin_, tile_begin_on_card_;
  std::vector<std::uint64_t> tile_begin_;
  Room<std::uint32_t> missing_;
  Room<std::int32_t> num_missing_;
};

}  // namespace penfield::cuda
