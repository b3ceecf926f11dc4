// Drugs: how they come and go, what they do to models and rules, and that a run under them has the same bits
// however it is cut into pieces.
#include <cmath>
#include <limits>

#include "host/record/checkpoint.hpp"
#include "host/run/drugs.hpp"
#include "host/run/raw_run.hpp"
#include "host/run/session_checkpoint.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "test/support/catch.hpp"
#include "test/support/cpu_raw_run.hpp"
#include "test/support/every_model.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr double kWeight_nS = 4.0;

EventSpec drug(const std::string& what, const std::string& of, double gain, double from_s, double to_s) {
  EventSpec e;
  e.kind = EventSpec::Kind::drug;
  e.what = what;
  e.of = of;
  e.gain = gain;
  e.from_s = from_s;
  e.to_s = to_s;
  return e;
}

/// Relays that drive cells with all receptors by AMPA, NMDA and GABA-A, and cells with a plain current.
Scenario dosed(std::vector<EventSpec> drugs) {
  Scenario s;
  s.name = "dosed";
  s.dt_ms = 0.5;
  s.until_s = 1.5;
  s.areas["A"] = {1.0, 1.0, false};
  s.populations = {population_spec("A/relay", "relay", 100),
                   population_spec("A/cells", "iaf_cond_receptors", 30),
                   population_spec("A/current", "iaf_psc_exp", 30)};
  const auto project = [&](const std::string& to, const std::string& port, double weight) -> ProjectionSpec& {
    ProjectionSpec p;
    p.name = "A/relay -> " + to + " " + port;
    p.from = "A/relay";
    p.to = to;
    p.port = port;
    p.rule.kind = RuleSpec::Kind::fixed_in_degree;
    p.rule.count = 20;
    p.weight = constant(weight);
    p.delay.base_ms = constant(1.0);
    s.projections.push_back(p);
    return s.projections.back();
  };
  project("A/cells", "AMPA", kWeight_nS).plasticity =
      PlasticitySpec{"calcium_nmda", {{"w_max", 4.0 * kWeight_nS}}, false};
  project("A/cells", "NMDA", 0.2);
  project("A/cells", "GABA_A", 3.0);
  project("A/current", "excitatory", 600.0);
  StimulusSpec drive;
  drive.kind = StimulusSpec::Kind::rate;
  drive.to = "A/relay";
  drive.rate_Hz = 20.0;
  s.stimuli.push_back(drive);
  RecordSpec r;
  r.what = "spikes";
  r.of = "A/*";
  s.record.push_back(r);
  s.timeline = std::move(drugs);
  return s;
}

struct Run : CpuRawRun {
  using CpuRawRun::CpuRawRun;
  /// Spikes of a population from `from_s` to `to_s`, a cell and second.
  double rate_Hz(std::uint32_t population, double from_s, double to_s) const {
    double spikes = 0.0;
    for (const Spike& s : raw->records().spikes) {
      const double at_s = static_cast<double>(s.step) * scenario.dt_ms * 1e-3;
      if (s.population == population && at_s >= from_s && at_s < to_s) spikes += 1.0;
    }
    return spikes / (network.populations[population]->view.n * (to_s - from_s));
  }
};

StateDigest end_of(const Scenario& s, std::uint32_t threads = 1) {
  Run run(s, threads);
  REQUIRE(run.raw->run());
  run.engine->flush();
  run.engine->download();
  return digest(run.network);
}

}  // namespace

TEST_CASE("a drug comes and goes with its time constants") {
  EventSpec e = drug("NMDA", "A/cells", 0.1, 10.0, 40.0);
  CHECK(drug_level(e, 9.999) == 0.0);
  CHECK(drug_level(e, 10.0) == 1.0);
  CHECK(drug_level(e, 39.999) == 1.0);
  CHECK(drug_level(e, 40.0) == 0.0);
  e.onset_tau_s = 5.0;
  e.washout_tau_s = 20.0;
  CHECK(drug_level(e, 10.0) == 0.0);
  CHECK(drug_level(e, 15.0) == Approx(1.0 - std::exp(-1.0)));
  const double reached = 1.0 - std::exp(-6.0);
  CHECK(drug_level(e, 40.0) == Approx(reached));
  CHECK(drug_level(e, 60.0) == Approx(reached * std::exp(-1.0)));
  CHECK(drug_level(e, 40.0 + 14.0 * 20.0) == 0.0);
  e.enabled = false;
  CHECK(drug_level(e, 15.0) == 0.0);
}

