// Synapses that leave a tile and come into it: the same arrays as if the tile had been packed anew.
#include "host/run/tile_edit.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "host/build/fill_tile.hpp"
#include "penfield/numerics/distributions.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kSources = 90, kTargets = 40, kFirst = 64;  ///< kFirst: neuron of the tile's target 0

ProjectionView view_of(std::int32_t max_delay) {
  ProjectionView v;
  v.min_delay = 2;
  v.max_delay = max_delay;
  v.pieces = cut_delays(v.min_delay, v.max_delay);
  v.storage = WeightStorage::float32;
  return v;
}

/// Rows of `in_degree` synapses each, some pairs twice; sources [first, last).
std::vector<std::vector<SynapseEntry>> random_rows(const ProjectionView& v, std::uint32_t in_degree,
                                                   std::uint32_t first, std::uint32_t last,
                                                   std::uint32_t seed) {
  RandomSequence random(seed, Stream::connect_source, 0, 0);
  std::vector<std::vector<SynapseEntry>> rows(kTargets);
  const auto delays = static_cast<std::uint64_t>(v.max_delay - v.min_delay + 1);
  for (std::uint32_t t = 0; t < kTargets; ++t) {
    for (std::uint32_t k = 0; k < in_degree; ++k)
      rows[t].push_back(
          {first + static_cast<std::uint32_t>(random.below(last - first)), static_cast<std::uint16_t>(t),
           static_cast<std::uint16_t>(v.min_delay + static_cast<std::int32_t>(random.below(delays))),
           static_cast<float>(random.uniform())});
    std::stable_sort(rows[t].begin(), rows[t].end(),
                     [](const SynapseEntry& a, const SynapseEntry& b) { return a.source < b.source; });
  }
  return rows;
}

SynapseTile packed(const ProjectionView& v, const std::vector<std::vector<SynapseEntry>>& rows) {
  SynapseTile tile;
  fill_tile(tile, v, Span<const std::vector<SynapseEntry>>(rows));
  return tile;
}

void require_equal(const SynapseTile& a, const SynapseTile& b) {
  REQUIRE(a.rows_are_sound());
  REQUIRE(a.source_begin == b.source_begin);
  REQUIRE(a.source_end == b.source_end);
  REQUIRE(a.num_synapses() == b.num_synapses());
  REQUIRE(std::equal(a.code.begin(), a.code.end(), b.code.begin()));
  REQUIRE(std::equal(a.weight.begin(), a.weight.end(), b.weight.begin()));
  REQUIRE(a.group.size() == b.group.size());
  for (std::size_t r = 0; r < a.num_rows(); ++r) {
    REQUIRE(a.rows().at(r).begin == b.rows().at(r).begin);
    REQUIRE(a.rows().at(r).end == b.rows().at(r).end);
  }
}

/// Nothing goes, until a test says so.
struct Losses {
  explicit Losses(const std::vector<std::vector<SynapseEntry>>& rows) {
    for (std::uint32_t t = 0; t < kTargets; ++t)
      in_degree[kFirst + t] = static_cast<std::uint32_t>(rows[t].size());
  }
  std::vector<Chance32> source = std::vector<Chance32>(kSources, 0);
  std::vector<std::uint32_t> target = std::vector<std::uint32_t>(kFirst + kTargets, 0), in_degree = target;
  TileEdit edit() {
    TileEdit e;
    e.fates.seed = 3;
    e.fates.of_source = source.data();
    e.target_loss = target.data();
    e.in_degree = in_degree.data();
    e.first_target = kFirst;
    e.num_targets = kTargets;
    return e;
  }
};

}  // namespace

