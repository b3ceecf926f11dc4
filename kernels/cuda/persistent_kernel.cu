// A whole batch of steps in one launch. Blocks own tiles: what a block keeps from step to step (the view of
// its population, the rings of its tiles) stays in its shared memory.
//
// Between the update of steps [t, t + b) and their delivery all blocks wait for each other: a tile hears
// any other. Where each tile has one owner that is all (b = Network::batched_steps): a block that is ahead
// updates at most 2 b - 1 steps beyond the oldest step whose lists another still reads, and spike lists are
// kept for so many more (host/build/ring_sizes.cpp); all else that an update writes only its owner reads, but
// for what a flush reads, and a flush has barriers of its own. Where several blocks deliver into one tile a
// second barrier keeps its update from their sums.
#include <cooperative_groups.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/persistent_steps.cuh"
#include "penfield/step/learn.hpp"
#include "penfield/step/listed.hpp"
#include "penfield/step/update.hpp"

namespace penfield::cuda {

/// The block's dynamic shared memory: rings of the tiles that it owns.
extern __shared__ std::int32_t persistent_sums[];

namespace {

/// Blocks that a multiprocessor takes at a time, by their registers: of the kernel for all networks, and of
/// that for networks that need few.
template <bool whole>
constexpr std::uint32_t kPersistentBlocks = whole ? 2 : 3;
/// Models that only the first one has.
template <class Model>
constexpr bool kManyRegisters = std::is_same_v<Model, AdEx>;

/// What all threads of a block know from step to step. In shared memory: a register of each thread would be
/// taken for as long as the kernel runs.
struct Kept {
  StepIndex step, until, end;  ///< the batch at work, and where the launch ends
  StepIndex flushed_last, flushed_all;

