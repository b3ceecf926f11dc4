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
#include <type_traits>

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/persistent_block.cuh"
#include "kernels/cuda/persistent_steps.cuh"
#include "kernels/cuda/visit.cuh"
#include "penfield/step/learn.hpp"
#include "penfield/step/listed.hpp"
#include "penfield/step/sweep.hpp"
#include "penfield/step/update.hpp"

namespace penfield::cuda {

namespace {

/// Blocks that a multiprocessor takes at a time, by their registers: of the kernel for all networks, and of
/// that for networks that need few.
template <bool whole>
constexpr std::uint32_t kPersistentBlocks = whole ? 2 : 3;
/// Models that only the first one has.
template <class Model>
constexpr bool kManyRegisters = std::is_same_v<Model, AdEx>;

/// Rules that it has: with those of events it would spill registers (tools/cuda_resources).
template <class Rule>
constexpr bool kHasRule = PairRule<Rule>;

/// The weights that a flush at the step at work takes, all blocks of the grid together.
__device__ void sweep(const PersistentView& work, const StepTables& tables, const Kept& kept) {
  for (std::uint32_t rule = 0; rule < kRules; ++rule)
    visit_on_device(PlasticityRules{}, rule, [&]<class Rule>() {
      if constexpr (kHasRule<Rule>) {
        const WorkView& of = work.flush[rule];
        for (std::uint32_t k = blockIdx.x; k < of.num_tiles * of.split; k += gridDim.x) {
          const TargetTile at = of.tiles[k / of.split];
          const std::uint32_t count = at.end - at.begin;
          for (std::uint32_t w = k % of.split; w < count * of.parts; w += of.split) {
            const Incoming in = of.incoming[at.begin + w % count];
            const ProjectionView& projection = tables.projections[in.projection];
            BlockTeam team(in.lanes_log2);
            sweep_tile<Rule>(team, tables.populations[projection.source], tables.populations[at.population],
                             projection, kept.flush(), at.tile, kept.step, FlushScope::filled, w / count,
                             of.parts);
          }
        }
      }
    });
}

// bodies: update_tile<Model>, deliver_static_listed, deliver_plastic_listed<Rule>, sweep_tile<Rule>,
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
    kept.seed = tables.control->seed;
    kept.tiles.take(work.tiles);
    kept.deliver_static.take(work.deliver_static.shares);
    for (std::uint32_t rule = 0; rule < kRules; ++rule)
      kept.deliver_plastic[rule].take(work.deliver_plastic[rule].shares);
    kept.held = {HeldTile::kInMemory, HeldTile::kInMemory, HeldTile::kInMemory};
  }
  block.barrier();
  kept.tiles.for_each(work.tiles, [&](const OwnTile& own) {
    move_rings(block, held_view(block, tables, own.held, kept.held), tables.populations[own.held.population],
               own.held, false);
  });

  while (kept.step < kept.end) {
    if (block.rank() == 0) kept.until = kept.step + work.batch < kept.end ? kept.step + work.batch : kept.end;
    block.barrier();

    kept.tiles.for_each(work.tiles, [&](const OwnTile& own) {
      const PopulationView& p = held_view(block, tables, own.held, kept.held);
      const std::uint32_t tile = own.held.tile;
      for (StepIndex s = kept.step; s < kept.until; ++s) {
        visit_on_device(NeuronModels{}, p.model, [&]<class Model>() {
          if constexpr (whole || !kManyRegisters<Model>) {
            BlockTeam team;
            update_tile<Model>(team, p, tables.control->touch, tile, kept.seed, s);
          }
        });
        block.barrier();
        if (whole && block.rank() == 0 && p.history_capacity != 0 && p.flush_due[tile] != 0)
          tables.control->flush_step = s;  // whoever else writes it in this step writes the same
        if (own.recorded != 0) append_spikes(p, tile, s, &tables.control->num_spikes, work.spikes);
      }
    });
    cooperative_groups::this_grid().sync();

    const auto deliver_static = [&](const PersistentView::Delivery& of, const OwnItems<HeldShare>& mine) {
      mine.for_each(of.shares, [&](const HeldShare& share) {
        const PopulationView& target = held_view(block, tables, share.held, kept.held);
        HolderTeam team(share.mine.lanes_log2, share.held.rings != HeldTile::kInMemory);
        for (StepIndex s = kept.step; s < kept.until; ++s)
          deliver_static_listed(team, {tables.populations, tables.projections, of.segments}, target,
                                share.mine.share, s);
      });
    };
    deliver_static(work.deliver_static, kept.deliver_static);
    if constexpr (whole) {
      for (std::uint32_t rule = 0; rule < kRules; ++rule) {
        const PersistentView::Delivery& of = work.deliver_plastic[rule];
        if (!work.learns) {
          deliver_static(of, kept.deliver_plastic[rule]);
          continue;
        }
        visit_on_device(PlasticityRules{}, rule, [&]<class Rule>() {
          if constexpr (kHasRule<Rule>) {
            kept.deliver_plastic[rule].for_each(of.shares, [&](const HeldShare& share) {
              const PopulationView& target = held_view(block, tables, share.held, kept.held);
              HolderTeam team(share.mine.lanes_log2, share.held.rings != HeldTile::kInMemory);
              for (StepIndex s = kept.step; s < kept.until; ++s)
                deliver_plastic_listed<Rule>(team, {tables.populations, tables.projections, of.segments},
                                             target, share.mine.share, kept.flush(), s);
            });
          }
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

  kept.tiles.for_each(work.tiles, [&](const OwnTile& own) {
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
  constexpr std::size_t kGrain = 1024;  // a card hands shared memory out in smaller ones
  of.sums = room > own ? (room - own) / kGrain * kGrain / sizeof(std::int32_t) : 0;
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
