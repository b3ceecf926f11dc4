// Cells that die and synapses that are cut: what goes, what stays as it was, and what the rim lives on.
#include "host/run/injury.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/run/cut_synapses.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr double kDay_s = 86400.0;

/// A sheet of cells that feel each other over static, plastic, and two kinds of delayed synapses.
Scenario hurt(double penumbra_mm = 0.0) {
  Scenario s;
  s.dt_ms = 0.5;
  s.areas["A"] = {2.0, 1.0, false};
  s.areas["B"] = {1.0, 1.0, false};
  s.populations = {population_spec("A/cells", "iaf_psc_exp", 300),
                   population_spec("A/other", "iaf_psc_exp", 70),
                   population_spec("B/far", "iaf_psc_exp", 50)};
  const auto project = [&](const std::string& name, const std::string& from, const std::string& to,
                           const std::string& rule) {
    ProjectionSpec p;
    p.name = name;
    p.from = from;
    p.to = to;
    p.port = "excitatory";
    p.rule.kind = RuleSpec::Kind::fixed_in_degree;
    p.rule.count = 15;
    p.weight = uniform(1.0, 9.0);
    p.delay.base_ms = uniform(0.5, 12.0);
    if (!rule.empty()) p.plasticity = PlasticitySpec{rule, {{"w_max", 10.0}}, false};
    s.projections.push_back(p);
  };
  project("static", "A/cells", "A/cells", "");
  project("plastic", "A/other", "A/cells", "stdp_pair");
  project("with state", "A/cells", "A/other", "calcium_graupner");
  project("away", "B/far", "B/far", "");
  s.projections[0].weight = constant(3.0);
  EventSpec e;
  e.kind = EventSpec::Kind::infarct;
  e.area = "A";
  e.x_mm = 0.8;
  e.y_mm = 0.5;
  e.radius_mm = 0.25;
  e.penumbra_mm = penumbra_mm;
  s.timeline = {e};
  return s;
}

/// (projection, source, target, delay) of all synapses, with their weights and states.
using Wiring =
    std::multimap<std::tuple<std::size_t, std::uint32_t, std::uint32_t, std::int32_t>, std::vector<float>>;
Wiring wiring(const Network& network) {
  Wiring out;
  for (std::size_t k = 0; k < network.projections.size(); ++k) {
    const Projection& p = *network.projections[k];
    const PopulationView& target = network.populations[p.view.target]->view;
    for (std::uint32_t t = 0; t < p.tiles.size(); ++t) {
      const SynapseTile& tile = p.tiles[t];
      REQUIRE(tile.rows_are_sound());
      const std::size_t states = tile.state.empty() ? 0 : tile.state.size() / tile.num_synapses();
      p.for_each_synapse(t, [&](const Projection::Synapse& s) {
        std::vector<float> has = {s.weight};
        for (std::size_t q = 0; q < states; ++q) has.push_back(tile.state[s.place * states + q]);
        out.insert({{k, s.source, tile_begin(target, t) + s.target, s.delay}, has});
      });
    }
  }
  return out;
}

Measures rates(const Network& network, float rate_Hz) {
  Measures m;
  for (const auto& p : network.populations) m.rate_Hz.emplace_back(p->view.n, rate_Hz);
  m.rest_rate_Hz = m.rate_Hz;
  return m;
}

bool in_core(const Scenario& s, const Population& p, std::uint32_t i, double beyond_mm = 0.0) {
  const EventSpec& e = s.timeline[0];
  const double dx = std::max(0.0, std::fabs(p.x_mm[i] - e.x_mm) - 0.5 * e.width_mm),
               dy = std::max(0.0, std::fabs(p.y_mm[i] - e.y_mm) - 0.5 * e.height_mm);
  return std::hypot(dx, dy) <= e.radius_mm + beyond_mm;
}

}  // namespace

