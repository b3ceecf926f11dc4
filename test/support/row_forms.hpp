#pragma once
// Rows of a tile in either form, whichever pays.
#include <algorithm>
#include <vector>

#include "penfield/state/network.hpp"

namespace penfield::test {

inline std::vector<std::uint32_t> row_offsets(const SynapseTile& tile) {
  std::vector<std::uint32_t> out{0};
  for (std::size_t r = 0; r < tile.num_rows(); ++r) out.push_back(tile.rows().at(r).end);
  return out;
}

inline void keep_as_offsets(SynapseTile& tile) {
  const std::vector<std::uint32_t> offsets = row_offsets(tile);
  tile.group.resize(0);
  tile.row_end.resize(0);
  tile.offset.resize(offsets.size());
  std::copy(offsets.begin(), offsets.end(), tile.offset.begin());
}

/// The tile needs a row, and the ends of its rows have to fit.
inline void keep_in_groups(SynapseTile& tile) {
  const std::vector<std::uint32_t> offsets = row_offsets(tile);
  const std::size_t n = tile.num_rows();
  std::vector<RowGroup> groups(num_row_groups(n));
  std::uint32_t present = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    groups[g] = group_of_rows(offsets.data(), n, g);
    groups[g].first = present;
    present += groups[g].num_present();
  }
  tile.offset.resize(0);
  tile.group.resize(groups.size());
  tile.row_end.resize(present);
  std::copy(groups.begin(), groups.end(), tile.group.begin());
  for (std::size_t g = 0; g < groups.size(); ++g)
    write_ends(offsets.data(), g, groups[g], tile.row_end.data());
}

}  // namespace penfield::test
