// Tiles that the card makes against those that the host makes of the same rows: the same arrays, bit for bit.
#include <algorithm>
#include <string>
#include <vector>

#include "kernels/cpu/cpu_engine.hpp"
#include "kernels/cuda/card_tile_maker.hpp"
#include "kernels/cuda/cuda_engine.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "test/parity/difference.hpp"
#include "test/support/catch.hpp"
#include "test/support/every_model.hpp"
#include "test/support/skip.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

using RuleKind = RuleSpec::Kind;

bool no_card() {
  std::string why_not, description;
  if (cuda::cuda_device_available(&why_not, &description)) return false;
  skip("no GPU: " + why_not);
  return true;
}

BuildOptions on_card(BuildOptions build, std::uint64_t chunk_synapses = 5000,
                     std::size_t scratch_bytes = std::size_t{1} << 20) {
  cuda::CardTileMakerOptions options;
  options.chunk_synapses = chunk_synapses;
  options.scratch_bytes = scratch_bytes;
  build.maker = cuda::make_card_tile_maker(options);
  return build;
}

/// Two populations and one projection; `recurrent` connects the second to itself.
Scenario one_projection(RuleKind kind, std::uint32_t sources, std::uint32_t targets, bool recurrent) {
  Scenario s;
  s.seed = 77;
  s.dt_ms = 0.1;
  s.areas["A"] = {1.5, 1.0, false};
  s.populations = {population_spec("A/from", "relay", sources),
                   population_spec("A/to", "iaf_psc_delta", targets)};
  s.populations[0].positions = "uniform";
  ProjectionSpec p;
  p.name = "all";
  p.from = recurrent ? "A/to" : "A/from";
  p.to = "A/to";
  p.port = "delta";
  p.rule.kind = kind;
  p.weight = constant(0.1);
  p.delay.base_ms = constant(1.5);
  s.projections.push_back(p);
  return s;
}

/// Why the synapses of two networks differ; empty if they do not.
std::string difference(Network& host, Network& card) {
  REQUIRE(host.projections.size() == card.projections.size());
  card.fetch_synapses();
  for (std::size_t k = 0; k < host.projections.size(); ++k) {
    const auto &a = host.projections[k]->tiles, &b = card.projections[k]->tiles;
    if (a.size() != b.size()) return "number of tiles";
    for (std::size_t t = 0; t < a.size(); ++t) {
      const std::string of = host.projections[k]->name + " tile " + std::to_string(t);
      if (a[t].source_begin != b[t].source_begin || a[t].source_end != b[t].source_end)
        return of + " has other sources";
      if (a[t].pieces != b[t].pieces) return of + " has other pieces";
    }
  }
  return first_difference(host, card);
}

struct Made {
  Network host, card;
};
/// Of one scenario, by either way.
Made make_both(const Scenario& s, const BuildOptions& build, const BuildOptions& card) {
  return {build_network(s, build), build_network(s, card)};
}

/// The rules that a card makes, with what each of them needs.
ProjectionSpec& set_rule(Scenario& s, double amount) {
  ProjectionSpec& p = s.projections[0];
  p.rule.count = static_cast<std::uint64_t>(amount);
  p.rule.probability = std::min(amount, 1.0);
  p.rule.kernel.sigma_mm = 0.12;
  return p;
}

}  // namespace

TEST_CASE("every rule makes the same tiles on the card, whatever repeats and loops are allowed") {
  if (no_card()) return;
  struct Case {
    const char* name;
    RuleKind kind;
    double amount;
  };
  const Case of = GENERATE(
      Case{"one_to_one", RuleKind::one_to_one, 0}, Case{"all_to_all", RuleKind::all_to_all, 0},
      Case{"probability", RuleKind::fixed_probability, 0.13},
      Case{"probability 0", RuleKind::fixed_probability, 0.0},
      Case{"probability 1", RuleKind::fixed_probability, 1.0},
      Case{"in_degree", RuleKind::fixed_in_degree, 17},
      Case{"in_degree of most", RuleKind::fixed_in_degree, 150},
      Case{"in_degree 0", RuleKind::fixed_in_degree, 0}, Case{"total", RuleKind::fixed_total_number, 4001},
      Case{"total 0", RuleKind::fixed_total_number, 0},
      Case{"distance chance", RuleKind::distance_probability, 0.7},
      Case{"distance degree", RuleKind::distance_in_degree, 9},
      Case{"topographic", RuleKind::topographic, 7});
  const bool recurrent = GENERATE(false, true), self = GENERATE(false, true),
             multapses = GENERATE(false, true);
  if (of.kind == RuleKind::one_to_one && recurrent && !self) return;  // refused
  if (of.kind == RuleKind::fixed_total_number && !multapses) return;  // likewise
  CAPTURE(of.name, recurrent, self, multapses);
  Scenario s = one_projection(of.kind, of.kind == RuleKind::one_to_one ? 203 : 170, 203, recurrent);
  ProjectionSpec& p = set_rule(s, of.amount);
  p.rule.allow_self = self;
  p.rule.allow_multapses = multapses;
  p.weight = normal(0.1, 0.03, 0.0, 0.2);
  p.delay.base_ms = uniform(1.0, 4.0);
  BuildOptions build;
  build.tile_sizes = {64, 64};
  Made made = make_both(s, build, on_card(build, 1500));
  REQUIRE(difference(made.host, made.card) == "");
  const bool none = of.amount == 0 && of.kind != RuleKind::one_to_one && of.kind != RuleKind::all_to_all;
  REQUIRE((made.card.num_synapses() == 0) == none);
  REQUIRE(digest(made.host) == digest(made.card));
}