TEST_CASE("what an infarct's core held is gone, and everything else is as it was") {
  Scenario s = hurt();
  if (GENERATE(false, true)) {
    s.timeline[0].width_mm = 0.7;
    s.timeline[0].height_mm = 0.2;
    s.timeline[0].radius_mm = 0.1;
  }
  for (const std::uint32_t tile : {4u, 64u, 512u}) {
    Network network = build_network(s, tiles_of(tile));
    const Wiring before = wiring(network);
    Injury injury(s, network);
    CHECK_FALSE(injury.any());
    CHECK(injury.distances("A", 0.8, 0.5).empty());
    REQUIRE(injury.strike(0, 2.0 * kDay_s));
    network.bind();
    CHECK(injury.any());
    std::uint64_t dead = 0;
    for (std::uint32_t k = 0; k < 2; ++k) {
      const Population& p = *network.populations[k];
      for (std::uint32_t i = 0; i < p.view.n; ++i) {
        REQUIRE((injury.dead(k)[i] != 0) == in_core(s, p, i));
        REQUIRE((p.silent[i] != 0) == in_core(s, p, i));
        dead += in_core(s, p, i) ? 1 : 0;
      }
    }
    CHECK(dead > 20);
    CHECK(injury.num_dead() == dead);
    CHECK(injury.dead(2).empty());  // another area
    Wiring expected;
    for (const auto& [key, has] : before) {
      const ProjectionView& v = network.projections[std::get<0>(key)]->view;
      const auto lives = [&](std::uint32_t population, std::uint32_t i) {
        return population == 2 || !in_core(s, *network.populations[population], i);
      };
      if (lives(v.source, std::get<1>(key)) && lives(v.target, std::get<2>(key))) expected.insert({key, has});
    }
    CHECK(expected.size() < before.size());
    CHECK(wiring(network) == expected);
    const auto d = injury.distances("A", 0.8, 0.85);
    REQUIRE(d.size() == 1);
    CHECK(d[0].mm == Approx(s.timeline[0].height_mm > 0.0 ? 0.15 : 0.1));
    CHECK(d[0].time_s == 2.0 * kDay_s);
    CHECK(injury.distances("A", 0.8, 0.6)[0].mm == 0.0);
    CHECK(injury.distances("B", 0.8, 0.5).empty());
  }
}

TEST_CASE("a projection that is cut has no synapse left, the others all") {
  Scenario s = hurt();
  s.timeline[0].kind = EventSpec::Kind::cut;
  s.timeline[0].what = "plastic";
  Network network = build_network(s, tiles_of(64));
  Wiring expected = wiring(network);
  Injury injury(s, network);
  REQUIRE(injury.strike(0, 0.0));
  std::erase_if(expected, [](const auto& one) { return std::get<0>(one.first) == 1; });
  CHECK(wiring(network) == expected);
  CHECK(injury.num_dead() == 0);
}

TEST_CASE("a network goes on after cells died: the dead are silent, and threads agree") {
  Scenario s = hurt();
  for (PopulationSpec& p : s.populations) p.params["i_e_pA"] = 700.0;
  StateDigest first{};
  for (const std::uint32_t threads : {1u, 3u}) {
    Network network = build_network(s, tiles_of(64));
    cpu::CpuEngineOptions options;
    options.threads = threads;
    const auto engine = cpu::make_cpu_engine(network, options);
    engine->run(100);
    engine->flush();
    engine->download();
    Injury injury(s, network);
    injury.strike(0, 0.0);
    network.bind();
    for (auto& p : network.populations) p->spike_count.fill(0);
    engine->upload();
    engine->run(200);
    engine->flush();
    engine->download();
    const Population& cells = *network.populations[0];
    std::uint32_t living = 0;
    for (std::uint32_t i = 0; i < cells.view.n; ++i) {
      if (injury.dead(0)[i] != 0) CHECK(cells.spike_count[i] == 0);
      living += injury.dead(0)[i] == 0 && cells.spike_count[i] > 0 ? 1 : 0;
    }
    CHECK(living > 200);
    if (threads == 1) first = digest(network);
    CHECK(digest(network) == first);
  }
}