  __device__ FlushTimes flush() const { return {flushed_last, flushed_all}; }
  HeldTile held;  ///< whose view held_view() holds
};

/// The view of a tile's population: a copy in shared memory, where no barrier sends it away, with the place
/// of the tile's rings in it. Stays until the next call for another tile. Every thread must call it.
__device__ const PopulationView& held_view(const BlockTeam& team, const StepTables& tables,
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
__device__ void move_rings(const BlockTeam& team, const PopulationView& held, const PopulationView& memory,
                           const HeldTile& of, bool back) {
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

/// f(item) for those of this block.
template <class T, class F>
__device__ void for_each_own(const Dealt<T>& dealt, F&& f) {
  const std::uint32_t end = dealt.first[blockIdx.x + 1];
  for (std::uint32_t k = dealt.first[blockIdx.x]; k < end; ++k) f(dealt.item[k]);
}

/// The weights that a flush at the step at work takes, all blocks of the grid together.
__device__ void sweep(const PersistentView& work, const StepTables& tables, const Kept& kept) {
  for (std::uint32_t rule = 0; rule < kRules; ++rule)
    visit_plasticity_rule(rule, [&]<class Rule>() {
      const WorkView& of = work.flush[rule];
      for (std::uint32_t k = blockIdx.x; k < of.num_tiles * of.split; k += gridDim.x) {
        const TargetTile at = of.tiles[k / of.split];
        for (std::uint32_t q = at.begin + k % of.split; q < at.end; q += of.split) {
          const Incoming in = of.incoming[q];
          const ProjectionView& projection = tables.projections[in.projection];
          BlockTeam team(in.lanes_log2);
          flush_tile<Rule>(team, tables.populations[projection.source], tables.populations[at.population],
                           projection, kept.flush(), at.tile, kept.step, FlushScope::filled);
        }
      }
    });
}

// bodies: update_tile<Model>, deliver_static_listed, deliver_plastic_listed<Rule>, flush_tile<Rule>,
// mark_flushed
// Limited by what the phases wait for, one after the other (dependent accesses, the barrier), as long as
// bytes are few; else as the kernels of the graph, with half their threads or less.
template <bool whole>
__global__ void __launch_bounds__(kBlockThreads, kPersistentBlocks<whole>)
    persistent_kernel(const __grid_constant__ PersistentView work, const __grid_constant__ StepTables tables,
                      const StepIndex num_steps) {
  __shared__ Kept kept;
  const BlockTeam block;
  if (block.rank() == 0) {
    kept.step = tables.control->step;
    kept.end = kept.step + num_steps;
    kept.flushed_last = tables.control->flush.last;
    kept.flushed_all = tables.control->flush.all;
    kept.held = {HeldTile::kInMemory, HeldTile::kInMemory, HeldTile::kInMemory};
  }
  block.barrier();
  for_each_own(work.tiles, [&](const OwnTile& own) {
    move_rings(block, held_view(block, tables, own.held, kept.held), tables.populations[own.held.population],
               own.held, false);
  });

  while (kept.step < kept.end) {
    if (block.rank() == 0) kept.until = kept.step + work.batch < kept.end ? kept.step + work.batch : kept.end;
    block.barrier();

    for_each_own(work.tiles, [&](const OwnTile& own) {
      const PopulationView& p = held_view(block, tables, own.held, kept.held);
      const std::uint32_t tile = own.held.tile;
      for (StepIndex s = kept.step; s < kept.until; ++s) {
        visit_neuron_model(p.model, [&](auto tag) {
          using Model = typename decltype(tag)::type;
          if constexpr (whole || !kManyRegisters<Model>) {
            BlockTeam team;
            update_tile<Model>(team, p, tables.control->touch, tile, tables.control->seed, s);
          }
        });
        block.barrier();
        if (whole && block.rank() == 0 && p.history_capacity != 0 && p.flush_due[tile] != 0)
          tables.control->flush_step = s;  // whoever else writes it in this step writes the same
        if (own.recorded != 0) append_spikes(p, tile, s, &tables.control->num_spikes, work.spikes);
      }
    });
    cooperative_groups::this_grid().sync();

    const auto deliver_static = [&](const PersistentView::Delivery& of) {
      for_each_own(of.shares, [&](const HeldShare& share) {
        const PopulationView& target = held_view(block, tables, share.held, kept.held);
        BlockTeam team(share.mine.lanes_log2);
        for (StepIndex s = kept.step; s < kept.until; ++s)
          deliver_static_listed(team, {tables.populations, tables.projections, of.segments}, target,
                                share.mine.share, s);
      });
    };
    deliver_static(work.deliver_static);
    if constexpr (whole) {
      for (std::uint32_t rule = 0; rule < kRules; ++rule) {
        const PersistentView::Delivery& of = work.deliver_plastic[rule];
        if (!work.learns) {
          deliver_static(of);
          continue;
        }
        visit_plasticity_rule(rule, [&]<class Rule>() {
          for_each_own(of.shares, [&](const HeldShare& share) {
            const PopulationView& target = held_view(block, tables, share.held, kept.held);
            BlockTeam team(share.mine.lanes_log2);
            for (StepIndex s = kept.step; s < kept.until; ++s)
              deliver_plastic_listed<Rule>(team, {tables.populations, tables.projections, of.segments},
                                           target, share.mine.share, kept.flush(), s);
          });
        });
      }
      // A step of learning is a batch of its own, so that flushes come when they are asked for. Nobody
      // updates the next step, and so writes flush_step, before all have seen that this one is asked for.
      if (work.learns && tables.control->flush_step == kept.step) {
        cooperative_groups::this_grid().sync();  // all visits of this step are done
        sweep(work, tables, kept);
        cooperative_groups::this_grid().sync();  // what is marked has been swept
        for (std::uint32_t k = blockIdx.x; k < work.num_marked; k += gridDim.x) {
          const TargetTile at = work.marked[k];
          mark_flushed(block, tables.populations[at.population], at.tile, kept.step, FlushScope::filled);
        }
        if (block.rank() == 0) kept.flushed_last = kept.step;
        cooperative_groups::this_grid().sync();
      }
    }
    if (!work.owned) cooperative_groups::this_grid().sync();
    block.barrier();  // the block's own sums are in, and nobody looks at the batch any more
    if (block.rank() == 0) kept.step = kept.until;
    block.barrier();
  }

  for_each_own(work.tiles, [&](const OwnTile& own) {
    move_rings(block, held_view(block, tables, own.held, kept.held), tables.populations[own.held.population],
               own.held, true);
  });
  // All blocks have read the clock: they have met since.
  if (blockIdx.x == 0 && block.rank() == 0) {
    tables.control->step = kept.end;
    tables.control->flush = kept.flush();
  }
}

template <bool whole>
Residence residence_of(int device) {
  const auto attribute = [device](cudaDeviceAttr which) {
    int value = 0;
    PENFIELD_CUDA_CHECK(cudaDeviceGetAttribute(&value, which, device));
    return static_cast<std::size_t>(value);
  };
  cudaFuncAttributes kernel{};
  PENFIELD_CUDA_CHECK(cudaFuncGetAttributes(&kernel, persistent_kernel<whole>));
  const std::size_t own = kernel.sharedSizeBytes + attribute(cudaDevAttrReservedSharedMemoryPerBlock);
  const std::size_t each = attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor) / kPersistentBlocks<whole>;
  const std::size_t most = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin);
  const std::size_t room = each < most ? each : most;
  Residence of;
  of.sums = room > own ? (room - own) / sizeof(std::int32_t) : 0;
  const std::size_t bytes = of.sums * sizeof(std::int32_t);
  PENFIELD_CUDA_CHECK(cudaFuncSetAttribute(
      persistent_kernel<whole>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)));
  int blocks = 0;
  PENFIELD_CUDA_CHECK(
      cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, persistent_kernel<whole>, kBlockThreads, bytes));
  of.blocks = static_cast<std::uint32_t>(blocks) *
              static_cast<std::uint32_t>(attribute(cudaDevAttrMultiProcessorCount));
  return of;
}

}  // namespace

bool needs_whole_kernel(const Network& network) {
  const auto learns = [](const auto& projection) { return projection->view.rule >= 0; };
  const auto has_many = [](const auto& population) {
    bool many = false;
    visit_neuron_model(population->view.model,
                       [&](auto tag) { many = kManyRegisters<typename decltype(tag)::type>; });
    return many;
  };
  return std::any_of(network.projections.begin(), network.projections.end(), learns) ||
         std::any_of(network.populations.begin(), network.populations.end(), has_many);
}

Residence persistent_residence(int device, bool whole) {
  return whole ? residence_of<true>(device) : residence_of<false>(device);
}

void persistent_steps(cudaStream_t stream, const Residence& grid, bool whole, const PersistentView& work,
                      const StepTables& tables, StepIndex num_steps) {
  const std::size_t bytes = grid.sums * sizeof(std::int32_t);
  if (whole) {
    launch_cooperative(stream, kBlockThreads, grid.blocks, bytes, persistent_kernel<true>, work, tables,
                       num_steps);
  } else {
    launch_cooperative(stream, kBlockThreads, grid.blocks, bytes, persistent_kernel<false>, work, tables,
                       num_steps);
  }
}

}  // namespace penfield::cuda
