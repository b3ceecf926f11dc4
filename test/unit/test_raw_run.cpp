// The raw clock: what stimuli do at their times, what recorders see, and that nobody who looks changes a bit.
#include <algorithm>
#include <cmath>
#include <limits>

#include "host/record/checkpoint.hpp"
#include "host/run/measure.hpp"
#include "host/run/raw_run.hpp"
#include "host/run/raw_stimuli.hpp"
#include "host/run/session_checkpoint.hpp"
#include "test/support/catch.hpp"
#include "test/support/cpu_raw_run.hpp"
#include "test/support/errors.hpp"
#include "test/support/every_model.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

RecordSpec recorder(const std::string& what, const std::string& of, double every_s) {
  RecordSpec r;
  r.what = what;
  r.of = of;
  r.every_s = every_s;
  return r;
}

using Run = CpuRawRun;

/// Neurons that fire in every step in which 30 mV arrive, at 1 ms a step.
Scenario kicked(std::uint32_t n) {
  Scenario s;
  s.name = "kicked";
  s.dt_ms = 1.0;
  s.until_s = 0.5;
  s.areas["A"] = {1.0, 1.0, false};
  s.populations = {population_spec("A/delta", "iaf_psc_delta", n)};
  s.populations[0].params["t_ref_ms"] = 0.0;
  s.record = {recorder("spikes", "A/*", 1.0)};
  return s;
}

StimulusSpec stimulus(StimulusSpec::Kind kind, const std::string& to) {
  StimulusSpec s;
  s.kind = kind;
  s.to = to;
  s.port = "delta";
  s.weight = 30.0;
  return s;
}

/// One of everything, with every kind of stimulus switching, for half a second.
Scenario busy(const ScratchFolder& folder) {
  Scenario s = every_model_scenario(folder, 0.3);
  s.until_s = 0.5;
  StimulusSpec step = stimulus(StimulusSpec::Kind::step_current, "S1/E");
  step.current_pA = 80.0;
  step.from_s = 0.0705;
  step.to_s = 0.31;
  s.stimuli.push_back(step);
  StimulusSpec drive = stimulus(StimulusSpec::Kind::poisson, "S1/PV");
  drive.port = "excitatory";
  drive.rate_Hz = 900.0;
  drive.from_s = 0.1;
  drive.to_s = 0.4;
  s.stimuli.push_back(drive);
  StimulusSpec rate = stimulus(StimulusSpec::Kind::rate, "thalamus/relay");
  rate.rate_schedule = {{0.05, 20.0}, {0.2, 55.0}, {0.4, 0.0}};
  s.stimuli.push_back(rate);
  StimulusSpec list = stimulus(StimulusSpec::Kind::spikes, "M1/delta");
  for (std::uint32_t k = 0; k < 40; ++k) list.spikes.push_back({k % 40, 3.0 + 11.5 * k});
  s.stimuli.push_back(list);
  EventSpec loss;
  loss.from_s = 0.25;
  loss.part = "D2";
  s.timeline.push_back(loss);
  return s;
}

StateDigest run_digest(Run& run) {
  REQUIRE(run.raw->run());
  return digest(run.network);
}

}  // namespace

TEST_CASE("recorders leave the bits of a plastic network as they are") {
  const ScratchFolder folder;
  Run silent(busy(folder));
  const StateDigest expected = run_digest(silent);
  std::vector<std::vector<RecordSpec>> sets = {{recorder("spikes", "*", 1.0)},
                                               {recorder("traces", "*", 0.0005)},
                                               {recorder("rates", "*", 0.013)},
                                               {recorder("weights", "*", 0.037)},
                                               {recorder("connectivity", "S1/E*", 0.1)}};
  std::vector<RecordSpec> all;
  for (const auto& set : sets) all.insert(all.end(), set.begin(), set.end());
  sets.push_back(all);
  for (const auto& set : sets) {
    INFO(set.front().what);
    Scenario s = busy(folder);
    s.record = set;
    Run run(s, 2);
    CHECK(run_digest(run) == expected);
  }
}

