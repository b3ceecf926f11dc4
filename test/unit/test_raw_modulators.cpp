// Pulses of modulators in a raw run: listed, at random times, and called for by spikes, however the run is
// cut into stretches.
#include <cmath>
#include <vector>

#include "host/run/raw_run.hpp"
#include "test/support/catch.hpp"
#include "test/support/cpu_raw_run.hpp"
#include "test/support/raw_stops.hpp"
#include "test/support/scratch_folder.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

/// Weights of all synapses, bit for bit as stored.
std::vector<float> weights_of(const Network& network) {
  std::vector<float> weights;
  for (const SynapseTile& tile : network.projections[0]->tiles)
    weights.insert(weights.end(), tile.weight.begin(), tile.weight.end());
  return weights;
}

/// Neuron 0 of A/from and neuron 1 of A/to fire in the steps given (of 1 ms): 30 mV reach them from outside.
/// Between all of both synapses without weight that learn by "dopamine".
Scenario told(const std::vector<double>& source_ms, const std::vector<double>& target_ms) {
  Scenario s = two_layers(2, 2, 1, constant(0.0), constant(1.0));
  s.name = "told";
  s.until_s = 0.5;
  for (PopulationSpec& p : s.populations) {
    p.model = "iaf_psc_delta";
    p.params = population_spec("A/x", "iaf_psc_delta", 2).params;
    p.params["t_ref_ms"] = 0.0;
    p.params["v_reset_mV"] = -70.0;
    p.params["e_l_mV"] = -70.0;
    p.initial_v_m_mV = constant(-70.0);
  }
  s.projections[0].rule.kind = RuleSpec::Kind::all_to_all;
  s.projections[0].port = "delta";
  s.projections[0].weight_unit = "mV";
  s.projections[0].plasticity = PlasticitySpec{"stdp_dopamine", {}, false, "dopamine"};
  ModulatorSpec m;
  m.name = "dopamine";
  s.modulators = {m};
  for (const bool from : {true, false}) {
    StimulusSpec kick;
    kick.kind = StimulusSpec::Kind::spikes;
    kick.to = from ? "A/from" : "A/to";
    kick.port = "delta";
    kick.weight = 30.0;
    for (const double ms : from ? source_ms : target_ms) kick.spikes.push_back({from ? 0u : 1u, ms});
    s.stimuli.push_back(kick);
  }
  return s;
}

struct Run : CpuRawRun {
  using CpuRawRun::CpuRawRun;
  const Modulator& modulator() const { return *network.modulators[0]; }
  std::vector<StepIndex> pulses() const {
    return {modulator().step.data(), modulator().step.data() + modulator().num_pulses};
  }
};

std::vector<StepIndex> pulses_of(const Scenario& s) {
  Run run(s);
  REQUIRE(run.raw->run());
  return run.pulses();
}

ModulatorSpec::Reward reward(double within_ms, double from_ms, double to_ms) {
  ModulatorSpec::Reward r;
  r.projection = "all";
  r.source = 0;
  r.target = 1;
  r.within_ms = within_ms;
  r.delay_ms[0] = from_ms;
  r.delay_ms[1] = to_ms;
  return r;
}

RecordSpec rates_every(double every_s) {
  RecordSpec r;
  r.what = "rates";
  r.of = "A/*";
  r.every_s = every_s;
  return r;
}

}  // namespace

TEST_CASE("listed pulses come at their steps, two at once as one, and none beyond the end") {
  Scenario s = told({}, {});
  s.modulators[0].pulses = {{0.0, 0.5}, {0.1, 1.0}, {0.1, 0.25}, {0.2304, 1.0}, {0.499, 2.0}, {0.5, 3.0}};
  Run run(s);
  REQUIRE(run.raw->run());
  CHECK(run.pulses() == std::vector<StepIndex>{0, 100, 230, 499});
  CHECK(run.modulator().level[0] == Approx(0.5));
  CHECK(run.modulator().level[1] == Approx(1.25 + 0.5 * std::exp(-0.5)));
}

TEST_CASE("pulses at random times: as many as the rate says, wherever a run is cut") {
  Scenario s = told({}, {});
  s.until_s = 20.0;
  s.modulators[0].random_rate_Hz = 30.0;
  const std::vector<StepIndex> pulses = pulses_of(s);
  CHECK(std::fabs(static_cast<double>(pulses.size()) - 600.0) < 5.0 * std::sqrt(600.0));
  for (const double every_s : {0.001, 0.007, 0.3}) {
    s.record = {rates_every(every_s)};
    CHECK(pulses_of(s) == pulses);
  }
  ++s.seed;
  CHECK(pulses_of(s) != pulses);
}

