#pragma once
// Work of the phase "deliver" into one tile, as a list that many threads can look through at once.
#include <cstdint>

#include "penfield/state/population.hpp"
#include "penfield/state/projection.hpp"

namespace penfield {

/// Pieces of rows that are due together: those of one projection, from one tile of sources, of spikes that
/// were emitted `age` steps ago. 16 bytes, so that a thread reads it at once.
struct alignas(16) Segment {
  static constexpr std::uint8_t kEveryDelay = 255;

  std::uint32_t projection = 0;
  std::uint32_t source = 0;  ///< population
  std::uint32_t source_tile = 0;
  std::uint16_t age = 0;             ///< steps
  std::uint8_t piece = 0;            ///< of each row
  std::uint8_t delay = kEveryDelay;  ///< only synapses whose code has this delay
};
static_assert(sizeof(Segment) == 16);

/// What one team delivers: segments [begin, end), which all lead into this tile.
struct TileShare {
  std::uint32_t population, tile, begin, end;
};

/// Where delivery finds the network.
struct DeliveryTables {
  const PopulationView* populations;
  const ProjectionView* projections;
  const Segment* segments;
};

}  // namespace penfield
