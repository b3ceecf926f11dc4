// Rewiring on the card against the host's: the same tiles, array for array, and the same study.
#include <algorithm>
#include <string>
#include <vector>

#include "host/run/session_checkpoint.hpp"
#include "host/run/study.hpp"
#include "host/run/study_state.hpp"
#include "host/run/zones.hpp"
#include "host/scenario/scenario_json.hpp"
#include "kernels/cuda/card_tile_maker.hpp"
#include "kernels/network/segments.hpp"
#include "penfield/base/error.hpp"
#include "test/parity/on_card.hpp"
#include "test/support/errors.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kNeurons = 150, kInDegree = 12;
constexpr double kDay_s = 86400.0;

BuildOptions tiles_for_card(std::uint32_t tile_size, std::uint64_t chunk_synapses) {
  cuda::CardTileMakerOptions options;
  options.chunk_synapses = chunk_synapses;
  options.scratch_bytes = std::size_t{1} << 20;
  BuildOptions build;
  build.tile_size = tile_size;
  build.maker = cuda::make_card_tile_maker(options);
  return build;
}

/// A sheet of cells that turn over, are capped, mature and are held to their sums.
Scenario sheet(bool periodic = false) {
  Scenario s;
  s.seed = 5;
  s.dt_ms = 1.0;
  s.areas["A"] = {1.0, 0.8, periodic};
  s.populations = {population_spec("A/cells", "iaf_psc_exp", kNeurons)};
  s.populations[0].positions = "jittered_grid";
  s.populations[0].params["i_e_pA"] = 500.0;
  s.populations[0].initial_v_m_mV = uniform(-70.0, -56.0);
  ProjectionSpec p;
  p.name = "lateral";
  p.from = p.to = "A/cells";
  p.port = "excitatory";
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = kInDegree;
  p.rule.allow_self = false;
  p.weight = uniform(2.0, 15.0);
  p.delay.base_ms = constant(1.0);
  p.delay.velocity_mm_per_ms = 0.05;  // up to 26 steps: two pieces
  s.projections = {p};
  StructureSpec r;
  r.projection = "lateral";
  r.burst_driver = false;
  r.driver_tau_s = 1.0;
  r.dead_band = 0.05;
  r.weight_reference = 10.0;
  r.kernel.sigma_mm = 0.2;
  r.cap_per_d = 0.4;
  r.maturation_tau_s = 3 * kDay_s;
  s.structure = {r};
  return s;
}

/// Rewires one network on either side.
struct Side {
  Side(const Scenario& s, const BuildOptions& build, bool on_card)
      : network(build_network(s, build)), rewiring(s, s.structure[0], network) {
    engine = on_card ? cuda::make_cuda_engine(network, {}) : cpu::make_cpu_engine(network, {});
  }
  void observe(const std::vector<float>& rate_Hz) {
    Measures m;
    m.rate_Hz = {rate_Hz};
    rewiring.observe(m, 1e6);
  }
  void take_snapshot() { rewiring.take_snapshot(network, engine->rewirer()); }
  RewiringCounts advance(double days, std::uint64_t step, const FormationMask& mask) {
    const RewiringCounts counts = rewiring.advance(network, days * kDay_s, step, mask, engine->rewirer());
    network.bind();
    engine->upload();
    return counts;
  }
  std::vector<std::byte> slow_state() {
    StateArchive a;
    rewiring.archive(a);
    return a.written();
  }
  std::vector<Segment> segments() const {
    std::vector<Segment> out;
    for (std::uint32_t t = 0; t < network.projections[0]->tiles.size(); ++t)
      append_segments(network, 0, t, out);
    return out;
  }

  Network network;
  Rewiring rewiring;
  std::unique_ptr<Engine> engine;
};

