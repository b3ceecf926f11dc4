// Structural plasticity by elements with the CUDA engine: the CPU's synapses, weights and spikes, also where
// the card made the synapses and after a restart; on the episodic clock as well.
#include <vector>

#include "host/run/raw_growth.hpp"
#include "host/run/raw_run.hpp"
#include "kernels/cuda/card_tile_maker.hpp"
#include "test/cli/growing.hpp"
#include "test/parity/on_card.hpp"
#include "test/support/raw_stops.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

GrowthCurveSpec linear(double rate_per_s, double eps) {
  GrowthCurveSpec c;
  c.curve = "linear";
  c.rate_per_s = rate_per_s;
  c.eps = eps;
  return c;
}

/// Cells that noise drives apart; one projection learns and grows, the other grows alone.
Scenario sheet() {
  Scenario s;
  s.seed = 5;
  s.dt_ms = 1.0;
  s.until_s = emulated() ? 0.25 : 1.0;
  s.areas["A"] = {1.0, 0.8, true};
  s.populations = {population_spec("A/E", "iaf_psc_exp", 96), population_spec("A/I", "iaf_psc_exp", 40)};
  for (PopulationSpec& p : s.populations) p.initial_v_m_mV = uniform(-70.0, -56.0);
  ProjectionSpec p;
  p.port = "excitatory";
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = 10;
  p.weight = uniform(2.0, 15.0);
  p.delay.base_ms = constant(1.0);
  p.delay.velocity_mm_per_ms = 0.04;
  for (const char* from : {"A/E", "A/I"}) {
    p.name = from;
    p.from = from;
    p.to = "A/E";
    s.projections.push_back(p);
    StructureSpec r;
    r.name = std::string("growth of ") + from;
    r.projection = p.name;
    r.weight_reference = 10.0;
    r.kernel.sigma_mm = 0.3;
    r.every_s = 0.05;
    r.calcium_tau_s = 0.25;
    r.calcium_beta = 0.1;
    r.axonal = linear(-40.0, 0.8);
    r.dendritic = linear(40.0, 0.8);
    s.structure.push_back(r);
  }
  s.projections[0].plasticity =
      PlasticitySpec{"stdp_pair", {{"a_plus", 0.05}, {"a_minus", 0.02}, {"w_max", 40.0}}, false};
  for (const char* to : {"A/E", "A/I"}) {
    StimulusSpec noise;
    noise.kind = StimulusSpec::Kind::noise;
    noise.to = to;
    noise.current_pA = 1500.0;
    s.stimuli.push_back(noise);
    StimulusSpec dc;
    dc.kind = StimulusSpec::Kind::dc;
    dc.to = to;
    dc.current_pA = 330.0;
    s.stimuli.push_back(dc);
  }
  return s;
}

struct RawGrowing {
  RawGrowing(Scenario s, bool on_card, const BuildOptions& build)
      : scenario(std::move(s)), network(build_network(scenario, build)) {
    engine = on_card ? cuda::make_cuda_engine(network, {}) : cpu::make_cpu_engine(network, {});
    raw = std::make_unique<RawRun>(scenario, network, *engine);
  }
  void finish() {
    REQUIRE(raw->run());
    engine->flush();
    engine->download();
  }

  Scenario scenario;
  Network network;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<RawRun> raw;
};

BuildOptions made_on_card() {
  cuda::CardTileMakerOptions options;
  options.chunk_synapses = 300;
  options.scratch_bytes = std::size_t{1} << 20;
  BuildOptions build = tiles_of(32);
  build.maker = cuda::make_card_tile_maker(options);
  return build;
}

void require_equal(RawGrowing& cpu, RawGrowing& gpu) {
  const auto &a = cpu.raw->growth().records(), &b = gpu.raw->growth().records();
  for (std::size_t k = 0; k < a.size(); ++k) {
    REQUIRE(a[k].formed == b[k].formed);
    REQUIRE(a[k].deleted == b[k].deleted);
    REQUIRE(a[k].target_calcium == b[k].target_calcium);
    REQUIRE(a[k].axonal == b[k].axonal);
  }
  gpu.network.fetch_synapses();
  REQUIRE(digest(cpu.network) == digest(gpu.network));
}

}  // namespace

TEST_CASE("a raw run that grows has the CPU's bits on the card, whoever made the synapses") {
  if (card().empty()) return;
  RawGrowing cpu(sheet(), false, tiles_of(64));
  cpu.finish();
  double changed = 0.0;
  for (const GrowthRecord& r : cpu.raw->growth().records())
    for (std::size_t k = 0; k < r.formed.size(); ++k) changed += r.formed[k] + r.deleted[k];
  REQUIRE(changed > 50.0);
  RawGrowing gpu(sheet(), true, tiles_of(16));
  gpu.finish();
  require_equal(cpu, gpu);
  RawGrowing maker(sheet(), true, made_on_card());
  REQUIRE(maker.network.projections[1]->away());
  maker.finish();
  require_equal(cpu, maker);
}

TEST_CASE("what was grown on the card goes on on the CPU, and the other way round") {
  if (card().empty()) return;
  RawGrowing whole(sheet(), false, tiles_of(64));
  whole.finish();
  for (const bool card_first : {true, false}) {
    const ScratchFolder folder;
    {
      RawGrowing first(sheet(), card_first, tiles_of(64));
      save_after_slices(first, 16, folder.path());
    }
    RawGrowing second(sheet(), !card_first, tiles_of(64));
    restore_raw(second, folder.path());
    second.finish();
    require_equal(whole, second);
  }
}

TEST_CASE("a study of elements has the CPU's bits on the card, and goes on there and back") {
  if (card().empty()) return;
  Scenario s = growing({"probes=[]"});
  if (emulated())
    for (ConditionSpec& c : s.clock.conditions) c.heal_s = 0.02, c.episode_s = 0.06;
  const auto on_card = [](Network& network) { return cuda::make_cuda_engine(network, {}); };
  test::Run cpu(s, 1), gpu(s, on_card);
  REQUIRE(cpu.go(-1));
  REQUIRE(gpu.go(-1));
  gpu.engine->download();
  gpu.network.fetch_synapses();
  REQUIRE(digest(gpu.network) == digest(cpu.network));
  CHECK(gpu.results() == cpu.results());
  for (const bool card_first : {true, false}) {
    const ScratchFolder folder;
    const auto run = [&](bool card) {
      return card ? std::make_unique<test::Run>(s, on_card) : std::make_unique<test::Run>(s, 2);
    };
    const auto first = run(card_first);
    REQUIRE_FALSE(first->go(7));
    save(*first, folder.path());
    const auto second = run(!card_first);
    restore(*second, folder.path());
    REQUIRE(second->go(-1));
    CHECK(second->results() == cpu.results());
  }
}

}  // namespace penfield::test
