// Rewiring. No figure yet: nothing here has run on a card (bench/expected_gpu_build has what is expected).
#include "kernels/cuda/rewire_kernels.cuh"

#include <algorithm>

#include "kernels/cuda/launch.cuh"

namespace penfield::cuda {

namespace {

constexpr std::uint32_t kMostBlocks = 8192;             // a grid's blocks go on to further stretches
constexpr std::uint32_t kEach = kBlockThreads;          // of work that takes a thread long: rows, partners
constexpr std::uint32_t kStretch = 16 * kBlockThreads;  // of synapses that are only moved

std::uint32_t blocks_for(std::uint64_t n, std::uint32_t stretch) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>((n + stretch - 1) / stretch, kMostBlocks));
}

__device__ TeamShare share_of(std::uint32_t stretch) { return {blockIdx.x, gridDim.x, stretch}; }

// body: list_synapses (penfield/step/rewire_rows.hpp)
// Limited by bytes: offsets and 2 to 6 read, 12 written a synapse.
__global__ void __launch_bounds__(kBlockThreads)
    list_synapses_kernel(SynapseKeys keys, const ProjectionView view, std::uint32_t tile_size,
                         const ListedTile* tiles, std::uint64_t* key, std::uint32_t* weight) {
  BlockTeam team;
  penfield::list_synapses(team, keys, view, tile_size, tiles, blockIdx.y, share_of(kStretch), key, weight);
}

// body: find_rows (penfield/step/rewire_rows.hpp)
__global__ void __launch_bounds__(kBlockThreads)
    find_rows_kernel(SynapseKeys keys, const std::uint64_t* key, std::uint64_t num_synapses,
                     std::uint32_t num_rows, std::uint64_t* begin) {
  BlockTeam team;
  penfield::find_rows(team, keys, key, num_synapses, num_rows, share_of(kEach), begin);
}

// body: delete_drawn (penfield/step/rewire_rows.hpp)
// A thread goes through a row: limited by the latency of Philox and two exponentials in double a synapse, and
// by how many rows a chunk has.
__global__ void __launch_bounds__(kBlockThreads)
    delete_drawn_kernel(const RowRewiring job, RowBlock block, const ListedRows rows, const DeletedRows out) {
  BlockTeam team;
  penfield::delete_drawn(team, job, block, rows, share_of(kEach), out);
}

// body: list_weak (penfield/step/rewire_rows.hpp)
__global__ void __launch_bounds__(kBlockThreads)
    list_weak_kernel(std::uint32_t num_rows, const ListedRows rows, const DeletedRows deleted,
                     const WeakSynapses weak) {
  BlockTeam team;
  penfield::list_weak(team, num_rows, rows, share_of(kEach), deleted, weak);
}

// body: delete_weakest (penfield/step/rewire_rows.hpp)
__global__ void __launch_bounds__(kBlockThreads)
    delete_weakest_kernel(std::uint32_t num_rows, const DeletedRows deleted, const WeakSynapses weak) {
  BlockTeam team;
  penfield::delete_weakest(team, num_rows, share_of(kEach), deleted, weak);
}

// body: count_formations (penfield/step/rewire_rows.hpp)
__global__ void __launch_bounds__(kBlockThreads)
    count_formations_kernel(const RowRewiring job, RowBlock block, const std::uint64_t* begin,
                            std::uint64_t* wanted) {
  BlockTeam team;
  penfield::count_formations(team, job, block, begin, share_of(kEach), wanted);
}

// body: form_synapses (penfield/step/rewire_rows.hpp)
// A thread looks for a partner: limited by latency, of two normal variates and a cell a try.
__global__ void __launch_bounds__(kBlockThreads)
    form_synapses_kernel(const RowRewiring job, RowBlock block, SynapseKeys keys,
                         const std::uint64_t* wanted_begin, std::uint64_t num_wanted, std::uint64_t* key) {
  BlockTeam team;
  penfield::form_synapses(team, job, block, keys, wanted_begin, num_wanted, share_of(kEach), key);
}

// body: merge_rows (penfield/step/rewire_rows.hpp)
// Limited by bytes: 12 read and 12 written a synapse; the few new ones of a row stay in a cache.
__global__ void __launch_bounds__(kBlockThreads)
    merge_rows_kernel(std::uint32_t num_rows, SynapseKeys keys, const ListedRows old, const ListedRows formed,
                      std::uint32_t new_weight, std::uint64_t* key, std::uint32_t* weight,
                      std::uint64_t* begin) {
  BlockTeam team;
  penfield::merge_rows(team, num_rows, keys, old, formed, new_weight, share_of(kStretch), key, weight, begin);
}

// body: mature_rows (penfield/step/rewire_rows.hpp)
// A thread goes through a row, whose sum has an order: limited by the latency of its loads.
__global__ void __launch_bounds__(kBlockThreads)
    mature_rows_kernel(const RowRewiring job, RowBlock block, const ListedRows rows) {
  BlockTeam team;
  penfield::mature_rows(team, job, block, rows, share_of(kEach));
}

