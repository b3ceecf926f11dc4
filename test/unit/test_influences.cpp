// Fields over time, and what acts on cells: currents, gains, silence, skin, use.
#include "host/run/influences.hpp"

#include <algorithm>
#include <cmath>

#include "host/body/touch_plan.hpp"
#include "host/build/build_network.hpp"
#include "host/run/field_values.hpp"
#include "host/run/rate_loop.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr double kDay_s = 86400.0;

Scenario sheet() {
  Scenario s;
  s.dt_ms = 0.5;
  s.areas["A"] = {2.0, 1.0, false};
  s.populations = {population_spec("A/cells", "iaf_psc_exp", 200), population_spec("A/relay", "relay", 40)};
  BodySpec body;
  body.relay = "A/relay";
  body.parts = {{"hand/left", 0.0, 0.0, 1.0, 1.0, ""}, {"hand/right", 1.0, 0.0, 1.0, 1.0, ""}};
  s.body = body;
  return s;
}

EventSpec event(EventSpec::Kind kind, double from_s, double to_s) {
  EventSpec e;
  e.kind = kind;
  e.from_s = from_s;
  e.to_s = to_s;
  return e;
}

std::uint32_t nearest(const Population& p, double x_mm, double y_mm) {
  std::uint32_t best = 0;
  for (std::uint32_t i = 0; i < p.view.n; ++i)
    if (std::hypot(p.x_mm[i] - x_mm, p.y_mm[i] - y_mm) < std::hypot(p.x_mm[best] - x_mm, p.y_mm[best] - y_mm))
      best = i;
  return best;
}

/// A field lowers inhibition around a bump, most at 10 s.
Scenario less_inhibited(const FieldSpec::Bump& bump) {
  Scenario s = sheet();
  FieldSpec f{"phasic", "A", 1.0, {bump}};
  f.course.kind = CourseSpec::Kind::points;
  f.course.points = {{0.0, 0.0}, {10.0, 1.0}, {20.0, 0.0}};
  s.fields = {f};
  EffectSpec x;
  x.kind = EffectSpec::Kind::gain;
  x.field = "phasic";
  x.of = "A/cells";
  x.port = "inhibitory";
  s.effects = {x};
  return s;
}

}  // namespace

TEST_CASE("courses are what their formulas say") {
  CourseSpec c;
  CHECK(course_value(c, -5.0) == 1.0);
  c.kind = CourseSpec::Kind::points;
  c.points = {{0.0, 0.0}, {10.0, 1.0}, {20.0, -1.0}};
  CHECK(course_value(c, -3.0) == 0.0);
  CHECK(course_value(c, 2.5) == Approx(0.25));
  CHECK(course_value(c, 15.0) == Approx(0.0).margin(1e-12));
  CHECK(course_value(c, 99.0) == -1.0);
  // The figures of rodents and people: G is 0.90, 0.54 and 0.03 at 5, 14 and 30 days for t_p 7 d and n 2;
  // 0.28 and 0.12 at 30 and 180 days for 75 d and 4.
  c.kind = CourseSpec::Kind::growth;
  c.peak_s = 7.0 * kDay_s;
  c.power = 2.0;
  CHECK(course_value(c, 0.0) == 0.0);
  CHECK(course_value(c, 5.0 * kDay_s) == Approx(0.90).margin(0.006));
  CHECK(course_value(c, 7.0 * kDay_s) == Approx(1.0));
  CHECK(course_value(c, 14.0 * kDay_s) == Approx(0.54).margin(0.006));
  CHECK(course_value(c, 30.0 * kDay_s) == Approx(0.03).margin(0.006));
  c.peak_s = 75.0 * kDay_s;
  c.power = 4.0;
  CHECK(course_value(c, 30.0 * kDay_s) == Approx(0.28).margin(0.006));
  CHECK(course_value(c, 180.0 * kDay_s) == Approx(0.12).margin(0.006));
}

