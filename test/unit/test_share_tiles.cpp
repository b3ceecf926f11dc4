// Tiles dealt out to ranks, and what a rank holds.
#include "host/build/share_tiles.hpp"

#include <algorithm>
#include <vector>

#include "host/build/build_network.hpp"
#include "test/support/catch.hpp"
#include "test/support/every_model.hpp"
#include "test/support/thread_ranks.hpp"

namespace penfield::test {

namespace {

/// Ranks that are only numbers.
class CountedRanks final : public Ranks {
 public:
  CountedRanks(std::uint32_t rank, std::uint32_t size) {
    rank_ = rank;
    size_ = size;
  }
};

Network network_of(const std::vector<std::uint32_t>& num_tiles) {
  Network network;
  for (std::uint32_t tiles : num_tiles) {
    auto p = std::make_unique<Population>();
    p->view.num_tiles = tiles;
    p->view.tile_size = 64;
    p->view.n = tiles * 64;
    p->view.index = static_cast<std::uint32_t>(network.populations.size());
    network.populations.push_back(std::move(p));
  }
  return network;
}

}  // namespace

TEST_CASE("every tile has one owner, and owners have about as much to do") {
  const std::uint32_t ranks = GENERATE(2u, 3u, 7u);
  CountedRanks counted(0, ranks);
  Network network = network_of({20, 5, 1, 1, 0, 33});
  network.ranks = &counted;
  share_tiles(network, {1000, 1000, 1000, 1000, 1000, 1000});
  std::vector<std::uint32_t> owned(ranks, 0);
  for (const auto& p : network.populations) {
    REQUIRE(p->rank_tiles.size() == ranks + 1);
    REQUIRE(p->rank_tiles.front() == 0);
    REQUIRE(p->rank_tiles.back() == p->view.num_tiles);
    for (std::uint32_t r = 0; r < ranks; ++r) {
      const TileRange tiles = network.tiles_of(*p, r);
      REQUIRE(tiles.begin <= tiles.end);
      owned[r] += tiles.end - tiles.begin;
    }
  }
  const auto [least, most] = std::minmax_element(owned.begin(), owned.end());
  REQUIRE(*most - *least <= 1);
}

TEST_CASE("a rank holds the synapses of its own tiles alone") {
  const ScratchFolder folder;
  const Scenario scenario = every_model_scenario(folder, 0.5);
  BuildOptions options;
  options.tile_size = 32;
  const Network whole = build_network(scenario, options);
  std::vector<std::uint64_t> held(3, 0);
  std::vector<std::uint64_t> foreign(3, 0);
  ThreadRanks::run(3, [&](Ranks& ranks) {
    BuildOptions own = options;
    own.ranks = &ranks;
    const Network part = build_network(scenario, own);
    held[ranks.rank()] = part.num_synapses();
    for (const auto& p : part.projections)
      for (std::uint32_t t = 0; t < p->tiles.size(); ++t)
        if (!part.own_tiles(*part.populations[p->view.target]).holds(t))
          foreign[ranks.rank()] += p->tiles[t].num_synapses();
  });
  REQUIRE(held[0] + held[1] + held[2] == whole.num_synapses());
  REQUIRE(foreign == std::vector<std::uint64_t>(3, 0));
  for (std::uint64_t synapses : held) REQUIRE(synapses < whole.num_synapses() / 2);
}

TEST_CASE("an error of one rank becomes all ranks'") {
  std::vector<std::string> said(3);
  ThreadRanks::run(3, [&](Ranks& ranks) {
    try {
      agree(ranks, [&] {
        if (ranks.rank() == 1) throw Error(ExitCode::numerics, "not finite");
      });
    } catch (const Error& e) {
      said[ranks.rank()] = std::to_string(static_cast<int>(e.code())) + e.what();
    }
  });
  REQUIRE(said == std::vector<std::string>(3, "9not finite"));
}

}  // namespace penfield::test
