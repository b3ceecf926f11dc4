// The CPU engine at its edges: sizes, delays, pieces, what is saved and put back.
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/probe/fast_state.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "penfield/numerics/fixed_point.hpp"
#include "penfield/step/deliver.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/every_model.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

Scenario one_area() {
  Scenario s;
  s.dt_ms = 1.0;
  s.areas["A"] = {1.0, 1.0, false};
  return s;
}

/// An iaf_psc_delta neuron fires in the very step in which this arrives.
constexpr double kKick_mV = 30.0;

void add_projection(Scenario& s, const std::string& from, const std::string& to, RuleSpec::Kind kind,
                    const Distribution& delay_ms, const std::string& plasticity = "") {
  ProjectionSpec p;
  p.name = from + " -> " + to + " " + std::to_string(s.projections.size());
  p.from = from;
  p.to = to;
  p.port = "delta";
  p.rule.kind = kind;
  p.weight = constant(kKick_mV);
  p.delay.base_ms = delay_ms;
  if (plasticity == "axonal" || plasticity == "dendritic")
    p.plasticity = PlasticitySpec{"stdp_pair", {{"w_max", kKick_mV}}, plasticity == "dendritic"};
  s.projections.push_back(p);
}

/// Lets an iaf_psc_delta neuron fire at `step`, which must be within the ring's reach.
void kick(Network& network, std::uint32_t population, std::uint32_t neuron, StepIndex step) {
  PopulationView& p = network.populations[population]->view;
  if (p.ring[0] == nullptr) {  // hears nothing else
    p.ring_slots = 4;
    network.populations[population]->ring[0].resize(std::size_t{p.num_tiles} * p.ring_slots * p.tile_size);
    network.bind();
  }
  REQUIRE(static_cast<std::uint32_t>(step) < p.ring_slots);
  *ring_tile(p, 0, neuron / p.tile_size, 0).at(static_cast<std::int32_t>(step), neuron % p.tile_size) =
      to_fixed(static_cast<float>(kKick_mV), p.scale_log2[0]);
}

std::vector<Spike> run_and_record(Network& network, StepIndex steps, std::uint32_t threads = 1) {
  cpu::CpuEngineOptions options;
  options.threads = threads;
  const auto engine = cpu::make_cpu_engine(network, options);
  engine->record_spikes(std::vector<bool>(network.populations.size(), true));
  engine->run(steps);
  return engine->take_spikes();
}

/// Everything that a checkpoint holds.
struct Saved {
  std::vector<std::vector<std::byte>> arrays;
  StepIndex now;
  FlushTimes flushes;
};
bool is_state(const StateArray& a) {
  return a.kind == ArrayKind::fast || a.kind == ArrayKind::slow || a.kind == ArrayKind::topology;
}
Saved save(Network& network, Engine& engine) {
  Saved saved{{}, engine.now(), engine.flush_times()};
  for (const StateArray& a : network.arrays())
    if (is_state(a)) saved.arrays.emplace_back(a.data, a.data + a.bytes);
  return saved;
}
void restore(const Saved& saved, Network& network, Engine& engine) {
  std::size_t k = 0;
  for (const StateArray& a : network.arrays()) {
    if (!is_state(a)) continue;
    REQUIRE(a.bytes == saved.arrays[k].size());
    std::memcpy(a.data, saved.arrays[k].data(), a.bytes);
    ++k;
  }
  REQUIRE(k == saved.arrays.size());
  engine.set_now(saved.now);
  engine.set_flush_times(saved.flushes);
  engine.upload();
}

}  // namespace

TEST_CASE("a spike arrives after exactly its delay, up to the end of the ring and around it") {
  const int delay =
      GENERATE(1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 22, 23, 24, 31, 32, 63, 64, 127, 255, 256, 511, 1000);
  const std::string kind = GENERATE("fixed", "structural", "axonal", "dendritic");
  CAPTURE(delay, kind);
  Scenario s = one_area();
  s.populations = {population_spec("A/one", "iaf_psc_delta", 1),
                   population_spec("A/two", "iaf_psc_delta", 1)};
  add_projection(s, "A/one", "A/two", RuleSpec::Kind::all_to_all, constant(delay), kind);
  add_projection(s, "A/two", "A/one", RuleSpec::Kind::all_to_all, constant(3.0), kind);
  Network network = build_network(s, {});
  // Only a visit by a spike that leaves over a dendrite delivers at once; all else waits until it is near.
  const std::uint32_t slots = network.populations[1]->view.ring_slots;
  REQUIRE((kind == "dendritic" ? slots >= static_cast<std::uint32_t>(delay) : slots <= 32));
  kick(network, 0, 0, 0);
  const std::vector<Spike> spikes = run_and_record(network, 3 * (delay + 3) + 1);
  REQUIRE(spikes.size() == 7);
  for (StepIndex k = 0; k < 7; ++k) {
    REQUIRE(spikes[static_cast<std::size_t>(k)].step == k / 2 * (delay + 3) + k % 2 * delay);
    REQUIRE(spikes[static_cast<std::size_t>(k)].population == k % 2);
  }
}

