// The engine replays plasticity lazily; here it has to match, bit for bit, a reference that applies every
// event when it happens (test/support/eager_plasticity.hpp) on the spike trains that the engine produced.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "host/build/build_network.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/step/deliver.hpp"
#include "test/support/catch.hpp"
#include "test/support/eager_plasticity.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kSource = 0, kTarget = 1;

/// How the spike trains, the delays and the rule of one case are.
struct Case {
  std::string name;
  PlasticitySpec plasticity;
  Distribution weight, delay_ms;
  bool recurrent = false;  ///< source and target are one population, self-connections included
  std::string target_model = "relay";
  double t_ref_ms = 2.0;       ///< of targets that are not relays
  StepIndex num_steps = 1200;  ///< of 1 ms
  bool flushes = true;         ///< at random times
  std::uint32_t threads = 1;
  std::uint32_t team_threads = 0;
};

PlasticitySpec stdp(bool soft, bool dendritic) {
  return {"stdp_pair",
          {{"tau_plus_ms", 16.8},
           {"tau_minus_ms", 33.7},
           {"a_plus", 0.7},
           {"a_minus", 0.45},
           {"w_min", -3.0},
           {"w_max", 20.0},
           {"soft", soft ? 1.0 : 0.0}},
          dendritic};
}
PlasticitySpec vogels(bool dendritic, bool negative) {
  return {"istdp_vogels",
          {{"tau_ms", 9.0},
           {"eta", 0.3},
           {"rho0_Hz", 40.0},
           {"w_min", negative ? -20.0 : 0.0},
           {"w_max", negative ? 0.0 : 20.0}},
          dendritic};
}

Scenario scenario_of(const Case& c) {
  Scenario s;
  s.seed = 99;
  s.dt_ms = 1.0;
  s.areas["A"] = {1.0, 1.0, false};
  s.populations.push_back(population_spec("A/source", "relay", 41));
  if (!c.recurrent) {
    PopulationSpec target = population_spec("A/target", c.target_model, 70);
    if (c.target_model != "relay") {
      target.params["t_ref_ms"] = c.t_ref_ms;
      target.params["i_e_pA"] = 1e5;  // fires whenever it can
    }
    s.populations.push_back(target);
  }
  ProjectionSpec p;
  p.from = "A/source";
  p.to = c.recurrent ? "A/source" : "A/target";
  p.port = neuron_model_infos[neuron_model_index(c.recurrent ? "relay" : c.target_model)].ports[0].name;
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = 12;
  p.weight = c.weight;
  p.delay.base_ms = c.delay_ms;
  // A first projection with other time constants, so that the tested one reads traces other than the first.
  p.name = "other";
  p.plasticity = vogels(false, false);
  p.plasticity->params["tau_ms"] = 5.0;
  p.delay.base_ms = constant(2.0);
  s.projections.push_back(p);
  p.name = "tested";
  p.plasticity = c.plasticity;
  p.delay.base_ms = c.delay_ms;
  s.projections.push_back(p);
  return s;
}

/// Silent neurons, slow ones, fast ones, and some that fire in almost every step; a third of them in bursts
/// only.
void set_rates(Population& p, RandomSequence& random, bool quiet) {
  constexpr double rates_Hz[] = {0.0, 3.0, 25.0, 120.0, 600.0, 5000.0};
  for (std::uint32_t i = 0; i < p.view.n; ++i) {
    const double rate = rates_Hz[i % 6];
    p.background_Hz[i] = static_cast<float>(i % 3 == 2 && (quiet || random.uniform() < 0.5) ? 0.0 : rate);
  }
}

template <class Rule>
void compare(const EagerPlasticity<Rule>& reference, const Network& network) {
  const Projection& projection = *network.projections[1];
  std::size_t different = 0;
  for (const auto& s : reference.synapses) {
    const float w = projection.tiles[s.tile].weight[s.place];
    if (bits_from_float(w) == bits_from_float(s.weight)) continue;
    if (different++ == 0) {
      CAPTURE(s.source, s.target, s.axonal, s.dendritic, s.pre_at, s.post_at, w, s.weight);
      CHECK(bits_from_float(w) == bits_from_float(s.weight));
    }
  }
  REQUIRE(different == 0);
}

