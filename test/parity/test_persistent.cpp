// The persistent kernel against the CPU engine: the same bits at the end of every run, whatever number of
// blocks share the work and whoever owns a tile. Step by step the graph is compared (test_parity.cpp).
#include <algorithm>
#include <string>
#include <vector>

#include "host/build/merge_networks.hpp"
#include "host/run/measure.hpp"
#include "penfield/base/error.hpp"
#include "test/parity/on_card.hpp"
#include "test/support/small_network.hpp"
#include "test/support/thread_ranks.hpp"

namespace penfield::test {

namespace {

CudaEngineOptions persistent(std::uint32_t blocks = 0) {
  CudaEngineOptions o;
  o.kernel = cuda::StepKernel::persistent;
  o.persistent_blocks = blocks;
  return o;
}

bool says(const Engine& engine, const std::string& text) {
  return engine.device().find(text) != std::string::npos;
}

/// The networks of penfield_digest with its last argument 1: nothing learns, and several steps are updated
/// before they are delivered.
void static_with_short_steps(Scenario& scenario) {
  for (ProjectionSpec& p : scenario.projections) p.plasticity.reset();
  scenario.dt_ms /= 4.0;
}

/// From one population to another, with delays of up to 18 steps.
Scenario spread_delays(const std::string& kind, std::uint32_t targets) {
  const Distribution weight = kind == "uniform" ? constant(0.2) : normal(0.2, 0.06, 0.0, 0.4);
  Scenario s = two_layers(301, targets, 100, weight, uniform(2.0, 18.0));
  s.populations.insert(s.populations.begin() + 1, population_spec("A/alone", "adex", 65));
  if (kind == "axonal" || kind == "dendritic")
    s.projections[0].plasticity =
        PlasticitySpec{"stdp_pair", {{"w_max", 0.4}, {"w_min", 0.0}}, kind == "dendritic"};
  return s;
}

}  // namespace

TEST_CASE("the persistent kernel: free runs with flushes give the same bits, spikes included") {
  if (card().empty()) return;
  const std::uint32_t blocks = GENERATE(0u, 1u, 5u);
  BuildOptions build;
  build.tile_size = GENERATE(0u, 64u, 2048u);
  CAPTURE(blocks, build.tile_size);
  Pair pair(persistent(blocks), build);
  const std::vector<bool> all(pair.cpu.network.populations.size(), true);
  pair.cpu.engine->record_spikes(all);
  pair.gpu.engine->record_spikes(all);
  const StepIndex end = steps(5000, 300);
  for (StepIndex k = 1; pair.cpu.engine->now() < end; ++k) {
    pair.run(std::min<StepIndex>(97 * k % 500 + 1, end - pair.cpu.engine->now()));
    if (k % 2 == 0) pair.flush();
    pair.require_equal();
  }
  const std::vector<Spike> expected = pair.cpu.engine->take_spikes();
  REQUIRE(expected.size() > 500);
  REQUIRE(same_spikes(expected, pair.gpu.engine->take_spikes()));
}

TEST_CASE("the persistent kernel refuses a rule of events by name") {
  if (card().empty()) return;
  Scenario s = two_layers(40, 40, 10, constant(0.1), constant(1.0));
  s.projections[0].plasticity = PlasticitySpec{"stdp_triplet", {}, false};
  Network network = build_network(s, {});
  try {
    cuda::make_cuda_engine(network, persistent());
    FAIL("it runs a kernel that has no such rule");
  } catch (const Error& e) {
    CHECK(e.code() == ExitCode::usage);
    CHECK(std::string(e.what()).find("stdp_triplet") != std::string::npos);
  }
}

TEST_CASE("the persistent kernel: histories that fill up bring flushes in the same steps") {
  if (card().empty()) return;
  Pair pair(persistent(GENERATE(0u, 2u)));
  pair.run(steps(4000, 900));
  REQUIRE(pair.cpu.engine->flush_times().last > 0);  // nobody asked for one from outside
  pair.require_equal();
}

TEST_CASE("the persistent kernel: owners keep rings in shared memory, and few wait for each other") {
  if (card().empty()) return;
  BuildOptions build;
  build.tile_size = 64;
  const std::uint32_t blocks = GENERATE(1u, 3u);
  Pair pair(persistent(blocks), build, static_with_short_steps);
  CAPTURE(pair.gpu.engine->device());
  REQUIRE(pair.cpu.network.batched_steps() > 1);
  REQUIRE(says(*pair.gpu.engine, "1 barrier in"));
  REQUIRE_FALSE(says(*pair.gpu.engine, "rings of 0 tiles"));
  const std::vector<bool> all(pair.cpu.network.populations.size(), true);
  pair.cpu.engine->record_spikes(all);
  pair.gpu.engine->record_spikes(all);
  for (const StepIndex part : {steps(6000, 301), StepIndex{1}, StepIndex{5}, steps(999, 100)}) {
    pair.run(part);
    pair.require_equal();
  }
  const std::vector<Spike> expected = pair.cpu.engine->take_spikes();
  REQUIRE_FALSE(expected.empty());
  REQUIRE(same_spikes(expected, pair.gpu.engine->take_spikes()));
}

TEST_CASE("the persistent kernel: fewer tiles than blocks are shared out, at the cost of a barrier") {
  if (card().empty()) return;
  BuildOptions build;
  build.tile_size = 2048;
  Pair pair(persistent(), build, static_with_short_steps);
  CAPTURE(pair.gpu.engine->device());
  REQUIRE(says(*pair.gpu.engine, "2 barriers in"));
  pair.run(steps(6000, 250));
  pair.require_equal();
}

TEST_CASE("the persistent kernel: spread delays, static and plastic, and a population that hears nothing") {
  if (card().empty()) return;
  const std::string kind = GENERATE("uniform", "weights", "axonal", "dendritic");
  const std::uint32_t blocks = GENERATE(0u, 4u);
  const Scenario s = spread_delays(kind, emulated() ? 801 : 6401);
  CAPTURE(kind, blocks);
  BuildOptions build;
  build.tile_sizes = {32, 64, 32};
  Network on_cpu = build_network(s, build), on_card = build_network(s, build);
  on_cpu.populations[0]->background_Hz.fill(200.0f);
  on_card.populations[0]->background_Hz.fill(200.0f);
  const auto cpu = cpu::make_cpu_engine(on_cpu, {});
  const auto gpu = cuda::make_cuda_engine(on_card, persistent(blocks));
  for (const bool learning : {true, false}) {
    cpu->set_learning(learning);
    gpu->set_learning(learning);
    cpu->run(45);
    gpu->run(45);
    gpu->download();
    REQUIRE(first_difference(on_cpu, on_card) == "");
  }
  std::uint64_t spikes = 0;
  for (const std::uint32_t count : on_cpu.populations[2]->spike_count) spikes += count;
  REQUIRE(spikes > 0);
}

TEST_CASE("the persistent kernel: a network without synapses") {
  if (card().empty()) return;
  Scenario s = spread_delays("uniform", 100);
  s.projections.clear();
  Network on_cpu = build_network(s, {}), on_card = build_network(s, {});
  const auto cpu = cpu::make_cpu_engine(on_cpu, {});
  const auto gpu = cuda::make_cuda_engine(on_card, persistent());
  cpu->run(30);
  gpu->run(30);
  gpu->download();
  REQUIRE(first_difference(on_cpu, on_card) == "");
}

TEST_CASE("the persistent kernel: macro steps with homeostasis, rewiring and touches") {
  if (card().empty()) return;
  Pair pair(persistent(7));
  for (int k = 0; k < (emulated() ? 2 : 5); ++k) {
    pair.cpu.macro_step();
    pair.gpu.macro_step();
    pair.require_equal("macro step " + std::to_string(k) + ",");
    REQUIRE(pair.cpu.slow_digest() == pair.gpu.slow_digest());
  }
  REQUIRE(pair.cpu.counts.formed > 0);
}

TEST_CASE(
    "the persistent kernel: learning off and on again, another seed, back in time, little room for spikes") {
  if (card().empty()) return;
  CudaEngineOptions options = persistent(6);
  options.spike_buffer_MiB = 0;
  Pair pair(options);
  const std::vector<bool> all(pair.cpu.network.populations.size(), true);
  pair.cpu.engine->record_spikes(all);
  pair.gpu.engine->record_spikes(all);
  for (const bool on : {true, false, true}) {
    pair.cpu.engine->set_learning(on);
    pair.gpu.engine->set_learning(on);
    ++pair.cpu.network.seed;
    ++pair.gpu.network.seed;
    pair.run(steps(500, 60));
    pair.require_equal(on ? "learning," : "frozen,");
  }
  pair.cpu.engine->set_now(10);
  pair.gpu.engine->set_now(10);
  pair.run(40);
  pair.require_equal("set back,");
  REQUIRE(same_spikes(pair.cpu.engine->take_spikes(), pair.gpu.engine->take_spikes()));
}

TEST_CASE("the persistent kernel: networks side by side end as each would alone, and as the graph's") {
  if (card().empty()) return;
  const ScratchFolder folder;
  const bool learns = GENERATE(true, false);
  std::vector<Scenario> scenarios;
  std::vector<Network> networks, again;
  BuildOptions build;
  build.tile_size = 64;
  for (const std::uint32_t seed : {3u, 8u, 11u}) {
    scenarios.push_back(every_model_scenario(folder, size_of_network(), seed));
    if (!learns) static_with_short_steps(scenarios.back());
    fit(scenarios.back(), persistent());
    networks.push_back(build_network(scenarios.back(), build));
    again.push_back(build_network(scenarios.back(), build));
  }
  Network all = merge_networks(std::move(networks)), by_graph = merge_networks(std::move(again));
  const auto engine = cuda::make_cuda_engine(all, persistent(8));
  const auto graph = cuda::make_cuda_engine(by_graph, {});
  for (Engine* const one : {engine.get(), graph.get()}) {
    one->run(steps(4000, 200));
    one->flush();
    one->download();
  }
  REQUIRE(digest(all) == digest(by_graph));
  for (std::uint32_t k = 0; k < 3; ++k) {
    EveryModelRun alone(scenarios[k]);
    alone.engine->run(steps(4000, 200));
    alone.engine->flush();
    REQUIRE(digest_of_instance(all, k) == digest(alone.network));
  }
}

TEST_CASE("the persistent kernel is refused to ranks, by name") {
  if (card().empty()) return;
  const ScratchFolder folder;
  const Scenario scenario = every_model_scenario(folder, size_of_network());
  try {
    ThreadRanks::run(2, [&](Ranks& ranks) {
      BuildOptions build;
      build.ranks = &ranks;
      Network network = build_network(scenario, build);
      static_cast<void>(cuda::make_cuda_engine(network, persistent()));
    });
    FAIL("two ranks run one kernel");
  } catch (const Error& e) {
    REQUIRE(e.code() == ExitCode::usage);
    REQUIRE(std::string(e.what()).find("--kernel graph") != std::string::npos);
  }
}

}  // namespace penfield::test