TEST_CASE("delays of one row that differ arrive each at its own time") {
  const std::string kind = GENERATE("fixed", "axonal", "dendritic");
  Scenario s = one_area();
  s.populations = {population_spec("A/one", "iaf_psc_delta", 1),
                   population_spec("A/two", "iaf_psc_delta", 300)};
  add_projection(s, "A/one", "A/two", RuleSpec::Kind::all_to_all, uniform(40.0, 295.0), kind);
  Network network = build_network(s, tiles_of(64));
  std::vector<StepIndex> due(300, -1);
  const Projection& p = *network.projections[0];
  for (std::size_t t = 0; t < p.tiles.size(); ++t)
    p.for_each_synapse(t, [&](const Projection::Synapse& s) { due[64 * t + s.target] = 1 + s.delay; });
  kick(network, 0, 0, 1);
  const std::vector<Spike> spikes = run_and_record(network, 400, 3);
  REQUIRE(spikes.size() == 301);
  for (const Spike& spike : spikes)
    if (spike.population == 1) REQUIRE(spike.step == due[spike.neuron]);
}

TEST_CASE("neurons at the edges of tiles fire and are reached like all others") {
  const std::uint32_t n = GENERATE(1u, 15u, 16u, 17u, 31u, 32u, 33u, 129u);
  const std::uint32_t threads = GENERATE(1u, 4u, 16u);
  CAPTURE(n, threads);
  Scenario s = one_area();
  s.populations = {population_spec("A/one", "iaf_psc_delta", n),
                   population_spec("A/two", "iaf_psc_delta", n)};
  add_projection(s, "A/one", "A/two", RuleSpec::Kind::one_to_one, constant(2.0));
  Network network = build_network(s, tiles_of(16));
  REQUIRE(network.populations[0]->view.num_tiles == (n + 15) / 16);
  for (std::uint32_t i = 0; i < n; ++i) kick(network, 0, i, i % 2);
  const std::vector<Spike> spikes = run_and_record(network, 6, threads);
  REQUIRE(spikes.size() == 2 * n);
  std::vector<int> seen(n, 0);
  for (const Spike& spike : spikes) {
    REQUIRE(spike.step == (spike.population == 0 ? 0 : 2) + static_cast<StepIndex>(spike.neuron % 2));
    ++seen[spike.neuron];
  }
  REQUIRE(seen == std::vector<int>(n, 2));
  for (std::size_t k = 1; k < spikes.size(); ++k) {
    const Spike &a = spikes[k - 1], &b = spikes[k];
    REQUIRE(std::tie(a.step, a.population, a.neuron) < std::tie(b.step, b.population, b.neuron));
  }
}

TEST_CASE("synapses of one pair add up") {
  const double weight_mV =
      GENERATE(3.0, 4.0);  // four times that is 3 mV short of the threshold, or 1 mV beyond it
  Scenario s = one_area();
  s.populations = {population_spec("A/one", "iaf_psc_delta", 1),
                   population_spec("A/two", "iaf_psc_delta", 1)};
  add_projection(s, "A/one", "A/two", RuleSpec::Kind::fixed_in_degree, constant(1.0));
  s.projections[0].rule.count = 4;
  s.projections[0].weight = constant(weight_mV);
  Network network = build_network(s, {});
  REQUIRE(network.num_synapses() == 4);
  kick(network, 0, 0, 1);
  REQUIRE(run_and_record(network, 4).size() == (weight_mV > 3.5 ? 2 : 1));
}

TEST_CASE("empty populations and projections without synapses do no harm") {
  const std::string kind = GENERATE("fixed", "axonal", "dendritic");
  Scenario s = one_area();
  s.populations = {population_spec("A/none", "iaf_psc_delta", 0),
                   population_spec("A/some", "iaf_psc_delta", 20)};
  add_projection(s, "A/none", "A/some", RuleSpec::Kind::all_to_all, uniform(1.0, 9.0), kind);
  add_projection(s, "A/some", "A/none", RuleSpec::Kind::all_to_all, uniform(1.0, 9.0), kind);
  add_projection(s, "A/none", "A/none", RuleSpec::Kind::all_to_all, constant(1.0), kind);
  add_projection(s, "A/some", "A/some", RuleSpec::Kind::fixed_in_degree, uniform(1.0, 9.0), kind);
  s.projections.back().rule.count = 0;
  Network network = build_network(s, {});
  REQUIRE(network.num_synapses() == 0);
  REQUIRE(network.num_neurons() == 20);
  kick(network, 1, 19, 0);
  cpu::CpuEngineOptions options;
  options.threads = 3;
  const auto engine = cpu::make_cpu_engine(network, options);
  engine->record_spikes({true, true});
  engine->run(50);
  engine->flush();
  REQUIRE(engine->take_spikes().size() == 1);
  for (const StateArray& a : network.arrays()) REQUIRE(a.bytes > 0);
}

