#pragma once
// Keeps the spikes of chosen populations: appended on the card step by step, fetched before the buffer can
// overflow.
#include <cstdint>
#include <vector>

#include "kernels/cuda/device_table.cuh"
#include "kernels/cuda/step_kernels.cuh"
#include "penfield/engine/engine.hpp"

namespace penfield::cuda {

/// A block's threads append a tile's spikes of `step` to `out`, in any order; `num_spikes` counts them. The
/// list must be seen by the block. Device only.
__device__ inline void append_spikes(const PopulationView& p, std::uint32_t tile, StepIndex step,
                                     std::uint32_t* num_spikes, Spike* out) {
  __shared__ std::uint32_t begin;
  const std::uint32_t place = list_place(p, step, tile);
  const std::uint32_t size = p.list_size[place];
  if (size == 0) return;
  if (threadIdx.x == 0) begin = atomicAdd(num_spikes, size);
  __syncthreads();
  const std::uint32_t* neuron = p.list_neuron + list_base(p, place, tile);
  for (std::uint32_t k = threadIdx.x; k < size; k += blockDim.x) out[begin + k] = {step, p.index, neuron[k]};
  __syncthreads();  // before the next call writes `begin`
}

class SpikeRecorder {
 public:
  explicit SpikeRecorder(const Stream& stream) : stream_(stream) {}

  /// Chooses populations by flag, and of each the tiles `of` ([population]; empty: all). The buffer holds
  /// `bytes`, and at the least one step in which every neuron fires. True if captured kernels hold stale
  /// arguments.
  bool assign(const std::vector<bool>& populations, const std::vector<PopulationView>& views,
              std::size_t bytes, const std::vector<TileRange>& of = {});

  bool active() const { return !tiles_.empty(); }
  /// Tiles whose spikes are kept.
  const std::vector<TargetTile>& tiles() const { return tiles_.values(); }
  Spike* buffer() const { return buffer_.data(); }
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