/// The same sheet on the host and on the card, which have to agree after every step.
struct Both {
  Both(const Scenario& s, std::uint32_t tile_size, std::uint64_t chunk_synapses)
      : host(s, tiles_of(tile_size), false), card(s, tiles_for_card(tile_size, chunk_synapses), true) {
    observe(std::vector<float>(kNeurons, 10.0f));
    for (Side* side : {&host, &card}) side->take_snapshot();
    require_equal();
  }
  void observe(const std::vector<float>& rate_Hz) {
    for (Side* side : {&host, &card}) side->observe(rate_Hz);
  }
  RewiringCounts advance(double days, const FormationMask& mask = {}) {
    const RewiringCounts a = host.advance(days, macro_step, mask), b = card.advance(days, macro_step, mask);
    ++macro_step;
    CAPTURE(macro_step);
    REQUIRE(a.formed == b.formed);
    REQUIRE(a.deleted == b.deleted);
    const auto same = [](const FormedSynapse& x, const FormedSynapse& y) {
      return x.source == y.source && x.target == y.target;
    };
    const auto &formed = host.rewiring.formed(), &formed_there = card.rewiring.formed();
    REQUIRE(std::equal(formed.begin(), formed.end(), formed_there.begin(), formed_there.end(), same));
    REQUIRE(host.rewiring.deleted_on() == card.rewiring.deleted_on());
    REQUIRE(host.rewiring.in_degree() == card.rewiring.in_degree());
    require_equal();
    return a;
  }
  void require_equal() {
    REQUIRE(host.slow_state() == card.slow_state());
    Projection& there = *card.network.projections[0];
    REQUIRE(there.away());
    const std::vector<Segment> a = host.segments(), b = card.segments();
    REQUIRE(a.size() == b.size());
    REQUIRE(std::equal(a.begin(), a.end(), b.begin(), [](const Segment& x, const Segment& y) {
      return x.source_tile == y.source_tile && x.age == y.age && x.piece == y.piece && x.delay == y.delay;
    }));
    const BorrowedSynapses borrowed(card.network);
    there.fetch();
    const auto &here = host.network.projections[0]->tiles, &fetched = there.tiles;
    for (std::size_t t = 0; t < here.size(); ++t) {
      CAPTURE(t);
      REQUIRE(here[t].source_begin == fetched[t].source_begin);
      REQUIRE(here[t].source_end == fetched[t].source_end);
    }
    REQUIRE(first_difference(host.network, card.network) == "");
    REQUIRE(digest(host.network) == digest(card.network));
  }

  Side host, card;
  std::uint64_t macro_step = 0;
};

/// Rates that leave some cells without drive, some at rest and some with too much, others at every step.
std::vector<float> mixed_rates(std::uint32_t step) {
  std::vector<float> rate(kNeurons);
  for (std::uint32_t i = 0; i < kNeurons; ++i) rate[i] = 4.0f * static_cast<float>((i * 7 + step * 5) % 6);
  return rate;
}

std::vector<float> all_at(float rate_Hz) { return std::vector<float>(kNeurons, rate_Hz); }

}  // namespace

TEST_CASE("rewiring on the card makes the host's tiles, whatever the tiles, chunks and sheet") {
  if (card().empty()) return;
  const std::uint32_t tile_size = GENERATE(4u, 64u, 256u);
  const std::uint64_t chunk = GENERATE(1u, 700u, 1u << 20);
  const bool periodic = GENERATE(false, true);
  CAPTURE(tile_size, chunk, periodic);
  Scenario s = sheet(periodic);
  if (periodic) s.projections[0].delay.velocity_mm_per_ms = 0.0;
  Both both(s, tile_size, chunk);
  std::uint64_t formed = 0, deleted = 0;
  for (std::uint32_t step = 0; step < 3; ++step) {
    both.observe(mixed_rates(step));
    const RewiringCounts c = both.advance(step == 1 ? 0.1 : 1.5);
    formed += c.formed;
    deleted += c.deleted;
  }
  REQUIRE(formed > 100);
  REQUIRE(deleted > 100);
}

TEST_CASE(
    "tiles that lose all synapses, win them again and grow beyond their room are the same on the card") {
  if (card().empty()) return;
  const std::uint64_t chunk = GENERATE(1u, 700u, 1u << 20);
  Scenario s = sheet();
  StructureSpec& r = s.structure[0];
  r.cap_per_d = 1000.0;
  r.formation_per_d = 100.0;
  r.dendrite_rate_per_d = 40.0;
  r.axon_rate_per_d = 0.0;
  Both both(s, 64, chunk);
  std::vector<float> rate = all_at(10.0f);
  std::fill_n(rate.begin(), 64, 40.0f);  // the first tile's cells want fewer synapses than none
  both.observe(rate);
  REQUIRE(both.advance(1.0).deleted >= 64 * kInDegree);
  REQUIRE(both.host.network.projections[0]->tiles[0].num_synapses() == 0);
  both.observe(all_at(40.0f));
  both.advance(1.0);
  REQUIRE(both.host.network.num_synapses() == 0);
  REQUIRE(both.advance(1.0).deleted == 0);
  both.observe(all_at(0.0f));
  for (int k = 0; k < 3; ++k) both.advance(0.5);
  REQUIRE(both.host.network.num_synapses() > std::uint64_t{kNeurons} * kInDegree * 3 / 2);
  const std::vector<std::uint32_t>& in_degree = both.host.rewiring.in_degree();
  REQUIRE(*std::max_element(in_degree.begin(), in_degree.end()) == 2 * kInDegree);
}