TEST_CASE("a network of nothing runs") {
  Scenario s = one_area();
  Network network = build_network(s, {});
  const auto engine = cpu::make_cpu_engine(network, {});
  engine->run(5);
  engine->flush();
  REQUIRE(engine->now() == 5);
  REQUIRE(digest(network).all() == 0);
}

TEST_CASE("no steps change nothing, nor does a flush at the start") {
  const ScratchFolder folder;
  EveryModelRun run(every_model_scenario(folder, 0.1));
  const StateDigest before = digest(run.network);
  run.engine->run(0);
  run.engine->run(-3);
  run.engine->flush();
  REQUIRE(run.engine->now() == 0);
  REQUIRE(run.engine->flush_times().last == kNeverStep);
  REQUIRE(digest(run.network) == before);
}

TEST_CASE("only the populations that were asked for are recorded, and taken spikes are gone") {
  const ScratchFolder folder;
  EveryModelRun run(every_model_scenario(folder, 0.1));
  run.engine->record_spikes({false, true, false, true});
  run.engine->run(200);
  const std::vector<Spike> spikes = run.engine->take_spikes();
  REQUIRE_FALSE(spikes.empty());
  std::vector<std::uint32_t> counted(run.network.populations.size(), 0);
  for (const Spike& s : spikes) ++counted[s.population];
  for (std::uint32_t p = 0; p < counted.size(); ++p) {
    std::uint32_t fired = 0;
    for (const std::uint32_t count : run.network.populations[p]->spike_count) fired += count;
    REQUIRE(counted[p] == (p == 1 || p == 3 ? fired : 0));
  }
  REQUIRE(run.engine->take_spikes().empty());
}

TEST_CASE("a run that is saved and restored elsewhere goes on with the same bits") {
  const ScratchFolder folder;
  const StepIndex at = GENERATE(1, 37, 250);
  EveryModelRun first(every_model_scenario(folder, 0.2));
  first.engine->run(at);
  const Saved saved = save(first.network, *first.engine);
  first.engine->run(300);

  BuildOptions build;
  cpu::CpuEngineOptions options;
  options.threads = 3;
  EveryModelRun second(every_model_scenario(folder, 0.2), build, options);
  restore(saved, second.network, *second.engine);
  second.engine->run(300);
  REQUIRE(digest(second.network) == digest(first.network));

  // Back in time with the engine that has been further.
  restore(saved, first.network, *first.engine);
  first.engine->run(300);
  first.engine->flush();
  second.engine->flush();
  REQUIRE(digest(first.network) == digest(second.network));
}

TEST_CASE("what a probe does under its guard leaves no trace, with plasticity on") {
  const ScratchFolder folder;
  EveryModelRun plain(every_model_scenario(folder, 0.2)), probed(every_model_scenario(folder, 0.2));
  plain.engine->run(150);
  probed.engine->run(150);
  const StateDigest before = digest(probed.network);
  {
    const FastState guard(probed.network, *probed.engine);
    probed.network.seed = 4711;
    probed.engine->set_now(1000000);
    const std::uint64_t weights = digest(probed.network).synapses;
    probed.engine->run(400);
    REQUIRE(digest(probed.network).synapses == weights);  // learning is off
    REQUIRE_FALSE(digest(probed.network).neurons == before.neurons);
  }
  REQUIRE(probed.engine->now() == 150);
  REQUIRE(digest(probed.network) == before);
  plain.engine->run(200);
  probed.engine->run(200);
  REQUIRE(digest(probed.network) == digest(plain.network));
}

TEST_CASE("a spike on its way over a plastic axon arrives once, though learning is switched") {
  Scenario s = one_area();
  s.populations = {population_spec("A/one", "iaf_psc_delta", 1),
                   population_spec("A/two", "iaf_psc_delta", 1)};
  add_projection(s, "A/one", "A/two", RuleSpec::Kind::all_to_all, constant(8.0), "axonal");
  Network network = build_network(s, {});
  kick(network, 0, 0, 1);
  const auto engine = cpu::make_cpu_engine(network, {});
  const bool off_first = GENERATE(false, true);
  engine->set_learning(!off_first);
  engine->run(5);
  engine->set_learning(off_first);
  engine->run(4);
  const PopulationView& two = network.populations[1]->view;
  REQUIRE(*ring_tile(two, 0, 0, 9).at(0, 0) == to_fixed(static_cast<float>(kKick_mV), two.scale_log2[0]));
}

TEST_CASE("tiles that bodies cannot work on are refused") {
  const std::uint32_t size = GENERATE(1u, 2u, 3u, 48u, 131072u);
  Scenario s = one_area();
  s.populations = {population_spec("A/one", "iaf_psc_delta", 10)};
  const Thrown thrown = thrown_by([&] { build_network(s, tiles_of(size)); });
  REQUIRE(thrown.code == ExitCode::internal);
  REQUIRE(thrown.says("powers of two"));
}

}  // namespace penfield::test
