#include "kernels/network/segments.hpp"

#include <algorithm>

namespace penfield {

namespace {

/// Which delays of which pieces the rows of a tile of sources have: bit d of [piece]. Bit 0 stands for any
/// where learning visits whole pieces.
class HeldDelays {
 public:
  HeldDelays(const ProjectionView& projection, bool whole_pieces)
      : by_delay_(!whole_pieces && projection.rule >= 0 && !projection.dendritic &&
                  projection.min_delay != projection.max_delay),
        held_(projection.pieces.count) {
    const std::int32_t spread = projection.max_delay - projection.min_delay;
    for (std::uint32_t piece = 0; piece < held_.size(); ++piece) {
      const std::int32_t delays =
          std::min(spread + 1 - static_cast<std::int32_t>(piece) * kPieceDelays, kPieceDelays);
      all_.push_back(by_delay_ ? (1u << delays) - 1 : 1u);
    }
  }

  bool by_delay() const { return by_delay_; }
  std::uint32_t of(std::uint32_t piece) const { return held_[piece]; }

  /// Of the rows from one tile of sources, as the card that holds them says.
  void ask(const DistantTiles& distant, std::uint32_t tile, std::uint32_t source_tile) {
    for (std::uint32_t piece = 0; piece < held_.size(); ++piece) {
      const std::uint32_t delays = distant.held_delays(tile, source_tile, piece);
      held_[piece] = by_delay_ ? delays : (delays != 0 ? 1u : 0u);
    }
  }

  /// Of the rows [begin, end). Ends as soon as nothing is missing.
  void look_at(const SynapseTile& tile, std::uint32_t begin, std::uint32_t end) {
    std::fill(held_.begin(), held_.end(), 0u);
    if (begin >= end || tile.row(begin).begin == tile.row(end - 1).end) return;
    const RowPlaces rows = tile.rows();
    for (std::uint32_t s = begin; s < end && held_ != all_; ++s)
      for (std::uint32_t piece = 0; piece < tile.pieces; ++piece) {
        const RowRange row = rows.at(std::size_t{s} * tile.pieces + piece);
        for (std::uint32_t k = row.begin; k < row.end && held_[piece] != all_[piece]; ++k)
          held_[piece] |= by_delay_ ? 1u << SynapseCode::delay(tile.code[k]) : 1u;
      }
  }

 private:
  bool by_delay_;
  std::vector<std::uint32_t> held_, all_;
};

/// The segments of a piece of rows, when its sources are known.
void append_piece(const ProjectionView& projection, const HeldDelays& held, std::uint32_t piece,
                  Segment segment, std::vector<Segment>& out) {
  segment.piece = static_cast<std::uint8_t>(piece);
  const std::int32_t first = static_cast<std::int32_t>(piece) * kPieceDelays;
  if (projection.rule < 0) {
    segment.age = static_cast<std::uint16_t>(projection.pieces.first_age + first);
  } else if (projection.dendritic) {
    segment.age = 0;
  } else {
    segment.age = static_cast<std::uint16_t>(projection.min_delay + first - 1);
  }
  if (!held.by_delay()) {
    if (held.of(piece) != 0) out.push_back(segment);
    return;
  }
  for (std::uint8_t delay = 0; delay < kPieceDelays; ++delay, ++segment.age) {
    segment.delay = delay;
    if ((held.of(piece) >> delay & 1u) != 0) out.push_back(segment);
  }
}

}  // namespace

void append_segments(const Network& network, std::uint32_t projection, std::uint32_t tile,
                     std::vector<Segment>& out, bool whole_pieces) {
  const Projection& p = *network.projections[projection];
  const SynapseTile& synapses = p.tiles[tile];
  if (synapses.num_synapses() == 0) return;
  const std::uint32_t size = network.populations[p.view.source]->view.tile_size;
  const std::uint32_t last = (synapses.source_end - 1) / size;
  HeldDelays held(p.view, whole_pieces);
  for (std::uint32_t t = synapses.source_begin / size; t <= last; ++t) {
    const std::uint32_t begin = std::max(t * size, synapses.source_begin) - synapses.source_begin;
    const std::uint32_t end = t == last ? synapses.num_sources() : (t + 1) * size - synapses.source_begin;
    if (synapses.elsewhere()) {
      held.ask(*p.distant, tile, t);
    } else {
      held.look_at(synapses, begin, end);
    }
    Segment segment;
    segment.projection = projection;
    segment.source = p.view.source;
    segment.source_tile = t;
    for (std::uint32_t piece = 0; piece < synapses.pieces; ++piece)
      append_piece(p.view, held, piece, segment, out);
  }
}

void look_for_delays(const SynapseTile& tile, std::uint32_t begin, std::uint32_t end, std::uint16_t* held) {
  std::fill_n(held, tile.pieces, std::uint16_t{0});
  const RowPlaces rows = tile.rows();
  for (std::uint32_t s = std::max(begin, tile.source_begin); s < std::min(end, tile.source_end); ++s)
    for (std::uint32_t piece = 0; piece < tile.pieces; ++piece) {
      const RowRange row = rows.at(std::size_t{s - tile.source_begin} * tile.pieces + piece);
      for (std::uint32_t k = row.begin; k < row.end; ++k)
        held[piece] = static_cast<std::uint16_t>(
            held[piece] | 1u << SynapseCode::delay(tile.packed.empty() ? tile.code[k] : tile.packed[k]));
    }
}

}  // namespace penfield
