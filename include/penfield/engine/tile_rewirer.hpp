#pragma once
// Who reads and rewires the synapses of a projection where a card holds them, instead of on the host.
#include <cstdint>
#include <vector>

#include "penfield/connect/rewire_row.hpp"
#include "penfield/state/network.hpp"
#include "penfield/state/row_reading.hpp"

namespace penfield {

/// What rewiring did to the rows of the tiles that it went through.
struct RewiredRows {
  std::uint32_t* deleted = nullptr;              ///< [neurons] synapses that went
  std::uint32_t* in_degree = nullptr;            ///< [neurons] synapses that are there now
  std::vector<FormedSynapse>* formed = nullptr;  ///< appended, by target
};

/// Of tiles that a card alone holds (Projection::away()); the bits are those that the host's rewiring makes
/// (host/run/rewiring.cpp). Tiles change their sizes on the card and here; Engine::upload() has to follow.
class TileRewirer {
 public:
  virtual ~TileRewirer() = default;
  /// Deletes, forms and lets mature. All of `job` is the host's and is viewed while it lasts. Throws
  /// Error(memory) where the rows do not fit on the card.
  virtual void rewire(const Network& network, Projection& projection, const RowRewiring& job,
                      const RewiredRows& out) = 0;
  /// Reads the rows of any projection that is away.
  virtual void read(const Network& network, const Projection& projection, const RowReading& reading) = 0;
};

}  // namespace penfield