TEST_CASE("a field answers injury where it is, from when it is, and a drug takes its share") {
  Scenario s = sheet();
  FieldSpec f{"G", "A", 0.5, {}};
  f.injury_amplitude = 2.0;
  f.injury_sigma_mm = 0.3;
  f.course.kind = CourseSpec::Kind::points;
  f.course.points = {{0.0, 0.0}, {100.0, 1.0}};
  s.fields = {f};
  EventSpec infarct = event(EventSpec::Kind::infarct, 0.0, -1.0);
  infarct.area = "A";
  infarct.x_mm = 0.5;
  infarct.y_mm = 0.5;
  infarct.radius_mm = 0.2;
  EventSpec drug = event(EventSpec::Kind::scale_field, 1000.0, 2000.0);
  drug.what = "G";
  drug.gain = 0.25;
  s.timeline = {infarct, drug};
  Network network = build_network(s, tiles_of(64));
  Injury injury(s, network);
  Influences influences(s, network, injury);
  CHECK(influences.varies("G"));
  const Population& p = *network.populations[0];
  for (const float v : influences.field_at(s.fields[0], p, 50.0)) CHECK(v == 0.5f);
  injury.strike(0, 400.0);
  const std::uint32_t far = nearest(p, 1.1, 0.5);
  const double mm = std::hypot(p.x_mm[far] - 0.5, p.y_mm[far] - 0.5) - 0.2;
  const double fall = std::exp(-mm * mm / (2.0 * 0.09));
  CHECK(influences.field_at(s.fields[0], p, 400.0)[far] == 0.5f);
  CHECK(influences.field_at(s.fields[0], p, 450.0)[far] == Approx(0.5 + 2.0 * 0.5 * fall));
  CHECK(influences.field_at(s.fields[0], p, 900.0)[nearest(p, 0.5, 0.5)] == Approx(2.5));
  CHECK(influences.field_at(s.fields[0], p, 1500.0)[far] == Approx(0.5 + 0.25 * 2.0 * fall));
  CHECK(influences.field_at(s.fields[0], p, 2500.0)[far] == Approx(0.5 + 2.0 * fall));
}

TEST_CASE("currents move potentials where they are, and leave as they came") {
  Scenario s = sheet();
  EventSpec e = event(EventSpec::Kind::stimulate, 10.0, 20.0);
  e.of = "A/cells";
  e.x_mm = 0.5;
  e.y_mm = 0.5;
  e.radius_mm = 0.3;
  e.current_pA = 50.0;
  s.timeline = {e};
  for (const double noise_pA : {0.0, 30.0}) {
    StimulusSpec noise;
    noise.kind = StimulusSpec::Kind::noise;
    noise.to = "A/cells";
    noise.current_pA = noise_pA;
    s.stimuli.clear();
    if (noise_pA > 0.0) s.stimuli.push_back(noise);
    Network network = build_network(s, tiles_of(64)), plain = build_network(s, tiles_of(64));
    Injury injury(s, network);
    Influences influences(s, network, injury);
    influences.set(5.0);
    REQUIRE(influences.set(15.0));
    CHECK_FALSE(influences.set(16.0));  // nothing has changed
    network.bind();
    const auto engine = cpu::make_cpu_engine(network, {}), other = cpu::make_cpu_engine(plain, {});
    engine->run(400);
    other->run(400);
    const Population& p = *network.populations[0];
    const float* v = reinterpret_cast<const float*>(p.columns[0].data());
    const float* v0 = reinterpret_cast<const float*>(plain.populations[0]->columns[0].data());
    const double expected_mV = 50.0 / 250.0 * 10.0;  // I tau / C of the defaults
    for (std::uint32_t i = 0; i < p.view.n; ++i) {
      const bool inside = std::hypot(p.x_mm[i] - 0.5, p.y_mm[i] - 0.5) <= 0.3;
      INFO(noise_pA << " " << i);
      CHECK(v[i] - v0[i] == Approx(inside ? expected_mV : 0.0).margin(1e-4));
    }
    REQUIRE(influences.set(25.0));
    for (const float bias : p.bias_pA) CHECK(bias == 0.0f);
  }
}

