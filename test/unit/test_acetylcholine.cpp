// Modulators that multiply learning and excitability by 1 + gain * concentration, as acetylcholine does, and
// what blocks them.
#include <cmath>
#include <vector>

#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"
#include "test/support/catch.hpp"
#include "test/support/cpu_raw_run.hpp"
#include "test/support/errors.hpp"
#include "test/support/raw_stops.hpp"
#include "test/support/scratch_folder.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

/// Relays at 20 Hz onto cells that a current drives; the synapses learn, and are too weak to matter.
Scenario taught(const std::string& rule = "stdp_pair", double effect = 3.0) {
  Scenario s = two_layers(20, 12, 10, constant(0.0), constant(1.0));
  s.name = "taught";
  s.until_s = 1.0;
  s.populations[1] = population_spec("A/to", "iaf_psc_exp", 12);
  s.projections[0].port = "excitatory";
  s.projections[0].weight_unit = "pA";
  s.projections[0].weight = constant(1.0);
  s.projections[0].plasticity = PlasticitySpec{rule, {}, false};
  auto& params = s.projections[0].plasticity->params;
  params["w_max"] = 2.0;
  if (rule == "stdp_pair") params["a_plus"] = 1e-3, params["a_minus"] = 4e-4;
  StimulusSpec rate;
  rate.kind = StimulusSpec::Kind::rate;
  rate.to = "A/from";
  rate.rate_Hz = 20.0;
  StimulusSpec dc;
  dc.kind = StimulusSpec::Kind::dc;
  dc.to = "A/to";
  dc.current_pA = 450.0;
  s.stimuli = {rate, dc};
  ModulatorSpec m;
  m.name = "acetylcholine";
  m.tau_ms = 2000.0;
  m.baseline = 1.0;
  if (effect != 0.0) m.effects = {{"learning", "A/to", effect}};
  s.modulators = {m};
  return s;
}

EventSpec drug(const std::string& what, double gain) {
  EventSpec e;
  e.kind = EventSpec::Kind::drug;
  e.what = what;
  e.of = "A/*";
  e.gain = gain;
  return e;
}

struct Run : CpuRawRun {
  using CpuRawRun::CpuRawRun;
  /// Mean size of what was learnt.
  double learnt() {
    finish();
    double sum = 0.0, n = 0.0;
    for (const SynapseTile& t : network.projections[0]->tiles)
      for (const float w : t.weight) sum += std::fabs(static_cast<double>(w) - 1.0), n += 1.0;
    return sum / n;
  }
  double spikes(std::uint32_t population) const {
    double sum = 0.0;
    for (const std::uint32_t n : network.populations[population]->spike_count) sum += n;
    return sum;
  }
};

}  // namespace

TEST_CASE("a tonic concentration multiplies what rules learn by 1 + gain * concentration") {
  const std::string rule =
      GENERATE("stdp_pair", "stdp_triplet", "stdp_nearest", "stdp_weight_dependent", "bcm");
  CAPTURE(rule);
  const auto with = [&](double effect, std::vector<EventSpec> events = {}) {
    Scenario s = taught(rule, effect);
    auto& params = s.projections[0].plasticity->params;
    if (rule == "stdp_triplet") params["unit"] = 0.05;
    if (rule == "stdp_nearest") params["a_plus"] = 1e-3, params["a_minus"] = 4e-4;
    if (rule == "stdp_weight_dependent") params["a_plus"] = 1e-3, params["a_minus"] = 4e-4;
    s.timeline = std::move(events);
    Run run(s);
    return run.learnt();
  };
  const double without = with(0.0);
  REQUIRE(without > 1e-4);
  CHECK(with(3.0) / without == Approx(4.0).epsilon(0.01));
  // Acetylcholine off: a quarter of the plasticity that there is with it (band: at most 30 %).
  CHECK(with(3.0, {drug("acetylcholine", 0.0)}) == Approx(without).epsilon(1e-6));
  CHECK(with(3.0, {drug("acetylcholine", 0.0)}) / with(3.0) < 0.3);
  // An agonist that doubles what it does; an effect that lessens.
  CHECK(with(1.5, {drug("acetylcholine", 2.0)}) / without == Approx(4.0).epsilon(0.01));
  CHECK(with(-1.0) == 0.0);
  CHECK(with(0.0, {drug("learning", 0.0)}) == 0.0);
}

TEST_CASE("a rule whose weights relax learns faster, and not at all without learning") {
  const auto with = [](double effect, std::vector<EventSpec> events = {}) {
    Scenario s = taught("calcium_nmda", effect);
    s.until_s = 0.3;
    s.timeline = std::move(events);
    return Run(s).learnt();
  };
  const double without = with(0.0);
  REQUIRE(without > 1e-5);
  CHECK(with(1.0) / without > 1.6);  // what is learnt slows down as it nears its end
  CHECK(with(1.0) / without < 2.0);
  CHECK(with(1.0, {drug("learning", 0.5)}) == Approx(without).epsilon(1e-6));
  CHECK(with(-1.0) == 0.0);
  CHECK(with(0.0, {drug("learning", 0.0)}) == 0.0);
  CHECK(with(0.0, {drug("NMDA", 0.0)}) < 0.1 * without);
}

