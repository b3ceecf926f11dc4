#pragma once
// Who makes the synapses of a projection where they will be used, instead of on the host.
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

/// Makes the bits that fill_tile makes of the same rows (host/build/projection_builder.cpp).
class TileMaker {
 public:
  virtual ~TileMaker() = default;
  /// Makes the tiles `own` and sets their sizes in `tiles`; their arrays stay where they were made. Throws
  /// Error(memory) where they do not fit, and what RowMaker::make_row throws.
  virtual std::unique_ptr<DistantTiles> make(const TileRequest& request, std::vector<SynapseTile>& tiles) = 0;
  /// Gives back memory that making took: nothing more is wanted for now.
  virtual void release() = 0;
};

}  // namespace penfield
