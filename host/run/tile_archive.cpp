#include "host/run/tile_archive.hpp"

#include "penfield/base/error.hpp"

namespace penfield {

void archive_tiles(StateArchive& a, const std::string& name, const Network& network, const Population& target,
                   std::vector<std::vector<float>>& tiles) {
  if (a.looking()) {
    for (std::vector<float>& tile : tiles) a.value(name, tile);
    return;
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