TEST_CASE("masks, kernels, growth fields and ties between weights are the same on the card") {
  if (card().empty()) return;
  const auto kind = GENERATE(SourceMask::no_outside_sources, SourceMask::no_inside_sources);
  const auto kernel =
      GENERATE(KernelSpec::Kind::gaussian, KernelSpec::Kind::exponential, KernelSpec::Kind::box);
  Scenario s = sheet();
  s.structure[0].kernel.kind = kernel;
  s.projections[0].weight = constant(10.0);
  s.structure[0].growth_field = "field";
  s.fields.push_back({"field", "A", 0.2, {{0.5, 0.4, 0.2, 1.0}}});
  Both both(s, 32, 500);
  FormationMask mask;
  mask.kind = kind;
  mask.inside.assign(kNeurons, 0);
  for (std::uint32_t i = 0; i < kNeurons; ++i)
    mask.inside[i] = both.host.network.populations[0]->x_mm[i] < 0.5f ? 1 : 0;
  std::uint64_t formed = 0;
  for (std::uint32_t step = 0; step < 3; ++step) {
    both.observe(mixed_rates(step));
    formed += both.advance(2.0, mask).formed;
  }
  REQUIRE(formed > 20);
}

TEST_CASE("a shrinking network of inhibitory weights and one without turnover are the same on the card") {
  if (card().empty()) return;
  Scenario s = sheet();
  s.projections[0].port = "inhibitory";
  s.projections[0].weight = lognormal(-8.0, 3.0, -40.0);
  s.structure[0].weight_reference = -8.0;
  s.structure[0].sum_limit = 0.0;
  Both both(s, 64, 700);
  both.observe(all_at(30.0f));
  for (int k = 0; k < 2; ++k) both.advance(1.0);

  s = sheet();
  s.structure[0].hazard_per_d = 0.0;
  Both still(s, 64, 700);
  REQUIRE(still.advance(5.0).deleted == 0);
}

TEST_CASE("learned weights survive rewiring on the card, and the network goes on with the same bits") {
  if (card().empty()) return;
  Scenario s = sheet();
  const bool dendritic = GENERATE(false, true);
  s.projections[0].plasticity =
      PlasticitySpec{"stdp_pair", {{"w_max", 40.0}, {"w_min", 0.0}, {"a_plus", 0.1}}, dendritic};
  Both both(s, 64, 700);
  for (std::uint32_t step = 0; step < 3; ++step) {
    for (Side* side : {&both.host, &both.card}) {
      side->engine->run(60);
      side->engine->flush();
      side->engine->download_held();
    }
    std::uint64_t spikes = 0;
    for (const std::uint32_t n : both.host.network.populations[0]->spike_count) spikes += n;
    REQUIRE(spikes > 2 * kNeurons * (step + 1));
    both.require_equal();
    both.observe(mixed_rates(step));
    both.advance(1.0);
  }
}

TEST_CASE("what a study reads of synapses is the same where the card holds them") {
  if (card().empty()) return;
  Scenario s = sheet();
  s.projections.push_back(s.projections[0]);
  s.projections[1].name = "inhibition";
  s.projections[1].port = "inhibitory";
  s.projections[1].weight = uniform(-9.0, -2.0);
  s.projections.push_back(s.projections[1]);
  s.projections[2].name = "uniform inhibition";
  s.projections[2].weight = constant(-3.0);
  HomeostasisSpec h;
  h.of = "A/cells";
  h.port = "inhibitory";
  h.raises_rate = false;
  s.homeostasis.push_back(h);
  Side host(s, tiles_of(32), false), there(s, tiles_for_card(32, 500), true);
  REQUIRE(there.network.projections[1]->view.storage == WeightStorage::fixed16);
  REQUIRE(there.network.projections[2]->view.storage == WeightStorage::uniform);
  Measures m;
  m.rate_Hz = m.rest_rate_Hz = {mixed_rates(1)};
  StudyZones zones;
  for (std::uint32_t i = 0; i < kNeurons; ++i) zones.territory.push_back(i % 3 == 0 ? 1 : 0);
  const double expected = inhibitory_input(s, host.network, zones, m);
  REQUIRE(expected > 100.0);
  REQUIRE(inhibitory_input(s, there.network, zones, m, there.engine->rewirer()) == expected);
  const InputOrigin a = input_origin(host.network, 0, zones),
                    b = input_origin(there.network, 0, zones, there.engine->rewirer());
  REQUIRE(a.inside_per_cell == b.inside_per_cell);
  REQUIRE(a.outside_per_cell == b.outside_per_cell);
  REQUIRE(a.inside_per_cell + a.outside_per_cell == Approx(kInDegree));
  for (const auto& p : there.network.projections) REQUIRE(p->away());
}