TEST_CASE("a block silences for a time, and the dead stay silent") {
  Scenario s = sheet();
  EventSpec block = event(EventSpec::Kind::block, 10.0, 20.0);
  block.of = "A/*";
  EventSpec infarct = event(EventSpec::Kind::infarct, 0.0, -1.0);
  infarct.area = "A";
  infarct.x_mm = 0.5;
  infarct.y_mm = 0.5;
  infarct.radius_mm = 0.2;
  s.timeline = {block, infarct};
  Network network = build_network(s, tiles_of(64));
  Injury injury(s, network);
  Influences influences(s, network, injury);
  injury.strike(1, 0.0);
  const auto silent = [&] {
    std::uint32_t n = 0;
    for (const std::uint32_t flag : network.populations[0]->silent) n += flag;
    return n;
  };
  influences.set(5.0);
  const std::uint32_t dead = silent();
  CHECK(dead > 0);
  CHECK(influences.set(15.0));
  CHECK(silent() == 200);
  CHECK(influences.set(20.0));
  CHECK(silent() == dead);
}

TEST_CASE("a field's gain is exchanged on a factor that a homeostat moves too") {
  Scenario s = less_inhibited({1.0, 0.5, 0.2, -0.5});
  Network network = build_network(s, tiles_of(64));
  Injury injury(s, network);
  Influences influences(s, network, injury);
  Population& p = *network.populations[0];
  const std::uint32_t at = nearest(p, 1.0, 0.5);
  auto& factor = p.factor[1];
  REQUIRE(factor.size() == 200);
  CHECK(influences.set(0.0));  // the array is new to the engine
  CHECK_FALSE(influences.set(0.0));
  CHECK(influences.set(10.0));
  const float low = factor[at];
  CHECK(low < 0.6f);
  factor[at] *= 3.0f;  // a homeostat
  StateArchive out;
  influences.archive(out);
  CHECK(influences.set(20.0));
  CHECK(factor[at] == Approx(3.0f));
  // A run that goes on from the archive has the same gains in force.
  factor[at] = 3.0f * low;
  StateArchive in(out.written(), "test");
  influences.archive(in);
  in.finish();
  influences.resume();
  CHECK(factor[at] == Approx(3.0f * low));
  CHECK(influences.set(20.0));
  CHECK(factor[at] == Approx(3.0f));
}

TEST_CASE("a field's tonic inhibition is that of its time, goes on from an archive, and is never negative") {
  Scenario s = less_inhibited({1.0, 0.5, 0.2, -1.5});
  s.effects.clear();
  s.populations[0] = population_spec("A/cells", "iaf_cond_receptors", 200);
  s.populations[0].tonic_field = "phasic";
  Network network = build_network(s, tiles_of(64));
  Injury injury(s, network);
  Influences influences(s, network, injury);
  CHECK(influences.any());
  Population& p = *network.populations[0];
  const std::uint32_t at = nearest(p, 1.0, 0.5), away = nearest(p, 0.0, 0.0);
  REQUIRE(p.tonic_share.size() == 200);
  CHECK(influences.set(5.0));
  const float half = p.tonic_share[at];
  CHECK(half < 0.5f);
  CHECK(half > 0.0f);
  CHECK_FALSE(influences.set(5.0));
  StateArchive out;
  influences.archive(out);
  CHECK(influences.set(10.0));
  CHECK(p.tonic_share[at] == 0.0f);
  CHECK(p.tonic_share[away] == Approx(1.0f).epsilon(1e-4));
  StateArchive in(out.written(), "test");
  influences.archive(in);
  in.finish();
  influences.resume();
  CHECK(p.tonic_share[at] == half);
}