TEST_CASE("levels are looked at often enough, and no oftener") {
  Scenario s = dosed({drug("NMDA", "A/cells", 0.1, 10.0, 40.0)});
  s.timeline[0].onset_tau_s = 5.0;
  s.timeline[0].washout_tau_s = 2.0;
  s.clock.short_step_s = 1.0;
  s.clock.short_for_s = 3.0;
  const DrugTimes times(s);
  REQUIRE(times.any());
  CHECK(times.next_s(0.0) == 10.0);
  CHECK(times.last_s(0.0) == -std::numeric_limits<double>::infinity());
  double now = 10.0, last_level = 0.0;
  int looks = 0;
  while (now < 68.0) {
    const double next = times.next_s(now);
    REQUIRE(next > now);
    CHECK(times.last_s(0.5 * (now + next)) == now);
    const double level = drug_level(s.timeline[0], std::nextafter(next, 0.0));
    CHECK(std::fabs(level - last_level) < 0.021);
    last_level = drug_level(s.timeline[0], next);
    now = next;
    ++looks;
  }
  CHECK(now == 68.0);
  CHECK(times.next_s(now) == std::numeric_limits<double>::infinity());
  CHECK(looks < 1500);
  // Macro steps: short after the edges, a quarter of the time constant while it moves.
  CHECK(times.longest_step_s(5.0) == std::numeric_limits<double>::infinity());
  CHECK(times.longest_step_s(10.0) == 1.0);
  CHECK(times.longest_step_s(20.0) == 1.25);
  CHECK(times.longest_step_s(36.0) == std::numeric_limits<double>::infinity());
  CHECK(times.longest_step_s(44.0) == 0.5);
  CHECK_FALSE(DrugTimes(dosed({})).any());
}

TEST_CASE("what every model says drugs act on, they act on") {
  for_each_neuron_model([](auto tag) {
    using Model = typename decltype(tag)::type;
    if constexpr (!drug_targets_of_model<Model>().empty()) {
      CAPTURE(Model::name);
      auto params = defaults<typename Model::Params>();
      if constexpr (requires { params.g_tonic_nS; }) params.g_tonic_nS = 5.0f;
      const auto plain = Model::derive(params, 0.1);
      for (std::size_t target = 0; target < Model::drug_targets.size(); ++target) {
        CAPTURE(Model::drug_targets[target]);
        // Weights on every port and a current: the drug has to change where V goes, or whether it fires.
        const auto outcome = [&](float gain) {
          auto derived = plain;
          if (gain != 1.0f) Model::apply_drug(derived, target, gain);
          auto state = Model::initial(params, -66.0f);
          double sum = 0.0;
          for (int k = 0; k < 2000; ++k) {
            NeuronInput in{};
            in.current_pA = 600.0f;
            for (std::size_t port = 0; port < Model::ports.size() && k % 20 == 0; ++port)
              in.port[port] = std::string_view(Model::ports[port].unit) == "pA" ? 20.0f : 0.5f;
            if (Model::step(state, derived, in)) sum += 1000.0;
            sum += state.v_mV;
          }
          return sum;
        };
        CHECK(outcome(0.3f) != outcome(1.0f));
        CHECK(outcome(1.0f) == outcome(1.0f));
      }
    }
  });
}

TEST_CASE("blocking sodium channels raises the threshold as Platkiewicz and Brette have it") {
  auto p = defaults<IafCondReceptors::Params>();
  auto d = IafCondReceptors::derive(p, 0.1);
  const float before = d.theta_mV;
  IafCondReceptors::apply_drug(d, 5, 0.5f);
  CHECK(d.theta_mV - before == Approx(3.4 * std::log(2.0)));
  // In AdEx it is the exponential current that falls.
  auto adex = AdEx::derive(defaults<AdEx::Params>(), 0.1);
  const float from = adex.v_th_mV;
  AdEx::apply_drug(adex, 2, 0.5f);
  CHECK(adex.v_th_mV - from == Approx(2.0 * std::log(2.0)));
}

