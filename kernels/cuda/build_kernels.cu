// Construction. No figure yet: nothing here has run on a card (bench/expected_gpu_build has what is
// expected).
#include "kernels/cuda/build_kernels.cuh"

#include <algorithm>

#include "kernels/cuda/launch.cuh"

namespace penfield::cuda {

namespace {

constexpr std::uint32_t kMostBlocks = 8192;  // a grid's blocks go on to further stretches
constexpr std::uint32_t kStretch = 16 * kBlockThreads;

std::uint32_t blocks_for(std::uint64_t n, std::uint32_t stretch) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>((n + stretch - 1) / stretch, kMostBlocks));
}

__device__ TeamShare share_of(std::uint32_t stretch) { return {blockIdx.x, gridDim.x, stretch}; }

// body: count_rows (penfield/step/draw_rows.hpp)
// A thread draws a row: limited by the latency of Philox, logarithm and, for rules of distance, the grid.
// Asked for no number of blocks, the compiler spills to have a fourth.
__global__ void __launch_bounds__(kBlockThreads, 3)
    count_rows_kernel(const TileJob job, const RowBlock block, std::uint32_t stretch,
                      const RowScratches scratches, std::uint64_t* length) {
  BlockTeam team;
  penfield::count_rows(team, job, block, share_of(stretch), scratches, length);
}

// body: draw_rows (penfield/step/draw_rows.hpp)
// As above, and each thread's 8-byte stores to a row of its own.
__global__ void __launch_bounds__(kBlockThreads, 3)
    draw_rows_kernel(const TileJob job, const RowBlock block, std::uint32_t stretch,
                     const RowScratches scratches, const std::uint64_t* row_begin, std::uint64_t* drawn,
                     std::uint32_t* missing, std::int32_t* num_missing) {
  BlockTeam team;
  penfield::draw_rows(team, job, block, share_of(stretch), scratches, row_begin, drawn, missing, num_missing);
}

// body: key_synapses (penfield/step/draw_rows.hpp)
// A warp takes a row. Limited by two Philox blocks and two normal variates in double a synapse, or by 16 to
// 20 bytes where weights and delays are constant.
__global__ void __launch_bounds__(kBlockThreads)
    key_synapses_kernel(const TileJob job, const RowBlock block, std::uint32_t stretch,
                        const std::uint64_t* row_begin, const std::uint64_t* drawn, std::uint64_t* key,
                        std::uint32_t* weight) {
  BlockTeam team(5);
  penfield::key_synapses(team, job, block, share_of(stretch), row_begin, drawn, key, weight);
}

// device-only: picks every tile_size-th number
__global__ void __launch_bounds__(kBlockThreads)
    find_tiles_kernel(const std::uint64_t* row_begin, std::uint32_t num_rows, std::uint32_t tile_size,
                      std::uint32_t num_tiles, std::uint64_t* tile_begin) {
  for (std::uint32_t t = threadIdx.x; t <= num_tiles; t += kBlockThreads) {
    const std::uint64_t row = std::uint64_t{t} * tile_size;
    tile_begin[t] = row_begin[row < num_rows ? row : num_rows];
  }
}

// body: find_sources (penfield/step/place_synapses.hpp)
__global__ void __launch_bounds__(kBlockThreads)
    find_sources_kernel(const SynapseKeys keys, const std::uint64_t* key, const std::uint64_t* tile_begin,
                        std::uint32_t num_tiles, SourceRange* sources) {
  BlockTeam team;
  penfield::find_sources(team, keys, key, tile_begin, num_tiles, sources);
}

// body: place_synapses (penfield/step/place_synapses.hpp)
// Limited by bytes: 8 to 12 read and 2 to 8 written a synapse, and the offsets' sectors.
__global__ void __launch_bounds__(kBlockThreads)
    place_synapses_kernel(const TileJob job, const PlacedTile* tiles, std::uint64_t num_synapses,
                          const std::uint64_t* key, const std::uint32_t* weight) {
  BlockTeam team;
  penfield::place_synapses(team, job, tiles, share_of(kStretch), num_synapses, key, weight);
}

// body: settle_offsets (penfield/step/place_synapses.hpp)
__global__ void __launch_bounds__(kBlockThreads)
    settle_offsets_kernel(const PlacedTile* tiles, std::uint32_t pieces) {
  BlockTeam team;
  penfield::settle_offsets(team, tiles[blockIdx.y], pieces, share_of(kStretch));
}

// body: count_present_rows (penfield/step/place_synapses.hpp)
// Limited by the bytes of the offsets.
__global__ void __launch_bounds__(kBlockThreads)
    count_present_rows_kernel(const PlacedTile* tiles, std::uint32_t pieces, std::uint64_t* present,
                              RowCount* counts) {
  BlockTeam team;
  penfield::count_present_rows(team, tiles[blockIdx.y], pieces, share_of(kBlockThreads), present,
                               counts + blockIdx.y);
}

// body: keep_rows (penfield/step/place_synapses.hpp)
// Limited by the bytes of the offsets.
__global__ void __launch_bounds__(kBlockThreads)
    keep_rows_kernel(const PlacedTile* tiles, std::uint32_t pieces, const std::uint64_t* before) {
  BlockTeam team;
  penfield::keep_rows(team, tiles[blockIdx.y], pieces, share_of(kBlockThreads), before);
}

