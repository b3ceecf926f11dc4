#include "kernels/cuda/card_tiles.cuh"

#include <nvtx3/nvtx3.hpp>
#include <string>

#include "kernels/cuda/copies.cuh"
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/network/segments.hpp"
#include "penfield/base/error.hpp"

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

/// The next multiple of 64: arrays of tiles begin at whole cache lines.
std::uint64_t aligned(std::uint64_t count) { return (count + 63) / 64 * 64; }

/// Room for `count` values; what was there may go.
template <class T>
void take_room(DeviceBuffer<T>& memory, std::uint64_t count, bool grows) {
  if (count <= memory.size()) return;
  memory = DeviceBuffer<T>();  // first, so that the old one and the new one need not fit together
  memory = DeviceBuffer<T>(grows ? count + aligned(count / 16) : count);
}

template <class T>
T* behind(const DeviceBuffer<T>& memory, std::uint64_t begin) {
  return memory.empty() ? nullptr : memory.data() + begin;
}

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

std::uint64_t CardTiles::lay_out(TileChunk& chunk, std::vector<PlacedTile>& placed, bool grows) {
  std::vector<std::uint64_t> offset_begin{0}, synapse_begin{0};
  for (const PlacedTile& tile : placed) {
    const std::uint64_t n = tile.end - tile.begin;
    if (n >= std::uint64_t{1} << 32)
      throw Error(ExitCode::memory, "one tile would hold " + std::to_string(n) +
                                        " synapses of a projection, more than the 4294967295 that its "
                                        "offsets can count: use smaller tiles or a lower in-degree");
    offset_begin.push_back(offset_begin.back() + aligned(tile.num_offsets(pieces)));
    synapse_begin.push_back(synapse_begin.back() + aligned(n));
  }
  const bool packs = storage == WeightStorage::fixed16;
  take_room(chunk.offset, offset_begin.back(), grows);
  take_room(chunk.code, packs ? 0 : synapse_begin.back(), grows);
  take_room(chunk.packed, packs ? synapse_begin.back() : 0, grows);
  take_room(chunk.weight, storage == WeightStorage::float32 ? synapse_begin.back() : 0, grows);
  for (std::uint32_t t = 0; t < placed.size(); ++t) {
    PlacedTile& tile = placed[t];
    tile.offset = behind(chunk.offset, offset_begin[t]);
    tile.code = behind(chunk.code, synapse_begin[t]);
    tile.packed = behind(chunk.packed, synapse_begin[t]);
    tile.weight = behind(chunk.weight, synapse_begin[t]);
    TileSynapses view;
    view.source_begin = tile.source_begin;
    view.source_end = tile.source_end;
    view.pieces = pieces;
    view.offset = tile.offset;
    if (tile.end > tile.begin) {  // arrays without a synapse are none
      view.code = tile.code;
      view.packed = tile.packed;
      view.weight = tile.weight;
    }
    views[chunk.first_tile + t - own.begin] = view;
  }
  return offset_begin.back();
}

void CardTiles::take(const std::vector<SynapseTile>& tiles) {
  const nvtx3::scoped_range range{"take tiles"};
  fetcher_->staging();
  const Stream& stream = fetcher_->stream();
  for (TileChunk& chunk : chunks) {
    std::vector<PlacedTile> placed;
    for (std::uint32_t t = chunk.first_tile; t < chunk.end_tile; ++t) {
      PlacedTile& tile = placed.emplace_back();
      tile.end = tiles[t].num_synapses();
      tile.source_begin = tiles[t].source_begin;
      tile.source_end = tiles[t].source_end;
    }
    lay_out(chunk, placed, true);
    for (std::uint32_t t = chunk.first_tile; t < chunk.end_tile; ++t) {
      const PlacedTile& to = placed[t - chunk.first_tile];
      upload(stream, to.offset, tiles[t].offset.data(), tiles[t].offset.size());
      upload(stream, to.code, tiles[t].code.data(), tiles[t].code.size());
      upload(stream, to.packed, tiles[t].packed.data(), tiles[t].packed.size());
      upload(stream, to.weight, tiles[t].weight.data(), tiles[t].weight.size());
      for (std::uint32_t source = 0; source < num_source_tiles; ++source)
        look_for_delays(tiles[t], source * source_tile_size, (source + 1) * source_tile_size,
                        held.data() + (std::size_t{t - own.begin} * num_source_tiles + source) * pieces);
    }
  }
  stream.wait();
}

}  // namespace penfield::cuda
