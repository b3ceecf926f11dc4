// Phase "deliver": penfield/step/listed.hpp on the card. A block owns a target tile, or a share of what comes
// into it. Sums are integers, so that it does not matter who adds first.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/step_kernels.cuh"
#include "penfield/step/listed.hpp"

namespace penfield::cuda {

namespace {

// body: deliver_static_listed (penfield/step/listed.hpp)
// Where spikes are few it is limited by some seven dependent accesses: share, segment, population, spike
// list, then for all rows at once spike, offset, synapses. Else by the bytes of the rows (2 to 6 a synapse)
// and by atomic adds to rings in L2.
__global__ void __launch_bounds__(kBlockThreads, kStaticBlocks)
    deliver_static_kernel(const StepTables tables, const DeliveryView work) {
  const BlockShare mine = work.blocks[blockIdx.x];
  BlockTeam team(mine.lanes_log2);
  deliver_static_listed(team, {tables.populations, tables.projections, work.segments},
                        tables.populations[mine.share.population], mine.share, tables.control->step);
}

// body: deliver_plastic_listed<Rule> (penfield/step/listed.hpp)
// Limited by the latency of the walk through each target's history.
template <class Rule>
__global__ void __launch_bounds__(kBlockThreads, kPlasticBlocks)
    deliver_plastic_kernel(const StepTables tables, const DeliveryView work) {
  const BlockShare mine = work.blocks[blockIdx.x];
  BlockTeam team(mine.lanes_log2);
  deliver_plastic_listed<Rule>(team, {tables.populations, tables.projections, work.segments},
                               tables.populations[mine.share.population], mine.share, tables.control->flush,
                               tables.control->step);
}

}  // namespace

void deliver_static_tiles(cudaStream_t stream, const StepTables& tables, const DeliveryView& work) {
  launch(stream, kBlockThreads, work.num_blocks, 1, deliver_static_kernel, tables, work);
}

void deliver_plastic_tiles(cudaStream_t stream, const StepTables& tables, const DeliveryView& work,
                           std::uint32_t rule) {
  visit_plasticity_rule(rule, [&]<class Rule>() {
    launch(stream, kBlockThreads, work.num_blocks, 1, deliver_plastic_kernel<Rule>, tables, work);
  });
}

}  // namespace penfield::cuda
