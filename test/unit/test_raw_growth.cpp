// Structural plasticity on the raw clock: curves, calcium, elements, partners, and the same bits however a
// run is cut, divided and started again.
#include "host/run/raw_growth.hpp"

#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "host/run/raw_run.hpp"
#include "test/support/catch.hpp"
#include "test/support/cpu_raw_run.hpp"
#include "test/support/errors.hpp"
#include "test/support/raw_stops.hpp"
#include "test/support/scratch_folder.hpp"
#include "test/support/small_network.hpp"
#include "test/support/thread_ranks.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kCells = 160, kInDegree = 10;

GrowthCurveSpec curve(double rate_per_s, double eps) {
  GrowthCurveSpec c;
  c.curve = "linear";
  c.rate_per_s = rate_per_s;
  c.eps = eps;
  return c;
}

/// A sheet of cells that currents make fire evenly, each at a rate of its own, whatever comes through
/// synapses.
Scenario sheet(std::uint32_t cells = kCells) {
  Scenario s;
  s.seed = 11;
  s.dt_ms = 1.0;
  s.until_s = 2.0;
  s.areas["A"] = {2.0, 2.0, true};
  s.populations = {population_spec("A/cells", "iaf_psc_exp", cells)};
  s.populations[0].positions = "jittered_grid";
  s.populations[0].initial_v_m_mV = uniform(-70.0, -56.0);
  ProjectionSpec p;
  p.name = "lateral";
  p.from = p.to = "A/cells";
  p.port = "excitatory";
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = kInDegree;
  p.rule.allow_self = false;
  p.weight = uniform(5.0, 15.0);
  p.delay.base_ms = constant(1.0);
  p.delay.velocity_mm_per_ms = 0.08;  // up to 19 steps: two pieces
  s.projections = {p};
  StimulusSpec dc;
  dc.kind = StimulusSpec::Kind::dc;
  dc.to = "A/cells";
  dc.current_pA = 450.0;
  s.stimuli = {dc};
  StructureSpec r;
  r.name = "growth";
  r.projection = "lateral";
  r.weight_reference = 10.0;
  r.kernel.sigma_mm = 0.4;
  r.every_s = 0.1;
  r.calcium_tau_s = 0.5;
  r.calcium_beta = 0.1;
  r.axonal = curve(20.0, 1.0);
  r.dendritic = curve(20.0, 1.0);
  s.structure = {r};
  return s;
}

/// Noise spreads the rates, so that some cells have too little calcium and some too much.
Scenario noisy() {
  Scenario s = sheet();
  StimulusSpec noise;
  noise.kind = StimulusSpec::Kind::noise;
  noise.to = "A/cells";
  noise.current_pA = 800.0;
  s.stimuli.push_back(noise);
  s.stimuli[0].current_pA = 330.0;
  s.structure[0].axonal = curve(-25.0, 1.0);
  s.structure[0].dendritic = curve(25.0, 1.0);
  s.projections[0].plasticity =
      PlasticitySpec{"stdp_pair", {{"a_plus", 0.05}, {"a_minus", 0.02}, {"w_max", 40.0}}, false};
  return s;
}

struct Run : CpuRawRun {
  using CpuRawRun::CpuRawRun;
  const GrowthRecord& record() const { return raw->growth().records()[0]; }
  double sum(const std::vector<double>& of) const {
    double out = 0.0;
    for (const double v : of) out += v;
    return out;
  }
  /// [target] in-degree as the synapses say.
  std::vector<std::uint32_t> in_degrees(std::vector<std::uint32_t>* out_degrees = nullptr) const {
    const Projection& p = *network.projections[0];
    std::vector<std::uint32_t> in(network.populations[p.view.target]->view.n, 0);
    if (out_degrees != nullptr) out_degrees->assign(network.populations[p.view.source]->view.n, 0);
    for (std::uint32_t t = 0; t < p.tiles.size(); ++t)
      p.for_each_synapse(t, [&](const Projection::Synapse& s) {
        ++in[tile_begin(network.populations[p.view.target]->view, t) + s.target];
        if (out_degrees != nullptr) ++(*out_degrees)[s.source];
      });
    return in;
  }
};

}  // namespace