TEST_CASE("every storage, delay and tile size makes the same tiles on the card") {
  if (no_card()) return;
  const std::string storage = GENERATE("uniform", "fixed16", "axonal", "dendritic", "negative");
  const double longest_ms = GENERATE(1.5, 2.9, 3.1, 12.0);
  const std::uint32_t tile_size = GENERATE(4u, 64u, 256u, 4096u);
  const std::uint64_t chunk = GENERATE(1u, 3000u, 1u << 20);
  CAPTURE(storage, longest_ms, tile_size, chunk);
  Scenario s = one_projection(RuleKind::fixed_in_degree, 301, 515, false);
  ProjectionSpec& p = set_rule(s, 23);
  p.delay.base_ms = longest_ms == 1.5 ? constant(1.5) : uniform(1.5, longest_ms);
  if (storage != "uniform") p.weight = storage == "negative" ? lognormal(-0.2, 0.1, -3.0) : uniform(0.0, 0.3);
  if (storage == "axonal" || storage == "dendritic")
    p.plasticity = PlasticitySpec{"stdp_pair", {{"w_max", 0.4}, {"w_min", 0.0}}, storage == "dendritic"};
  BuildOptions build;
  build.tile_sizes = {64, tile_size};
  Made made = make_both(s, build, on_card(build, chunk));
  REQUIRE(difference(made.host, made.card) == "");
  REQUIRE(made.card.num_synapses() == 23 * 515);
}

TEST_CASE("delays by distance, on common and on mapped sheets, are the same on the card") {
  if (no_card()) return;
  const RuleKind kind = GENERATE(RuleKind::distance_in_degree, RuleKind::topographic,
                                 RuleKind::distance_probability, RuleKind::fixed_in_degree);
  const bool periodic = GENERATE(false, true), mapped = GENERATE(false, true);
  const auto shape =
      GENERATE(KernelSpec::Kind::gaussian, KernelSpec::Kind::exponential, KernelSpec::Kind::box);
  CAPTURE(static_cast<int>(kind), periodic, mapped, static_cast<int>(shape));
  Scenario s = one_projection(kind, 400, 300, false);
  s.areas["A"].periodic = periodic;
  s.areas["B"] = {3.0, 0.8, periodic};
  if (mapped && kind != RuleKind::distance_in_degree && kind != RuleKind::distance_probability) {
    s.populations[1].name = "B/to";
    s.projections[0].to = "B/to";
  }
  ProjectionSpec& p = set_rule(s, kind == RuleKind::distance_probability ? 0.6 : 11);
  p.rule.kernel.kind = shape;
  p.delay.velocity_mm_per_ms = 0.2;
  p.weight = uniform(0.0, 0.3);
  BuildOptions build;
  build.tile_sizes = {128, 32};
  Made made = make_both(s, build, on_card(build, 900, 1));
  REQUIRE(difference(made.host, made.card) == "");
  REQUIRE(made.card.num_synapses() > 100);
}

TEST_CASE("rows that run out of tries are made by the host, and what cannot be met is said") {
  if (no_card()) return;
  Scenario s = one_projection(RuleKind::distance_in_degree, 150, 90, false);
  ProjectionSpec& p = set_rule(s, 149);
  p.rule.kernel.sigma_mm = 0.5;  // far sources are rare, and nearly all are wanted
  p.rule.allow_multapses = false;
  p.weight = uniform(0.0, 0.3);
  BuildOptions build;
  build.tile_sizes = {64, 16};
  Made made = make_both(s, build, on_card(build));
  REQUIRE(difference(made.host, made.card) == "");
  p.rule.kernel.sigma_mm = 0.05;
  std::string said;
  for (const BuildOptions& way : {build, on_card(build)}) {
    try {
      build_network(s, way);
      FAIL("a row of 149 sources was found among the few that are near");
    } catch (const Error& e) {
      REQUIRE(e.code() == ExitCode::scenario);
      if (said.empty()) said = e.what();
      REQUIRE(said == e.what());
    }
  }
}

