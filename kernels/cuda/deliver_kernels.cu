// Phase "deliver": penfield/step/deliver.hpp and learn.hpp on the card. A block owns a target tile, or a
// share of the projections into it. Sums are integers, so that it does not matter who adds first.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/step_kernels.cuh"
#include "penfield/step/learn.hpp"

namespace penfield::cuda {

namespace {

// body: deliver_static (penfield/step/deliver.hpp)
// Limited by the bytes of the rows (4 to 8 a synapse) and by atomic adds to rings in L2.
__global__ void __launch_bounds__(kBlockThreads)
    deliver_static_kernel(const StepTables tables, const WorkView work) {
  const TargetTile at = work.tiles[blockIdx.x];
  const StepIndex step = tables.control->step;
  const PopulationView& target = tables.populations[at.population];
  for (std::uint32_t q = at.begin + blockIdx.y; q < at.end; q += gridDim.y) {
    const Incoming in = work.incoming[q];
    const ProjectionView& projection = tables.projections[in.projection];
    BlockTeam team(in.lanes_log2);
    deliver_static(team, tables.populations[projection.source], target, projection, at.tile, step);
  }
}

// body: deliver_plastic<Rule> (penfield/step/learn.hpp)
// Limited by the latency of the walk through each target's history.
template <class Rule>
__global__ void __launch_bounds__(kBlockThreads, 2)
    deliver_plastic_kernel(const StepTables tables, const WorkView work) {
  const TargetTile at = work.tiles[blockIdx.x];
  const StepIndex step = tables.control->step;
  const FlushTimes flush = tables.control->flush;
  const PopulationView& target = tables.populations[at.population];
  for (std::uint32_t q = at.begin + blockIdx.y; q < at.end; q += gridDim.y) {
    const Incoming in = work.incoming[q];
    const ProjectionView& projection = tables.projections[in.projection];
    BlockTeam team(in.lanes_log2);
    deliver_plastic<Rule>(team, tables.populations[projection.source], target, projection, flush, at.tile,
                          step);
  }
}

}  // namespace

void deliver_static_tiles(cudaStream_t stream, const StepTables& tables, const WorkView& work) {
  launch(stream, kBlockThreads, work.num_tiles, work.split, deliver_static_kernel, tables, work);
}

void deliver_plastic_tiles(cudaStream_t stream, const StepTables& tables, const WorkView& work,
                           std::uint32_t rule) {
  visit_plasticity_rule(rule, [&]<class Rule>() {
    launch(stream, kBlockThreads, work.num_tiles, work.split, deliver_plastic_kernel<Rule>, tables, work);
  });
}

}  // namespace penfield::cuda
