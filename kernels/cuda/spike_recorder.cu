#include "kernels/cuda/spike_recorder.cuh"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "kernels/cuda/launch.cuh"

namespace penfield::cuda {

namespace {

constexpr std::uint32_t kThreads = 64;  // a tile has a handful of spikes in a step

// device-only: copies spike lists, in any order
__global__ void record_spikes_kernel(const StepTables tables, const TargetTile* tiles, Spike* out) {
  const TargetTile at = tiles[blockIdx.x];
  append_spikes(tables.populations[at.population], at.tile, tables.control->step, &tables.control->num_spikes,
                out);
}

}  // namespace

bool SpikeRecorder::assign(const std::vector<bool>& populations, const std::vector<PopulationView>& views,
                           std::size_t bytes, const std::vector<TileRange>& of) {
  std::vector<TargetTile> tiles;
  std::size_t neurons = 0;
  for (std::uint32_t p = 0; p < views.size(); ++p) {
    if (p >= populations.size() || !populations[p]) continue;
    neurons += views[p].n;
    const TileRange range = of.empty() ? TileRange{0, views[p].num_tiles} : of[p];
    for (std::uint32_t t = range.begin; t < range.end; ++t) tiles.push_back({p, t, 0, 0});
  }
  const std::size_t spikes = std::max(neurons, bytes / sizeof(Spike));
  bool changed = false;
  if (neurons > 0 && spikes > buffer_.size()) {
    tiles_.assign({}, stream_);  // first, so that nothing is recorded if the larger buffer does not fit
    buffer_ = DeviceBuffer<Spike>();
    buffer_ = DeviceBuffer<Spike>(spikes);
    changed = true;
  }
  changed = tiles_.assign(std::move(tiles), stream_) || changed;
  if (neurons == 0) return changed;
  // Control::num_spikes counts to 2^32.
  steps_ = static_cast<StepIndex>(std::min<std::size_t>(buffer_.size(), 0xffffffffu) / neurons);
  return changed;
}

void SpikeRecorder::record(cudaStream_t stream, const StepTables& tables) const {
  launch(stream, kThreads, tiles_.size(), 1, record_spikes_kernel, tables, tiles_.data(), buffer_.data());
}

void SpikeRecorder::drain(Control* control) {
  std::byte* const counter = reinterpret_cast<std::byte*>(control) + offsetof(Control, num_spikes);
  std::uint32_t num_spikes = 0;
  PENFIELD_CUDA_CHECK(
      cudaMemcpyAsync(&num_spikes, counter, sizeof num_spikes, cudaMemcpyDeviceToHost, stream_.get()));
  PENFIELD_CUDA_CHECK(cudaMemsetAsync(counter, 0, sizeof num_spikes, stream_.get()));
  stream_.wait();
  if (num_spikes == 0) return;
  const std::size_t before = fetched_.size();
  fetched_.resize(before + num_spikes);
  PENFIELD_CUDA_CHECK(cudaMemcpyAsync(fetched_.data() + before, buffer_.data(), num_spikes * sizeof(Spike),
                                      cudaMemcpyDeviceToHost, stream_.get()));
  stream_.wait();
}

std::vector<Spike> SpikeRecorder::take() {
  std::vector<Spike> all = std::move(fetched_);
  fetched_.clear();
  std::sort(all.begin(), all.end(), [](const Spike& a, const Spike& b) {
    if (a.step != b.step) return a.step < b.step;
    if (a.population != b.population) return a.population < b.population;
    return a.neuron < b.neuron;
  });
  return all;
}

}  // namespace penfield::cuda
