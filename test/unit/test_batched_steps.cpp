// A network whose shortest delay is several steps updates as many before it delivers: the same bits as a step
// at a time.
#include <nlohmann/json.hpp>

#include "host/bench/networks.hpp"
#include "host/build/build_network.hpp"
#include "host/scenario/scenario_json.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"
#include "test/support/small_network.hpp"

namespace penfield {

namespace {

constexpr StepIndex kSteps = 600;

/// A bench network with another shortest delay. The list slots of a run count in its digest, so all runs that
/// are compared build the same network.
Network small_network(const std::string& name, double scale, double delay_ms) {
  for (const BenchNetwork& n : bench_networks()) {
    if (name != n.name) continue;
    auto scenario = nlohmann::ordered_json::parse(n.scenario(scale));
    for (auto& projection : scenario["projections"])
      if (projection["delay_ms"].is_number()) projection["delay_ms"] = delay_ms;
    return build_network(parse_scenario(scenario.dump(), name, ".", {}), BuildOptions{});
  }
  throw std::runtime_error("no network " + name);
}

struct Ran {
  StateDigest digest;
  std::vector<Spike> spikes;
};

/// `piece` steps a call.
Ran run(Network network, const cpu::CpuEngineOptions& options, StepIndex piece = kSteps) {
  const auto engine = cpu::make_cpu_engine(network, options);
  engine->record_spikes(std::vector<bool>(network.populations.size(), true));
  for (StepIndex done = 0; done < kSteps; done += piece) engine->run(std::min(piece, kSteps - done));
  return {digest(network), engine->take_spikes()};
}

cpu::CpuEngineOptions threads(std::uint32_t n) {
  cpu::CpuEngineOptions options;
  options.threads = n;
  return options;
}

bool same(const std::vector<Spike>& a, const std::vector<Spike>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Spike& x, const Spike& y) {
    return x.step == y.step && x.population == y.population && x.neuron == y.neuron;
  });
}

}  // namespace

TEST_CASE("batches of steps change no bit, whatever the shortest delay and the pieces of a run") {
  const auto [name, scale] = GENERATE(table<const char*, double>({{"brunel", 0.02}, {"vogels", 0.2}}));
  const double delay_ms = GENERATE(0.1, 0.2, 0.3, 0.8, 1.5, 1.6, 1.7, 2.5);
  const auto network = [&, n = name, s = scale] { return small_network(n, s, delay_ms); };
  cpu::CpuEngineOptions team;
  team.team_threads = 2;  // one step at a time
  const Ran reference = run(network(), team);
  INFO(name << ", " << delay_ms << " ms");
  REQUIRE(reference.spikes.size() > 500);
  for (std::uint32_t n : {1u, 2u, 3u}) {
    const Ran batched = run(network(), threads(n));
    CHECK(batched.digest == reference.digest);
    CHECK(same(batched.spikes, reference.spikes));
  }
  for (StepIndex piece : {StepIndex{1}, StepIndex{7}, StepIndex{8}, StepIndex{9}, StepIndex{17}})
    CHECK(run(network(), threads(2), piece).digest == reference.digest);
}

TEST_CASE("tiles of more targets than spread delays leave room for change no bit") {
  const std::string weights = GENERATE("equal", "drawn");
  Scenario s;
  s.areas["A"] = {1.0, 1.0, false};
  s.dt_ms = 0.1;
  s.seed = 5;
  s.populations = {test::population_spec("A/E", "iaf_psc_exp", 20001)};
  s.populations[0].initial_v_m_mV = test::uniform(-70.0, -50.0);
  s.populations[0].params["i_e_pA"] = 450.0;
  ProjectionSpec p;
  p.name = "all";
  p.from = p.to = "A/E";
  p.port = "excitatory";
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = 8;
  p.weight = weights == "equal" ? test::constant(20.0) : test::uniform(5.0, 30.0);
  p.delay.base_ms = test::constant(1.5);
  s.projections.push_back(p);
  const auto build = [&](std::uint32_t tile_size) { return build_network(s, test::tiles_of(tile_size)); };
  REQUIRE(build_network(s, {}).populations[0]->view.tile_size == 32768);
  const Ran narrow = run(build(2048), threads(2));
  REQUIRE(narrow.spikes.size() > 10000);
  for (std::uint32_t tile_size : {8192u, 16384u, 32768u, 65536u}) {
    CAPTURE(weights, tile_size);
    const Ran wide = run(build(tile_size), threads(2));
    CHECK(wide.digest == narrow.digest);
    CHECK(same(wide.spikes, narrow.spikes));
  }
  const Network wide_rows = build(32768);
  std::vector<std::uint64_t> in_degree(20001, 0);
  wide_rows.projections[0]->for_each_synapse(0, [&](const Projection::Synapse& synapse) {
    REQUIRE(synapse.delay == 15);
    ++in_degree[synapse.target];
  });
  CHECK(std::all_of(in_degree.begin(), in_degree.end(), [](std::uint64_t n) { return n == 8; }));
  s.projections[0].delay.base_ms = test::uniform(1.0, 2.0);
  CHECK(build_network(s, {}).populations[0]->view.tile_size == 4096);
  CHECK_THROWS_AS(build(8192), Error);
}

TEST_CASE("spike lists hold two batches") {
  CHECK(small_network("brunel", 0.02, 0.1).populations[0]->view.list_slots == 2);
  CHECK(small_network("brunel", 0.02, 0.3).populations[0]->view.list_slots == 8);
  CHECK(small_network("brunel", 0.02, 1.5).populations[0]->view.list_slots == 32);
  CHECK(small_network("brunel", 0.02, 3.5).populations[0]->view.list_slots == 64);  // 19 steps, two of 16
}

}  // namespace penfield
