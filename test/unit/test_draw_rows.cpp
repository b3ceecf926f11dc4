// The bodies that make tiles, on every CPU team and however their work is dealt out, against fill_tile of the
// host's rows. What a card does in between, CUB's sorting and scanning, the standard library does here.
#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

#include "host/build/fill_tile.hpp"
#include "kernels/cpu/teams.hpp"
#include "penfield/step/draw_rows.hpp"
#include "penfield/step/place_synapses.hpp"
#include "test/support/catch.hpp"
#include "test/support/connect_rows.hpp"
#include "test/support/run_threaded.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kTileSize = 16, kDt = 1;

struct Example {
  const RowMaker& rows;
  ValueDistribution weight;
  DelayRule delay;
  ProjectionView view;

  std::uint32_t num_tiles() const { return (rows.num_targets() + kTileSize - 1) / kTileSize; }
};

Example example_of(const RowMaker& rows, WeightStorage storage, double longest) {
  Example e{rows, ValueDistribution::uniform(0.1, 0.9), {ValueDistribution::uniform(1.0, longest), 0.0}, {}};
  e.view.storage = storage;
  e.view.min_delay = 1;
  e.view.max_delay = DelayDrawer(e.delay, kDt).largest(0.0);
  e.view.pieces = cut_delays(e.view.min_delay, e.view.max_delay);
  e.view.scale_log2 = 12;
  e.view.weight_shift = 2;
  return e;
}

/// The host's way.
std::vector<SynapseTile> filled(const Example& e) {
  const ValueDrawer weight(e.weight);
  const DelayDrawer delay(e.delay, kDt);
  std::vector<SynapseTile> tiles(e.num_tiles());
  std::vector<std::uint32_t> sources;
  for (std::uint32_t t = 0; t < tiles.size(); ++t) {
    std::vector<SynapseEntry> entries;
    for (std::uint32_t target = t * kTileSize; target < std::min((t + 1) * kTileSize, e.rows.num_targets());
         ++target) {
      e.rows.make_row(target, sources);
      for (std::uint32_t k = 0; k < sources.size(); ++k) {
        const SynapseKey key{e.rows.recipe().projection_number, target, k};
        entries.push_back(
            {sources[k], static_cast<std::uint16_t>(target % kTileSize),
             delay.draw(e.rows.recipe().seed, key, 0.0),
             static_cast<float>(weight.draw(e.rows.recipe().seed, Stream::connect_weight, key))});
      }
    }
    fill_tile(tiles[t], e.view, {&entries, 1});
  }
  return tiles;
}

/// Memory for rows as they are drawn by `slots` members.
struct Scratch {
  explicit Scratch(const RowRecipe& recipe, std::size_t slots)
      : each(row_scratch_size(recipe)), set(slots * each.set), cell(slots * each.cells) {}
  RowScratches view() { return {{set.data(), cell.data()}, each}; }

  RowScratchSize each;
  std::vector<std::uint32_t> set;
  std::vector<NearDrawer::WeightedCell> cell;
};

/// Indices 0..n-1 in the order of `less`; equal ones stay.
template <class Less>
std::vector<std::size_t> sorted(std::size_t n, Less&& less) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), less);
  return order;
}
template <class T>
std::vector<T> picked(const std::vector<T>& from, const std::vector<std::size_t>& order) {
  std::vector<T> out;
  for (const std::size_t k : order) out.push_back(from[k]);
  return out;
}

/// Keeps the rows of all tiles by the bodies; `on_parts(f)` calls f(team, share) for all parts.
template <class OnParts>
void keep(std::vector<SynapseTile>& tiles, std::vector<PlacedTile>& placed, std::uint32_t pieces,
          std::uint64_t num_groups, OnParts&& on_parts) {
  std::vector<std::uint64_t> before(num_groups + 1);
  std::vector<RowCount> counts(tiles.size(), RowCount{});
  for (std::size_t t = 0; t < tiles.size(); ++t)
    on_parts([&](auto& team, TeamShare share) {
      count_present_rows(team, placed[t], pieces, share, before.data(), &counts[t]);
    });
  std::exclusive_scan(before.begin(), before.end(), before.begin(), std::uint64_t{0});
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    const std::uint64_t num_rows = placed[t].num_rows(pieces);
    const bool grouped =
        counts[t].crowded == 0 &&
        groups_pay(num_rows, static_cast<std::uint64_t>(counts[t].present), placed[t].end - placed[t].begin);
    tiles[t].offset.resize(grouped ? 0 : num_rows + 1);
    tiles[t].group.resize(grouped ? num_row_groups(num_rows) : 0);
    tiles[t].row_end.resize(grouped ? static_cast<std::size_t>(counts[t].present) : 0);
    placed[t].kept_offset = tiles[t].offset.data();
    placed[t].group = grouped ? tiles[t].group.data() : nullptr;
    placed[t].row_end = tiles[t].row_end.data();
    on_parts([&](auto& team, TeamShare share) { keep_rows(team, placed[t], pieces, share, before.data()); });
  }
}

