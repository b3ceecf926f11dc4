// What the plan says a card needs to make and rewire synapses is enough, and not far too much. On the
// stand-in alone, which can be told how much memory it has.
#include "test/support/catch.hpp"

#include "host/build/build_network.hpp"
#include "host/run/memory_plan.hpp"
#include "host/run/rewiring.hpp"
#include "kernels/cuda/card_tile_maker.hpp"
#include "kernels/cuda/cuda_engine.hpp"
#include "test/parity/emulated/faults.hpp"
#include "test/support/errors.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kNeurons = 3000;

Scenario sheet(RuleSpec::Kind kind, bool one_population = false) {
  Scenario s;
  s.dt_ms = 0.1;
  s.areas["A"] = {1.5, 1.0, true};
  s.populations = {population_spec("A/to", "iaf_psc_delta", kNeurons)};
  if (!one_population) s.populations.push_back(population_spec("A/from", "relay", kNeurons));
  ProjectionSpec p;
  p.name = "all";
  p.from = one_population ? "A/to" : "A/from";
  p.to = "A/to";
  p.port = "delta";
  p.rule.kind = kind;
  p.rule.count = 60;
  p.rule.kernel.kind = KernelSpec::Kind::gaussian;
  p.rule.kernel.sigma_mm = 0.3;
  p.weight = normal(0.1, 0.03, 0.0, 0.2);
  p.delay.base_ms = uniform(1.0, 4.0);
  s.projections.push_back(p);
  return s;
}

std::uint64_t sum(const std::vector<MemoryLine>& lines) {
  std::uint64_t bytes = 0;
  for (const MemoryLine& line : lines) bytes += line.bytes;
  return bytes;
}

MemoryPlan plan_on_card(const Scenario& s) {
  BuildOptions build;
  build.gpu = build.plan_for_maker = true;
  return plan_memory(s, build);
}

Network build_on_card(const Scenario& s) {
  BuildOptions build;
  build.gpu = true;
  build.maker = cuda::make_card_tile_maker({});
  return build_network(s, build);
}

}  // namespace

TEST_CASE("synapses are made on a card that has what the plan asks for, and not on half of it") {
  const emulated::Repaired repaired;
  const auto kind = GENERATE(RuleSpec::Kind::fixed_in_degree, RuleSpec::Kind::distance_in_degree);
  CAPTURE(static_cast<int>(kind));
  const Scenario s = sheet(kind);
  const MemoryPlan plan = plan_on_card(s);
  const std::uint64_t making = sum(plan.making);
  REQUIRE(making > plan.made_on_card);
  REQUIRE(plan.rewiring.empty());
  emulated::limit_memory(making / 2);
  REQUIRE(thrown_by([&] { build_on_card(s); }).code == ExitCode::memory);
  emulated::limit_memory(making + making / 20);
  REQUIRE(build_on_card(s).num_synapses() == 60 * kNeurons);
}

TEST_CASE("synapses are rewired on a card that has what the plan asks for, and not on much less") {
  const emulated::Repaired repaired;
  const bool all_exceed = GENERATE(false, true);
  const bool enough = GENERATE(true, false);
  CAPTURE(all_exceed, enough);
  Scenario s = sheet(RuleSpec::Kind::fixed_in_degree, true);
  StructureSpec r;
  r.projection = "all";
  r.burst_driver = false;
  r.driver_tau_s = 1.0;
  r.kernel.sigma_mm = 0.3;
  r.cap_per_d = 1000.0;
  r.formation_per_d = 100.0;
  r.dendrite_rate_per_d = all_exceed ? 30.0 : 3.0;  // elements
  s.structure = {r};
  const MemoryPlan plan = plan_on_card(s);
  const std::uint64_t scratch = sum(plan.rewiring);
  REQUIRE(scratch > 0);
  REQUIRE(plan.device >= plan.network + scratch);

  Network network = build_on_card(s);
  const auto engine = cuda::make_cuda_engine(network, {});
  Rewiring rewiring(s, r, network);
  const auto observe = [&](float rate_Hz) {
    Measures m;
    m.rate_Hz = {std::vector<float>(kNeurons, rate_Hz)};
    rewiring.observe(m, 1e6);
  };
  observe(10.0f);
  rewiring.take_snapshot(network, engine->rewirer());
  observe(all_exceed ? 30.0f : 1.0f);
  emulated::limit_memory(enough ? plan.device + plan.device / 50
                                : plan.network + (all_exceed ? scratch * 3 / 4 : scratch / 4));
  RewiringCounts counts;
  const Thrown thrown =
      thrown_by([&] { counts = rewiring.advance(network, 86400.0, 0, {}, engine->rewirer()); });
  CAPTURE(thrown.message);
  REQUIRE(thrown.code == (enough ? ExitCode::done : ExitCode::memory));
  if (!enough) return;
  if (all_exceed)
    REQUIRE(counts.deleted > 60 * kNeurons / 2);
  else
    REQUIRE(counts.formed > 60 * kNeurons / 50);
}

}  // namespace penfield::test