// body: key_listed (penfield/step/rewire_rows.hpp)
__global__ void __launch_bounds__(kBlockThreads)
    key_listed_kernel(SynapseKeys keys, std::uint32_t tile_size, const ListedRows rows,
                      std::uint64_t* placed) {
  BlockTeam team;
  penfield::key_listed(team, keys, tile_size, rows, share_of(kStretch), placed);
}

// body: read_rows (penfield/step/rewire_rows.hpp)
__global__ void __launch_bounds__(kBlockThreads)
    read_rows_kernel(RowBlock block, SynapseKeys keys, const ListedRows rows, const RowReading reading) {
  BlockTeam team;
  penfield::read_rows(team, block, keys, rows, share_of(kEach), reading);
}

}  // namespace

void list_synapses(cudaStream_t stream, SynapseKeys keys, const ProjectionView& view, std::uint32_t tile_size,
                   const ListedTile* tiles, std::uint32_t num_tiles, std::uint32_t most_pieces,
                   std::uint64_t* key, std::uint32_t* weight) {
  launch(stream, kBlockThreads, std::min(blocks_for(most_pieces, kStretch), 64u), num_tiles,
         list_synapses_kernel, keys, view, tile_size, tiles, key, weight);
}

void find_rows(cudaStream_t stream, SynapseKeys keys, const std::uint64_t* key, std::uint64_t num_synapses,
               std::uint32_t num_rows, std::uint64_t* begin) {
  launch(stream, kBlockThreads, blocks_for(num_rows + std::uint64_t{1}, kEach), 1, find_rows_kernel, keys,
         key, num_synapses, num_rows, begin);
}

void delete_drawn(cudaStream_t stream, const RowRewiring& job, RowBlock block, const ListedRows& rows,
                  const DeletedRows& out) {
  launch(stream, kBlockThreads, blocks_for(block.num_rows, kEach), 1, delete_drawn_kernel, job, block, rows,
         out);
}

void list_weak(cudaStream_t stream, std::uint32_t num_rows, const ListedRows& rows,
               const DeletedRows& deleted, const WeakSynapses& weak) {
  launch(stream, kBlockThreads, blocks_for(num_rows, kEach), 1, list_weak_kernel, num_rows, rows, deleted,
         weak);
}

void delete_weakest(cudaStream_t stream, std::uint32_t num_rows, const DeletedRows& deleted,
                    const WeakSynapses& weak) {
  launch(stream, kBlockThreads, blocks_for(num_rows, kEach), 1, delete_weakest_kernel, num_rows, deleted,
         weak);
}

void count_formations(cudaStream_t stream, const RowRewiring& job, RowBlock block, const std::uint64_t* begin,
                      std::uint64_t* wanted) {
  launch(stream, kBlockThreads, blocks_for(block.num_rows, kEach), 1, count_formations_kernel, job, block,
         begin, wanted);
}

void form_synapses(cudaStream_t stream, const RowRewiring& job, RowBlock block, SynapseKeys keys,
                   const std::uint64_t* wanted_begin, std::uint64_t num_wanted, std::uint64_t* key) {
  launch(stream, kBlockThreads, blocks_for(num_wanted, kEach), 1, form_synapses_kernel, job, block, keys,
         wanted_begin, num_wanted, key);
}

void merge_rows(cudaStream_t stream, std::uint32_t num_rows, SynapseKeys keys, const ListedRows& old,
                const ListedRows& formed, std::uint32_t new_weight, std::uint64_t* key, std::uint32_t* weight,
                std::uint64_t* begin) {
  const std::uint64_t most = std::max<std::uint64_t>(old.num_synapses, num_rows + std::uint64_t{1});
  launch(stream, kBlockThreads, blocks_for(most, kStretch), 1, merge_rows_kernel, num_rows, keys, old, formed,
         new_weight, key, weight, begin);
}

void mature_rows(cudaStream_t stream, const RowRewiring& job, RowBlock block, const ListedRows& rows) {
  launch(stream, kBlockThreads, blocks_for(block.num_rows, kEach), 1, mature_rows_kernel, job, block, rows);
}

void key_listed(cudaStream_t stream, SynapseKeys keys, std::uint32_t tile_size, const ListedRows& rows,
                std::uint64_t* placed) {
  launch(stream, kBlockThreads, blocks_for(rows.num_synapses, kStretch), 1, key_listed_kernel, keys,
         tile_size, rows, placed);
}

void read_rows(cudaStream_t stream, RowBlock block, SynapseKeys keys, const ListedRows& rows,
               const RowReading& reading) {
  launch(stream, kBlockThreads, blocks_for(block.num_rows, kEach), 1, read_rows_kernel, block, keys, rows,
         reading);
}

}  // namespace penfield::cuda