TEST_CASE("small and uneven populations make the same tiles on the card") {
  if (no_card()) return;
  const std::uint32_t sources = GENERATE(1u, 2u, 65u), targets = GENERATE(1u, 4u, 5u, 129u);
  const RuleKind kind =
      GENERATE(RuleKind::fixed_probability, RuleKind::fixed_in_degree, RuleKind::fixed_total_number);
  const bool recurrent = GENERATE(false, true);
  CAPTURE(sources, targets, static_cast<int>(kind), recurrent);
  Scenario s = one_projection(kind, sources, targets, recurrent);
  ProjectionSpec& p = set_rule(s, kind == RuleKind::fixed_probability ? 0.5 : 3);
  p.rule.allow_self = true;
  BuildOptions build;
  build.tile_sizes = {4, 4};
  Made made = make_both(s, build, on_card(build));
  REQUIRE(difference(made.host, made.card) == "");
}

TEST_CASE("a network of every model that the card made runs as the host's does, and learns") {
  if (no_card()) return;
  ScratchFolder folder;
  const bool emulated = cuda::num_cuda_devices() == 1 && [] {
    std::string why_not, description;
    cuda::cuda_device_available(&why_not, &description);
    return description.starts_with("emulated");
  }();
  EveryModelRun cpu(every_model_scenario(folder, emulated ? 0.2 : 1.0));
  Network network = build_network(cpu.scenario, on_card({}));
  enter_pulses(cpu.scenario, network);
  std::size_t away = 0;
  for (const auto& p : network.projections) away += p->tiles[0].elsewhere() ? 1 : 0;
  // The host makes fixed_out_degree, listed ones, and those whose rule has state beside its weights.
  std::size_t drawn = 0;
  for (const ProjectionSpec& p : cpu.scenario.projections)
    if (p.rule.kind != RuleKind::fixed_out_degree && p.rule.kind != RuleKind::file &&
        !(p.plasticity && num_states_of_rule(p.plasticity->rule) > 0))
      ++drawn;
  REQUIRE(drawn > 5);
  REQUIRE(away == drawn);
  const auto engine = cuda::make_cuda_engine(network, {});
  engine->run(200);
  engine->download_neurons();
  engine->upload();
  REQUIRE(network.projections[0]->tiles[0].elsewhere());  // nobody has asked for synapses
  cpu.engine->run(200);
  engine->flush();
  cpu.engine->flush();
  for (int k = 0; k < 3; ++k) {
    engine->download();
    REQUIRE(first_difference(cpu.network, network) == "");
    REQUIRE(digest(cpu.network) == digest(network));
    if (k == 1) {  // what was fetched, and changed here, goes by the arenas from now on
      for (Network* of : {&cpu.network, &network}) of->projections[0]->tiles[0].weight[0] *= 0.5f;
      cpu.engine->upload();
      engine->upload();
    }
    REQUIRE(static_cast<bool>(network.projections[0]->distant) == (k < 1));
    engine->run(60);
    cpu.engine->run(60);
    engine->flush();
    cpu.engine->flush();
  }
}

TEST_CASE("a rank's share of the tiles is the same on the card") {
  if (no_card()) return;
  struct OneOfThree final : Ranks {
    explicit OneOfThree(std::uint32_t rank) {
      rank_ = rank;
      size_ = 3;
    }
  };
  OneOfThree ranks(GENERATE(0u, 1u, 2u));
  Scenario s = one_projection(RuleKind::fixed_probability, 130, 250, false);
  set_rule(s, 0.2).weight = uniform(0.0, 0.3);
  BuildOptions build;
  build.tile_sizes = {64, 32};
  build.ranks = &ranks;
  Made made = make_both(s, build, on_card(build, 2000));
  REQUIRE(made.host.own_tiles(*made.host.populations[1]).end -
              made.host.own_tiles(*made.host.populations[1]).begin <
          4);
  REQUIRE(made.card.num_synapses() > 0);
  REQUIRE(difference(made.host, made.card) == "");
}

TEST_CASE("who lists arrays of synapses that are on the card is told so") {
  if (no_card()) return;
  const Scenario s = one_projection(RuleKind::all_to_all, 5, 5, false);
  Network network = build_network(s, on_card({}));
  std::vector<StateArray> out;
  REQUIRE_THROWS_AS(network.projections[0]->list_arrays(out), Error);
  const std::size_t held = network.held_arrays().size();
  REQUIRE(held < network.arrays().size());
  REQUIRE_NOTHROW(network.projections[0]->list_arrays(out));
  const auto cpu = cpu::make_cpu_engine(network, {});
  cpu->run(3);
}

}  // namespace penfield::test
