#pragma once
// Rows made on the card. Plain C++: no CUDA type is seen from here.
#include <memory>

#include "penfield/engine/tile_maker.hpp"

namespace penfield::cuda {

struct CardTileMakerOptions : MakingLimits {
  int device = 0;  ///< CUDA ordinal, that of the engine
};

/// Throws Error(no_device) without a usable card.
std::unique_ptr<TileMaker> make_card_tile_maker(const CardTileMakerOptions& options);

}  // namespace penfield::cuda
