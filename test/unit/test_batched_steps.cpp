// A network whose shortest delay is several steps updates as many before it delivers: the same bits as a step
// at a time.
#include <nlohmann/json.hpp>

#include "host/bench/networks.hpp"
#include "host/build/build_network.hpp"
#include "host/scenario/scenario_json.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"

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

TEST_CASE("spike lists hold two batches") {
  CHECK(small_network("brunel", 0.02, 0.1).populations[0]->view.list_slots == 2);
  CHECK(small_network("brunel", 0.02, 0.3).populations[0]->view.list_slots == 8);
  CHECK(small_network("brunel", 0.02, 1.5).populations[0]->view.list_slots == 32);
  CHECK(small_network("brunel", 0.02, 3.5).populations[0]->view.list_slots == 64);  // 19 steps, two of 16
}

}  // namespace penfield