TEST_CASE("the rim dies by its debt of energy: later where blood is left, sooner where cells are busy") {
  Scenario s = hurt(0.4);
  EventSpec& e = s.timeline[0];
  e.blood_share = 0.0;
  e.reperfusion_tau_s = 1e12;  // none comes back
  e.resting_share = 0.25;
  e.lethal_debt_s = 3600.0;
  const auto died_after = [&](float rate_Hz, double hours) {
    Network network = build_network(s, tiles_of(64));
    Injury injury(s, network);
    injury.advance(rates(network, 4.0f), kDay_s);
    injury.strike(0, 0.0);
    REQUIRE(injury.may_kill());
    for (double t = 0.0; t < hours; t += 0.1) injury.advance(rates(network, rate_Hz), 360.0);
    const Population& p = *network.populations[0];
    double reach_mm = 0.0;  // of the dead, beyond the core
    for (std::uint32_t i = 0; i < p.view.n; ++i)
      if (injury.dead(0)[i] != 0)
        reach_mm = std::max(reach_mm, std::hypot(p.x_mm[i] - e.x_mm, p.y_mm[i] - e.y_mm) - e.radius_mm);
    return reach_mm;
  };
  // At the intact rate a cell lacks 1 - mm / 0.4: after T hours all within 0.4 (1 - 1 / T) have died.
  CHECK(died_after(4.0f, 0.9) == 0.0);
  CHECK(died_after(4.0f, 2.0) == Approx(0.2).margin(0.05));
  CHECK(died_after(4.0f, 4.0) == Approx(0.3).margin(0.05));
  // A cell at half its rate asks for 0.25 + 0.375.
  CHECK(died_after(2.0f, 4.0) == Approx(0.15).margin(0.05));
  CHECK(died_after(8.0f, 4.0) > 0.35);
  // Silent, it rests: what a quarter of the blood gives is enough.
  CHECK(died_after(0.0f, 100.0) == Approx(0.1).margin(0.04));
}

TEST_CASE("blood that comes back ends the danger") {
  Scenario s = hurt(0.4);
  s.timeline[0].blood_share = 0.2;
  s.timeline[0].reperfusion_tau_s = 3600.0;
  s.timeline[0].lethal_debt_s = 1.2 * 3600.0;  // more than 0.8 tau: nobody's debt gets there
  Network network = build_network(s, tiles_of(64));
  Injury injury(s, network);
  injury.advance(rates(network, 4.0f), kDay_s);
  injury.strike(0, 0.0);
  const std::uint64_t core = injury.num_dead();
  for (int k = 0; k < 100; ++k) injury.advance(rates(network, 4.0f), 600.0);
  CHECK(injury.num_dead() == core);
  CHECK_FALSE(injury.may_kill());
}

TEST_CASE("an injury is what it was after a checkpoint, and stays where it was when time begins anew") {
  const Scenario s = hurt(0.4);
  Network network = build_network(s, tiles_of(64)), again = build_network(s, tiles_of(64));
  Injury injury(s, network), read(s, again);
  injury.advance(rates(network, 4.0f), kDay_s);
  injury.strike(0, 1000.0);
  injury.advance(rates(network, 5.0f), 7200.0);
  StateArchive out;
  injury.archive(out);
  StateArchive in(out.written(), "test");
  read.archive(in);
  in.finish();
  StateArchive second;
  read.archive(second);
  CHECK(second.written() == out.written());
  CHECK(read.num_dead() == injury.num_dead());
  CHECK(std::equal(again.populations[0]->silent.begin(), again.populations[0]->silent.end(),
                   network.populations[0]->silent.begin(), network.populations[0]->silent.end()));
  read.shift(400.0);
  CHECK(read.distances("A", 0.0, 0.0)[0].time_s == 600.0);
}

}  // namespace penfield::test
