#include <algorithm>
#include <tuple>

#include "host/build/fill_tile.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/fixed_point.hpp"
#include "test/support/catch.hpp"

namespace penfield::test {

namespace {

/// Target after target, some without synapses; pairs may connect several times. The weight tells apart.
std::vector<SynapseEntry> drawn(std::size_t n, std::uint32_t first_source, std::uint32_t sources,
                                std::uint32_t min_delay, std::uint32_t delays) {
  RandomSequence random(41, 0u, n, sources);
  std::vector<SynapseEntry> entries;
  for (std::size_t k = 0; k < n; ++k)
    entries.push_back({first_source + static_cast<std::uint32_t>(random.below(sources)),
                       static_cast<std::uint16_t>(k / 7 * 2),
                       static_cast<std::uint16_t>(min_delay + random.below(delays)),
                       static_cast<float>(k + 1) * 0.125f});
  return entries;
}

ProjectionView view_of(WeightStorage storage, std::int32_t min_delay, std::uint32_t delays) {
  ProjectionView v;
  v.storage = storage;
  v.min_delay = min_delay;
  v.max_delay = min_delay + static_cast<std::int32_t>(delays) - 1;
  v.pieces = cut_delays(v.min_delay, v.max_delay);
  v.scale_log2 = 8;
  v.weight_shift = 4;
  return v;
}

/// Every synapse lies where sorting all of them would put it.
void require_sorted(const SynapseTile& tile, const ProjectionView& v, std::vector<SynapseEntry> entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.source, a.delay, a.target) < std::tie(b.source, b.delay, b.target);
  });
  REQUIRE(tile.num_synapses() == entries.size());
  REQUIRE(tile.rows_are_sound());
  if (entries.empty()) {
    REQUIRE(tile.num_sources() == 0);
    return;
  }
  REQUIRE(tile.source_begin == entries.front().source);
  REQUIRE(tile.source_end == entries.back().source + 1);
  bool same = true;
  for (std::uint32_t k = 0; k < entries.size(); ++k) {
    const SynapseEntry& e = entries[k];
    const auto beyond = static_cast<std::uint32_t>(e.delay - v.min_delay);
    const std::size_t piece = std::size_t{e.source - tile.source_begin} * tile.pieces + beyond / kPieceDelays;
    const RowRange row = tile.rows().at(piece);
    same = same && row.begin <= k && k < row.end;
    const std::uint16_t code = SynapseCode::pack(e.target, beyond % kPieceDelays);
    if (v.storage == WeightStorage::fixed16) {
      const auto fixed = static_cast<std::uint32_t>(to_fixed(e.weight, v.scale_log2 - v.weight_shift));
      same = same && tile.packed[k] == (fixed << 16 | code);
    } else {
      same = same && tile.code[k] == code;
    }
    if (v.storage == WeightStorage::float32) same = same && tile.weight[k] == e.weight;
  }
  REQUIRE(same);
}

}  // namespace

TEST_CASE("a tile holds its synapses by source, delay, target and ordinal", "[build]") {
  for (WeightStorage storage : {WeightStorage::uniform, WeightStorage::fixed16, WeightStorage::float32})
    for (std::size_t n : {0u, 1u, 5000u})
      for (std::uint32_t sources : {1u, 300u, 100000u})
        for (std::uint32_t delays : {1u, 15u, 16u, 256u})
          for (std::uint32_t first : {0u, 4294867295u}) {
            CAPTURE(static_cast<int>(storage), n, sources, delays, first);
            const ProjectionView v = view_of(storage, 3, delays);
            const std::vector<SynapseEntry> entries = drawn(n, first, sources, 3, delays);
            SynapseTile whole;
            fill_tile(whole, v, Span<const std::vector<SynapseEntry>>(&entries, 1));
            require_sorted(whole, v, entries);
            std::vector<std::vector<SynapseEntry>> rows(4096);  // most are empty
            for (const SynapseEntry& e : entries) rows[e.target].push_back(e);
            SynapseTile joined;
            joined.code.resize(17);  // what was there before is lost
            fill_tile(joined, v, Span<const std::vector<SynapseEntry>>(rows));
            require_sorted(joined, v, entries);
          }
}

}  // namespace penfield::test
