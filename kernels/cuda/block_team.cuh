#pragma once
// The team (penfield/step/team.hpp) of one CUDA block.
#include <cuda_runtime.h>

#include <cstdint>
#include <cub/block/block_scan.cuh>

#include "penfield/step/team.hpp"

namespace penfield::cuda {

/// Threads of every block that runs a body: enough warps to hide the latency of gathers, and a tile of 64 to
/// 2048 neurons takes one to eight rounds.
constexpr std::uint32_t kBlockThreads = 256;

/// What a block's calls keep in its shared memory: one for all of a kernel, since the compiler would give the
/// calls of every rule and model their own.
using BlockScan = cub::BlockScan<std::uint32_t, kBlockThreads>;
__device__ inline BlockScan::TempStorage& scan_scratch() {
  __shared__ BlockScan::TempStorage one;
  return one;
}
struct ListScratch {
  static constexpr std::uint32_t kEach = 4, kLists = kEach * kBlockThreads;
  struct Row {
    std::size_t place;
    RowRange range;
    std::uint32_t list;
    std::uint32_t before;  ///< where rows are short: synapses of the rows before it
  };
  std::uint32_t rows_before[kLists];
  std::size_t list_begin[kLists];
  Row rows[kBlockThreads];
};
/// Places that a block has chosen of so many.
struct KeptScratch {
  static constexpr std::uint32_t kEach = 8;
  std::uint32_t kept[kEach * kBlockThreads];
};
/// One call at a time has it.
union CallScratch {
  ListScratch lists;
  KeptScratch places;
};
__device__ inline CallScratch& call_scratch() {
  __shared__ CallScratch one;
  return one;
}

/// All threads of a block of kBlockThreads run one body together. Every thread must make the same calls in
/// the same order.
class BlockTeam {
 public:
  static constexpr bool kDrawsByNeuron = true;  ///< see penfield/step/drawn_input.hpp

  static constexpr std::uint32_t kShortRows = 2;  ///< lanes_log2 where rows have four synapses or fewer

  /// 2^lanes_log2 neighbouring threads share a row; at most a warp, at least 4.
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

  /// Waits a few times for memory, however many lists there are: each thread looks at four of them; a scan of
  /// their sizes says which list holds a row, and each thread asks for the range of one; those that hold
  /// anything are dealt out to groups of lanes, of fewer lanes where they are many. Short rows are dealt out
  /// synapse by synapse: most lanes of a group would have none, and a few rows are long among many of one or
  /// two.
  template <class Look, class Range, class F>
  __device__ void for_each_listed_row(std::uint32_t n, Look&& look, Range&& range, F&& f) const {
    using Row = ListScratch::Row;
    constexpr std::uint32_t kEach = ListScratch::kEach, kLists = ListScratch::kLists;
    BlockScan::TempStorage& scratch = scan_scratch();
    auto& [rows_before, list_begin, rows] = call_scratch().lists;
    const bool short_rows = lanes_log2_ <= kShortRows;
    for (std::uint32_t first = 0; first < n; first += kLists) {
      const std::uint32_t my_first = kEach * threadIdx.x;
      RowList mine[kEach];
      std::uint32_t my_rows = 0, before = 0, num_rows = 0;
      for (std::uint32_t k = 0; k < kEach; ++k) {
        const std::uint32_t i = first + my_first + k;
        mine[k] = i < n ? look(i) : RowList{0, 0};
        my_rows += mine[k].size;
      }
      BlockScan(scratch).ExclusiveSum(my_rows, before, num_rows);
      for (std::uint32_t k = 0; k < kEach; ++k) {
        rows_before[my_first + k] = before;
        list_begin[my_first + k] = mine[k].begin;
        before += mine[k].size;
      }
      __syncthreads();
      for (std::uint32_t first_row = 0; first_row < num_rows; first_row += kBlockThreads) {
        const std::uint32_t row = first_row + threadIdx.x;
        Row found{0, {0, 0}, 0, 0};
        if (row < num_rows) {
          // The last list with no more rows before it: those without rows come before the one that has it.
          for (std::uint32_t half = kLists / 2; half > 0; half /= 2)
            if (rows_before[found.list + half] <= row) found.list += half;
          found.place = list_begin[found.list] + (row - rows_before[found.list]);
          found.range = range(first + found.list, found.place);
        }
        std::uint32_t items = 0, item = threadIdx.x, stride = kBlockThreads, lane = 0, lanes = 1;
        if (short_rows) {
          BlockScan(scratch).ExclusiveSum(found.range.end - found.range.begin, found.before, items);
          rows[threadIdx.x] = found;
          __syncthreads();
        } else {
          const bool holds = found.range.begin < found.range.end;
          std::uint32_t at = 0;
          BlockScan(scratch).ExclusiveSum(holds ? 1u : 0u, at, items);
          if (holds) rows[at] = found;
          __syncthreads();
          std::uint32_t lanes_log2 = lanes_log2_;
          while (lanes_log2 > 2 && items << lanes_log2 > kBlockThreads) --lanes_log2;
          lanes = 1u << lanes_log2;
          lane = item & (lanes - 1);
          item >>= lanes_log2;
          stride >>= lanes_log2;
        }
        for (; item < items; item += stride) {
          std::uint32_t at = item;
          if (short_rows) {
            // The last row with no more synapses before it: as above.
            at = 0;
            for (std::uint32_t half = kBlockThreads / 2; half > 0; half /= 2)
              if (rows[at + half].before <= item) at += half;
          }
          RowRange part = rows[at].range;
          if (short_rows) {
            part.begin += item - rows[at].before;
            part.end = part.begin + 1;
          }
          f(first + rows[at].list, rows[at].place, part, lane, lanes);
        }
        __syncthreads();  // before the next round writes what this one reads
      }
    }
  }