TEST_CASE("a reward follows a target that fires soon after the source, and only then") {
  struct Case {
    std::vector<double> source_ms, target_ms;
    std::vector<StepIndex> rewarded;  ///< steps of the target's spikes
  };
  const std::vector<Case> cases = {
      {{50}, {55}, {55}},                      // after it
      {{50}, {69}, {69}},                      // just within 20 ms
      {{50}, {70}, {}},                        // too late
      {{50}, {50}, {}},                        // with it
      {{50}, {45}, {}},                        // before it
      {{}, {60}, {}},                          // without it
      {{50, 60}, {55, 60, 61}, {55, 60, 61}},  // at 60 the earlier of the source's spikes counts
      {{99}, {101}, {101}},                    // over the end of a stretch of 100 ms
      {{199, 200}, {200, 201, 202}, {200, 201, 202}},
  };
  for (const Case& c : cases) {
    Scenario s = told(c.source_ms, c.target_ms);
    s.modulators[0].rewards = {reward(20.0, 7.0, 7.0)};
    std::vector<StepIndex> expected;
    for (const StepIndex step : c.rewarded) expected.push_back(step + 7);
    CHECK(pulses_of(s) == expected);
    s.record = {rates_every(0.003)};
    CHECK(pulses_of(s) == expected);
  }
}

TEST_CASE("delays of rewards lie between their ends, and spikes that nobody records are not kept") {
  std::vector<double> source_ms, target_ms;
  for (int k = 0; k < 200; ++k) {
    source_ms.push_back(10.0 + 20.0 * k);
    target_ms.push_back(15.0 + 20.0 * k);
  }
  Scenario s = told(source_ms, target_ms);
  s.until_s = 4.2;
  s.modulators[0].rewards = {reward(10.0, 3.0, 40.0)};
  RecordSpec spikes;
  spikes.what = "spikes";
  spikes.of = "A/to";
  s.record = {spikes};
  Run run(s);
  REQUIRE(run.raw->run());
  CHECK(run.raw->records().spikes.size() == 200);
  for (const Spike& spike : run.raw->records().spikes) CHECK(spike.population == 1);
  const std::vector<StepIndex> pulses = run.pulses();
  CHECK(pulses.size() > 150);  // some fall together
  CHECK(pulses.front() >= 15 + 3);
  CHECK(pulses.back() <= 15 + 20 * 199 + 40);
  double mean = 0.0;
  for (const StepIndex step : pulses) mean += static_cast<double>(step);
  mean /= static_cast<double>(pulses.size());
  CHECK(mean == Approx(15.0 + 20.0 * 99.5 + 21.5).epsilon(0.02));
}

TEST_CASE("a raw run with modulators goes on from a checkpoint with the same bits") {
  Scenario s = told({20, 90, 130, 210, 300}, {25, 99, 131, 222, 310, 311});
  s.modulators[0].pulses = {{0.01, 0.1}, {0.31, 0.2}};
  s.modulators[0].random_rate_Hz = 40.0;
  s.modulators[0].rewards = {reward(20.0, 15.0, 90.0), reward(5.0, 1.0, 2.0)};
  s.record = {rates_every(0.01)};
  Run whole(s);
  REQUIRE(whole.raw->run());
  whole.engine->flush();
  const std::vector<float> weights = weights_of(whole.network);
  REQUIRE(weights != std::vector<float>(4, 0.0f));
  for (const int stop_after : {1, 10, 14, 23, 31, 45}) {
    const ScratchFolder folder;
    {
      Run first(s);
      int left = stop_after;
      REQUIRE_FALSE(first.raw->run({}, [&] { return left-- == 0; }));
      save_raw(first, *first.raw, folder.path());
    }
    Run second(s);
    restore_raw(second, folder.path());
    REQUIRE(second.raw->run());
    second.engine->flush();
    CAPTURE(stop_after);
    CHECK(second.pulses() == whole.pulses());
    // A checkpoint has brought lazy weights up to date, which changes no weight.
    CHECK(weights_of(second.network) == weights);
  }
}

TEST_CASE("a stop within a stretch changes neither pulses nor weights") {
  // Cells that fire by themselves, some 30 and 20 ms apart, so that nothing ends a stretch when they do.
  Scenario s = told({}, {});
  for (StimulusSpec& drive : s.stimuli) {
    drive.kind = StimulusSpec::Kind::dc;
    drive.current_pA = drive.to == "A/from" ? 400.0 : 430.0;
  }
  s.modulators[0].rewards = {reward(20.0, 60.0, 60.0)};
  s.projections[0].plasticity->params = {{"gain_per_s", 1.0}, {"w_min", -4.0}};  // far from the bounds
  Run whole(s);
  REQUIRE(whole.raw->run());
  whole.engine->flush();
  REQUIRE(whole.pulses().size() > 3);
  for (int slices = 1; slices < 70; ++slices) {
    const ScratchFolder folder;
    {
      Run first(s);
      save_after_slices(first, slices, folder.path());
    }
    Run second(s);
    restore_raw(second, folder.path());
    REQUIRE(second.raw->run());
    second.engine->flush();
    CAPTURE(slices);
    CHECK(second.pulses() == whole.pulses());
    CHECK(weights_of(second.network) == weights_of(whole.network));
  }
}

}  // namespace penfield::test
