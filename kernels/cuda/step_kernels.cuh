#pragma once
// The launchers of the phases of a step. All are asynchronous; the step at work is Control::step.
#include <cuda_runtime.h>

#include <cstdint>
#include <vector>

#include "kernels/cuda/control.cuh"
#include "kernels/cuda/launch_plan.cuh"
#include "penfield/state/network.hpp"

namespace penfield::cuda {

/// Where kernels find the network: device pointers.
struct StepTables {
  Control* control;
  const PopulationView* populations;
  const ProjectionView* projections;
};

/// Tiles of populations of one model that are updated by one launch. 5.7 KB of a kernel's arguments, of which
/// a block reads one view.
struct TilesOfModel {
  static constexpr std::uint32_t kMost = 8;
  PopulationView population[kMost];
  std::uint32_t first_tile[kMost] = {};
  std::uint32_t first_block[kMost + 1] = {};  ///< of each population, then the number of all
  std::uint32_t count = 0;                    ///< populations, at least 1
};

/// This rank's tiles of populations that hold device pointers. Small populations come together, since a
/// launch costs more than their update; those with a tile for each multiprocessor come alone.
std::vector<TilesOfModel> tiles_by_model(const Network& network,
                                         const std::vector<PopulationView>& populations,
                                         std::uint32_t multiprocessors);

/// Phase "update", a block a tile; history rings may ask for a flush at the end of the step.
void update_tiles(cudaStream_t stream, const TilesOfModel& of, Control* control);

/// Phase "deliver" of projections without learning, or of plastic ones while learning is off.
void deliver_static_tiles(cudaStream_t stream, const StepTables& tables, const DeliveryView& work);

/// Phase "deliver" of projections of one plasticity rule, learning included.
void deliver_plastic_tiles(cudaStream_t stream, const StepTables& tables, const DeliveryView& work,
                           std::uint32_t rule);

/// The same of those that have calendars: in every step while learning is on. Two launches.
void deliver_calendar_tiles(cudaStream_t stream, const StepTables& tables, const CalendarView& work,
                            std::uint32_t rule);

/// Where a flush is wanted: the sweep of one rule's weights.
void flush_tiles(cudaStream_t stream, const StepTables& tables, const WorkView& work, std::uint32_t rule);

/// Where a flush is wanted: the rings are up to date.
void mark_flushed_tiles(cudaStream_t stream, const StepTables& tables, const DeviceTable<TargetTile>& tiles);

/// The step is over. `flushes`: flush_tiles and mark_flushed_tiles were launched in it.
void end_step(cudaStream_t stream, Control* control, bool flushes);

}  // namespace penfield::cuda