/// Runs the engine in pieces, the reference behind it; both must agree after every flush.
template <class Rule>
void run_case(const Case& c) {
  CAPTURE(c.name);
  const Scenario scenario = scenario_of(c);
  Network network = build_network(scenario, tiles_of(64));
  const Projection& tested = *network.projections[1];
  const std::uint32_t target = c.recurrent ? kSource : kTarget;
  EagerPlasticity<Rule> reference(tested, network.populations[target]->view.tile_size, scenario.dt_ms);
  EagerPlasticity<IstdpVogels> other(*network.projections[0], network.populations[target]->view.tile_size,
                                     scenario.dt_ms);
  cpu::CpuEngineOptions options;
  options.threads = c.threads;
  options.team_threads = c.team_threads;
  const auto engine = cpu::make_cpu_engine(network, options);
  engine->record_spikes({true, true});
  RandomSequence random(5, 0u, 0, 0);
  std::vector<Spike> spikes;
  StepIndex reached = 0;
  while (engine->now() < c.num_steps) {
    for (auto& p : network.populations)
      if (!p->background_Hz.empty()) set_rates(*p, random, random.uniform() < 0.3);
    engine->upload();
    const StepIndex piece =
        c.flushes ? 1 + static_cast<StepIndex>(random.below(random.uniform() < 0.3 ? 3 : 90)) : c.num_steps;
    engine->run(std::min(piece, c.num_steps - engine->now()));
    engine->flush();
    const auto more = engine->take_spikes();
    spikes.insert(spikes.end(), more.begin(), more.end());
    const StepIndex now = engine->now();
    const Raster sources = raster_of(spikes, kSource, network.populations[kSource]->view.n, now);
    const Raster targets = raster_of(spikes, target, network.populations[target]->view.n, now);
    for (; reached < now; ++reached) {
      reference.step(reached, sources, targets);
      other.step(reached, sources, targets);
    }
    compare(reference, network);
    // What is in the rings was rounded from the very weights that the reference delivered.
    const PopulationView& p = network.populations[target]->view;
    const auto expected = reference.on_the_way(now, p.ring_slots, p.n);
    const auto expected_other = other.on_the_way(now, p.ring_slots, p.n);
    for (std::uint32_t k = 0; k + 1 < p.ring_slots; ++k)
      for (std::uint32_t i = 0; i < p.n; ++i) {
        const RingTile ring = ring_tile(p, 0, i / p.tile_size, now);
        if (*ring.at(static_cast<std::int32_t>(k), i % p.tile_size) != expected[k][i] + expected_other[k][i])
          FAIL("input of neuron " << i << " in " << k << " steps differs at step " << now);
      }
  }
  REQUIRE(reference.num_pre_events > 3000);
  REQUIRE(reference.num_post_events > 3000);
}

void run_case(const Case& c) {
  const bool known = PlasticityRules::visit(c.plasticity.rule, [&]<class Rule>() { run_case<Rule>(c); });
  REQUIRE(known);
}

/// A rule that keeps several traces, one that keeps times, one that keeps state.
PlasticitySpec rule_of_events(int which, bool dendritic) {
  if (which == 0)
    return {"stdp_triplet",
            {{"tau_x_ms", 40.0}, {"tau_y_ms", 60.0}, {"unit", 30.0}, {"w_min", -3.0}, {"w_max", 20.0}},
            dendritic};
  if (which == 1)
    return {"stdp_nearest",
            {{"a_plus", 0.7},
             {"a_minus", 0.45},
             {"mu_plus", 0.4},
             {"mu_minus", 0.2},
             {"scheme", 2.0},
             {"w_max", 20.0}},
            dendritic};
  return {"calcium_graupner", {{"tau_s", 20.0}, {"sigma", 2.0}, {"cubic", 1.0}, {"w_max", 20.0}}, dendritic};
}

}  // namespace

