// Flushes of lazy plasticity, and the end of a step. The host does not know whether a step flushes: the
// kernels are launched in every step of a plastic network, and leave at once if no ring asked.
#include <type_traits>

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/step_kernels.cuh"
#include "penfield/step/sweep.hpp"

namespace penfield::cuda {

namespace {

/// Blocks that a multiprocessor takes at a time, by registers: rules of events need more than three would
/// leave them, and so does the pair rule with changes by single spikes.
template <class Rule>
constexpr std::uint32_t kFlushBlocks = PairRule<Rule> && !std::is_same_v<Rule, StdpSingleSpikes> ? 3 : 2;

// body: sweep_tile<Rule> (penfield/step/sweep.hpp)
// When it sweeps, it is limited by the bytes of all codes, and by the updates: a search for the row, and the
// walk through a history.
template <class Rule>
__global__ void __launch_bounds__(kBlockThreads, kFlushBlocks<Rule>)
    flush_kernel(const StepTables tables, const WorkView work) {
  const FlushScope scope = tables.control->flush_wanted;
  if (scope == FlushScope::none) return;
  const TargetTile at = work.tiles[blockIdx.x];
  const StepIndex step = tables.control->step;
  const FlushTimes flush = tables.control->flush;
  const PopulationView& target = tables.populations[at.population];
  const std::uint32_t count = at.end - at.begin;
  for (std::uint32_t w = blockIdx.y; w < count * work.parts; w += gridDim.y) {
    const Incoming in = work.incoming[at.begin + w % count];
    const ProjectionView& projection = tables.projections[in.projection];
    BlockTeam team(in.lanes_log2);
    sweep_tile<Rule>(team, tables.populations[projection.source], target, projection, flush, at.tile, step,
                     scope, w / count, work.parts);
  }
}

// body: mark_flushed (penfield/step/learn.hpp)
// sweep_tile reads the marks that this writes: it runs when all sweeps are done.
__global__ void __launch_bounds__(kBlockThreads)
    mark_flushed_kernel(const StepTables tables, const TargetTile* tiles) {
  const FlushScope scope = tables.control->flush_wanted;
  if (scope == FlushScope::none) return;
  const TargetTile at = tiles[blockIdx.x];
  BlockTeam team;
  mark_flushed(team, tables.populations[at.population], at.tile, tables.control->step, scope);
}

// device-only: moves the clock on, one thread
__global__ void end_step_kernel(Control* control, bool flushes) {
  if (flushes && control->flush_wanted != FlushScope::none) control->flush.last = control->step;
  control->flush_wanted = FlushScope::none;
  ++control->step;
}

}  // namespace

void flush_tiles(cudaStream_t stream, const StepTables& tables, const WorkView& work, std::uint32_t rule) {
  visit_plasticity_rule(rule, [&]<class Rule>() {
    launch(stream, kBlockThreads, work.num_tiles, work.split, flush_kernel<Rule>, tables, work);
  });
}

void mark_flushed_tiles(cudaStream_t stream, const StepTables& tables, const DeviceTable<TargetTile>& tiles) {
  launch(stream, kBlockThreads, tiles.size(), 1, mark_flushed_kernel, tables, tiles.data());
}

void end_step(cudaStream_t stream, Control* control, bool flushes) {
  launch(stream, 1, 1, 1, end_step_kernel, control, flushes);
}

}  // namespace penfield::cuda