TEST_CASE("macro steps of a network of every model are the same where the card holds its synapses") {
  if (card().empty()) return;
  ScratchFolder folder;
  EveryModelRun cpu(every_model_scenario(folder, emulated() ? 0.1 : 1.0));
  EveryModelRun gpu(cpu.scenario, {});
  gpu.network = build_network(cpu.scenario, tiles_for_card(0, 3000));
  enter_pulses(cpu.scenario, gpu.network);
  gpu.engine = cuda::make_cuda_engine(gpu.network, {});
  const Projection& structural = *gpu.network.projections[gpu.rewirings[0].projection()];
  for (int k = 0; k < 3; ++k) {
    cpu.macro_step(10 * kDay_s);
    gpu.macro_step(10 * kDay_s);
    REQUIRE(structural.away());
    REQUIRE(cpu.slow_digest() == gpu.slow_digest());
    REQUIRE(cpu.counts.formed == gpu.counts.formed);
    REQUIRE(cpu.counts.deleted == gpu.counts.deleted);
  }
  REQUIRE(cpu.counts.formed > 0);
  REQUIRE(cpu.counts.deleted > 0);
  gpu.engine->download();
  REQUIRE(first_difference(cpu.network, gpu.network) == "");
  REQUIRE(digest(cpu.network) == digest(gpu.network));
}

TEST_CASE("who rewires on the card what the host holds is told so") {
  if (card().empty()) return;
  Side there(sheet(), tiles_for_card(64, 700), true);
  there.network.fetch_synapses();
  RowReading reading;
  const auto thrown = thrown_by(
      [&] { there.engine->rewirer()->read(there.network, *there.network.projections[0], reading); });
  REQUIRE(thrown.code == ExitCode::internal);
}

/// A structure in JSON that changes much in a few hours.
std::string rewired(const std::string& name, const std::string& projection, int weight) {
  return "{\"name\":\"" + name + "\",\"projection\":\"" + projection +
         "\",\"weight_reference\":" + std::to_string(weight) +
         ",\"driver_tau_s\":3600,\"dead_band\":0.01,\"sigma_mm\":0.9,\"maturation_tau_s\":86400,\"cap_per_"
         "d\":0.3}";
}

TEST_CASE("a study whose synapses the card makes, rewires and reads is the host's, also after a restart") {
  if (card().empty()) return;
  const std::vector<std::string> sets = {
      "until=12 h",
      "clock.settle=12 h",
      "clock.settle_step=6 h",
      "clock.macro_step=6 h",
      "clock.short_for=1 min",
      "timeline[acute].to=1 min",
      "homeostasis[scaling].loop_gain_every=6 h",
      "structure=[" + rewired("structure", "lateral", 120) + "," + rewired("afferents", "TC", 280) + "]",
      "clock.conditions.rest.heal=30 ms",
      "clock.conditions.touch.heal=30 ms",
      "clock.conditions.rest.episode=60 ms",
      "clock.conditions.touch.episode=60 ms",
      "probes=[]"};
  const Scenario s = load_scenario(PENFIELD_SOURCE_FOLDER "/test/cli/small_study.json", sets);
  struct Run {
    Run(const Scenario& of, const BuildOptions& build, bool on_card) : network(build_network(of, build)) {
      engine = on_card ? cuda::make_cuda_engine(network, {}) : cpu::make_cpu_engine(network, {});
      study = std::make_unique<Study>(of, network, *engine);
    }
    std::vector<std::byte> state() {
      StateArchive a;
      study->archive(a);
      return a.written();
    }
    Network network;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Study> study;
  };
  Run host(s, tiles_of(64), false);
  REQUIRE(host.study->run({}, {}));
  ScratchFolder folder;
  CheckpointWriter writer(folder / "checkpoint");
  {
    Run first(s, tiles_for_card(64, 2000), true);
    int steps = 3;
    REQUIRE_FALSE(first.study->run(
        [&](double, double, double) {
          save_state(&writer, {}, first.network, *first.engine, first.state());
          REQUIRE(first.network.projections[2]->away());
        },
        [&] { return steps-- == 0; }));
  }
  // What the checkpoint holds goes back to the card, which has made another start.
  Run there(s, tiles_for_card(64, 2000), true);
  {
    const CheckpointReader reader = CheckpointReader::open(folder / "checkpoint");
    const std::vector<std::byte> bytes = restore_state(reader, there.network, *there.engine);
    StateArchive a(bytes, "checkpoint");
    there.study->archive(a);
    a.finish();
  }
  REQUIRE(there.study->run({}, {}));
  std::uint64_t formed = 0, deleted = 0;
  for (const StepPoint& p : host.study->result().steps) {
    formed += p.formed;
    deleted += p.deleted;
  }
  REQUIRE(formed > 20);
  REQUIRE(deleted > 20);
  REQUIRE(host.state() == there.state());
  for (const auto& p : there.network.projections) REQUIRE(p->away());  // none has come to the host to stay
  there.engine->download();
  REQUIRE(digest(host.network) == digest(there.network));
  REQUIRE(first_difference(host.network, there.network) == "");
}

}  // namespace penfield::test
