#pragma once
// Where the rows of a tile are in its arrays of synapses.
#include <bit>
#include <cstdint>

#include "penfield/base/host_device.hpp"

namespace penfield {

/// What a row holds: the synapses at these places.
struct RowRange {
  std::uint32_t begin, end;
};

PENFIELD_HD inline std::uint32_t num_set_bits(std::uint64_t bits) {
#if defined(__CUDA_ARCH__)
  return static_cast<std::uint32_t>(__popcll(bits));
#else
  return static_cast<std::uint32_t>(std::popcount(bits));
#endif
}

/// 64 rows one after the other, of which most are empty.
struct alignas(16) RowGroup {
  static constexpr std::uint32_t kRows = 64;
  static constexpr std::uint32_t kMostSynapses = 65535;

  std::uint64_t present = 0;  ///< bit r: its row r is not empty
  std::uint32_t begin = 0;    ///< place of its first synapse
  std::uint32_t first = 0;    ///< where its rows' ends begin in RowPlaces::end

  PENFIELD_HD std::uint32_t num_present() const { return num_set_bits(present); }
};

/// Rows in one of two forms: an offset each; or, where a tile hears of each source a synapse or none at most
/// of the pieces of delays (a sheet with delays by distance), groups. Such a row takes 2 bytes and a group
/// 16, where offsets took 256.
struct RowPlaces {
  const void* table = nullptr;  ///< offsets, [rows + 1]; or groups, [rows / RowGroup::kRows, rounded up]
  const std::uint16_t* end = nullptr;  ///< groups: [rows that are not empty] where it ends, from its group's
                                       ///< begin; offsets: null

  PENFIELD_HD bool grouped() const { return end != nullptr; }
  PENFIELD_HD const std::uint32_t* offset() const { return static_cast<const std::uint32_t*>(table); }
  PENFIELD_HD const RowGroup* group() const { return static_cast<const RowGroup*>(table); }

  PENFIELD_HD RowRange at(std::size_t row) const {
    if (!grouped()) return {offset()[row], offset()[row + 1]};
    const RowGroup g = group()[row / RowGroup::kRows];
    const std::uint64_t bit = std::uint64_t{1} << row % RowGroup::kRows;
    const std::uint32_t before = num_set_bits(g.present & (bit - 1));
    const std::uint32_t begin = g.begin + (before > 0 ? end[g.first + before - 1] : 0);
    return {begin, (g.present & bit) != 0 ? g.begin + end[g.first + before] : begin};
  }
  /// Where at() will look first, and, if rows are grouped and that is there, where it will look then.
  PENFIELD_HD const void* looked_at_first(std::size_t row) const {
    return grouped() ? static_cast<const void*>(group() + row / RowGroup::kRows) : offset() + row;
  }
  PENFIELD_HD const void* looked_at_then(std::size_t row) const {
    const RowGroup& g = group()[row / RowGroup::kRows];
    return end + g.first + num_set_bits(g.present & ((std::uint64_t{1} << row % RowGroup::kRows) - 1));
  }
};

/// Which of its rows holds the synapse at `place`, which is one of the group's.
PENFIELD_HD inline std::uint32_t row_in_group(const RowPlaces& rows, std::uint32_t group,
                                              std::uint32_t place) {
  const RowGroup g = rows.group()[group];
  std::uint64_t left = g.present;
  for (const std::uint16_t* end = rows.end + g.first; g.begin + *end <= place; ++end) left &= left - 1;
  return num_set_bits((left & (~left + 1)) - 1);
}

PENFIELD_HD inline std::uint64_t num_row_groups(std::uint64_t num_rows) {
  return (num_rows + RowGroup::kRows - 1) / RowGroup::kRows;
}
/// Are rows kept in groups? A look-up is longer then; so only where these take half as much as offsets at the
/// most, and offsets two bytes a synapse or more.
PENFIELD_HD inline bool groups_pay(std::uint64_t num_rows, std::uint64_t num_present,
                                   std::uint64_t num_synapses) {
  return 2 * num_rows >= num_synapses && num_present > 0 &&
         num_row_groups(num_rows) * sizeof(RowGroup) + 2 * num_present <= 2 * (num_rows + 1);
}

/// Group `g` of rows that are given by offsets; `first` is left at 0.
PENFIELD_HD inline RowGroup group_of_rows(const std::uint32_t* offset, std::uint64_t num_rows,
                                          std::uint64_t g) {
  const std::uint64_t begin = g * RowGroup::kRows, left = num_rows - begin;
  const std::uint32_t n = left < RowGroup::kRows ? static_cast<std::uint32_t>(left) : RowGroup::kRows;
  RowGroup group;
  group.begin = offset[begin];
  for (std::uint32_t r = 0; r < n; ++r)
    if (offset[begin + r + 1] != offset[begin + r]) group.present |= std::uint64_t{1} << r;
  return group;
}
/// Do the ends of the group's rows fit into 16 bits?
PENFIELD_HD inline bool ends_fit(const std::uint32_t* offset, std::uint64_t num_rows, std::uint64_t g) {
  const std::uint64_t begin = g * RowGroup::kRows, end = begin + RowGroup::kRows;
  return offset[end < num_rows ? end : num_rows] - offset[begin] <= RowGroup::kMostSynapses;
}
/// Writes the ends of its rows that are not empty to `end`.
PENFIELD_HD inline void write_ends(const std::uint32_t* offset, std::uint64_t g, const RowGroup& group,
                                   std::uint16_t* end) {
  std::uint32_t next = group.first;
  for (std::uint32_t r = 0; r < RowGroup::kRows; ++r)
    if ((group.present >> r & 1) != 0)
      end[next++] = static_cast<std::uint16_t>(offset[g * RowGroup::kRows + r + 1] - group.begin);
}

}  // namespace penfield
