// Networks side by side: each runs as it would alone.
#include "host/build/merge_networks.hpp"

#include <algorithm>
#include <vector>

#include "host/bench/networks.hpp"
#include "host/build/build_network.hpp"
#include "host/scenario/scenario_json.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"

namespace penfield {

namespace {

constexpr StepIndex kSteps = 700;

Network network_of(const std::string& name, double scale, std::uint32_t seed) {
  for (const BenchNetwork& n : bench_networks())
    if (name == n.name)
      return build_network(parse_scenario(n.scenario(scale), name, ".", {"seed=" + std::to_string(seed)}),
                           {});
  throw std::runtime_error("no network " + name);
}

/// Runs, brings weights up to date, and returns who fired.
std::vector<Spike> run(Network& network, std::uint32_t threads) {
  cpu::CpuEngineOptions options;
  options.threads = threads;
  const auto engine = cpu::make_cpu_engine(network, options);
  engine->record_spikes(std::vector<bool>(network.populations.size(), true));
  engine->run(kSteps);
  engine->flush();
  return engine->take_spikes();
}

std::vector<std::uint32_t> weights_of(const Projection& p) {
  std::vector<std::uint32_t> out;
  for (std::size_t t = 0; t < p.tiles.size(); ++t)
    p.for_each_synapse(t, [&](const Projection::Synapse& s) { out.push_back(s.weight_bits); });
  return out;
}

}  // namespace

TEST_CASE("networks side by side spike and learn as they would alone") {
  const auto [name, scale] = GENERATE(table<const char*, double>(
      {{"brunel", 0.02}, {"brunel_stdp", 0.02}, {"pd14_poisson", 0.01}, {"spice_brunel", 0.0002}}));
  CAPTURE(name);
  const std::uint32_t seeds[] = {5, 9, 6};
  std::vector<Network> networks;
  for (std::uint32_t seed : seeds) networks.push_back(network_of(name, scale, seed));
  const auto per_network = static_cast<std::uint32_t>(networks[0].populations.size());
  const std::size_t projections = networks[0].projections.size();
  Network merged = merge_networks(std::move(networks));
  REQUIRE(merged.populations.size() == 3 * per_network);
  const std::vector<Spike> all = run(merged, 2);
  for (std::uint32_t k = 0; k < 3; ++k) {
    Network alone = network_of(name, scale, seeds[k]);
    std::vector<Spike> mine;
    for (Spike s : all)
      if (s.population / per_network == k) {
        s.population %= per_network;
        mine.push_back(s);
      }
    const std::vector<Spike> expected = run(alone, 1);
    REQUIRE(expected.size() > 100);
    REQUIRE(std::equal(mine.begin(), mine.end(), expected.begin(), expected.end(),
                       [](const Spike& a, const Spike& b) {
                         return a.step == b.step && a.population == b.population && a.neuron == b.neuron;
                       }));
    for (std::size_t q = 0; q < projections; ++q)
      REQUIRE(weights_of(*merged.projections[k * projections + q]) == weights_of(*alone.projections[q]));
  }
}

TEST_CASE("networks that cannot run side by side are refused") {
  CHECK_THROWS(merge_networks({}));
  std::vector<Network> networks;
  networks.push_back(network_of("brunel", 0.01, 1));
  networks.push_back(network_of("brunel", 0.01, 2));
  networks.back().dt_ms = 0.2;
  CHECK_THROWS(merge_networks(std::move(networks)));
}

}  // namespace penfield