TEST_CASE("drugs move rates while they are there, and leave them as they were") {
  const Scenario plain = dosed({});
  Run control(plain);
  REQUIRE(control.raw->run());
  const double before = control.rate_Hz(1, 0.2, 0.5), during = control.rate_Hz(1, 0.5, 1.0);
  CAPTURE(before, during, control.rate_Hz(2, 0.5, 1.0));
  REQUIRE(during > 5.0);
  const auto under = [&](const std::string& what, const std::string& of, double gain) {
    Run run(dosed({drug(what, of, gain, 0.5, 1.0)}));
    REQUIRE(run.raw->run());
    CHECK(run.rate_Hz(1, 0.2, 0.5) == before);
    return run;
  };
  CHECK(under("GABA_A", "A/cells", 0.0).rate_Hz(1, 0.5, 1.0) > 1.2 * during);
  CHECK(under("GABA_A", "A/cells", 2.0).rate_Hz(1, 0.5, 1.0) < 0.8 * during);
  CHECK(under("NMDA", "A/cells", 0.1).rate_Hz(1, 0.5, 1.0) < 0.9 * during);
  CHECK(under("AMPA", "A/*", 0.3).rate_Hz(1, 0.5, 1.0) < 0.8 * during);
  const Run sodium = under("sodium", "A/*", 0.1);
  CHECK(sodium.rate_Hz(1, 0.5, 1.0) < 0.8 * during);
  CHECK(sodium.rate_Hz(2, 0.5, 1.0) < control.rate_Hz(2, 0.5, 1.0));
  CHECK(sodium.rate_Hz(0, 0.5, 1.0) == control.rate_Hz(0, 0.5, 1.0));  // relays have no sodium channels here
  // Gone again: within what the weights have learnt in the meantime.
  CHECK(sodium.rate_Hz(2, 1.1, 1.5) == Approx(control.rate_Hz(2, 1.1, 1.5)).epsilon(0.02));
  // A plain current goes by its ports.
  CHECK(under("excitatory", "A/current", 0.2).rate_Hz(2, 0.5, 1.0) < 0.5 * control.rate_Hz(2, 0.5, 1.0));
}

TEST_CASE("an NMDA block stops a rule that learns through NMDA receptors, from its onset on") {
  const auto change = [](const Scenario& s) {
    Run run(s);
    REQUIRE(run.raw->run());
    run.engine->flush();
    run.engine->download();
    double sum = 0.0;
    for (const SynapseTile& tile : run.network.projections[0]->tiles)
      for (const float w : tile.weight) sum += std::fabs(static_cast<double>(w) - kWeight_nS);
    return sum / static_cast<double>(run.network.projections[0]->num_synapses());
  };
  const double control = change(dosed({}));
  REQUIRE(control > 0.02 * kWeight_nS);
  CHECK(change(dosed({drug("NMDA", "A/cells", 0.0, 0.0, -1.0)})) < 0.01 * control);
  const double late = change(dosed({drug("NMDA", "A/cells", 0.0, 0.7, -1.0)}));
  CHECK(late > 0.1 * control);
  CHECK(late < 0.9 * control);
}

TEST_CASE("a drug that is switched off, or changes nothing, leaves all bits as they are") {
  const StateDigest plain = end_of(dosed({}));
  EventSpec off = drug("GABA_A", "A/cells", 0.0, 0.3, 0.9);
  off.enabled = false;
  CHECK(end_of(dosed({off})) == plain);
  CHECK(end_of(dosed({drug("GABA_A", "A/cells", 0.0, 0.3, 0.9)})) != plain);
}

TEST_CASE("a run under drugs has the same bits on two threads, and resumed at any time") {
  std::vector<EventSpec> drugs = {drug("NMDA", "A/cells", 0.2, 0.2, 0.8),
                                  drug("GABA_A", "A/*", 1.5, 0.4, -1.0),
                                  drug("NMDA", "A/cells", 0.5, 0.5, 1.2)};
  drugs[0].onset_tau_s = 0.1;
  drugs[0].washout_tau_s = 0.07;
  drugs[1].onset_tau_s = 0.02;
  const Scenario s = dosed(drugs);
  const StateDigest expected = end_of(s);
  CHECK(end_of(s, 2) == expected);
  for (const int stretches : {0, 60}) {
    CAPTURE(stretches);
    const ScratchFolder scratch;
    {
      Run first(s);
      int left = stretches;
      REQUIRE_FALSE(first.raw->run({}, [&] { return left-- == 0; }));
      StateArchive a;
      first.raw->archive(a);
      CheckpointWriter writer(scratch.path());
      save_state(&writer, {}, first.network, *first.engine, a.written());
    }
    Run second(s, 2);
    const std::vector<std::byte> bytes =
        restore_state(CheckpointReader::open(scratch.path()), second.network, *second.engine);
    StateArchive a(bytes, "test");
    second.raw->archive(a);
    a.finish();
    REQUIRE(second.raw->run());
    second.engine->flush();
    second.engine->download();
    CHECK(digest(second.network) == expected);
  }
}

}  // namespace penfield::test