TEST_CASE("growth curves have their zeros, their peaks and their signs") {
  const GrowthCurve g = GrowthCurve::gaussian(2.0, 0.1, 0.7);
  CHECK(std::abs(g.value(0.1f)) < 1e-6f);
  CHECK(g.value(0.4f) == Approx(1.0));
  CHECK(std::abs(g.value(0.7f)) < 1e-6f);
  CHECK(g.value(5.0f) == Approx(-1.0));
  CHECK(g.value(0.8f) < 0.0f);
  const GrowthCurve above = GrowthCurve::gaussian(2.0, 1.5, 1.0);  // grows where calcium is too high
  CHECK(above.value(1.2f) > 0.9f);
  CHECK(above.value(0.9f) < 0.0f);
  const GrowthCurve l = GrowthCurve::linear(1.0, 2.0);
  CHECK(l.value(0.0f) == 1.0f);
  CHECK(l.value(2.0f) == 0.0f);
  CHECK(l.value(6.0f) == -2.0f);
  const GrowthCurve s = GrowthCurve::sigmoid(1.0, 0.5, 0.1);
  CHECK(std::abs(s.value(0.5f)) < 1e-6f);
  CHECK(s.value(0.4f) == Approx(2.0 / (1.0 + std::exp(-1.0)) - 1.0).epsilon(1e-5));
  CHECK(s.value(1e6f) == -1.0f);
}

TEST_CASE("calcium follows the spikes, and elements their curve") {
  Scenario s = sheet();
  s.projections[0].weight = constant(0.0);  // every cell fires evenly
  s.structure[0].weight_reference = 1e-3;
  s.structure[0].axonal->rate_per_s = 0.0;  // nobody has an element to offer
  s.structure[0].dendritic = curve(3.0, 1e6);
  Run run(s);
  REQUIRE(run.raw->run());
  const double rate = run.network.populations[0]->spike_count[0] / s.until_s;
  REQUIRE(rate > 20.0);
  // Even firing: beta tau r (1 - exp(-t / tau)); the last interval's spikes count when the next begins.
  const double t = s.until_s - s.structure[0].every_s;
  const double expected = 0.1 * 0.5 * rate * (1.0 - std::exp(-t / 0.5));
  CHECK(run.raw->growth().target_calcium(0).level(0) == Approx(expected).epsilon(0.05));
  // dz/dt = 3 (1 - Ca / 1e6): all but 3 elements a second, and none is paired.
  CHECK(run.raw->growth().dendritic(0).elements()[7] == Approx(kInDegree + 3.0 * t).epsilon(1e-3));
  CHECK(run.sum(run.record().formed) == 0.0);
  CHECK(run.record().time_s.size() == 19);
}

TEST_CASE("free elements of both sides pair, and vacant ones decay") {
  Scenario s = sheet();
  s.structure[0].axonal = curve(4.0, 1e6);
  s.structure[0].dendritic = curve(4.0, 1e6);
  Run run(s);
  REQUIRE(run.raw->run());
  std::vector<std::uint32_t> out;
  const std::vector<std::uint32_t> in = run.in_degrees(&out);
  const RawGrowth& g = run.raw->growth();
  // 7.6 elements grew at every cell on each side.
  CHECK(run.sum(run.record().formed) > 0.8 * 7.0 * kCells);
  CHECK(run.sum(run.record().deleted) == 0.0);
  for (std::uint32_t i = 0; i < kCells; ++i) {
    CHECK(in[i] == g.dendritic(0).synapses()[i]);
    CHECK(out[i] == g.axonal(0).synapses()[i]);
    CHECK(static_cast<float>(in[i]) <= g.dendritic(0).elements()[i]);
    CHECK(static_cast<float>(out[i]) <= g.axonal(0).elements()[i]);
    CHECK(in[i] <= 2 * kInDegree);
  }
  // Nobody offers any: what is vacant tends to rate times tau.
  s.structure[0].axonal->rate_per_s = 0.0;
  s.structure[0].vacant_tau_s = 0.25;
  s.until_s = 3.0;
  Run decays(s);
  REQUIRE(decays.raw->run());
  CHECK(decays.raw->growth().dendritic(0).elements()[3] - kInDegree == Approx(4.0 * 0.25).epsilon(0.25));
}

