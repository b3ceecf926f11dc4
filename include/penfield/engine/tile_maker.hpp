#pragma once
// Who makes the synapses of a projection where they will be used, instead of on the host.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "penfield/connect/delay.hpp"
#include "penfield/connect/row_maker.hpp"
#include "penfield/connect/value_distribution.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// The tiles of one projection that are wanted. All is viewed while they are made.
struct TileRequest {
  const RowMaker& rows;  ///< of a rule that is_drawn()
  const ValueDistribution& weight;
  const DelayRule& delay;
  double dt_ms;
  const ProjectionView& view;  ///< delays, pieces, storage and scale are set
  const PopulationView& source;
  const PopulationView& target;
  TileRange own;
};

/// What making takes of a card at a time.
struct MakingLimits {
  /// Synapses that go through together, if a tile has no more: each takes 16 bytes, and 8 more where it has a
  /// weight of its own, besides its place.
  std::uint64_t chunk_synapses = std::uint64_t{1} << 25;
  /// Bytes for rows while they are drawn, if one block's take no more.
  std::size_t scratch_bytes = std::size_t{512} << 20;
};
/// Room is taken for an eighth more than is asked for, so that a somewhat larger chunk needs no new one.
inline constexpr double kRoomToGrow = 1.125;

/// Makes the bits that fill_tile makes of the same rows (host/build/projection_builder.cpp).
class TileMaker {
 public:
  virtual ~TileMaker() = default;
  /// Makes the tiles `own` and sets their sizes in `tiles`; their arrays stay where they were made. Throws
  /// Error(memory) where they do not fit, and what RowMaker::make_row throws.
  virtual std::unique_ptr<DistantTiles> make(const TileRequest& request, std::vector<SynapseTile>& tiles) = 0;
  /// Gives back memory that making took. make() may be called again, and takes it anew.
  virtual void release() = 0;
};

}  // namespace penfield