// body: look_for_delays (penfield/step/place_synapses.hpp)
// Limited by bytes: offsets, and codes until a thread has seen all delays.
__global__ void __launch_bounds__(kBlockThreads)
    look_for_delays_kernel(const PlacedTile* tiles, std::uint32_t pieces, std::uint32_t num_delays,
                           std::uint32_t source_tile_size, std::int32_t* seen) {
  BlockTeam team;
  const std::uint32_t begin = blockIdx.x * source_tile_size;
  const std::uint64_t place = std::uint64_t{blockIdx.y} * gridDim.x + blockIdx.x;
  look_for_delays(team, tiles[blockIdx.y], pieces, num_delays, {begin, begin + source_tile_size},
                  seen + place * pieces * kPieceDelays);
}

// body: join_delays (penfield/step/place_synapses.hpp)
__global__ void __launch_bounds__(kBlockThreads)
    join_delays_kernel(std::uint32_t num_pieces, const std::int32_t* seen, std::uint16_t* held) {
  BlockTeam team;
  join_delays(team, share_of(kStretch), num_pieces, seen, held);
}

}  // namespace

void count_rows(cudaStream_t stream, const TileJob& job, RowBlock block, RowLaunch rows,
                const RowScratches& scratches, std::uint64_t* length) {
  launch(stream, kBlockThreads, rows.blocks, 1, count_rows_kernel, job, block, rows.stretch, scratches,
         length);
}

void draw_rows(cudaStream_t stream, const TileJob& job, RowBlock block, RowLaunch rows,
               const RowScratches& scratches, const std::uint64_t* row_begin, std::uint64_t* drawn,
               std::uint32_t* missing, std::int32_t* num_missing) {
  launch(stream, kBlockThreads, rows.blocks, 1, draw_rows_kernel, job, block, rows.stretch, scratches,
         row_begin, drawn, missing, num_missing);
}

void key_synapses(cudaStream_t stream, const TileJob& job, RowBlock block, const std::uint64_t* row_begin,
                  const std::uint64_t* drawn, std::uint64_t* key, std::uint32_t* weight) {
  constexpr std::uint32_t rows = kBlockThreads / 32;
  launch(stream, kBlockThreads, blocks_for(block.num_rows, rows), 1, key_synapses_kernel, job, block, rows,
         row_begin, drawn, key, weight);
}

void find_tiles(cudaStream_t stream, const std::uint64_t* row_begin, std::uint32_t num_rows,
                std::uint32_t tile_size, std::uint32_t num_tiles, std::uint64_t* tile_begin) {
  launch(stream, kBlockThreads, 1, 1, find_tiles_kernel, row_begin, num_rows, tile_size, num_tiles,
         tile_begin);
}

void find_sources(cudaStream_t stream, SynapseKeys keys, const std::uint64_t* key,
                  const std::uint64_t* tile_begin, std::uint32_t num_tiles, SourceRange* sources) {
  launch(stream, kBlockThreads, 1, 1, find_sources_kernel, keys, key, tile_begin, num_tiles, sources);
}

void place_synapses(cudaStream_t stream, const TileJob& job, const PlacedTile* tiles,
                    std::uint64_t num_synapses, const std::uint64_t* key, const std::uint32_t* weight) {
  launch(stream, kBlockThreads, blocks_for(num_synapses, kStretch), 1, place_synapses_kernel, job, tiles,
         num_synapses, key, weight);
}

void settle_offsets(cudaStream_t stream, const PlacedTile* tiles, std::uint32_t num_tiles,
                    std::uint32_t pieces, std::uint64_t most_offsets) {
  launch(stream, kBlockThreads, std::min(blocks_for(most_offsets, kStretch), 64u), num_tiles,
         settle_offsets_kernel, tiles, pieces);
}

void count_present_rows(cudaStream_t stream, const PlacedTile* tiles, std::uint32_t num_tiles,
                        std::uint32_t pieces, std::uint64_t most_groups, std::uint64_t* present,
                        RowCount* counts) {
  launch(stream, kBlockThreads, std::clamp(blocks_for(most_groups, kBlockThreads), 1u, 64u), num_tiles,
         count_present_rows_kernel, tiles, pieces, present, counts);
}

void keep_rows(cudaStream_t stream, const PlacedTile* tiles, std::uint32_t num_tiles, std::uint32_t pieces,
               std::uint64_t most_offsets, const std::uint64_t* before) {
  launch(stream, kBlockThreads, std::min(blocks_for(most_offsets, kBlockThreads), 64u), num_tiles,
         keep_rows_kernel, tiles, pieces, before);
}

void find_delays(cudaStream_t stream, const PlacedTile* tiles, std::uint32_t num_tiles, std::uint32_t pieces,
                 std::uint32_t num_delays, std::uint32_t num_source_tiles, std::uint32_t source_tile_size,
                 std::int32_t* seen, std::uint16_t* held) {
  launch(stream, kBlockThreads, num_source_tiles, num_tiles, look_for_delays_kernel, tiles, pieces,
         num_delays, source_tile_size, seen);
  const std::uint32_t num_pieces = num_tiles * num_source_tiles * pieces;
  launch(stream, kBlockThreads, blocks_for(num_pieces, kStretch), 1, join_delays_kernel, num_pieces, seen,
         held);
}

}  // namespace penfield::cuda