TEST_CASE("recorded weights are those of a flush at that time") {
  const ScratchFolder folder;
  Scenario s = busy(folder);
  s.record = {recorder("weights", "thalamus/relay*", 0.15)};
  Run recorded(s);
  REQUIRE(recorded.raw->run());
  REQUIRE(recorded.raw->records().synapses.size() == 3);
  s.record.clear();
  s.until_s = 0.15;
  Run flushed(s);
  REQUIRE(flushed.raw->run());
  const SynapseRecord unflushed_last = recorded.raw->records().synapses[2];
  flushed.engine->flush();
  const SynapseRecord& first = recorded.raw->records().synapses[0];
  CHECK(first.time_s == Approx(0.15));
  const SynapseRecord direct = read_synapses(s, flushed.network, *flushed.engine, {0})[0];
  CHECK(first.weight == direct.weight);
  CHECK(first.source == direct.source);
  CHECK(first.target == direct.target);
  CHECK(first.delay_ms == direct.delay_ms);
  CHECK(unflushed_last.weight != first.weight);  // it has learnt since
  REQUIRE(first.weight.size() == flushed.network.projections[0]->num_synapses());
  for (std::size_t k = 1; k < first.target.size(); ++k)
    REQUIRE(std::pair(first.target[k - 1], first.source[k - 1]) <=
            std::pair(first.target[k], first.source[k]));
}

TEST_CASE("a stopped raw run goes on with the same bits and records") {
  const ScratchFolder folder;
  Scenario s = busy(folder);
  s.record = {recorder("spikes", "*", 1.0), recorder("traces", "S1/PV", 0.01), recorder("rates", "*", 0.07),
              recorder("weights", "S1/PV -> S1/E*", 0.2)};
  Run whole(s);
  const StateDigest expected = run_digest(whole);
  for (int stretches : {1, 9, 20, 30}) {
    INFO("stopped after " << stretches << " stretches");
    const ScratchFolder kept;
    {
      Run first(s);
      int left = stretches;
      REQUIRE_FALSE(first.raw->run({}, [&] { return left-- == 0; }));
      StateArchive a;
      first.raw->archive(a);
      CheckpointWriter writer(kept.path());
      save_state(&writer, {}, first.network, *first.engine, a.written());
    }
    Run second(s, 2);
    const std::vector<std::byte> bytes =
        restore_state(CheckpointReader::open(kept.path()), second.network, *second.engine);
    StateArchive a(bytes, "test");
    second.raw->archive(a);
    a.finish();
    CHECK(run_digest(second) == expected);
    StateArchive one, two;
    whole.raw->archive(one);
    second.raw->archive(two);
    CHECK(first_difference(one.written(), two.written()).empty());
  }
}

TEST_CASE("spikes go to a sink instead, in the same order") {
  const ScratchFolder folder;
  Scenario s = busy(folder);
  s.record = {recorder("spikes", "S1/*", 1.0)};
  Run kept(s), sent(s);
  std::vector<Spike> taken;
  sent.raw->send_spikes(
      [&](const std::vector<Spike>& spikes) { taken.insert(taken.end(), spikes.begin(), spikes.end()); });
  REQUIRE(kept.raw->run());
  REQUIRE(sent.raw->run());
  CHECK(sent.raw->records().spikes.empty());
  const std::vector<Spike>& expected = kept.raw->records().spikes;
  REQUIRE(taken.size() == expected.size());
  REQUIRE(taken.size() > 1000);
  for (std::size_t k = 0; k < taken.size(); ++k) {
    REQUIRE(taken[k].step == expected[k].step);
    REQUIRE(taken[k].neuron == expected[k].neuron);
    REQUIRE((taken[k].population == 1 || taken[k].population == 2));
  }
}

