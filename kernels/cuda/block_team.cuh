#pragma once
// The team (penfield/step/team.hpp) of one CUDA block.
#include <cuda_runtime.h>

#include <cstdint>
#include <cub/block/block_scan.cuh>

namespace penfield::cuda {

/// Threads of every block that runs a body: enough warps to hide the latency of gathers, and a tile of 64 to
/// 1024 neurons takes one to four rounds.
constexpr std::uint32_t kBlockThreads = 256;

/// All threads of a block of kBlockThreads run one body together. Every thread must make the same calls in
/// the same order.
class BlockTeam {
 public:
  /// 2^lanes_log2 neighbouring threads share a row of for_each_row; at most a warp.
  explicit __device__ BlockTeam(std::uint32_t lanes_log2 = 3) : lanes_log2_(lanes_log2) {}

  __device__ std::uint32_t rank() const { return threadIdx.x; }
  __device__ std::uint32_t size() const { return kBlockThreads; }
  /// Waits for the block; writes to global memory before it are seen by the block after it.
  __device__ void barrier() const { __syncthreads(); }

  template <class F>
  __device__ void for_each(std::uint32_t n, F&& f) const {
    for (std::uint32_t i = threadIdx.x; i < n; i += kBlockThreads) f(i);
  }

  /// Rows of successive calls go to successive groups of lanes: a body that makes many calls of a row or two
  /// each (the spike lists of one step) keeps all warps busy.
  template <class F>
  __device__ void for_each_row(std::uint32_t n, F&& f) {
    const std::uint32_t groups = kBlockThreads >> lanes_log2_;
    const std::uint32_t lane = threadIdx.x & ((1u << lanes_log2_) - 1);
    const std::uint32_t group = ((threadIdx.x >> lanes_log2_) + first_group_) & (groups - 1);
    for (std::uint32_t row = group; row < n; row += groups) f(row, lane, 1u << lanes_log2_);
    first_group_ -= n;
  }

  __device__ void add(std::int32_t* p, std::int32_t v) const { atomicAdd(p, v); }

  template <class Keep, class Emit>
  __device__ std::uint32_t compact(std::uint32_t n, Keep&& keep, Emit&& emit) const {
    using Scan = cub::BlockScan<std::uint32_t, kBlockThreads>;
    __shared__ typename Scan::TempStorage scratch;
    std::uint32_t kept = 0;
    for (std::uint32_t first = 0; first < n; first += kBlockThreads) {
      const std::uint32_t i = first + threadIdx.x;
      const bool mine = i < n && keep(i);
      std::uint32_t rank = 0, total = 0;
      Scan(scratch).ExclusiveSum(mine ? 1u : 0u, rank, total);
      if (mine) emit(kept + rank, i);
      kept += total;
      __syncthreads();  // before the next round writes to scratch, and so that what was emitted is seen
    }
    return kept;
  }

 private:
  std::uint32_t lanes_log2_;
  std::uint32_t first_group_ = 0;
};

}  // namespace penfield::cuda