TEST_CASE("a neuron with fewer elements than synapses loses the difference, on either side") {
  const bool axonal = GENERATE(true, false);
  Scenario s = sheet();
  s.structure[0].axonal = curve(axonal ? -3.0 : 0.0, 1e6);
  s.structure[0].dendritic = curve(axonal ? 0.0 : -3.0, 1e6);
  Run run(s);
  std::vector<std::uint32_t> out_before;
  run.in_degrees(&out_before);
  REQUIRE(run.raw->run());
  std::vector<std::uint32_t> out;
  const std::vector<std::uint32_t> in = run.in_degrees(&out);
  double left = 0.0, expected = 0.0;
  for (std::uint32_t i = 0; i < kCells; ++i) {
    const double z =
        axonal ? run.raw->growth().axonal(0).elements()[i] : run.raw->growth().dendritic(0).elements()[i];
    const double before = axonal ? out_before[i] : kInDegree;
    CHECK(z == Approx(std::max(0.0, before - 3.0 * 1.9)).margin(1e-3));
    left += axonal ? out[i] : in[i];
    expected += z;
  }
  // Of axons chance takes more here and less there, and the former find partners anew.
  CHECK(run.sum(run.record().formed) <= (axonal ? 0.1 * kCells * kInDegree : 0.0));
  // Each interval's surplus in the mean; whole elements, so that up to one a cell is still there.
  CHECK(left > expected - 5 * std::sqrt(expected));
  CHECK(left < expected + kCells + 5 * std::sqrt(expected));
}

TEST_CASE("growth waits for the baseline, and calcium then counts in its units") {
  Scenario s = sheet();
  s.projections[0].weight = constant(0.0);
  s.structure[0].weight_reference = 1e-3;
  s.structure[0].baseline_s = 1.5;
  s.structure[0].calcium_tau_s = 0.5;
  Run run(s);
  REQUIRE(run.raw->run());
  // Calcium was still rising: 1 - exp(-t / 0.5 s), its mean over 0.8 to 1.5 s, and 1.9 s.
  CHECK(run.record().target_calcium[18] == Approx(0.978 / 0.889).epsilon(0.06));
  for (int k = 0; k < 15; ++k) {
    CHECK(run.record().formed[k] + run.record().deleted[k] == 0.0);
    CHECK(run.record().dendritic[k] == kInDegree);
  }
  CHECK(run.record().dendritic[18] != kInDegree);
}

TEST_CASE("a frozen structure does not change, and goes on afterwards") {
  Scenario s = noisy();
  EventSpec freeze;
  freeze.kind = EventSpec::Kind::freeze;
  freeze.what = "growth";
  freeze.from_s = 0.45;
  freeze.to_s = 1.25;
  s.timeline = {freeze};
  Run run(s);
  REQUIRE(run.raw->run());
  const GrowthRecord& r = run.record();
  for (std::size_t k = 0; k < r.time_s.size(); ++k) {
    const bool holds = r.time_s[k] > 0.45 && r.time_s[k] <= 1.25;
    CAPTURE(r.time_s[k]);
    if (holds) CHECK(r.formed[k] + r.deleted[k] == 0.0);
  }
  CHECK(r.formed[2] + r.deleted[2] > 0.0);
  CHECK(r.formed[15] + r.deleted[15] > 0.0);
}

