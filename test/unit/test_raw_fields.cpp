// Fields on the raw clock: what acts on cells follows their courses.
#include <algorithm>
#include <vector>

#include "test/support/catch.hpp"
#include "test/support/cpu_raw_run.hpp"
#include "test/support/raw_injured.hpp"

namespace penfield::test {

namespace {

const Population& cells(const CpuRawRun& run, std::uint32_t k = 0) { return *run.network.populations[k]; }

}  // namespace

TEST_CASE("gains and currents follow the course of their field, and a homeostat's bounds are its own") {
  Scenario s = steady(0.95);
  FieldSpec f{"f", "A", 1.0, {}};
  f.course.kind = CourseSpec::Kind::points;
  f.course.points = {{0.0, 1.0}, {1.0, 2.0}};
  s.fields = {f};
  EffectSpec gain, current;
  gain.kind = EffectSpec::Kind::gain;
  gain.field = current.field = "f";
  gain.of = current.of = "A/E";
  gain.port = "excitatory";
  current.current_pA = 10.0;
  s.effects = {gain, current};
  CpuRawRun run(s);
  REQUIRE(run.raw->run());
  // The last look was at 0.9 s, for the middle of the tenth of a second that follows.
  CHECK(cells(run).bias_pA[7] == Approx(19.5));
  CHECK(cells(run).view.bias_pA == cells(run).bias_pA.data());  // no look moves an array
  CHECK(cells(run).factor[0][7] == Approx(1.95));
  HomeostasisSpec h;
  h.name = "scaling";
  h.of = "A/E";
  h.port = "excitatory";
  h.tau_s = 0.1;
  h.sensor_tau_s = 0.5;
  h.every_s = 0.05;
  h.set_point_Hz = 1.0;
  h.lower = 0.9;
  s.homeostasis = {h};
  CpuRawRun scaled(s);
  REQUIRE(scaled.raw->run());
  CHECK(cells(scaled).factor[0][7] == Approx(0.9 * 1.95));
}

TEST_CASE("tonic inhibition follows the course of its field, and cells that have less of it fire sooner") {
  Scenario s = steady(1.0);
  PopulationSpec inhibited = population_spec("A/R", "iaf_cond_receptors", 50);
  inhibited.params["g_tonic_nS"] = 10.0;
  inhibited.tonic_field = "f";
  s.populations.push_back(inhibited);
  StimulusSpec dc;
  dc.kind = StimulusSpec::Kind::dc;
  dc.to = "A/R";
  dc.current_pA = 300.0;
  s.stimuli.push_back(dc);
  // Twice the conductance at the left edge, the less the farther from it; none after 0.6 s.
  FieldSpec f{"f", "A", 0.0, {{0.0, 0.5, 0.5, 2.0}}};
  f.course.kind = CourseSpec::Kind::points;
  f.course.points = {{0.0, 1.0}, {0.5, 1.0}, {0.6, 0.0}};
  s.fields = {f};
  CpuRawRun run(s);
  const auto fired = [&](StepIndex from, StepIndex to, bool left) {
    const std::vector<Spike>& spikes = run.raw->records().spikes;
    return std::count_if(spikes.begin(), spikes.end(), [&](const Spike& x) {
      return x.population == 1 && x.step >= from && x.step < to &&
             (cells(run, 1).x_mm[x.neuron] < 0.3f) == left;
    });
  };
  const float first = cells(run, 1).tonic_share[0];
  REQUIRE(run.raw->run());
  CHECK(first > 0.0f);
  CHECK(cells(run, 1).tonic_share[0] == 0.0f);
  CHECK(cells(run, 1).view.tonic_share == cells(run, 1).tonic_share.data());  // no look moves an array
  CHECK(fired(0, 500, true) == 0);
  CHECK(fired(0, 500, false) > 0);
  CHECK(fired(700, 1000, true) > 0);
}

}  // namespace penfield::test