TEST_CASE("excitability rises with the concentration, by the receptor that is named") {
  const auto spikes = [](const std::string& what, double gain) {
    Scenario s = taught("stdp_pair", 0.0);
    s.projections[0].plasticity.reset();
    s.projections[0].weight = constant(300.0);
    s.stimuli[0].rate_Hz = 60.0;
    s.stimuli[1].current_pA = 0.0;
    if (!what.empty()) s.modulators[0].effects = {{what, "A/to", gain}};
    Run run(s);
    run.finish();
    return run.spikes(1);
  };
  const double plain = spikes("", 0.0);
  REQUIRE(plain > 20.0);
  CHECK(spikes("excitatory", 0.3) > 1.2 * plain);
  CHECK(spikes("excitatory", -0.5) < 0.7 * plain);
  CHECK(spikes("sodium", 0.5) > plain);
  CHECK(spikes("inhibitory", 0.5) == plain);  // there is no inhibition
}

TEST_CASE("pulses are seen as they come, with the same bits on any threads and after stops") {
  Scenario s = taught();
  s.modulators[0].baseline = 0.0;
  s.modulators[0].pulses = {{0.3, 1.0}, {0.5, 0.5}};
  s.modulators[0].random_rate_Hz = 3.0;
  s.modulators[0].random_amount = 0.3;
  s.until_s = 0.8;
  Run whole(s);
  const std::uint64_t bits = whole.finish();
  Scenario early = s;
  early.until_s = 0.29;
  early.modulators[0].random_rate_Hz = 0.0;
  Scenario none = early;
  none.modulators[0].pulses.clear();
  Run before(early), without(none);
  CHECK(before.finish() == without.finish());  // a pulse does nothing before it comes
  Run threads(s, 3);
  CHECK(threads.finish() == bits);
  require_same_after_slices<Run>(s, bits, {20, 45, 90});
}

TEST_CASE("a drug acts on what a rule takes from its modulator") {
  Scenario s = taught("stdp_dopamine", 0.0);
  s.modulators[0].name = "dopamine";
  s.projections[0].plasticity->modulator = "dopamine";
  s.projections[0].plasticity->params["a_plus"] = 1e-4;
  s.projections[0].plasticity->params["a_minus"] = 5e-5;
  Run plain(s);
  const double learnt = plain.learnt();
  REQUIRE(learnt > 1e-4);
  s.timeline = {drug("dopamine", 0.5)};
  Run half(s);
  CHECK(half.learnt() / learnt == Approx(0.5).epsilon(0.01));
  s.timeline = {drug("dopamine", 0.0)};
  Run blocked(s);
  CHECK(blocked.learnt() == 0.0);
}

TEST_CASE("effects that reach nothing, or pass too fast, are refused by name") {
  const auto fault = [](const std::string& modulator, const std::string& timeline = "") {
    return thrown_by([&] {
      parse_scenario(
          R"({"penfield": 1, "name": "e", "until": "1 s", "areas": {"A": {"sheet_mm": [1, 1]}}, "clock": {"mode": "raw"},
"populations": {"A/x": {"model": "relay", "n": 3}, "A/y": {"model": "iaf_psc_delta", "n": 3}},
"projections": [{"name": "xy", "from": "A/x", "to": "A/y", "port": "delta", "rule": "all_to_all", "weight_mV": 0.5,
"plasticity": "stdp_pair"}], "modulators": [{"name": "acetylcholine", )" +
              modulator + "}]" + timeline + "}",
          "test", ".");
    });
  };
  CHECK(fault(R"("effects": [{"what": "AMPA", "of": "A/y"}])").says("has no \"AMPA\""));
  CHECK(fault(R"("effects": [{"what": "nicotine", "of": "A/y"}])").says("no model has the receptor"));
  CHECK(fault(R"("effects": [{"what": "learning", "of": "A/x"}])").says("\"learning\""));
  CHECK(fault(R"("effects": [{"what": "learning", "of": "B/*"}])").says("nothing matches \"B/*\""));
  CHECK(fault(R"("effects": [{"what": "learning", "of": "A/y"}], "pulses": [["0.5 s", 1]])")
            .says("pass too fast"));
  CHECK(
      fault(
          R"("tau_ms": 2000)",
          R"(, "timeline": [{"event": "drug", "from": "0 s", "what": "acetylcholine", "of": "A/y", "gain": 0}])")
          .says("does nothing to"));
}

}  // namespace penfield::test