TEST_CASE("partners lie near, as the kernel says, and where the growth field is") {
  Scenario s = sheet(900);
  s.areas["A"] = {2.0, 2.0, false};
  s.structure[0].axonal = curve(20.0, 1e6);
  s.structure[0].dendritic = curve(20.0, 1e6);
  s.structure[0].kernel.sigma_mm = 0.15;
  s.until_s = 0.35;
  const bool guided = GENERATE(false, true);
  if (guided) {
    s.structure[0].growth_field = "field";
    s.fields.push_back({"field", "A", 0.0, {{1.0, 1.0, 0.05, 1.0}}});
  }
  Run run(s);
  double squares = 0.0, pairs = 0.0;
  REQUIRE(run.raw->run({}, [&] {
    const Population& p = *run.network.populations[0];
    for (const FormedSynapse& f : run.raw->growth().latest(0).formed) {
      const double dx = p.x_mm[f.source] - p.x_mm[f.target], dy = p.y_mm[f.source] - p.y_mm[f.target];
      CHECK(f.source != f.target);
      if (guided) CHECK(std::hypot(p.x_mm[f.source] - 1.0, p.y_mm[f.source] - 1.0) < 0.3);
      squares += dx * dx + dy * dy;
      pairs += 1.0;
    }
    return false;
  }));
  REQUIRE(pairs > (guided ? 20.0 : 1000.0));
  if (!guided) {
    CHECK(squares / pairs > 2 * 0.15 * 0.15 * 0.8);
    CHECK(squares / pairs < 2 * 0.15 * 0.15 * 1.3);
  }
}

TEST_CASE("two populations, one of them empty, and elements that are scarce") {
  Scenario s = sheet();
  s.populations.push_back(population_spec("A/others", "iaf_psc_exp", GENERATE(0u, 40u)));
  s.projections[0].from = "A/others";
  s.projections[0].rule.kind = RuleSpec::Kind::fixed_probability;
  s.projections[0].rule.probability = 0.2;
  s.structure[0].axonal = curve(30.0, 1e6);
  s.structure[0].dendritic = curve(30.0, 1e6);
  Run run(s);
  REQUIRE(run.raw->run());
  if (s.populations[1].n == 0) {
    CHECK(run.network.num_synapses() == 0);
    CHECK(run.sum(run.record().formed) == 0.0);
    return;
  }
  std::vector<std::uint32_t> out;
  const std::vector<std::uint32_t> in = run.in_degrees(&out);
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    CHECK(out[i] == run.raw->growth().axonal(0).synapses()[i]);
    CHECK(static_cast<float>(out[i]) <= run.raw->growth().axonal(0).elements()[i]);
  }
  // 40 sources' axons offer a quarter of what 160 targets want, and all but few of that is taken.
  CHECK(run.sum(run.record().formed) > 0.8 * 40 * 30.0 * 1.9);
  CHECK(run.sum(run.record().formed) <= 40 * 30.0 * 1.9);
}

TEST_CASE("growth has the same bits with any threads and tiles, and wherever recorders cut the run") {
  Scenario s = noisy();
  Run plain(s);
  const std::uint64_t expected = plain.finish();
  CHECK(plain.sum(plain.record().formed) > 200.0);
  CHECK(plain.sum(plain.record().deleted) > 200.0);
  for (const std::uint32_t threads : {1u, 2u, 3u})
    for (const std::uint32_t tile : {4u, 64u}) CHECK(Run(s, threads, tiles_of(tile)).finish() == expected);
  RecordSpec rates;
  rates.what = "rates";
  rates.of = "A/*";
  for (const double every_s : {0.001, 0.013}) {
    rates.every_s = every_s;
    s.record = {rates};
    CHECK(Run(s).finish() == expected);
  }
  s.record.clear();
  s.seed = 12;
  CHECK(Run(s).finish() != expected);
}

TEST_CASE("growth has the same bits on several ranks, who each hold some of the synapses") {
  const Scenario s = noisy();
  Run alone(s);
  const std::uint64_t expected = alone.finish();
  constexpr std::uint32_t kRanks = 3;
  std::vector<std::uint64_t> digests(kRanks, 0);
  std::vector<std::vector<double>> formed(kRanks), synapses(kRanks);
  ThreadRanks::run(kRanks, [&](Ranks& ranks) {
    BuildOptions build = tiles_of(16);
    build.ranks = &ranks;
    Run run(s, 1, build);
    if (!run.raw->run()) return;
    run.engine->flush();
    digests[ranks.rank()] = digest(run.network).all();
    formed[ranks.rank()] = run.record().formed;
    synapses[ranks.rank()] = run.record().synapses;
  });
  for (std::uint32_t r = 0; r < kRanks; ++r) {
    CAPTURE(r);
    CHECK(digests[r] == expected);
    CHECK(formed[r] == alone.record().formed);
    CHECK(synapses[r] == alone.record().synapses);
  }
}

