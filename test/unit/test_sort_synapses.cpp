#include <algorithm>
#include <tuple>

#include "host/build/sort_synapses.hpp"
#include "penfield/numerics/distributions.hpp"
#include "test/support/catch.hpp"

namespace penfield::test {

namespace {

/// Made target after target; the weight names the place.
std::vector<SynapseEntry> drawn(std::size_t n, std::uint32_t first_source, std::uint32_t sources,
                                std::uint32_t delays) {
  RandomSequence random(41, 0u, n, sources);
  std::vector<SynapseEntry> entries;
  for (std::size_t k = 0; k < n; ++k)
    entries.push_back({first_source + static_cast<std::uint32_t>(random.below(sources)),
                       static_cast<std::uint16_t>(k / 7),
                       static_cast<std::uint16_t>(1 + random.below(delays)), static_cast<float>(k)});
  return entries;
}

}  // namespace

TEST_CASE("synapses are sorted by source and delay, and stay in their order where these agree") {
  for (std::size_t n : {0u, 1u, 63u, 64u, 5000u})
    for (std::uint32_t sources : {1u, 30u, 100000u})
      for (std::uint32_t delays : {1u, 40u})
        for (std::uint32_t first : {0u, 4294867295u}) {
          CAPTURE(n, sources, delays, first);
          std::vector<SynapseEntry> entries = drawn(n, first, sources, delays), expected = entries;
          std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
            return std::tie(a.source, a.delay) < std::tie(b.source, b.delay);
          });
          sort_synapses(entries);
          REQUIRE(entries.size() == n);
          REQUIRE(
              std::equal(entries.begin(), entries.end(), expected.begin(), [](const auto& a, const auto& b) {
                return a.source == b.source && a.target == b.target && a.delay == b.delay &&
                       a.weight == b.weight;
              }));
        }
}

TEST_CASE("rows are joined as they are sorted when they are put one behind the other", "[build]") {
  for (std::size_t n : {0u, 1u, 5000u})
    for (std::uint32_t sources : {1u, 300u, 100000u})
      for (std::uint32_t delays : {1u, 40u}) {
        CAPTURE(n, sources, delays);
        std::vector<SynapseEntry> expected = drawn(n, 7, sources, delays), joined{{1, 2, 3, 4.0f}};
        std::vector<std::vector<SynapseEntry>> rows(1000);  // the last are empty
        for (const SynapseEntry& e : expected) rows[e.target].push_back(e);
        sort_synapses(expected);
        join_rows(rows, joined);
        REQUIRE(joined.size() == n);
        REQUIRE(std::equal(joined.begin(), joined.end(), expected.begin(), [](const auto& a, const auto& b) {
          return a.source == b.source && a.target == b.target && a.delay == b.delay && a.weight == b.weight;
        }));
      }
}

}  // namespace penfield::test
