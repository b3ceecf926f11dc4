// Rows between their making and their packing: nothing is lost in so few bytes.
#include <vector>

#include "host/build/fill_tile.hpp"
#include "host/build/row_stream.hpp"
#include "penfield/numerics/distributions.hpp"
#include "test/support/catch.hpp"

namespace penfield::test {

namespace {

/// Rows of ascending sources, `gap` apart on average; every third target has none, pairs may connect twice.
std::vector<SynapseEntry> drawn(std::uint32_t targets, std::uint32_t in_degree, std::uint32_t gap) {
  RandomSequence random(43, 0u, targets, gap);
  std::vector<SynapseEntry> entries;
  for (std::uint32_t target = 0; target < targets; ++target) {
    std::uint32_t source = static_cast<std::uint32_t>(random.below(gap));
    for (std::uint32_t k = 0; k < in_degree && target % 3 != 1; ++k) {
      entries.push_back({source, static_cast<std::uint16_t>(target),
                         static_cast<std::uint16_t>(1 + random.below(300)),
                         static_cast<float>(random.uniform() - 0.5)});
      source += static_cast<std::uint32_t>(random.below(2 * gap));
    }
  }
  return entries;
}

bool equal(const SynapseEntry& a, const SynapseEntry& b) {
  return a.source == b.source && a.target == b.target && a.delay == b.delay && a.weight == b.weight;
}

}  // namespace

TEST_CASE("what goes into a stream of rows comes out of it") {
  for (std::uint32_t gap : {1u, 8u, 100u, 20000u, 40000000u}) {
    CAPTURE(gap);
    const std::vector<SynapseEntry> entries = drawn(50, 20, gap);
    RowStream rows;
    for (const SynapseEntry& e : entries) rows.add(e);
    REQUIRE(rows.size() == entries.size());
    std::uint32_t first = entries[0].source, last = 0;
    std::uint16_t shortest = 1000, longest = 0;
    for (const SynapseEntry& e : entries) {
      first = std::min(first, e.source);
      last = std::max(last, e.source);
      shortest = std::min(shortest, e.delay);
      longest = std::max(longest, e.delay);
    }
    CHECK(rows.first_source() == first);
    CHECK(rows.last_source() == last);
    CHECK(rows.shortest() == shortest);
    CHECK(rows.longest() == longest);
    for (int time = 0; time < 2; ++time) {
      std::size_t k = 0;
      rows.for_each([&](const SynapseEntry& e) { REQUIRE(equal(e, entries[k++])); });
      REQUIRE(k == entries.size());
    }
  }
}

TEST_CASE("the last source of all and a lone target far from the first fit a stream of rows") {
  const std::vector<SynapseEntry> entries = {{0, 0, 1, 1.0f}, {4294967294u, 4095, 65535, -1.0f}};
  RowStream rows;
  for (const SynapseEntry& e : entries) rows.add(e);
  std::size_t k = 0;
  rows.for_each([&](const SynapseEntry& e) { REQUIRE(equal(e, entries[k++])); });
  REQUIRE(k == 2);
}

TEST_CASE("what all synapses share is not kept with each, and a close source takes a byte") {
  RowStream::Constants constants;
  constants.same_delay = constants.same_weight = true;
  constants.delay = 15;
  constants.weight = 0.25f;
  RowStream rows(constants);
  for (std::uint32_t k = 0; k < 1000; ++k) rows.add({5 * k, 7, 15, 0.25f});
  CHECK(rows.num_bytes() == 1000 + 2);
  std::uint32_t k = 0;
  rows.for_each([&](const SynapseEntry& e) { REQUIRE(equal(e, {5 * k++, 7, 15, 0.25f})); });
}

TEST_CASE("a tile is the same whether its rows come as a stream or as they are") {
  ProjectionView view;
  view.min_delay = 1;
  view.max_delay = 300;
  view.pieces = cut_delays(1, 300);
  view.scale_log2 = 20;
  for (const WeightStorage storage :
       {WeightStorage::uniform, WeightStorage::fixed16, WeightStorage::float32}) {
    view.storage = storage;
    for (std::uint32_t in_degree : {0u, 1u, 200u}) {
      const std::vector<std::vector<SynapseEntry>> entries = {drawn(64, in_degree, 9)};
      RowStream rows;
      for (const SynapseEntry& e : entries[0]) rows.add(e);
      SynapseTile streamed, plain;
      fill_tile(streamed, view, rows);
      fill_tile(plain, view, {entries.data(), 1});
      const auto same = [](const auto& a, const auto& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
      };
      CHECK(streamed.source_begin == plain.source_begin);
      CHECK(streamed.source_end == plain.source_end);
      CHECK(same(streamed.offset, plain.offset));
      CHECK(same(streamed.code, plain.code));
      CHECK(same(streamed.packed, plain.packed));
      CHECK(same(streamed.weight, plain.weight));
    }
  }
}

}  // namespace penfield::test