TEST_CASE("a step current acts in exactly its steps") {
  Scenario s = kicked(1);
  StimulusSpec step = stimulus(StimulusSpec::Kind::step_current, "A/delta");
  step.current_pA = 100.0;
  step.from_s = 0.100;
  step.to_s = 0.107;
  s.stimuli = {step};
  RecordSpec trace = recorder("traces", "A/delta", 0.001);
  trace.columns = {"v_m_mV"};
  s.record = {trace};
  Run run(s);
  REQUIRE(run.raw->run());
  const TraceRecord& t = run.raw->records().traces.at(0);
  REQUIRE(t.values.size() == 500);
  CHECK(t.unit == "mV");
  // The sample at time k ms is the state after k steps, absolute; 100 pA on 250 pF and 10 ms aim at 4 mV
  // above -70.
  for (std::size_t k = 1; k <= 500; ++k) {
    const double on = std::clamp<double>(static_cast<double>(k) - 100.0, 0.0, 7.0);
    const double since = std::max(0.0, static_cast<double>(k) - 107.0);
    const double expected = -70.0 + 4.0 * (1.0 - std::exp(-on / 10.0)) * std::exp(-since / 10.0);
    REQUIRE(t.time_ms[k - 1] == Approx(static_cast<double>(k)));
    REQUIRE(t.values[k - 1] == Approx(expected).margin(2e-5));
  }
}

TEST_CASE("noise and Poisson input keep to their windows") {
  Scenario s = kicked(200);
  StimulusSpec drive = stimulus(StimulusSpec::Kind::poisson, "A/delta");
  drive.rate_Hz = 50.0;
  drive.from_s = 0.2;
  drive.to_s = 0.4;
  s.stimuli = {drive};
  Run run(s);
  REQUIRE(run.raw->run());
  const std::vector<Spike>& spikes = run.raw->records().spikes;
  // A step fires once however many events it holds: 1 - exp(-0.05) a step, 200 neurons, 200 steps.
  const double expected = 200 * 200 * (1.0 - std::exp(-0.05));
  CHECK(static_cast<double>(spikes.size()) == Approx(expected).margin(5.0 * std::sqrt(expected)));
  CHECK(std::all_of(spikes.begin(), spikes.end(),
                    [](const Spike& k) { return k.step >= 200 && k.step < 400; }));
  CHECK(std::count_if(spikes.begin(), spikes.end(), [](const Spike& k) { return k.step == 200; }) > 0);
  CHECK(std::count_if(spikes.begin(), spikes.end(), [](const Spike& k) { return k.step == 399; }) > 0);

  s = kicked(50);
  StimulusSpec noise = stimulus(StimulusSpec::Kind::noise, "A/delta");
  noise.current_pA = 50.0;
  noise.from_s = 0.1;
  noise.to_s = 0.3;
  s.stimuli = {noise};
  s.record = {recorder("traces", "A/delta", 0.01)};
  Run noisy(s);
  REQUIRE(noisy.raw->run());
  const TraceRecord& t = noisy.raw->records().traces.at(0);
  REQUIRE(t.column == "v_m_mV");
  const auto spread_mV = [&](std::size_t sample) {
    double square = 0.0;
    for (std::size_t i = 0; i < 50; ++i) square += std::pow(t.values[(sample - 1) * 50 + i] + 70.0, 2);
    return std::sqrt(square / 50);
  };
  CHECK(spread_mV(10) == 0.0);
  CHECK(spread_mV(30) > 0.2);
  CHECK(spread_mV(50) < 1e-6);
}

TEST_CASE("listed spikes arrive in the step that begins at their time, also beyond the ring") {
  Scenario s = kicked(3);
  StimulusSpec list = stimulus(StimulusSpec::Kind::spikes, "A/delta");
  list.spikes = {{2, 350.0}, {0, 0.0}, {1, 7.0}, {1, 7.0}, {2, 8.0}, {0, 499.0}};
  s.stimuli = {list};
  StimulusSpec half = list;  // two of 10 mV reach threshold together, one does not
  half.weight = 10.0;
  half.spikes = {{0, 100.0}, {0, 200.0}, {0, 200.0}};
  s.stimuli.push_back(half);
  Run run(s);
  REQUIRE(run.network.populations[0]->view.ring_slots < 100);
  REQUIRE(run.raw->run());
  std::vector<std::pair<StepIndex, std::uint32_t>> got;
  for (const Spike& k : run.raw->records().spikes) got.push_back({k.step, k.neuron});
  const std::vector<std::pair<StepIndex, std::uint32_t>> expected = {{0, 0},   {7, 1},   {8, 2},
                                                                     {200, 0}, {350, 2}, {499, 0}};
  CHECK(got == expected);
}

