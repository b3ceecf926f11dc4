#include "host/run/tile_archive.hpp"

#include <bit>

#include "penfield/base/error.hpp"
#include "penfield/numerics/hash.hpp"

namespace penfield {

namespace {

/// A value belongs to its two cells, the delay and the weight: as Network's digest has it of a synapse's
/// state.
std::uint64_t digest_of(const Network& network, const Projection& projection,
                        const std::vector<std::vector<float>>& tiles) {
  const Population& target = *network.populations[projection.view.target];
  const TileRange own = network.own_tiles(target);
  std::uint64_t sum = 0;
  for (std::uint32_t t = own.begin; t < own.end; ++t) {
    if (t >= tiles.size() || tiles[t].size() != projection.tiles[t].num_synapses())
      continue;  // none are kept
    projection.for_each_synapse(t, [&](const Projection::Synapse& s) {
      const std::uint64_t ends = std::uint64_t{s.source} << 32 | (tile_begin(target.view, t) + s.target);
      const std::uint64_t which =
          element_digest(ends, static_cast<std::uint64_t>(s.delay), std::uint64_t{s.weight_bits});
      sum += element_digest(0, which, std::bit_cast<std::uint32_t>(tiles[t][s.place]));
    });
  }
  return network.ranks->sum_of(sum);
}

}  // namespace

void archive_tiles(StateArchive& a, const std::string& name, const Network& network,
                   const Projection& projection, std::vector<std::vector<float>>& tiles) {
  const Population& target = *network.populations[projection.view.target];
  if (a.looking()) {
    for (std::vector<float>& tile : tiles) a.value(name, tile);
    return;
  }
  if (a.digesting()) {
    std::uint64_t sum = digest_of(network, projection, tiles);
    return a.value(name, sum);
  }
  // [tile] how many, and one tile's after another's, over all ranks.
  std::vector<std::uint64_t> sizes;
  std::vector<float> all;
  const TileRange own = network.own_tiles(target);
  if (!a.reading() && !tiles.empty()) {
    for (std::uint32_t t = own.begin; t < own.end; ++t) {
      sizes.push_back(tiles[t].size());
      all.insert(all.end(), tiles[t].begin(), tiles[t].end());
    }
    sizes = join_values(*network.ranks, sizes);
    all = join_values(*network.ranks, all);
  }
  a.value(name + "_sizes", sizes);
  a.value(name, all);
  if (!a.reading()) return;
  std::uint64_t sum = 0;
  for (const std::uint64_t size : sizes) sum += size;
  if ((!sizes.empty() && sizes.size() != target.view.num_tiles) || sum != all.size())
    throw Error(ExitCode::input_file, "the checkpoint's \"" + name + "\" is not that of the tiles onto " +
                                          target.name + ": it is damaged; start anew with another --out");
  tiles.assign(sizes.size(), {});
  auto next = all.begin();
  for (std::uint32_t t = 0; t < sizes.size(); ++t) {
    const auto end = next + static_cast<std::ptrdiff_t>(sizes[t]);
    if (own.holds(t)) tiles[t].assign(next, end);
    next = end;
  }
}

}  // namespace penfield
