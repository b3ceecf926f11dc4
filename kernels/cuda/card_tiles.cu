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
    SynapseTile& tile = tiles[t];
    const auto come = [](auto& array) { array.resize(array.size()); };
    come(tile.offset), come(tile.group), come(tile.row_end);
    come(tile.code), come(tile.packed), come(tile.weight);
  }
  const Staging& staging = fetcher_->staging();
  for (const TileChunk& chunk : chunks) {
    const auto fetch_all = [&](const auto& memory, auto SynapseTile::*here, auto&& there) {
      Slots slots(memory.data());
      for (std::uint32_t t = chunk.first_tile; t < chunk.end_tile; ++t)
        slots.add(tiles[t].*here, there(view(t)));
      slots.download(staging);
    };
    fetch_all(chunk.code, &SynapseTile::code, [](const TileSynapses& v) { return v.code; });
    fetch_all(chunk.packed, &SynapseTile::packed, [](const TileSynapses& v) { return v.packed; });
    fetch_all(chunk.offset, &SynapseTile::offset, [](const TileSynapses& v) { return v.rows.offset(); });
    fetch_all(chunk.group, &SynapseTile::group, [](const TileSynapses& v) { return v.rows.group(); });
    fetch_all(chunk.row_end, &SynapseTile::row_end, [](const TileSynapses& v) { return v.rows.end; });
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

void CardTiles::lay_out_synapses(TileChunk& chunk, std::vector<PlacedTile>& placed, bool grows) {
  std::vector<std::uint64_t> begin{0};
  for (const PlacedTile& tile : placed) {
    const std::uint64_t n = tile.end - tile.begin;
    if (n >= std::uint64_t{1} << 32)
      throw Error(ExitCode::memory, "one tile would hold " + std::to_string(n) +
                                        " synapses of a projection, more than the 4294967295 that its "
                                        "offsets can count: use smaller tiles or a lower in-degree");
    begin.push_back(begin.back() + aligned(n));
  }
  const bool packs = storage == WeightStorage::fixed16;
  take_room(chunk.code, packs ? 0 : begin.back(), grows);
  take_room(chunk.packed, packs ? begin.back() : 0, grows);
  take_room(chunk.weight, storage == WeightStorage::float32 ? begin.back() : 0, grows);
  for (std::uint32_t t = 0; t < placed.size(); ++t) {
    placed[t].code = behind(chunk.code, begin[t]);
    placed[t].packed = behind(chunk.packed, begin[t]);
    placed[t].weight = behind(chunk.weight, begin[t]);
  }
}

void CardTiles::lay_out_rows(TileChunk& chunk, std::vector<PlacedTile>& placed,
                             const std::vector<std::int64_t>& num_present, bool grows) {
  std::vector<std::uint64_t> offset_begin{0}, group_begin{0}, end_begin{0};
  for (std::uint32_t t = 0; t < placed.size(); ++t) {
    const bool grouped = num_present[t] >= 0;
    const auto add = [](std::vector<std::uint64_t>& begin, std::uint64_t n) {
      begin.push_back(begin.back() + aligned(n));
    };
    add(offset_begin, grouped ? 0 : placed[t].num_offsets(pieces));
    add(group_begin, grouped ? num_row_groups(placed[t].num_rows(pieces)) : 0);
    add(end_begin, grouped ? static_cast<std::uint64_t>(num_present[t]) : 0);
  }
  take_room(chunk.offset, offset_begin.back(), grows);
  take_room(chunk.group, group_begin.back(), grows);
  take_room(chunk.row_end, end_begin.back(), grows);
  for (std::uint32_t t = 0; t < placed.size(); ++t) {
    PlacedTile& tile = placed[t];
    const bool grouped = num_present[t] >= 0;
    tile.kept_offset = grouped ? nullptr : behind(chunk.offset, offset_begin[t]);
    tile.group = grouped ? behind(chunk.group, group_begin[t]) : nullptr;
    tile.row_end = grouped ? behind(chunk.row_end, end_begin[t]) : nullptr;
    TileSynapses view;
    view.source_begin = tile.source_begin;
    view.source_end = tile.source_end;
    view.pieces = pieces;
    view.num_synapses = static_cast<std::uint32_t>(tile.end - tile.begin);
    view.rows.table = grouped ? static_cast<const void*>(tile.group) : tile.kept_offset;
    view.rows.end = tile.row_end;
    if (tile.end > tile.begin) {  // arrays without a synapse are none
      view.code = tile.code;
      view.packed = tile.packed;
      view.weight = tile.weight;
    }
    views[chunk.first_tile + t - own.begin] = view;
  }
}

void CardTiles::take(const std::vector<SynapseTile>& tiles) {
  const nvtx3::scoped_range range{"take tiles"};
  fetcher_->staging();
  const Stream& stream = fetcher_->stream();
  for (TileChunk& chunk : chunks) {
    std::vector<PlacedTile> placed;
    std::vector<std::int64_t> num_present;
    for (std::uint32_t t = chunk.first_tile; t < chunk.end_tile; ++t) {
      PlacedTile& tile = placed.emplace_back();
      tile.end = tiles[t].num_synapses();
      tile.source_begin = tiles[t].source_begin;
      tile.source_end = tiles[t].source_end;
      num_present.push_back(tiles[t].group.empty() ? -1 : static_cast<std::int64_t>(tiles[t].row_end.size()));
    }
    lay_out_synapses(chunk, placed, true);
    lay_out_rows(chunk, placed, num_present, true);
    for (std::uint32_t t = chunk.first_tile; t < chunk.end_tile; ++t) {
      const PlacedTile& to = placed[t - chunk.first_tile];
      const auto take = [&](auto* there, const auto& here) {
        upload(stream, there, here.data(), here.size());
      };
      take(to.kept_offset, tiles[t].offset);
      take(to.group, tiles[t].group);
      take(to.row_end, tiles[t].row_end);
      take(to.code, tiles[t].code);
      take(to.packed, tiles[t].packed);
      take(to.weight, tiles[t].weight);
      for (std::uint32_t source = 0; source < num_source_tiles; ++source)
        look_for_delays(tiles[t], source * source_tile_size, (source + 1) * source_tile_size,
                        held.data() + (std::size_t{t - own.begin} * num_source_tiles + source) * pieces);
    }
  }
  stream.wait();
}

}  // namespace penfield::cuda
