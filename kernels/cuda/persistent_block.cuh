#pragma once
// What a block of the persistent kernel keeps in its shared memory from step to step.
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/cuda/block_team.cuh"
#include "kernels/cuda/persistent_steps.cuh"

namespace penfield::cuda {

/// The block's dynamic shared memory: rings of the tiles that it owns.
extern __shared__ std::int32_t persistent_sums[];

/// A team that adds to rings which may lie in the block's shared memory.
class HolderTeam : public BlockTeam {
 public:
  __device__ HolderTeam(std::uint32_t lanes_log2, bool shared) : BlockTeam(lanes_log2), shared_(shared) {}

  __device__ void add(std::int32_t* p, std::int32_t v) const {
    if (shared_) {
      __builtin_assume(__isShared(p));
      atomicAdd(p, v);
    } else {
      BlockTeam::add(p, v);
    }
  }

 private:
  bool shared_;
};

/// A block's items of a dealt list. Most blocks have one: it is kept, since after each barrier over the grid
/// a look at memory takes as long as a good part of a phase.
template <class T>
struct OwnItems {
  std::uint32_t begin, end;
  T first;

  /// By one thread.
  __device__ void take(const Dealt<T>& dealt) {
    begin = dealt.first[blockIdx.x];
    end = dealt.first[blockIdx.x + 1];
    if (begin < end) first = dealt.item[begin];
  }
  template <class F>
  __device__ void for_each(const Dealt<T>& dealt, F&& f) const {
    for (std::uint32_t k = begin; k < end; ++k) f(k == begin ? first : dealt.item[k]);
  }
};

/// What all threads of a block know from step to step. In shared memory: a register of each thread would be
/// taken for as long as the kernel runs.
struct Kept {
  StepIndex step, until, end;  ///< the batch at work, and where the launch ends
  StepIndex flushed_last, flushed_all;

  __device__ FlushTimes flush() const { return {flushed_last, flushed_all}; }
  HeldTile held;  ///< whose view held_view() holds
  std::uint32_t seed;
  OwnItems<OwnTile> tiles;
  OwnItems<HeldShare> deliver_static, deliver_plastic[kRules];
};

/// The view of a tile's population: a copy in shared memory, where no barrier sends it away, with the place
/// of the tile's rings in it. Stays until the next call for another tile. Every thread must call it.
__device__ inline const PopulationView& held_view(const BlockTeam& team, const StepTables& tables,
                                                  const HeldTile& of, HeldTile& held) {
  constexpr std::size_t kWord = 8;
  static_assert(sizeof(PopulationView) % kWord == 0 && std::is_trivially_copyable_v<PopulationView>);
  alignas(16) __shared__ std::byte bytes[sizeof(PopulationView)];
  PopulationView& view = *reinterpret_cast<PopulationView*>(bytes);
  if (held.population == of.population && held.tile == of.tile) return view;
  const auto* from = reinterpret_cast<const std::byte*>(tables.populations + of.population);
  team.barrier();  // nobody reads the one before any more
  team.for_each(sizeof(PopulationView) / kWord,
                [&](std::uint32_t k) { memcpy(bytes + k * kWord, from + k * kWord, kWord); });
  team.barrier();
  if (of.rings != HeldTile::kInMemory && team.rank() == 0) {
    const std::size_t tile_bytes = std::size_t{view.ring_slots} * view.tile_size * sizeof(std::int32_t);
    auto at = reinterpret_cast<std::uintptr_t>(persistent_sums + of.rings);
    for (std::uint32_t port = 0; port < view.num_ports; ++port)
      if (view.ring[port] != nullptr) {
        // Bodies index rings by tile: the tile's own rings are to come out at `at`.
        view.ring[port] = reinterpret_cast<std::int32_t*>(at - of.tile * tile_bytes);
        at += tile_bytes;
      }
  }
  if (team.rank() == 0) held = of;
  team.barrier();
  return view;
}

/// Fetches the rings of a tile into shared memory, or puts them back.
__device__ inline void move_rings(const BlockTeam& team, const PopulationView& held,
                                  const PopulationView& memory, const HeldTile& of, bool back) {
  if (of.rings == HeldTile::kInMemory) return;
  const std::uint32_t size = held.ring_slots * held.tile_size;
  const std::size_t begin = std::size_t{of.tile} * size;
  for (std::uint32_t port = 0; port < held.num_ports; ++port) {
    if (memory.ring[port] == nullptr) continue;
    const std::int32_t* const from = (back ? held : memory).ring[port] + begin;
    std::int32_t* const to = (back ? memory : held).ring[port] + begin;
    team.for_each(size, [=](std::uint32_t k) { to[k] = from[k]; });
  }
  team.barrier();
}

}  // namespace penfield::cuda
