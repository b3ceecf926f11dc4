// What the episodic clock finds out about itself: whether heal-in is long enough, whether rates move too far
// in a step, and how steeply they answer a homeostat.
#include <cmath>
#include <vector>

#include "host/run/episode_batches.hpp"
#include "host/run/episode_checks.hpp"
#include "host/run/loop_gain.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/step_control.hpp"
#include "test/support/catch.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

/// Relays at 50 Hz, 100 of them onto each of 200 cells that add up what comes and forget nothing: they fire
/// at inputs x weight / threshold, in proportion to the gain on their input.
Scenario integrators(double current_pA = 0.0) {
  Scenario s = two_layers(400, 200, 100, constant(0.05), constant(1.0));
  s.populations[1].positions = "jittered_grid";
  auto& cell = s.populations[1].params;
  cell["tau_m_ms"] = 1e5;
  cell["t_ref_ms"] = 0.0;
  cell["i_e_pA"] = current_pA;
  StimulusSpec rate;
  rate.kind = StimulusSpec::Kind::rate;
  rate.to = "A/from";
  rate.rate_Hz = 50.0;
  s.stimuli = {rate};
  HomeostasisSpec h;
  h.name = "scaling";
  h.of = "A/to";
  h.port = "delta";
  h.set_point_Hz = 10.0;
  s.homeostasis = {h};
  s.clock.episodic = true;
  s.clock.tolerance = 0.05;
  s.clock.short_step_s = 100.0;
  s.clock.macro_step_s = 10000.0;
  ConditionSpec all;
  all.name = "all";
  all.heal_s = 0.2;
  all.episode_s = 4.0;
  s.clock.conditions = {all};
  return s;
}

struct Measured {
  explicit Measured(const Scenario& s)
      : scenario(s),
        network(build_network(scenario, tiles_of(64))),
        engine(make_engine(network, DeviceChoice::cpu, 1).engine),
        batches(network, *engine, none),
        control(scenario, network, batches) {}

  Measures measure_once() { return measure(scenario, network, batches, episode++, &batches); }
  LoopGain loop_gain(bool raises_rate) {
    HomeostasisSpec spec = scenario.homeostasis[0];
    spec.raises_rate = raises_rate;
    return measure_loop_gain(scenario, network, *engine, Homeostat(spec, network), 7, {});
  }

  Scenario scenario;
  Network network;
  std::unique_ptr<Engine> engine;
  std::vector<ProjectedWeights> none;
  EpisodeBatches batches;
  StepControl control;
  std::uint64_t episode = 0;
};

EpisodeSpikes episode_with(std::uint64_t first, std::uint64_t rest) {
  EpisodeSpikes e;
  e.seconds = 4.0;
  e.fraction = 1.0;
  e.count.resize(1);
  e.count[0].fill(rest);
  e.count[0][0] = e.count[0][1] = first;
  e.variogram.resize(1);
  return e;
}

}  // namespace

TEST_CASE("a loop gain measured by perturbation is that of cells whose rate is known") {
  SECTION("in proportion to the gain: 1") {
    Measured m(integrators());
    const LoopGain found = m.loop_gain(true);
    CAPTURE(found.gain, found.standard_error);
    CHECK(found.gain == Approx(1.0).margin(0.03));
    CHECK(found.standard_error < 0.05);
    CHECK(is_usable(found));
    CHECK(found.spiking_s == Approx(2.0 * 4.2));
    // A homeostat that takes the gain for one that lowers the rate would run away.
    const LoopGain wrong = m.loop_gain(false);
    CHECK(wrong.gain == Approx(-found.gain));
    CHECK_FALSE(is_usable(wrong));
  }
  SECTION("half of the drive is a current that no gain touches: 1/2") {
    // 62.5 pA into 250 pF moves the potential as fast as 5,000 inputs of 0.05 mV a second.
    Measured m(integrators(62.5));
    CHECK(m.loop_gain(true).gain == Approx(0.5).margin(0.03));
  }
}

TEST_CASE("a measured loop gain leaves no trace in the network") {
  Measured m(integrators());
  m.measure_once();
  m.engine->download();
  const StateDigest before = digest(m.network);
  const StepIndex now = m.engine->now();
  m.loop_gain(true);
  m.engine->download();
  CHECK(digest(m.network) == before);
  CHECK(m.engine->now() == now);
}

TEST_CASE("a loop gain that is not usable leaves the one before, and is asked for when it is due") {
  Measured m(integrators());
  HomeostasisSpec spec = m.scenario.homeostasis[0];
  CHECK_FALSE(Homeostat(spec, m.network).loop_gain_is_due(1e9));  // as it is given
  spec.loop_gain_every_s = 1000.0;
  Homeostat h(spec, m.network);
  CHECK(h.loop_gain_is_due(-500.0));
  h.set_loop_gain(2.0, -500.0);
  CHECK(h.loop_gain() == 2.0);
  CHECK_FALSE(h.loop_gain_is_due(499.0));
  CHECK(h.loop_gain_is_due(500.0));
  h.set_loop_gain(0.0, 500.0);
  CHECK(h.loop_gain() == 2.0);
  h.forget_loop_gain();
  CHECK(h.loop_gain_is_due(501.0));
}

