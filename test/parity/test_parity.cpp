// The CUDA engine against the CPU engine: the same bits, step by step and over long runs. The network has
// every neuron model, connection rule, plasticity rule, delay convention, drive and homeostat
// (test/support/every_model.hpp).
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "host/build/merge_networks.hpp"
#include "host/run/measure.hpp"
#include "host/run/raw_run.hpp"
#include "penfield/base/error.hpp"
#include "test/parity/on_card.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

CudaEngineOptions graphs_of(std::uint32_t graph_steps) {
  CudaEngineOptions o;
  o.graph_steps = graph_steps;
  return o;
}

}  // namespace

TEST_CASE("one step on copied state gives the same bits") {
  if (card().empty()) return;
  BuildOptions build;
  build.tile_size = GENERATE(0u, 256u, 2048u);
  CAPTURE(build.tile_size);
  Pair pair({}, build);
  for (StepIndex k = 0; k < steps(200, 40); ++k) {
    copy_state(pair.cpu.network, pair.gpu.network);
    pair.gpu.engine->set_now(pair.cpu.engine->now());
    pair.gpu.engine->set_flush_times(pair.cpu.engine->flush_times());
    pair.gpu.engine->upload();
    pair.run(1);
    if (k % 16 == 15) pair.flush();
    pair.require_equal();
  }
}

TEST_CASE("tiles of a CPU that are larger than any of a card's run on it all the same") {
  if (card().empty()) return;
  const Distribution weight = GENERATE(constant(0.5), uniform(0.1, 0.9));
  const Scenario s = two_layers(50, 9001, 3, weight, constant(1.0), 0.1);
  BuildOptions build;
  build.tile_sizes = {64, 16384};
  Network on_cpu = build_network(s, build), on_card = build_network(s, build);
  on_cpu.populations[0]->background_Hz.fill(2000.0f);
  on_card.populations[0]->background_Hz.fill(2000.0f);
  const auto cpu = cpu::make_cpu_engine(on_cpu, {});
  const auto gpu = cuda::make_cuda_engine(on_card, {});
  cpu->run(60);
  gpu->run(60);
  gpu->download();
  REQUIRE(first_difference(on_cpu, on_card) == "");
}

TEST_CASE("lists of more segments than a block has threads, and of many rows, are delivered whole") {
  if (card().empty()) return;
  const std::string kind = GENERATE("uniform", "weights", "axonal", "dendritic");
  CAPTURE(kind);
  const Distribution weight = kind == "uniform" ? constant(0.1) : normal(0.1, 0.03, 0.0, 0.2);
  Scenario s = two_layers(601, emulated() ? 1601 : 6401, 100, weight, uniform(1.0, 18.0));
  if (kind == "axonal" || kind == "dendritic")
    s.projections[0].plasticity =
        PlasticitySpec{"stdp_pair", {{"w_max", 0.2}, {"w_min", 0.0}}, kind == "dendritic"};
  BuildOptions build;
  build.tile_sizes = {4, emulated() ? 16u : 4u};  // more tiles than blocks that a card takes at once
  Network on_cpu = build_network(s, build), on_card = build_network(s, build);
  on_cpu.populations[0]->background_Hz.fill(400.0f);
  on_card.populations[0]->background_Hz.fill(400.0f);
  const auto cpu = cpu::make_cpu_engine(on_cpu, {});
  const auto gpu = cuda::make_cuda_engine(on_card, {});
  for (const StepIndex steps : {StepIndex{2}, StepIndex{12}}) {
    cpu->run(steps);
    gpu->run(steps);
    gpu->download();
    REQUIRE(first_difference(on_cpu, on_card) == "");
  }
  cpu->set_learning(false);
  gpu->set_learning(false);
  cpu->run(3);
  gpu->run(3);
  gpu->download();
  REQUIRE(first_difference(on_cpu, on_card) == "");
  std::uint64_t spikes = 0;
  for (const std::uint32_t count : on_cpu.populations[1]->spike_count) spikes += count;
  REQUIRE(spikes > 0);
}

