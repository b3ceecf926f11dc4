// Phase "deliver": penfield/step/listed.hpp on the card. A block owns a target tile, or a share of what comes
// into it. Sums are integers, so that it does not matter who adds first.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/step_kernels.cuh"
#include "penfield/step/calendar.hpp"
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

/// Loads two synapses at once and not four: the registers for more would spill.
class LeanTeam : public BlockTeam {
 public:
  using BlockTeam::BlockTeam;
  template <class Load, class Use>
  __device__ void for_each_ahead(std::uint32_t first, std::uint32_t end, std::uint32_t stride, Load&& load,
                                 Use&& use) const {
    for_each_ahead_by<2>(first, end, stride, load, use);
  }
};

// body: deliver_by_calendar<Rule> (penfield/step/calendar.hpp)
// Limited by latency: a look-up for every piece of a spike's row in the tile, and a visit a thread; with long
// steps by the bytes of weights and entries, most of which lie alone in their sector.
template <class Rule>
__global__ void __launch_bounds__(kBlockThreads, kCalendarBlocks)
    deliver_calendar_kernel(const StepTables tables, const CalendarView work) {
  // Counters here: their atomic additions return within a block's reach. The share too, which would take a
  // quarter of a thread's registers.
  __shared__ std::uint32_t words[kCalendarWords];
  __shared__ CalendarShare mine;
  LeanTeam team(work.shares[blockIdx.x].lanes_log2);
  const std::uint32_t* const kept = work.shares[blockIdx.x].calendar.size;
  team.for_each(kCalendarWords, [&](std::uint32_t k) { words[k] = kept[k]; });
  if (team.rank() == 0) {
    mine = work.shares[blockIdx.x];
    count_in(words, mine.calendar);
  }
  team.barrier();
  deliver_by_calendar<Rule>(team, {tables.populations, tables.projections, work.segments},
                            tables.populations[mine.share.population], mine, tables.control->flush,
                            tables.control->step);
  std::uint32_t* const keep = work.shares[blockIdx.x].calendar.size;
  team.for_each(kCalendarWords, [&](std::uint32_t k) { keep[k] = words[k]; });
}

// body: deliver_missed<Rule> (penfield/step/calendar.hpp)
// Leaves at once but in the first steps of a run and where more is due than a calendar has room for; then
// limited by the look-ups. A kernel of its own, since deliver_calendar_kernel would spill.
template <class Rule>
__global__ void __launch_bounds__(kBlockThreads, kPlasticBlocks)
    deliver_missed_kernel(const StepTables tables, const CalendarView work) {
  const CalendarShare& mine = work.shares[blockIdx.x];
  BlockTeam team(mine.lanes_log2);
  deliver_missed<Rule>(team, {tables.populations, tables.projections, work.segments},
                       tables.populations[mine.share.population], mine, tables.control->flush,
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

void deliver_calendar_tiles(cudaStream_t stream, const StepTables& tables, const CalendarView& work,
                            std::uint32_t rule) {
  visit_plasticity_rule(rule, [&]<class Rule>() {
    if constexpr (PairRule<Rule>) {  // a calendar keeps one trace of a spike: see calendar_days
      launch(stream, kBlockThreads, work.num_blocks, 1, deliver_calendar_kernel<Rule>, tables, work);
      launch(stream, kBlockThreads, work.num_blocks, 1, deliver_missed_kernel<Rule>, tables, work);
    }
  });
}

}  // namespace penfield::cuda
