#include "kernels/cuda/card_tiles.cuh"

#include <nvtx3/nvtx3.hpp>

#include "kernels/cuda/cuda_check.cuh"

namespace penfield::cuda {

namespace {

/// The slots of one array of many tiles, which lie one behind the other from `base` on.
template <class T>
class Slots {
 public:
  explicit Slots(const T* base) : base_(reinterpret_cast<const std::byte*>(base)) {}

  void add(AlignedArray<T>& host, const T* device) {
    if (host.empty()) return;
    const auto offset = static_cast<std::size_t>(reinterpret_cast<const std::byte*>(device) - base_);
    slots_.push_back({reinterpret_cast<std::byte*>(host.data()), host.bytes(), offset, host.bytes()});
  }
  void download(const Staging& staging) const {
    if (!slots_.empty()) download_slots(base_, slots_.back().offset + slots_.back().bytes, slots_, staging);
  }

 private:
  const std::byte* base_;
  std::vector<ArenaSlot> slots_;
};

}  // namespace

const Staging& TileFetcher::staging() {
  PENFIELD_CUDA_CHECK(cudaSetDevice(device_));
  if (!staging_) {
    stream_.emplace();
    staging_.emplace(*stream_);
  }
  return *staging_;
}

void CardTiles::fetch(std::vector<SynapseTile>& tiles) {
  const nvtx3::scoped_range range{"fetch tiles"};
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    tiles[t].offset.resize(tiles[t].offset.size());
    tiles[t].code.resize(tiles[t].code.size());
    tiles[t].packed.resize(tiles[t].packed.size());
    tiles[t].weight.resize(tiles[t].weight.size());
  }
  const Staging& staging = fetcher_->staging();
  for (const TileChunk& chunk : chunks) {
    Slots<std::uint16_t> codes(chunk.code.data());
    Slots<std::uint32_t> packs(chunk.packed.data()), offsets(chunk.offset.data());
    for (std::uint32_t t = chunk.first_tile; t < chunk.end_tile; ++t) {
      codes.add(tiles[t].code, view(t).code);
      packs.add(tiles[t].packed, view(t).packed);
      offsets.add(tiles[t].offset, view(t).offset);
    }
    codes.download(staging);
    packs.download(staging);
    offsets.download(staging);
  }
  fetch_weights(tiles);
}

void CardTiles::fetch_weights(std::vector<SynapseTile>& tiles) {
  for (const TileChunk& chunk : chunks) {
    if (chunk.weight.empty()) continue;
    Slots<float> weights(chunk.weight.data());
    for (std::uint32_t t = chunk.first_tile; t < chunk.end_tile; ++t)
      weights.add(tiles[t].weight, view(t).weight);
    weights.download(fetcher_->staging());
  }
}

}  // namespace penfield::cuda
