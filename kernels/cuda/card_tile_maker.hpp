#pragma once
// Rows made on the card. Plain C++: no CUDA type is seen from here.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "penfield/engine/tile_maker.hpp"

namespace penfield::cuda {

struct CardTileMakerOptions {
  int device = 0;  ///< CUDA ordinal, that of the engine
  /// Synapses that go through at a time, if a tile has no more: each takes 16 bytes, and 8 more where it has
  /// a weight of its own, besides its place.
  std::uint64_t chunk_synapses = std::uint64_t{1} << 25;
  /// Bytes for rows while they are drawn (RowScratch), if one block's take no more.
  std::size_t scratch_bytes = std::size_t{512} << 20;
};

/// Throws Error(no_device) without a usable card.
std::unique_ptr<TileMaker> make_card_tile_maker(const CardTileMakerOptions& options);

}  // namespace penfield::cuda
