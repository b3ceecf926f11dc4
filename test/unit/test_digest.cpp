// What the digest's three parts cover. That every bit of the state is seen: test/bits/test_bit_flips.cpp.
#include "host/build/build_network.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"
#include "test/support/row_forms.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

Scenario two_populations() {
  Scenario s;
  s.dt_ms = 1.0;
  s.areas["A"] = {1.0, 1.0, false};
  s.populations = {population_spec("A/one", "iaf_psc_exp", 130), population_spec("A/two", "relay", 70)};
  ProjectionSpec p;
  p.name = "tested";
  p.from = "A/two";
  p.to = "A/one";
  p.port = "excitatory";
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = 9;
  p.weight = uniform(0.0, 5.0);
  p.delay.base_ms = uniform(1.0, 6.0);
  p.plasticity = PlasticitySpec{"stdp_pair", {{"w_max", 6.0}, {"a_plus", 0.1}}, false};
  s.projections.push_back(p);
  StimulusSpec rate;
  rate.kind = StimulusSpec::Kind::rate;
  rate.to = "A/two";
  rate.rate_Hz = 80.0;
  s.stimuli.push_back(rate);
  return s;
}

}  // namespace

TEST_CASE("an empty network has a digest of zero") { REQUIRE(digest(Network{}).all() == 0); }

TEST_CASE("each part of the digest answers to its own state") {
  Network network = build_network(two_populations(), {});
  const StateDigest built = digest(network);
  REQUIRE(built.input == 0);
  REQUIRE(built.all() == built.neurons + built.synapses);

  network.populations[0]->columns[0][7] ^= 1u;
  StateDigest d = digest(network);
  REQUIRE(d.neurons != built.neurons);
  REQUIRE(d.input == built.input);
  REQUIRE(d.synapses == built.synapses);
  network.populations[0]->columns[0][7] ^= 1u;

  network.populations[0]->ring[0][3] += 1;
  d = digest(network);
  REQUIRE(d.neurons == built.neurons);
  REQUIRE(d.input != built.input);
  REQUIRE(d.synapses == built.synapses);
  network.populations[0]->ring[0][3] -= 1;

  network.projections[0]->tiles[0].weight[11] += 0.25f;
  d = digest(network);
  REQUIRE(d.neurons == built.neurons);
  REQUIRE(d.input == built.input);
  REQUIRE(d.synapses != built.synapses);
}

TEST_CASE("the digest does not depend on tiles, in mid-run either") {
  Network small = build_network(two_populations(), tiles_of(16));
  Network large = build_network(two_populations(), tiles_of(256));
  REQUIRE(digest(small) == digest(large));
  cpu::make_cpu_engine(small, {})->run(100);
  cpu::make_cpu_engine(large, {})->run(100);
  REQUIRE(digest(small).input != 0);
  REQUIRE(digest(small) == digest(large));
}

TEST_CASE("another seed, another digest of positions' consequences, weights and wiring") {
  Scenario s = two_populations();
  const StateDigest one = digest(build_network(s, {}));
  s.seed = 2;
  REQUIRE(digest(build_network(s, {})).synapses != one.synapses);
}

TEST_CASE("damaged sizes and offsets change the digest and are not followed") {
  Network network = build_network(two_populations(), tiles_of(16));
  const StateDigest built = digest(network);
  for (const std::uint32_t size : {17u, 1u << 20, 0xffffffffu}) {
    network.populations[1]->list_size[0] = size;
    REQUIRE_FALSE(digest(network) == built);
  }
  network.populations[1]->list_size[0] = 0;
  SynapseTile& tile = network.projections[0]->tiles[0];
  const auto damage = [&](auto& number, auto value) {
    const auto old = number;
    number = value;
    REQUIRE_FALSE(digest(network) == built);
    number = old;
  };
  keep_as_offsets(tile);
  REQUIRE(digest(network) == built);
  for (const std::size_t k : {std::size_t{0}, std::size_t{1}, tile.offset.size() - 1})
    for (const std::uint32_t value : {12345678u, 0xffffffffu}) damage(tile.offset[k], value);

  keep_in_groups(tile);
  REQUIRE(digest(network) == built);
  for (const std::size_t g : {std::size_t{0}, tile.group.size() - 1}) {
    for (const std::uint32_t value : {12345678u, 0xffffffffu}) {
      damage(tile.group[g].first, value);
      damage(tile.group[g].begin, value);
    }
    damage(tile.group[g].present, tile.group[g].present ^ std::uint64_t{1});
    damage(tile.group[g].present, ~std::uint64_t{0});
  }
  for (const std::size_t k : {std::size_t{0}, tile.row_end.size() - 1})
    damage(tile.row_end[k], std::uint16_t{65535});
  tile.row_end.resize(1);
  REQUIRE_FALSE(digest(network) == built);
}

}  // namespace penfield::test