TEST_CASE("a raw run that grows goes on from a checkpoint with the same bits, from any step") {
  const Scenario s = noisy();
  Run whole(s);
  const std::uint64_t expected = whole.finish();
  for (const int slices : {1, 13, 14, 15, 16, 43, 100, 143, 215}) {
    const ScratchFolder folder;
    {
      Run first(s);
      save_after_slices(first, slices, folder.path());
    }
    Run second(s);
    restore_raw(second, folder.path());
    CAPTURE(slices);
    CHECK(second.finish() == expected);
    CHECK(second.record().formed == whole.record().formed);
    CHECK(second.record().time_s == whole.record().time_s);
  }
}

TEST_CASE("a checkpoint's elements of another size are refused") {
  Run run(sheet());
  StateArchive written;
  run.raw->archive(written);
  Run other(sheet(kCells - 10));
  StateArchive a(written.written(), "test");
  const Thrown thrown = thrown_by([&] { other.raw->archive(a); });
  CHECK(thrown.code == ExitCode::input_file);
  CHECK(thrown.says("\"growth\" are of 160 sources and 160 targets, not 150 and 150"));
}

TEST_CASE("spines form at their rate, mature or go, and more of them where a modulator meets activity") {
  Scenario s = sheet();
  s.until_s = 4.1;
  s.projections[0].weight = constant(10.0);  // all mature
  StructureSpec& x = s.structure[0];
  x.axonal.reset();
  x.dendritic.reset();
  x.calcium_beta = 0.05;
  SpineSpec spines;
  spines.day_s = 1.0;
  spines.formation_per_d = 0.05;
  spines.stabilise_per_d = 0.2;
  spines.labile_loss_per_d = 0.6;
  spines.mature_loss_per_d = 0.0;
  x.spines = spines;
  Run run(s);
  REQUIRE(run.raw->run());
  const double n = kCells * kInDegree, days = 4.0;
  const double formed = run.sum(run.record().formed), matured = run.sum(run.record().matured);
  CHECK(std::abs(formed - 0.05 * n * days) < 5 * std::sqrt(0.05 * n * days) + 0.05 * formed);
  // Labile spines L' = k N - 0.8 L, of which 0.2 L a day mature; draws of an interval shift that by some 10
  // %.
  const double expected = 0.2 * 0.05 * n / 0.8 * (days - (1.0 - std::exp(-0.8 * days)) / 0.8);
  CHECK(std::abs(matured - expected) < 5 * std::sqrt(expected) + 0.15 * expected);
  std::uint32_t mature = 0, labile = 0;
  const Projection& p = *run.network.projections[0];
  for (std::uint32_t t = 0; t < p.tiles.size(); ++t)
    p.for_each_synapse(t, [&](const Projection::Synapse& e) { (e.weight == 10.0f ? mature : labile) += 1; });
  CHECK(mature == static_cast<std::uint32_t>(n + matured));
  CHECK(labile > 0);

  ModulatorSpec dopamine;
  dopamine.name = "dopamine";
  dopamine.baseline = 1.0;
  s.modulators = {dopamine};
  s.structure[0].spines->modulator = "dopamine";
  s.structure[0].spines->formation_gain = 1.0;
  s.structure[0].spines->stabilise_gain = 1.0;
  Run gated(s);
  REQUIRE(gated.raw->run());
  const double calcium = gated.record().target_calcium.back();
  REQUIRE(calcium > 0.5);
  CHECK(gated.sum(gated.record().formed) > formed * (1.0 + 0.7 * calcium));
  CHECK(gated.sum(gated.record().matured) > 1.5 * matured);
  s.modulators[0].baseline = 0.0;
  Run without(s);
  REQUIRE(without.raw->run());
  CHECK(without.record().formed == run.record().formed);
}

}  // namespace penfield::test
