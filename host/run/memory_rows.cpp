// Bytes of the places of rows (penfield/state/row_places.hpp), whose form hangs on how many are empty.
#include <algorithm>
#include <cmath>
#include <vector>

#include "host/run/memory_layout.hpp"
#include "penfield/connect/delay.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

namespace {

/// Synapses that are drawn to look at, but one tile at least; a tile with more than kMostOfTile is not drawn.
constexpr double kLookedAt = 1e6, kMostOfTile = 8e6;

std::uint64_t offset_bytes(std::uint64_t rows) { return 4 * (rows + 1); }
std::uint64_t place_bytes(std::uint64_t rows, std::uint64_t present, std::uint64_t synapses) {
  return groups_pay(rows, present, synapses) ? num_row_groups(rows) * sizeof(RowGroup) + 2 * present
                                             : offset_bytes(rows);
}

/// Of one tile, by drawing its synapses as building will.
std::uint64_t drawn_place_bytes(const RowSample& sample, const ProjectionLayout& p,
                                const PopulationLayout& target, std::uint32_t tile,
                                std::vector<std::uint64_t>& rows) {
  const std::uint32_t pieces = p.delays().pieces().count;
  const std::uint32_t begin = tile * target.tile_size, end = std::min(target.n, begin + target.tile_size);
  std::vector<std::uint32_t> sources;
  rows.clear();
  for (std::uint32_t i = begin; i < end; ++i) {
    sample.rows.make_row(i, sources);
    for (std::uint32_t k = 0; k < sources.size(); ++k) {
      std::uint64_t piece = 0;
      if (pieces > 1) {
        const double distance = sample.delay.uses_distance() ? sample.rows.distance_mm(i, sources[k]) : 0.0;
        piece =
            (static_cast<std::uint32_t>(sample.delay.draw(sample.seed, {sample.projection, i, k}, distance)) -
             p.min_delay) /
            kPieceDelays;
      }
      rows.push_back(std::uint64_t{sources[k]} * pieces + piece);
    }
  }
  if (rows.empty()) return offset_bytes(0);
  const std::uint64_t synapses = rows.size();
  std::sort(rows.begin(), rows.end());
  const std::uint64_t num = (rows.back() / pieces - rows.front() / pieces + 1) * pieces;
  const auto present = std::unique(rows.begin(), rows.end()) - rows.begin();
  return place_bytes(num, static_cast<std::uint64_t>(present), synapses);
}

}  // namespace

std::uint64_t row_place_bytes(const ProjectionLayout& p, const PopulationLayout& target,
                              const RowSample* sample) {
  if (target.num_tiles == 0) return 0;
  const std::uint32_t pieces = p.delays().pieces().count;
  const auto rows = static_cast<std::uint64_t>(p.sources_per_tile * pieces);
  const double of_tile = static_cast<double>(p.synapses) / target.num_tiles;
  const std::uint64_t offsets = offset_bytes(rows) * target.num_tiles;
  if (2 * rows * target.num_tiles < p.synapses) return offsets;  // as groups_pay() says
  if (sample == nullptr || of_tile > kMostOfTile) {
    const double mean = rows == 0 ? 0.0 : of_tile / static_cast<double>(rows);
    const auto present = static_cast<std::uint64_t>(static_cast<double>(rows) * (1.0 - exp_d(-mean)));
    return place_bytes(rows, present, static_cast<std::uint64_t>(of_tile)) * target.num_tiles;
  }
  const auto num = static_cast<std::uint32_t>(
      std::clamp(std::floor(kLookedAt / std::max(1.0, of_tile)), 1.0, std::min(8.0, 1.0 * target.num_tiles)));
  std::uint64_t bytes = 0;
  std::vector<std::uint64_t> room;
  for (std::uint32_t k = 0; k < num; ++k)
    bytes += drawn_place_bytes(
        *sample, p, target,
        static_cast<std::uint32_t>((2 * std::uint64_t{k} + 1) * target.num_tiles / (2 * num)), room);
  return bytes * target.num_tiles / num;
}

}  // namespace penfield
