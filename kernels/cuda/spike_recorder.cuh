#pragma once
// Keeps the spikes of chosen populations: appended on the card step by step, fetched before the buffer can
// overflow.
#include <cstdint>
#include <vector>

#include "kernels/cuda/device_table.cuh"
#include "kernels/cuda/step_kernels.cuh"
#include "penfield/engine/engine.hpp"

namespace penfield::cuda {

class SpikeRecorder {
 public:
  explicit SpikeRecorder(const Stream& stream) : stream_(stream) {}

  /// Chooses populations by flag, and of each the tiles `of` ([population]; empty: all). The buffer holds
  /// `bytes`, and at the least one step in which every neuron fires. True if captured kernels hold stale
  /// arguments.
  bool assign(const std::vector<bool>& populations, const std::vector<PopulationView>& views,
              std::size_t bytes, const std::vector<TileRange>& of = {});

  bool active() const { return !tiles_.empty(); }
  /// Steps after which drain() must be called: in fewer, the buffer cannot overflow even if all neurons fire
  /// in each.
  StepIndex steps_between_drains() const { return steps_; }
  /// Appends the spikes of the step at work; Control::num_spikes counts them.
  void record(cudaStream_t stream, const StepTables& tables) const;
  /// Fetches what has been recorded and empties the buffer.
  void drain(Control* control);
  /// All that was fetched, in order of step, population, neuron.
  std::vector<Spike> take();

 private:
  const Stream& stream_;
  DeviceTable<TargetTile> tiles_;
  DeviceBuffer<Spike> buffer_;
  StepIndex steps_ = 0;
  std::vector<Spike> fetched_;
};

}  // namespace penfield::cuda