  template <class Load, class Use>
  __device__ void for_each_ahead(std::uint32_t first, std::uint32_t end, std::uint32_t stride, Load&& load,
                                 Use&& use) const {
    for_each_ahead_by<4>(first, end, stride, load, use);
  }

  /// So many loads are on their way at once: an atomic add between them would keep the compiler from it.
  template <std::uint32_t kAhead, class Load, class Use>
  __device__ void for_each_ahead_by(std::uint32_t first, std::uint32_t end, std::uint32_t stride, Load&& load,
                                    Use&& use) const {
    for (std::uint32_t k = first; k < end; k += kAhead * stride) {
      decltype(load(k)) loaded[kAhead] = {};
      for (std::uint32_t a = 0; a < kAhead; ++a)
        if (k + a * stride < end) loaded[a] = load(k + a * stride);
      for (std::uint32_t a = 0; a < kAhead; ++a)
        if (k + a * stride < end) use(loaded[a]);
    }
  }

  /// Eight are looked at by each thread at once; those that are kept go to all threads alike, in ascending
  /// order, so that no warp waits for one of its threads.
  template <class Keep, class Use>
  __device__ void for_each_kept(std::uint32_t n, Keep&& keep, Use&& use) const {
    constexpr std::uint32_t kEach = KeptScratch::kEach, kAtOnce = kEach * kBlockThreads;
    BlockScan::TempStorage& scratch = scan_scratch();
    std::uint32_t* const kept = call_scratch().places.kept;
    for (std::uint32_t first = 0; first < n; first += kAtOnce) {
      std::uint32_t mine = 0, count = 0, at = 0, num_kept = 0;
      for (std::uint32_t e = 0; e < kEach; ++e) {
        const std::uint32_t k = first + kEach * threadIdx.x + e;
        const std::uint32_t one = k < n && keep(k) ? 1u : 0u;
        mine |= one << e;
        count += one;
      }
      BlockScan(scratch).ExclusiveSum(count, at, num_kept);
      for (std::uint32_t e = 0; e < kEach; ++e)
        if ((mine >> e & 1u) != 0) kept[at++] = first + kEach * threadIdx.x + e;
      __syncthreads();
      for (std::uint32_t k = threadIdx.x; k < num_kept; k += kBlockThreads) use(kept[k]);
      __syncthreads();  // before the next round writes what this one reads
    }
  }

  /// To memory of the card: the compiler is told so, since an addition to an address of any kind takes
  /// longer.
  __device__ void add(std::int32_t* p, std::int32_t v) const {
    __builtin_assume(__isGlobal(p));
    atomicAdd(p, v);
  }

  /// Of counters in the block's shared memory.
  __device__ std::uint32_t claim(std::uint32_t* counter) const {
    __builtin_assume(__isShared(counter));
    return atomicAdd(counter, 1u);
  }

  template <class Keep, class Emit>
  __device__ std::uint32_t compact(std::uint32_t n, Keep&& keep, Emit&& emit) const {
    BlockScan::TempStorage& scratch = scan_scratch();
    std::uint32_t kept = 0;
    for (std::uint32_t first = 0; first < n; first += kBlockThreads) {
      const std::uint32_t i = first + threadIdx.x;
      const bool mine = i < n && keep(i);
      std::uint32_t rank = 0, total = 0;
      BlockScan(scratch).ExclusiveSum(mine ? 1u : 0u, rank, total);
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