TEST_CASE("free runs give the same bits, spikes included") {
  if (card().empty()) return;
  const std::uint32_t graph_steps = GENERATE(0u, 7u, 32u);
  CAPTURE(graph_steps);
  Pair pair(graphs_of(graph_steps));
  const std::vector<bool> all(pair.cpu.network.populations.size(), true);
  pair.cpu.engine->record_spikes(all);
  pair.gpu.engine->record_spikes(all);
  const StepIndex end = steps(graph_steps == 32 ? 10000 : 2000, 600);
  for (StepIndex k = 1; pair.cpu.engine->now() < end; ++k) {
    pair.run(std::min<StepIndex>(97 * k % 500 + 1, end - pair.cpu.engine->now()));
    if (k % 5 == 0) pair.flush();
    pair.require_equal();
  }
  REQUIRE(pair.cpu.engine->flush_times().last > 0);
  const std::vector<Spike> expected = pair.cpu.engine->take_spikes();
  REQUIRE(expected.size() > 1000);
  REQUIRE(same_spikes(expected, pair.gpu.engine->take_spikes()));
  pair.flush();
  pair.require_equal("flushed,");
}

TEST_CASE("histories that fill up bring flushes within a run, in the same steps") {
  if (card().empty()) return;
  Pair pair;
  pair.run(steps(4000, 900));
  REQUIRE(pair.cpu.engine->flush_times().last > 0);  // nobody asked for one from outside
  pair.require_equal();
}

TEST_CASE("macro steps with homeostasis, rewiring and touches give the same bits") {
  if (card().empty()) return;
  Pair pair;
  for (int k = 0; k < (emulated() ? 3 : 5); ++k) {
    pair.cpu.macro_step();
    pair.gpu.macro_step();
    pair.require_equal("macro step " + std::to_string(k) + ",");
    REQUIRE(pair.cpu.slow_digest() == pair.gpu.slow_digest());
  }
  REQUIRE(pair.cpu.counts.formed > 0);
  REQUIRE(pair.cpu.counts.formed == pair.gpu.counts.formed);
  REQUIRE(pair.cpu.counts.deleted == pair.gpu.counts.deleted);
}

TEST_CASE("a raw run whose homeostats move gains beside learning gives the same bits") {
  if (card().empty()) return;
  Scenario s = two_layers(60, 40, 20, constant(1.0), constant(1.0));
  s.until_s = emulated() ? 0.4 : 2.0;
  s.projections[0].plasticity =
      PlasticitySpec{"stdp_pair", {{"a_plus", 0.002}, {"a_minus", 0.001}, {"w_max", 5.0}}, false};
  StimulusSpec rate;
  rate.kind = StimulusSpec::Kind::rate;
  rate.to = "A/from";
  rate.rate_Hz = 30.0;
  s.stimuli = {rate};
  HomeostasisSpec h;
  h.name = "scaling";
  h.of = "A/to";
  h.port = "delta";
  h.tau_s = 1.0;
  h.sensor_tau_s = 0.5;
  h.every_s = 0.02;
  h.set_point_Hz = 10.0;
  s.homeostasis = {h};
  Network on_cpu = build_network(s, tiles_of(16)), on_card = build_network(s, tiles_of(16));
  const auto cpu = cpu::make_cpu_engine(on_cpu, {});
  const auto gpu = cuda::make_cuda_engine(on_card, {});
  for (const auto& [network, engine] : {std::pair{&on_cpu, cpu.get()}, std::pair{&on_card, gpu.get()}}) {
    RawRun raw(s, *network, *engine);
    REQUIRE(raw.run());
    engine->flush();
    engine->download();
  }
  REQUIRE(on_cpu.populations[1]->factor[0][0] != 1.0f);
  REQUIRE(first_difference(on_cpu, on_card) == "");
}

