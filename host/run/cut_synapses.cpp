#include "host/run/cut_synapses.hpp"

#include <vector>

namespace penfield {

namespace {

/// Keeps the elements at `kept`, `width` values each.
template <class T>
void keep(AlignedArray<T>& values, const std::vector<std::uint32_t>& kept, std::size_t width = 1) {
  if (values.empty()) return;
  AlignedArray<T> left(kept.size() * width);
  for (std::size_t k = 0; k < kept.size(); ++k)
    for (std::size_t q = 0; q < width; ++q) left[k * width + q] = values[kept[k] * width + q];
  values = std::move(left);
}

}  // namespace

std::uint64_t cut_synapses(Network& network, Projection& projection,
                           const std::function<bool(std::uint32_t source, std::uint32_t target)>& goes) {
  const Population& target = *network.populations[projection.view.target];
  const TileRange own = network.own_tiles(target);
  std::uint64_t cut = 0;
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    SynapseTile& tile = projection.tiles[t];
    const std::size_t before = tile.num_synapses();
    if (before == 0) continue;
    const std::uint32_t first_target = tile_begin(target.view, t);
    const std::size_t states = tile.state.size() / before;
    std::vector<std::uint32_t> kept, offsets(tile.num_rows() + 1, 0);
    kept.reserve(before);
    const RowPlaces rows = tile.rows();
    std::size_t row = 0;
    for (std::uint32_t s = tile.source_begin; s < tile.source_end; ++s)
      for (std::uint32_t piece = 0; piece < tile.pieces; ++piece, ++row) {
        const RowRange range = rows.at(row);
        for (std::size_t k = range.begin; k < range.end; ++k) {
          const std::uint32_t code = tile.packed.empty() ? tile.code[k] : tile.packed[k];
          if (!goes(s, first_target + projection.view.target_in_tile(code)))
            kept.push_back(static_cast<std::uint32_t>(k));
        }
        offsets[row + 1] = static_cast<std::uint32_t>(kept.size());
      }
    if (kept.size() == before) continue;
    cut += before - kept.size();
    keep(tile.code, kept);
    keep(tile.packed, kept);
    keep(tile.weight, kept);
    keep(tile.state, kept, states);
    tile.set_rows({offsets.data(), offsets.size()});
  }
  return cut;
}

}  // namespace penfield
