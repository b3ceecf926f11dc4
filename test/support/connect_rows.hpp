#pragma once
// Populations and whole projections for tests of connection rules.
#include <cstdint>
#include <vector>

#include "penfield/connect/row_maker.hpp"

namespace penfield::test {

using Rows = std::vector<std::vector<std::uint32_t>>;

/// Every row of a projection, by target.
inline Rows all_rows(const RowMaker& maker) {
  Rows rows(maker.num_targets());
  for (std::uint32_t target = 0; target < maker.num_targets(); ++target) maker.make_row(target, rows[target]);
  return rows;
}

inline std::uint64_t num_synapses(const Rows& rows) {
  std::uint64_t sum = 0;
  for (const auto& row : rows) sum += row.size();
  return sum;
}

/// How many synapses each source has.
inline std::vector<double> out_degrees(const Rows& rows, std::uint32_t num_sources) {
  std::vector<double> degrees(num_sources, 0.0);
  for (const auto& row : rows) {
    for (const std::uint32_t source : row) ++degrees[source];
  }
  return degrees;
}

inline std::vector<double> in_degrees(const Rows& rows) {
  std::vector<double> degrees;
  for (const auto& row : rows) degrees.push_back(static_cast<double>(row.size()));
  return degrees;
}

/// How often each value 0..size-1 occurs (larger ones are counted in the last place).
inline std::vector<double> histogram(const std::vector<double>& values, std::size_t size) {
  std::vector<double> counts(size, 0.0);
  for (const double value : values) {
    const std::size_t place = static_cast<std::size_t>(value);
    ++counts[place < size ? place : size - 1];
  }
  return counts;
}

inline bool is_ascending(const std::vector<std::uint32_t>& row, bool strictly) {
  for (std::size_t i = 1; i < row.size(); ++i) {
    if (row[i] < row[i - 1] || (strictly && row[i] == row[i - 1])) return false;
  }
  return true;
}

inline PopulationGeometry without_positions(std::uint32_t n) { return {n, {}, {}}; }

/// A population that owns its positions.
struct LaidOut {
  std::vector<Position> positions;
  Sheet sheet;

  LaidOut(std::uint32_t n, const Sheet& on, Layout::Kind kind = Layout::Kind::uniform, std::uint32_t seed = 5)
      : sheet(on) {
    for (std::uint32_t i = 0; i < n; ++i)
      positions.push_back(draw_position({kind, 0.5f}, sheet, seed, 1, n, i));
  }
  LaidOut(std::vector<Position> at, const Sheet& on) : positions(std::move(at)), sheet(on) {}

  PopulationGeometry geometry() const {
    return {static_cast<std::uint32_t>(positions.size()), Span<const Position>(positions), sheet};
  }
};

}  // namespace penfield::test