TEST_CASE("lazy plasticity equals eager plasticity bit for bit") {
  const bool dendritic = GENERATE(false, true);
  const int rule = GENERATE(0, 1, 2, 3);
  const int delays = GENERATE(0, 1, 2, 3);
  Case c;
  c.plasticity = rule < 2 ? stdp(rule == 1, dendritic) : vogels(dendritic, rule == 3);
  c.weight = rule == 3 ? uniform(-20.0, 0.0) : uniform(0.0, 20.0);
  c.delay_ms = delays == 0   ? constant(1.0)
               : delays == 1 ? uniform(1.0, 20.0)
               : delays == 2 ? constant(31.0)
                             : uniform(1.0, 250.0);
  c.threads = delays == 1 ? 3 : 1;
  c.name = c.plasticity.rule + (dendritic ? " dendritic" : " axonal") + ", rule " + std::to_string(rule) +
           ", delays " + std::to_string(delays);
  SECTION("between two populations") { run_case(c); }
  SECTION("without a flush but those that histories ask for") {
    c.flushes = false;
    run_case(c);
  }
  SECTION("within one population, with self-connections") {
    c.recurrent = true;
    run_case(c);
  }
}

TEST_CASE("rules of several traces or with state are exact between two populations and within one") {
  const bool dendritic = GENERATE(false, true);
  const int delays = GENERATE(0, 1, 2);
  Case c;
  c.plasticity = rule_of_events(GENERATE(0, 1, 2), dendritic);
  c.weight = uniform(0.0, 20.0);
  c.delay_ms = delays == 0 ? constant(1.0) : delays == 1 ? uniform(1.0, 20.0) : uniform(1.0, 250.0);
  c.threads = delays == 1 ? 2 : 1;
  c.num_steps = 800;
  c.recurrent = GENERATE(false, true);
  c.flushes = GENERATE(false, true);
  c.name = c.plasticity.rule + (dendritic ? " dendritic" : " axonal") + ", delays " + std::to_string(delays);
  run_case(c);
}

TEST_CASE("lazy plasticity is exact where several threads work on it as one team") {
  const int rule = GENERATE(0, 1, 2, 3);
  const bool dendritic = GENERATE(false, true);
  Case c;
  c.plasticity = rule == 3 ? stdp(true, dendritic) : rule_of_events(rule, dendritic);
  c.weight = uniform(0.0, 20.0);
  c.delay_ms = uniform(1.0, 20.0);
  c.num_steps = 250;
  c.team_threads = GENERATE(2u, 3u);
  c.recurrent = GENERATE(false, true);
  c.flushes = c.recurrent;
  c.name = "team of " + std::to_string(c.team_threads);
  run_case(c);
}

TEST_CASE("lazy plasticity is exact for targets that fire as fast as their refractoriness lets them") {
  // The history ring is sized for just that.
  const bool dendritic = GENERATE(false, true);
  const double t_ref_ms = GENERATE(0.0, 1.0, 2.0, 2.4, 2.6, 5.0);
  const double longest_ms = GENERATE(1.0, 15.0, 16.0, 64.0, 200.0);
  Case c;
  c.plasticity = stdp(true, dendritic);
  c.weight = uniform(0.0, 20.0);
  c.delay_ms = uniform(1.0, longest_ms);
  c.target_model = "iaf_psc_delta";
  c.t_ref_ms = t_ref_ms;
  c.num_steps = 500;
  c.flushes = GENERATE(false, true);
  c.name = "t_ref " + std::to_string(t_ref_ms) + " ms, delays up to " + std::to_string(longest_ms) + " ms";
  run_case(c);
}

TEST_CASE("a weight beyond its bounds stays until its first presynaptic spike") {
  Case c;
  c.plasticity = stdp(false, false);
  c.weight = constant(20.0);
  c.delay_ms = constant(3.0);
  Scenario s = scenario_of(c);
  s.projections[1].plasticity->params["w_max"] = 10.0;
  Network network = build_network(s, {});
  network.populations[kSource]->background_Hz.fill(0.0f);
  network.populations[kTarget]->background_Hz.fill(500.0f);
  const auto engine = cpu::make_cpu_engine(network, {});
  engine->run(100);
  engine->flush();
  for (const SynapseTile& tile : network.projections[1]->tiles)
    for (const float w : tile.weight) REQUIRE(w == 20.0f);
}

}  // namespace penfield::test
