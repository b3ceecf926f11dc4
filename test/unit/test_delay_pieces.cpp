// Rows of spread delays, cut into pieces that wait: every spike arrives after its own delay, however often
// the lists of waiting spikes come round.
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "host/build/ring_sizes.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kNeurons = 100;
constexpr StepIndex kSteps = 1000;

/// Relays drive neurons one to one (delay 1 step), which drive others one to one over spread delays. A neuron
/// without refractory time fires whenever anything arrives.
Scenario chain(double shortest, double longest, const std::string& kind, double t_ref_ms) {
  Scenario s;
  s.dt_ms = 1.0;
  s.areas["A"] = {1.0, 1.0, false};
  s.populations = {population_spec("A/relay", "relay", kNeurons),
                   population_spec("A/middle", "iaf_psc_delta", kNeurons),
                   population_spec("A/last", "iaf_psc_delta", kNeurons)};
  s.populations[1].params["t_ref_ms"] = t_ref_ms;
  s.populations[2].params["t_ref_ms"] = 0.0;
  for (std::size_t k = 0; k < 2; ++k) {
    ProjectionSpec p;
    p.name = "chain" + std::to_string(k);
    p.from = s.populations[k].name;
    p.to = s.populations[k + 1].name;
    p.port = "delta";
    p.rule.kind = RuleSpec::Kind::one_to_one;
    p.weight = constant(30.0);
    p.delay.base_ms = k == 0 ? constant(1.0) : uniform(shortest, longest);
    if (k == 1 && kind == "weights") p.weight = normal(30.0, 0.5, 29.0, 31.0);
    if (k == 1 && (kind == "axonal" || kind == "dendritic"))
      p.plasticity = PlasticitySpec{"stdp_pair", {{"w_max", 40.0}, {"w_min", 29.0}}, kind == "dendritic"};
    s.projections.push_back(p);
  }
  return s;
}

using Events = std::set<std::pair<StepIndex, std::uint32_t>>;

}  // namespace

TEST_CASE("spikes of every age arrive after their own delay, at the highest rates") {
  const auto [shortest, longest] = GENERATE(table<double, double>(
      {{1, 15}, {1, 16}, {1, 17}, {2, 31}, {7, 40}, {8, 23}, {9, 24}, {12, 30}, {16, 16}, {40, 295}}));
  const std::string kind = GENERATE("uniform", "weights", "axonal", "dendritic");
  const double t_ref_ms = GENERATE(0.0, 1.0, 7.0);
  const std::uint32_t threads = GENERATE(1u, 2u);
  const bool reversed = threads == 2 && t_ref_ms > 5.0;
  CAPTURE(shortest, longest, kind, t_ref_ms, threads);
  Network network = build_network(chain(shortest, longest, kind, t_ref_ms), tiles_of(64));
  network.populations[0]->background_Hz.fill(600.0f);
  std::vector<StepIndex> delay(kNeurons);
  const Projection& p = *network.projections[1];
  for (std::size_t t = 0; t < p.tiles.size(); ++t)
    p.for_each_synapse(t, [&](const Projection::Synapse& s) { delay[64 * t + s.target] = s.delay; });
  cpu::CpuEngineOptions options;
  options.threads = threads;
  options.reversed_delivery = reversed;
  const auto engine = cpu::make_cpu_engine(network, options);
  engine->record_spikes({false, true, true});
  for (StepIndex piece : {StepIndex{1}, StepIndex{2}, StepIndex{497}, StepIndex{500}}) {
    if (kind == "dendritic") engine->set_learning(piece % 2 == 0);  // switched with spikes on their way
    if (kind == "axonal") engine->set_learning(piece % 2 != 0);
    engine->run(piece);
  }
  Events expected, seen;
  for (const Spike& spike : engine->take_spikes()) {
    if (spike.population == 1 && spike.step + delay[spike.neuron] < kSteps)
      expected.emplace(spike.step + delay[spike.neuron], spike.neuron);
    if (spike.population == 2) seen.emplace(spike.step, spike.neuron);
  }
  REQUIRE(expected.size() > kNeurons * kSteps / 40);
  REQUIRE(std::equal(expected.begin(), expected.end(), seen.begin(), seen.end()));
}

TEST_CASE("rings of static synapses stay short, and a sparse list short too") {
  const Network network = build_network(chain(1, 250, "weights", 7.0), tiles_of(64));
  CHECK(network.populations[2]->view.ring_slots == 16);
  CHECK(network.populations[1]->view.list_slots == 256);  // 16 pieces wait up to 15 * 15 steps
  CHECK(network.populations[1]->view.list_length == 64 * (255 / 7 + 3));
  CHECK(build_network(chain(1, 250, "dendritic", 7.0), {}).populations[2]->view.ring_slots == 256);
}

}  // namespace penfield::test