TEST_CASE("an edited tile has the arrays of one that is packed anew, whatever its rows and delays") {
  const std::int32_t max_delay = GENERATE(2, 9, 40);  // one delay, one piece, three pieces
  const std::uint32_t in_degree = GENERATE(0u, 1u, 12u);
  const bool forms = GENERATE(true, false), wider = GENERATE(true, false);
  CAPTURE(max_delay, in_degree, forms, wider);
  const ProjectionView v = view_of(max_delay);
  auto rows = random_rows(v, in_degree, wider ? 30 : 0, wider ? 60 : kSources, 1);
  SynapseTile tile = packed(v, rows);
  Losses chances(rows);
  chances.target[kFirst + 3] = chances.target[kFirst + kTargets - 1] = in_degree;
  chances.source[31] = chances.source[50] = static_cast<Chance32>(kCertain32);
  TileEdit edit = chances.edit();
  std::vector<SynapseEntry> formed;
  if (forms)
    for (const auto& row : random_rows(v, 2, 0, kSources, 2))
      formed.insert(formed.end(), row.begin(), row.end());
  edit.formed = {formed.data(), formed.size()};
  edit_tile(tile, v, edit);

  std::size_t gone = 0;
  for (std::uint32_t t = 0; t < kTargets; ++t)
    gone += std::erase_if(rows[t], [&](const SynapseEntry& e) {
      return t == 3 || t == kTargets - 1 || e.source == 31 || e.source == 50;
    });
  REQUIRE(edit.deleted.size() == gone);
  for (const FormedSynapse& d : edit.deleted)
    REQUIRE(
        (d.target == kFirst + 3 || d.target == kFirst + kTargets - 1 || d.source == 31 || d.source == 50));
  for (const SynapseEntry& e : formed) rows[e.target].push_back(e);  // behind equal ones that were there
  for (auto& row : rows)
    std::stable_sort(row.begin(), row.end(),
                     [](const SynapseEntry& a, const SynapseEntry& b) { return a.source < b.source; });
  require_equal(tile, packed(v, rows));
}

TEST_CASE("a tile that loses all its synapses is empty, and can win some again") {
  const ProjectionView v = view_of(9);
  const auto full = random_rows(v, 5, 0, kSources, 1);
  SynapseTile tile = packed(v, full);
  Losses chances(full);
  for (std::uint32_t& lost : chances.target) lost = 9;  // more than there are
  TileEdit edit = chances.edit();
  edit_tile(tile, v, edit);
  REQUIRE(edit.deleted.size() == std::size_t{5} * kTargets);
  require_equal(tile, packed(v, std::vector<std::vector<SynapseEntry>>(kTargets)));
  const SynapseEntry one{77, 6, 5, 0.5f};
  TileEdit again = chances.edit();
  again.formed = {&one, 1};
  edit_tile(tile, v, again);  // what comes is not asked whether it would go
  REQUIRE(tile.num_synapses() == 1);
  std::vector<std::vector<SynapseEntry>> rows(kTargets);
  rows[6] = {one};
  require_equal(tile, packed(v, rows));
}

TEST_CASE("a source's synapses are lost at their chance, copies of a pair each by itself") {
  const ProjectionView v = view_of(9);
  std::vector<std::vector<SynapseEntry>> rows(kTargets);
  for (std::uint32_t t = 0; t < kTargets; ++t)
    for (std::uint32_t s = 0; s < kSources; ++s)
      for (std::uint16_t copy = 0; copy < 4; ++copy)
        rows[t].push_back({s, static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(3 + copy / 2), 1.0f});
  Losses chances(rows);
  for (std::uint32_t s = 0; s < kSources; s += 2) chances.source[s] = chance32(0.2);
  TileEdit edit = chances.edit();
  SynapseTile tile = packed(v, rows);
  edit_tile(tile, v, edit);
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> lost;
  for (const FormedSynapse& d : edit.deleted) {
    REQUIRE(d.source % 2 == 0);
    ++lost[{d.source, d.target}];
  }
  const double pairs = kTargets * kSources / 2.0, n = 4 * pairs,
               seen = static_cast<double>(edit.deleted.size());
  CHECK(std::abs(seen - n * 0.2) < 5 * std::sqrt(n * 0.2 * 0.8));
  // As many pairs lose exactly one as a binomial has.
  double lose_one = 0.0;
  for (const auto& [pair, k] : lost) lose_one += k == 1 ? 1.0 : 0.0;
  const double one = 4 * 0.2 * 0.8 * 0.8 * 0.8;
  CHECK(std::abs(lose_one - pairs * one) < 5 * std::sqrt(pairs * one * (1 - one)));
}