TEST_CASE("bins' variances are those of their scatter") {
  Measured m(integrators());
  double expected = 0.0, found = 0.0;
  m.batches.watch({true, true});
  for (int k = 0; k < 8; ++k) {
    m.measure_once();
    const std::vector<double> cells = m.batches.bins(0).cells_per_bin();
    const auto& of_bin = m.batches.spikes()[0].bin_variance_Hz2[0];
    REQUIRE(of_bin.size() == cells.size());
    for (std::size_t b = 0; b < cells.size(); ++b) {
      found += of_bin[b];
      expected += 50.0 / (cells[b] * 4.0);  // of Poisson cells at 50 Hz in 4 s
    }
  }
  CHECK(found == Approx(expected).epsilon(0.25));
}

TEST_CASE("macro steps grow while nothing moves, and are cut where rates move by more than a fifth") {
  Measured m(integrators());
  StepErrors still;
  Measures measures = m.measure_once();
  m.control.judge(still, measures, 100.0);
  CHECK(still.rate_change == 0.0);  // there was no step before
  CHECK(m.control.limit_s(1e9) == Approx(200.0));
  for (double step = 200.0; step < 1000.0; step *= 2.0) {
    StepErrors errors;
    measures = m.measure_once();
    m.control.judge(errors, measures, step);
    CAPTURE(step, errors.rate_change);
    CHECK(errors.rate_change < 0.02);  // other draws of the same network
    CHECK(m.control.limit_s(1e9) == Approx(2.0 * step));
  }
  CHECK(m.control.limit_s(300.0) == 300.0);
  for (float& r : measures.rate_Hz[1]) r *= 1.5f;
  StepErrors moved;
  m.control.judge(moved, measures, 1600.0);  // the change is that of the step of 800 s
  CHECK(moved.rate_change == Approx(1.0 / 3.0).epsilon(0.05));
  CHECK(m.control.limit_s(1e9) == Approx(800.0 * 0.2 / moved.rate_change));
  m.control.restart();
  CHECK(m.control.limit_s(1e9) == 100.0);
}

TEST_CASE("heal-in is short where the first quarter of episodes differs, beyond chance, from the rest") {
  EpisodeChecks none;
  CHECK(none.num_conditions() == 0);
  EpisodeChecks steady, moving, scattered;
  for (std::uint64_t k = 0; k < 10; ++k) {
    steady.add({episode_with(1000 + k % 3, 1000)});
    moving.add({episode_with(1100 + k % 3, 1000)});
    scattered.add({episode_with(k % 2 == 0 ? 1400 : 700, 1000)});
  }
  CHECK_FALSE(steady.heals_too_short(0, 0));
  CHECK(moving.heals_too_short(0, 0));
  CHECK(moving.drift(0, 0).mean == Approx(101.0 / 1025.0).epsilon(0.02));
  CHECK_FALSE(scattered.heals_too_short(0, 0));
  EpisodeChecks one;
  one.add({episode_with(2000, 1000)});
  CHECK_FALSE(one.heals_too_short(0, 0));
  CHECK(std::isnan(one.drift(0, 0).standard_error));
  one.add({episode_with(0, 0)});  // silent: says nothing
  CHECK(std::isnan(one.drift(0, 0).mean));
}

TEST_CASE("rates that forget within a batch do not wander, slow ones do") {
  Measured m(integrators());
  EpisodeChecks fast;
  for (int k = 0; k < 12; ++k) {
    m.measure_once();
    fast.add(m.batches.spikes());
  }
  CHECK(std::fabs(fast.wander(0, 1)) < 0.25);
  CHECK_FALSE(fast.wanders(0, 1));
  CHECK(std::isnan(fast.wander(0, 0)));  // nobody follows the relays
  // A current that rises from one batch to the next by what all its cells answer to.
  EpisodeChecks slow;
  for (int k = 0; k < 12; ++k) {
    EpisodeSpikes e = episode_with(100, 100);
    // (k - i)^2 / 2 of a straight line: 0.5 beside each other, 4, 5, 6, 7 apart 13.0 in the mean of the 10
    // pairs
    e.variogram[0] = {0.5, (4 * 16 + 3 * 25 + 2 * 36 + 49) / 20.0};
    slow.add({e});
    CHECK(slow.wanders(0, 0) == (k >= 9));
  }
  CHECK(slow.wander(0, 0) == Approx(1.0 - 0.5 / 13.0));
}

}  // namespace penfield::test