/// The bodies' way, all tiles one chunk. `run(f)` calls f(team) on every member of a team.
template <class Run>
std::vector<SynapseTile> made(const Example& e, std::uint32_t parts, std::uint32_t stretch, Run&& run,
                              std::vector<std::uint16_t>& held, std::uint32_t source_tile_size) {
  const auto on_parts = [&](auto&& body) {
    for (std::uint32_t part = 0; part < parts; ++part)
      run([&](auto& team) { body(team, TeamShare{part, parts, stretch}); });
  };
  TileJob job;
  job.rows = e.rows.recipe();
  job.weight = ValueDrawer(e.weight);
  job.delay = DelayDrawer(e.delay, kDt);
  job.tile_size = kTileSize;
  job.pieces = e.view.pieces.count;
  job.storage = e.view.storage;
  job.weight_scale = e.view.scale_log2 - e.view.weight_shift;
  job.keys = {9, 8};
  const RowBlock all{0, e.rows.num_targets()};
  Scratch scratch(job.rows, std::size_t{parts} * stretch);
  std::vector<std::uint64_t> begin(all.num_rows + 1, 0);
  on_parts(
      [&](auto& team, TeamShare share) { count_rows(team, job, all, share, scratch.view(), begin.data()); });
  std::exclusive_scan(begin.begin(), begin.end(), begin.begin(), std::uint64_t{0});
  const std::size_t n = begin.back();
  std::vector<std::uint64_t> drawn(n), key(n);
  std::vector<std::uint32_t> missing(all.num_rows), weight(n);
  std::int32_t num_missing = 0;
  on_parts([&](auto& team, TeamShare share) {
    draw_rows(team, job, all, share, scratch.view(), begin.data(), drawn.data(), missing.data(),
              &num_missing);
  });
  REQUIRE(num_missing == 0);
  if (draws_ascending(job.rows)) REQUIRE(std::is_sorted(drawn.begin(), drawn.end()));
  std::sort(drawn.begin(), drawn.end());
  on_parts([&](auto& team, TeamShare share) {
    key_synapses(team, job, all, share, begin.data(), drawn.data(), key.data(),
                 job.storage == WeightStorage::uniform ? nullptr : weight.data());
  });
  const auto order = sorted(n, [&](std::size_t a, std::size_t b) {
    return key[a] >> SynapseKeys::delay_begin() < key[b] >> SynapseKeys::delay_begin();
  });
  key = picked(key, order);
  weight = picked(weight, order);

  std::vector<std::uint64_t> tile_begin;
  for (std::uint32_t t = 0; t <= e.num_tiles(); ++t)
    tile_begin.push_back(begin[std::min(t * kTileSize, all.num_rows)]);
  std::vector<SourceRange> sources(e.num_tiles());
  run([&](auto& team) {
    find_sources(team, job.keys, key.data(), tile_begin.data(), e.num_tiles(), sources.data());
  });
  std::vector<SynapseTile> tiles(e.num_tiles());
  std::vector<PlacedTile> placed(e.num_tiles());
  std::vector<std::uint32_t> offsets;
  std::uint64_t num_groups = 0;
  for (std::uint32_t t = 0; t < tiles.size(); ++t) {
    const std::size_t size = tile_begin[t + 1] - tile_begin[t];
    placed[t].begin = tile_begin[t];
    placed[t].end = tile_begin[t + 1];
    placed[t].source_begin = sources[t].begin;
    placed[t].source_end = sources[t].end;
    placed[t].first_group = num_groups;
    num_groups += num_row_groups(placed[t].num_rows(job.pieces));
    offsets.resize(offsets.size() + placed[t].num_offsets(job.pieces), 0);
    tiles[t].source_begin = sources[t].begin;
    tiles[t].source_end = sources[t].end;
    tiles[t].pieces = job.pieces;
    tiles[t].code.resize(job.storage == WeightStorage::fixed16 ? 0 : size);
    tiles[t].packed.resize(job.storage == WeightStorage::fixed16 ? size : 0);
    tiles[t].weight.resize(job.storage == WeightStorage::float32 ? size : 0);
    placed[t].code = tiles[t].code.data();
    placed[t].packed = tiles[t].packed.data();
    placed[t].weight = tiles[t].weight.data();
  }
  std::size_t at = 0;
  for (PlacedTile& tile : placed) {
    tile.offset = offsets.data() + at;
    at += tile.num_offsets(job.pieces);
  }
  on_parts([&](auto& team, TeamShare share) {
    place_synapses(team, job, placed.data(), share, n, key.data(), weight.data());
  });
  std::inclusive_scan(offsets.begin(), offsets.end(), offsets.begin(),
                      [](std::uint32_t a, std::uint32_t b) { return std::max(a, b); });
  const std::uint32_t source_tiles = (e.rows.recipe().num_sources + source_tile_size - 1) / source_tile_size;
  std::vector<std::int32_t> seen(tiles.size() * source_tiles * job.pieces * kPieceDelays, 0);
  for (std::uint32_t t = 0; t < tiles.size(); ++t) {
    on_parts([&](auto& team, TeamShare share) { settle_offsets(team, placed[t], job.pieces, share); });
    for (std::uint32_t s = 0; s < source_tiles; ++s)
      run([&](auto& team) {
        look_for_delays(team, placed[t], job.pieces,
                        static_cast<std::uint32_t>(e.view.max_delay - e.view.min_delay + 1),
                        {s * source_tile_size, (s + 1) * source_tile_size},
                        seen.data() + std::size_t{t * source_tiles + s} * job.pieces * kPieceDelays);
      });
  }
  keep(tiles, placed, job.pieces, num_groups, on_parts);
  held.assign(seen.size() / kPieceDelays, 0);
  on_parts([&](auto& team, TeamShare share) {
    join_delays(team, share, static_cast<std::uint32_t>(held.size()), seen.data(), held.data());
  });
  return tiles;
}