TEST_CASE("a target loses as many synapses as it has to, from all of its row alike") {
  const ProjectionView v = view_of(9);
  constexpr std::uint32_t kLength = 12, kLost = 3;
  std::vector<double> times(kSources, 0.0);
  constexpr std::uint64_t kRounds = 60;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    std::vector<std::vector<SynapseEntry>> rows(kTargets);
    for (std::uint32_t t = 0; t < kTargets; ++t)
      for (std::uint32_t s = 0; s < kLength; ++s)
        rows[t].push_back(
            {s, static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(2 + (s + t) % 8), 1.0f});
    Losses losses(rows);
    for (std::uint32_t t = 0; t < kTargets; t += 2) losses.target[kFirst + t] = kLost;
    TileEdit edit = losses.edit();
    edit.fates.step = round;
    SynapseTile tile = packed(v, rows);
    edit_tile(tile, v, edit);
    std::map<std::uint32_t, std::uint32_t> of_target;
    for (const FormedSynapse& d : edit.deleted) {
      times[d.source] += 1.0;
      ++of_target[d.target];
    }
    REQUIRE(of_target.size() == kTargets / 2);
    for (const auto& [target, lost] : of_target) {
      REQUIRE((target - kFirst) % 2 == 0);
      REQUIRE(lost == kLost);
    }
  }
  const double rows = kRounds * kTargets / 2.0, chance = double{kLost} / kLength;
  for (std::uint32_t s = 0; s < kLength; ++s)
    CHECK(std::abs(times[s] - rows * chance) < 5 * std::sqrt(rows * chance * (1 - chance)));
}

TEST_CASE("spines: the labile mature or go, the mature go seldom, by the activity of both cells") {
  const ProjectionView v = view_of(2);
  std::vector<std::vector<SynapseEntry>> rows(kTargets);
  for (std::uint32_t t = 0; t < kTargets; ++t)
    for (std::uint32_t s = 0; s < kSources; ++s)
      rows[t].push_back({s, static_cast<std::uint16_t>(t), 2, s % 2 == 0 ? 0.25f : 1.0f});
  SynapseTile tile = packed(v, rows);
  Losses chances(rows);
  std::vector<float> calcium(kFirst + kTargets, 0.0f);
  for (std::uint32_t t = 0; t < kTargets / 2; ++t) calcium[kFirst + t] = 1.0f;
  std::vector<float> source_calcium(kSources, 2.0f);
  TileEdit edit = chances.edit();
  edit.matured_weight = 1.0f;
  SynapseFates& f = edit.fates;
  f.spines = true;
  f.mature_weight = 1.0f;
  f.labile_loss = chance32(0.3);
  f.mature_loss = chance32(0.05);
  f.stabilise = 0.1;
  f.stabilise_gain = 3.0;
  f.source_calcium = source_calcium.data();
  f.target_calcium = calcium.data();
  edit_tile(tile, v, edit);
  double labile_gone = 0.0, mature_gone = 0.0, active = 0.0, silent = 0.0;
  for (const FormedSynapse& d : edit.deleted) (d.source % 2 == 0 ? labile_gone : mature_gone) += 1.0;
  for (std::uint32_t s = tile.source_begin; s < tile.source_end; s += 2) {
    const RowRange row = tile.row(s - tile.source_begin);
    for (std::uint32_t k = row.begin; k < row.end; ++k)
      if (tile.weight[k] == 1.0f) (tile.code[k] < kTargets / 2 ? active : silent) += 1.0;
  }
  const double n = kTargets * kSources / 2.0;
  const auto as_expected = [](double seen, double of, double chance) {
    CAPTURE(seen, of, chance);
    return std::abs(seen - of * chance) < 5 * std::sqrt(of * chance * (1 - chance));
  };
  CHECK(as_expected(labile_gone, n, 0.3));
  CHECK(as_expected(mature_gone, n, 0.05));
  CHECK(as_expected(silent, n / 2, 0.7 * (1 - std::exp(-0.1))));
  CHECK(as_expected(active, n / 2, 0.7 * (1 - std::exp(-0.1 * 7.0))));
  CHECK(static_cast<double>(edit.matured) == active + silent);
}

TEST_CASE("tiles that are packed, or keep state, are not edited") {
  ProjectionView v = view_of(9);
  const auto rows = random_rows(v, 5, 0, kSources, 1);
  SynapseTile tile = packed(v, rows);
  Losses chances(rows);
  TileEdit edit = chances.edit();
  v.storage = WeightStorage::fixed16;
  CHECK(thrown_by([&] { edit_tile(tile, v, edit); }).code == ExitCode::internal);
  v.storage = WeightStorage::float32;
  tile.state.resize(tile.num_synapses());
  CHECK(thrown_by([&] { edit_tile(tile, v, edit); }).code == ExitCode::internal);
}

}  // namespace penfield::test
