#pragma once
// Tiles of a projection that the card has made (kernels/cuda/card_tile_maker.cu) and that stay where they
// are.
#include <memory>
#include <optional>
#include <vector>

#include "kernels/cuda/arena.cuh"
#include "kernels/cuda/device_buffer.cuh"
#include "penfield/state/network.hpp"
#include "penfield/step/place_synapses.hpp"

namespace penfield::cuda {

/// What all projections of a maker are fetched through; pinned memory is taken when the first one is.
class TileFetcher {
 public:
  explicit TileFetcher(int device) : device_(device) {}
  /// The staging, with the card made current.
  const Staging& staging();
  const Stream& stream() const { return *stream_; }  ///< of the staging

 private:
  int device_;
  std::optional<Stream> stream_;
  std::optional<Staging> staging_;
};

/// The arrays of consecutive tiles, one tile's behind the other's; each begins at a multiple of 64 values.
struct TileChunk {
  std::uint32_t first_tile = 0, end_tile = 0;  ///< of the target population
  DeviceBuffer<std::uint32_t> offset;          ///< of tiles with offsets; the next two: of those with groups
  DeviceBuffer<RowGroup> group;
  DeviceBuffer<std::uint16_t> row_end;
  DeviceBuffer<std::uint16_t> code;  ///< those that the storage does not have are empty
  DeviceBuffer<std::uint32_t> packed;
  DeviceBuffer<float> weight;
};

class CardTiles final : public DistantTiles {
 public:
  explicit CardTiles(std::shared_ptr<TileFetcher> fetcher) : fetcher_(std::move(fetcher)) {}

  bool holds(std::uint32_t tile) const override { return own.holds(tile); }
  TileSynapses view(std::uint32_t tile) const override { return views[tile - own.begin]; }
  void fetch(std::vector<SynapseTile>& tiles) override;
  void fetch_weights(std::vector<SynapseTile>& tiles) override;
  void take(const std::vector<SynapseTile>& tiles) override;
  std::uint32_t held_delays(std::uint32_t tile, std::uint32_t source_tile,
                            std::uint32_t piece) const override {
    return held[(std::size_t{tile - own.begin} * num_source_tiles + source_tile) * pieces + piece];
  }

  /// Gives the synapses of a chunk's tiles, of which sizes and sources are known, their places. Memory that
  /// has become too small is allocated anew, with a sixteenth to spare if it `grows`, and its contents are
  /// lost.
  void lay_out_synapses(TileChunk& chunk, std::vector<PlacedTile>& placed, bool grows);
  /// The same of rows: num_present[t] that are not empty of a tile that keeps groups, negative where it
  /// keeps offsets. The views are then complete.
  void lay_out_rows(TileChunk& chunk, std::vector<PlacedTile>& placed,
                    const std::vector<std::int64_t>& num_present, bool grows);

  TileRange own{0, 0};
  std::uint32_t pieces = 1;
  std::uint32_t num_delays = 1;  ///< that synapses may have
  WeightStorage storage = WeightStorage::fixed16;
  std::uint32_t num_source_tiles = 0, source_tile_size = 1;
  std::vector<TileSynapses> views;  ///< [own tiles] device pointers
  std::vector<std::uint16_t> held;  ///< [own tiles][source tiles][pieces]
  std::vector<TileChunk> chunks;

 private:
  std::shared_ptr<TileFetcher> fetcher_;
};

}  // namespace penfield::cuda
