#pragma once
#include <cstdint>
#include <vector>

#include "penfield/state/network.hpp"
#include "penfield/state/segment.hpp"

namespace penfield {

/// Adds to `out` what delivery has to look at for one projection into one tile: a segment for every tile of
/// sources, piece of rows and age that can bring it a synapse. With learning, pieces are visited when
/// learning visits them (for_each_due), else when their delays are near.
/// `whole_pieces`: also of plastic rows that are visited delay by delay, each piece at the age at which its
/// first delay is due.
void append_segments(const Network& network, std::uint32_t projection, std::uint32_t tile,
                     std::vector<Segment>& out, bool whole_pieces = false);

/// held[piece]: which delays the rows of the sources [begin, end) have in a piece, as
/// DistantTiles::held_delays says it of tiles that are elsewhere.
void look_for_delays(const SynapseTile& tile, std::uint32_t begin, std::uint32_t end, std::uint16_t* held);

}  // namespace penfield