TEST_CASE("a homeostat neither sees nor bounds a field's share of its factor") {
  Scenario s = less_inhibited({1.0, 0.5, 10.0, -0.5});
  HomeostasisSpec h;
  h.name = "plasticity";
  h.of = "A/cells";
  h.port = "inhibitory";
  h.raises_rate = false;
  h.set_point_Hz = 4.0;
  h.lower = 0.9;
  h.upper = 1.1;
  s.homeostasis = {h};
  Network network = build_network(s, tiles_of(64));
  Injury injury(s, network);
  Influences influences(s, network, injury);
  Homeostat homeostat(h, network);
  homeostat.set_share(influences.share_of(0, 1));
  auto& factor = network.populations[0]->factor[1];
  homeostat.take_snapshot(network);
  influences.set(10.0);
  const float share = factor[0];
  CHECK(share < 0.6f);
  Measures silent;
  for (const auto& p : network.populations) silent.rate_Hz.emplace_back(p->view.n, 0.0f);
  RateLoop({&homeostat}).advance(network, silent, 100.0 * kDay_s);
  CHECK(factor[0] == Approx(0.9f * share));  // the homeostat's own part is at its bound
  influences.set(20.0);
  CHECK(factor[0] == Approx(0.9f));
  std::vector<std::uint8_t> dead(network.populations[0]->view.n, 0);
  dead[0] = 1;
  homeostat.set_dead(dead);
  const float before = factor[0];
  for (auto& rates : silent.rate_Hz) std::fill(rates.begin(), rates.end(), 40.0f);
  RateLoop({&homeostat}).advance(network, silent, kDay_s);
  CHECK(factor[0] == before);
  CHECK(factor[1] > 1.0f);
}

TEST_CASE("a nerve takes the relay's rate with it, the dorsal columns do not, and both may grow back") {
  for (const bool columns : {false, true}) {
    Scenario s = sheet();
    EventSpec cut = event(EventSpec::Kind::cut_afferents, 10.0, 20.0);
    cut.part = "hand/left";
    cut.relay_keeps_rate = columns;
    cut.regrowth_tau_s = 5.0;
    s.timeline = {cut};
    Network network = build_network(s, tiles_of(64));
    Injury injury(s, network);
    Influences influences(s, network, injury);
    const Population& relay = *network.populations[1];
    const std::uint32_t left = nearest(relay, 0.3, 0.5), right = nearest(relay, 1.7, 0.5);
    const float rate_Hz = relay.background_Hz[left];
    influences.set(12.0);
    CHECK(relay.skin_gain[left] == 0.0f);
    CHECK(relay.skin_gain[right] == 1.0f);
    CHECK(relay.background_Hz[left] == Approx(columns ? rate_Hz : rate_Hz - 2.5f));
    influences.set(25.0);
    CHECK(relay.skin_gain[left] == Approx(1.0 - std::exp(-1.0)));
    // Left within the tolerance of its end, the cut is over, and another timeline finds it as it was.
    influences.set(19.9995);
    CHECK(relay.skin_gain[left] == 0.0f);
    influences.set(200.0);
    CHECK(relay.skin_gain[left] == Approx(1.0f));
    CHECK(relay.background_Hz[left] == Approx(rate_Hz));
    CHECK(relay.background_Hz[right] == rate_Hz);
  }
}

TEST_CASE("use makes touches as much rarer or more frequent as it says") {
  Scenario s = sheet();
  EventSpec disuse = event(EventSpec::Kind::use, 0.0, -1.0), train = event(EventSpec::Kind::use, 10.0, 20.0);
  disuse.part = "hand/*";
  disuse.gain = 0.5;
  train.part = "hand/left";
  train.gain = 4.0;
  s.timeline = {disuse, train};
  Network network = build_network(s, tiles_of(64));
  Injury injury(s, network);
  Influences influences(s, network, injury);
  CHECK(influences.use(5.0) == std::vector<double>{0.5, 0.5});
  const std::vector<double> trained = influences.use(15.0);
  CHECK(trained == std::vector<double>{2.0, 0.5});
  const StepIndex length = 4'000'000;
  std::size_t touches[2] = {};
  for (const Touch& t : random_touches(*s.body, s.dt_ms, 7, 0, length, trained)) ++touches[t.part];
  const double usual = 2000.0e3 / (100.0 + 300.0);  // touches in the 2,000 s
  CHECK(static_cast<double>(touches[0]) == Approx(2.0 * usual).epsilon(0.05));
  CHECK(static_cast<double>(touches[1]) == Approx(0.5 * usual).epsilon(0.05));
}

}  // namespace penfield::test
