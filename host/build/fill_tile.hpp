#pragma once
#include <vector>

#include "host/build/row_stream.hpp"
#include "penfield/base/span.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// Packs synapses into a tile: by source, then delay, then target, then ordinal. `rows` hold them target
/// after target, each target's by ordinal. Takes time in proportion to the synapses, and little memory beside
/// the tile's own.
void fill_tile(SynapseTile& tile, const ProjectionView& view, const RowStream& rows);
/// The same of rows that are gone through one after the other.
void fill_tile(SynapseTile& tile, const ProjectionView& view, Span<const std::vector<SynapseEntry>> rows);

}  // namespace penfield
