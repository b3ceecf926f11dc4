#include "kernels/cuda/row_drawer.cuh"

#include <algorithm>

#include "kernels/cuda/block_team.cuh"
#include "kernels/cuda/copies.cuh"
#include "kernels/cuda/device.cuh"

namespace penfield::cuda {

RowBlock rows_of_tiles(const TileRequest& request, std::uint32_t first, std::uint32_t end) {
  const PopulationView& target = request.target;
  const std::uint32_t begin = tile_begin(target, request.own.begin + first);
  const std::uint32_t last = request.own.begin + end - 1;
  return {begin, tile_begin(target, last) + tile_count(target, last) - begin};
}

TileJob RowDrawer::begin(const TileRequest& request) {
  const std::uint32_t num_tiles = request.own.end - request.own.begin;
  const RowBlock all = rows_of_tiles(request, 0, num_tiles);
  const TileJob job = job_of(request);
  take_scratch(request.rows.recipe(), all.num_rows);
  count(job, all, num_tiles);
  return job;
}

/// Null for none.
template <class T>
const T* RowDrawer::copy(Room<T>& room, const T* from, std::size_t n) {
  if (n == 0) return nullptr;
  T* const to = room.need(n);
  upload(stream_, to, from, n);
  return to;
}

/// Rows, weights and delays with what they need on the card.
TileJob RowDrawer::job_of(const TileRequest& request) {
  TileJob job;
  job.rows = request.rows.recipe();
  job.weight = ValueDrawer(request.weight);
  job.delay = DelayDrawer(request.delay, request.dt_ms);
  job.tile_size = request.target.tile_size;
  job.min_delay = static_cast<std::uint32_t>(request.view.min_delay);
  job.pieces = request.view.pieces.count;
  job.storage = request.view.storage;
  job.weight_scale = request.view.scale_log2 - request.view.weight_shift;
  job.keys.source_bits = bits_for(job.rows.num_sources);
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

/// Blocks that draw rows, and the memory that their rows take.
void RowDrawer::take_scratch(const RowRecipe& recipe, std::uint32_t num_rows) {
  const RowScratchSize each = row_scratch_size(recipe);
  const std::uint32_t few = num_rows / (8 * num_multiprocessors()) + 1;  // spread over the whole card
  launch_.stretch = std::clamp(few, 32u, kBlockThreads);
  const std::size_t of_block = std::max<std::size_t>(1, each.bytes() * launch_.stretch);
  const std::uint64_t fit = std::clamp<std::uint64_t>(scratch_bytes_ / of_block, 1, 8192);
  launch_.blocks = static_cast<std::uint32_t>(
      std::min<std::uint64_t>((num_rows + launch_.stretch - 1) / launch_.stretch, fit));
  const std::size_t slots = std::size_t{launch_.blocks} * launch_.stretch;
  scratches_ = {{each.set > 0 ? set_.need(slots * each.set) : nullptr,
                 each.cells > 0 ? cell_.need(slots * each.cells) : nullptr},
                each};
}

/// Lengths of all rows, and from them where rows and tiles begin.
void RowDrawer::count(const TileJob& job, RowBlock all, std::uint32_t num_tiles) {
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

void RowDrawer::draw(const TileRequest& request, const TileJob& job, std::uint32_t first_tile, RowBlock rows,
                     std::uint64_t num_synapses, SortBuffers<std::uint64_t>& keys) {
  const std::uint64_t* const begin = row_begin(request, first_tile);
  keys.need(num_synapses);
  std::uint32_t* const missing = missing_.need(rows.num_rows);
  std::int32_t* const num_missing = num_missing_.need(1);
  clear(stream_, num_missing, sizeof *num_missing);
  draw_rows(stream_.get(), job, rows, launch_, scratches_, begin, keys.values(), missing, num_missing);
  if (draws_ascending(job.rows)) return;
  if (info(job.rows.kind).uses_positions) {
    std::int32_t num = 0;
    download(stream_, &num, num_missing, 1);
    stream_.wait();
    if (num > 0) draw_missing(request, job, rows, begin, keys.values());
  }
  sort_scan_.sort(keys, num_synapses, 0, job.keys.source_bits + bits_for(rows.num_rows));
}

/// The host draws the rows that ran out of tries: it has the memory for the exact but slower way.
void RowDrawer::draw_missing(const TileRequest& request, const TileJob& job, RowBlock rows,
                             const std::uint64_t* row_begin, std::uint64_t* keys) {
  std::vector<std::uint32_t> missing(rows.num_rows);
  std::vector<std::uint64_t> begin(std::size_t{rows.num_rows} + 1);
  download(stream_, missing.data(), missing_.data(), missing.size());
  download(stream_, begin.data(), row_begin, begin.size());
  stream_.wait();
  std::vector<std::uint32_t> sources;
  std::vector<std::uint64_t> made;
  for (std::uint32_t row = 0; row < missing.size(); ++row) {
    if (missing[row] == 0) continue;
    request.rows.make_row(rows.first_target + row, sources);
    made.clear();
    for (const std::uint32_t source : sources) made.push_back(job.keys.drawn(row, source));
    upload(stream_, keys + (begin[row] - begin[0]), made.data(), made.size());
    stream_.wait();
  }
}

void RowDrawer::release() {
  arrays_ = RecipeArrays();
  set_.release();
  cell_.release();
  row_begin_.release();
  tile_begin_on_card_.release();
  missing_.release();
  num_missing_.release();
}

}  // namespace penfield::cuda