TEST_CASE("a relay follows its schedule, and loses its part's touch with an amputation") {
  Scenario s = kicked(1);
  s.until_s = 3.0;
  s.populations = {population_spec("A/relay", "relay", 400)};
  StimulusSpec rate = stimulus(StimulusSpec::Kind::rate, "A/relay");
  rate.rate_schedule = {{0.0, 10.0}, {1.0, 40.0}, {2.0, 0.0}};
  s.stimuli = {rate};
  s.record = {recorder("rates", "A/relay", 1.0), recorder("spikes", "A/relay", 1.0)};
  Run run(s);
  REQUIRE(run.raw->run());
  const RateRecord& r = run.raw->records().rates.at(0);
  REQUIRE(r.rate_Hz.size() == 3);
  CHECK(r.rate_Hz[0] == Approx(10.0).margin(1.0));
  CHECK(r.rate_Hz[1] == Approx(40.0).margin(2.0));
  CHECK(r.rate_Hz[2] == 0.0);
  CHECK(static_cast<double>(run.raw->records().spikes.size()) == Approx(400 * (r.rate_Hz[0] + r.rate_Hz[1])));

  s.stimuli.clear();
  s.populations[0].somatotopic = true;
  BodySpec body;
  body.relay = "A/relay";
  body.spontaneous_Hz = 5.0;
  body.residual_spontaneous_Hz = 0.0;
  body.parts = {{"left", 0.0, 0.0, 0.5, 1.0, ""}, {"right", 0.5, 0.0, 0.5, 1.0, ""}};
  s.body = body;
  EventSpec loss;
  loss.from_s = 1.5;
  loss.part = "left";
  s.timeline = {loss};
  Run cut(s);
  REQUIRE(cut.raw->run());
  const Population& relay = *cut.network.populations[0];
  std::size_t before = 0, after = 0, right = 0;
  for (const Spike& k : cut.raw->records().spikes) {
    const bool left = relay.part[k.neuron] == 0;
    before += left && k.step < 1500;
    after += left && k.step >= 1500;
    right += !left && k.step >= 1500;
  }
  CHECK(before > 1500);  // 200 relays, 1.5 s, 5 Hz: the rest is touch
  CHECK(after == 0);
  CHECK(right > 1500);
}

TEST_CASE("two recorders of the same thing are one") {
  Scenario s = kicked(4);
  s.record = {recorder("rates", "A/delta", 0.1), recorder("rates", "*", 0.1),
              recorder("traces", "A/delta", 0.1), recorder("traces", "A/d*", 0.1)};
  Run run(s);
  REQUIRE(run.raw->run());
  REQUIRE(run.raw->records().rates.size() == 1);
  CHECK(run.raw->records().rates[0].rate_Hz.size() == 5);
  for (const TraceRecord& t : run.raw->records().traces) CHECK(t.time_ms.size() == 5);
}

TEST_CASE("the watch names what broke") {
  Scenario s = kicked(10);
  s.populations.push_back(population_spec("A/late", "iaf_psc_exp", 10));
  Run broken(s);
  auto* v = reinterpret_cast<float*>(broken.network.populations[1]->columns[1].data());
  v[7] = std::numeric_limits<float>::infinity();
  const Thrown nan = thrown_by([&] { broken.raw->run(); });
  CHECK(nan.code == ExitCode::numerics);
  CHECK(nan.says("A/late neuron 7 "));
  CHECK(nan.says("before step 100"));

  s = kicked(10);
  s.populations[0].params["i_e_pA"] = 10000.0;
  s.record.push_back(recorder("traces", "A/*", 0.001));  // short stretches do not blind it
  Run runaway(s);
  const Thrown fast = thrown_by([&] { runaway.raw->run(); });
  CHECK(fast.code == ExitCode::numerics);
  CHECK(fast.says("population A/delta fires at 1000 Hz"));
}

}  // namespace penfield::test