TEST_CASE("learning off and on again, and another seed, are followed") {
  if (card().empty()) return;
  Pair pair;
  pair.run(steps(500, 100));
  for (const bool on : {false, true}) {
    pair.cpu.engine->set_learning(on);
    pair.gpu.engine->set_learning(on);
    ++pair.cpu.network.seed;
    ++pair.gpu.network.seed;
    pair.run(steps(500, 100));
    pair.require_equal(on ? "learning," : "frozen,");
  }
  // Back in time, as after a probe.
  pair.cpu.engine->set_now(10);
  pair.gpu.engine->set_now(10);
  pair.run(40);
  pair.require_equal("set back,");
}

TEST_CASE("the card reads no memory of the host while it runs") {
  if (card().empty()) return;
  Pair pair;
  pair.run(40);
  pair.gpu.engine->download();
  std::vector<std::vector<std::byte>> saved;
  for (const StateArray& a : pair.gpu.network.arrays()) {
    saved.emplace_back(a.data, a.data + a.bytes);
    std::memset(a.data, 0xA5, a.bytes);
  }
  pair.run(80);
  std::size_t k = 0;
  for (const StateArray& a : pair.gpu.network.arrays()) {
    if (a.kind != ArrayKind::fast && a.kind != ArrayKind::slow) std::memcpy(a.data, saved[k].data(), a.bytes);
    ++k;
  }
  pair.require_equal();
}

TEST_CASE("networks side by side on the card end as each would alone") {
  if (card().empty()) return;
  const ScratchFolder folder;
  std::vector<Scenario> scenarios;
  std::vector<Network> networks;
  for (const std::uint32_t seed : {3u, 8u}) {
    scenarios.push_back(every_model_scenario(folder, size_of_network(), seed));
    scenarios.back().populations[1].params["tau_m_ms"] = 9.0 + seed;
    networks.push_back(build_network(scenarios.back(), {}));
    enter_pulses(scenarios.back(), networks.back());
  }
  Network both = merge_networks(std::move(networks));
  const auto engine = cuda::make_cuda_engine(both, {});
  engine->run(steps(4000, 300));
  engine->flush();
  engine->download();
  for (std::uint32_t k = 0; k < 2; ++k) {
    EveryModelRun alone(scenarios[k]);
    alone.engine->run(steps(4000, 300));
    alone.engine->flush();
    REQUIRE(alone.num_spikes() > 100);
    REQUIRE(digest_of_instance(both, k) == digest(alone.network));
  }
}

TEST_CASE("a spike buffer that holds one step loses nothing") {
  if (card().empty()) return;
  CudaEngineOptions options;
  options.spike_buffer_MiB = 0;
  Pair pair(options);
  std::vector<bool> some(pair.cpu.network.populations.size(), false);
  some[1] = some[4] = true;
  pair.cpu.engine->record_spikes(some);
  pair.gpu.engine->record_spikes(some);
  pair.run(steps(1000, 150));
  const std::vector<Spike> expected = pair.cpu.engine->take_spikes();
  REQUIRE_FALSE(expected.empty());
  REQUIRE(same_spikes(expected, pair.gpu.engine->take_spikes()));
  pair.require_equal();
}

TEST_CASE("what does not fit onto the card is said in bytes") {
  if (card().empty()) return;
  CudaEngineOptions options;
  options.spike_buffer_MiB = 1u << 24;  // 16 TiB
  Pair pair(options);
  try {
    pair.gpu.engine->record_spikes(std::vector<bool>(pair.cpu.network.populations.size(), true));
    FAIL("16 TiB were allocated");
  } catch (const Error& e) {
    REQUIRE(e.code() == ExitCode::memory);
    REQUIRE(std::string(e.what()).find("MiB were asked for") != std::string::npos);
    REQUIRE(std::string(e.what()).find("are free") != std::string::npos);
  }
  pair.gpu.engine->record_spikes({});
  pair.run(50);
  pair.require_equal("without recording,");
}

}  // namespace penfield::test