template <class T>
bool same(const AlignedArray<T>& a, const AlignedArray<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// Which delays of which pieces rows from a tile of sources have, looked up one by one.
std::vector<std::uint16_t> held_by(const std::vector<SynapseTile>& tiles, std::uint32_t num_sources,
                                   std::uint32_t source_tile_size) {
  const std::uint32_t source_tiles = (num_sources + source_tile_size - 1) / source_tile_size;
  const std::uint32_t pieces = tiles[0].pieces;
  std::vector<std::uint16_t> held(tiles.size() * source_tiles * pieces, 0);
  for (std::size_t t = 0; t < tiles.size(); ++t)
    for (std::uint32_t s = 0; s < tiles[t].num_sources(); ++s)
      for (std::uint32_t c = 0; c < pieces; ++c)
        for (std::uint32_t k = tiles[t].rows().at(s * pieces + c).begin;
             k < tiles[t].rows().at(s * pieces + c).end; ++k)
          held[(t * source_tiles + (tiles[t].source_begin + s) / source_tile_size) * pieces + c] |=
              static_cast<std::uint16_t>(
                  1u << SynapseCode::delay(tiles[t].packed.empty() ? tiles[t].code[k] : tiles[t].packed[k]));
  return held;
}

template <class Run>
void require_same(const Example& e, std::uint32_t parts, std::uint32_t stretch, Run&& run) {
  std::vector<std::uint16_t> held;
  const auto expected = filled(e), actual = made(e, parts, stretch, run, held, 37);
  REQUIRE(expected.size() == actual.size());
  for (std::size_t t = 0; t < expected.size(); ++t) {
    CAPTURE(t);
    REQUIRE(expected[t].source_begin == actual[t].source_begin);
    REQUIRE(expected[t].source_end == actual[t].source_end);
    REQUIRE(same(expected[t].offset, actual[t].offset));
    REQUIRE(actual[t].rows_are_sound());
    REQUIRE(expected[t].group.size() == actual[t].group.size());
    for (std::size_t g = 0; g < actual[t].group.size(); ++g) {
      REQUIRE(expected[t].group[g].present == actual[t].group[g].present);
      REQUIRE(expected[t].group[g].begin == actual[t].group[g].begin);
      REQUIRE(expected[t].group[g].first == actual[t].group[g].first);
    }
    REQUIRE(same(expected[t].row_end, actual[t].row_end));
    REQUIRE(same(expected[t].code, actual[t].code));
    REQUIRE(same(expected[t].packed, actual[t].packed));
    REQUIRE(same(expected[t].weight, actual[t].weight));
  }
  REQUIRE(held == held_by(expected, e.rows.recipe().num_sources, 37));
}

}  // namespace

TEST_CASE("the bodies that make tiles make what fill_tile makes", "[build]") {
  const auto kind = GENERATE(ConnectRule::Kind::fixed_probability, ConnectRule::Kind::fixed_in_degree,
                             ConnectRule::Kind::fixed_total_number, ConnectRule::Kind::distance_in_degree,
                             ConnectRule::Kind::distance_probability);
  const auto storage = GENERATE(WeightStorage::uniform, WeightStorage::fixed16, WeightStorage::float32);
  const double longest = GENERATE(1.0, 40.0);
  const bool multapses = GENERATE(true, false);
  CAPTURE(static_cast<int>(kind), static_cast<int>(storage), longest, multapses);
  if (kind == ConnectRule::Kind::fixed_total_number && !multapses) return;  // refused
  const Sheet sheet{1.0f, 1.0f, true};
  const LaidOut sources(211, sheet, Layout::Kind::uniform, 5), targets(70, sheet, Layout::Kind::uniform, 6);
  ConnectRule rule;
  rule.kind = kind;
  rule.probability = 0.06;
  rule.in_degree = 12;
  rule.total = 900;
  rule.kernel.sigma_mm = 0.15;
  rule.kernel.peak = 0.5;
  rule.allow_multapses = multapses;
  const RowMaker rows(rule, 11, 3, sources.geometry(), targets.geometry(), false);
  const Example e = example_of(rows, storage, longest);
  require_same(e, 1, 1, [](auto&& body) {
    SoloTeam team;
    body(team);
  });
  require_same(e, 3, 5, [](auto&& body) {
    cpu::ReversedTeam team;
    body(team);
  });
  require_same(e, 2, 7, [](auto&& body) { run_threaded(3, body); });
}

}  // namespace penfield::test
