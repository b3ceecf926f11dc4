// Injury, fields and stimulation on the raw clock: what happens at which step, and the same bits however a
// run is cut, divided and started again.
#include "host/run/raw_injury.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "host/run/raw_growth.hpp"
#include "host/run/raw_output.hpp"
#include "test/support/catch.hpp"
#include "test/support/cpu_raw_run.hpp"
#include "test/support/errors.hpp"
#include "test/support/raw_injured.hpp"
#include "test/support/raw_stops.hpp"
#include "test/support/thread_ranks.hpp"

namespace penfield::test {

namespace {

using Kind = EventSpec::Kind;

struct Run : CpuRawRun {
  using CpuRawRun::CpuRawRun;
  const std::vector<Spike>& spikes() const { return raw->records().spikes; }
  const Population& cells(std::uint32_t k = 0) const { return *network.populations[k]; }
  double from_middle_mm(const EventSpec& e, std::uint32_t i, std::uint32_t k = 0) const {
    return std::hypot(cells(k).x_mm[i] - e.x_mm, cells(k).y_mm[i] - e.y_mm);
  }
  /// Spikes of neurons that `in` picks, in steps [from, to).
  template <class In>
  std::ptrdiff_t count(StepIndex from, StepIndex to, const In& in) const {
    return std::count_if(spikes().begin(), spikes().end(),
                         [&](const Spike& s) { return s.step >= from && s.step < to && in(s.neuron); });
  }
};

}  // namespace

TEST_CASE("an infarct silences its disc at its step, and takes the synapses of its cells") {
  Scenario s = steady();
  const EventSpec e = infarct_at(0.2504, 0.8, 0.5, 0.3);
  s.timeline = {e};
  Run hurt(s);
  REQUIRE(hurt.raw->run());
  s.timeline.clear();
  Run intact(s);
  REQUIRE(intact.raw->run());
  const auto in_core = [&](std::uint32_t i) { return hurt.from_middle_mm(e, i) <= 0.3; };
  CHECK(intact.count(250, 300, in_core) > 0);
  CHECK(hurt.count(250, 500, in_core) == 0);
  CHECK(hurt.count(0, 250, in_core) == intact.count(0, 250, in_core));
  CHECK(hurt.count(249, 250, in_core) == intact.count(249, 250, in_core));
  CHECK(hurt.count(250, 500, [&](std::uint32_t i) { return !in_core(i); }) > 100);
  std::uint64_t core = 0;
  for (std::uint32_t i = 0; i < 100; ++i) core += in_core(i) ? 1 : 0;
  REQUIRE(core > 5);
  for (const auto& p : hurt.network.projections) {
    std::uint64_t left = 0;
    for (std::uint32_t t = 0; t < p->tiles.size(); ++t)
      p->for_each_synapse(t, [&](const Projection::Synapse& x) {
        REQUIRE_FALSE(in_core(x.source));
        REQUIRE_FALSE(in_core(tile_begin(hurt.cells().view, t) + x.target));
        ++left;
      });
    CHECK(left > 300);
  }
  const std::vector<DeathSample>& deaths = hurt.raw->records().deaths;
  REQUIRE(deaths.size() == 1);
  CHECK(deaths[0].time_s == Approx(0.25));
  CHECK(deaths[0].dead == std::vector<std::uint64_t>{core});
  CHECK(raw_summary(hurt.scenario, hurt.raw->records(), 0.5)
            .find("A/E: " + std::to_string(core) + " of 100 cells are dead.") != std::string::npos);
}

TEST_CASE("deaths are in the log, the results and the report") {
  Scenario s = steady();
  s.timeline = {infarct_at(0.2, 0.8, 0.5, 0.2), infarct_at(0.3, 1.6, 0.5, 0.2)};
  Run run(s);
  const ScratchFolder folder;
  RunLogWriter log = RunLogWriter::create(folder / "run.log");
  RawLog raw_log{RawRecords{}};
  REQUIRE(run.raw->run());
  raw_log.append(log, run.raw->records(), 500);
  log.sync();
  double time_s = 0.0;
  const RawRecords read = read_raw_log(folder / "run.log", 1.0, &time_s);
  REQUIRE(read.deaths.size() == 2);
  CHECK(read.deaths[1].dead[0] > read.deaths[0].dead[0]);
  const Results results = raw_results(s, read);
  const auto found = std::find_if(results.datasets.begin(), results.datasets.end(),
                                  [](const Dataset& d) { return d.path == "/injury/dead"; });
  REQUIRE(found != results.datasets.end());
  CHECK(std::get<std::vector<std::uint64_t>>(found->values) ==
        std::vector<std::uint64_t>{read.deaths[0].dead[0], read.deaths[1].dead[0]});
  const ReportData report = raw_report(s, read, time_s, Manifest{});
  CHECK(std::any_of(report.curves.begin(), report.curves.end(),
                    [](const ReportCurve& c) { return c.name == "Dead cells of A/E"; }));
}

TEST_CASE("cells of a rim die when their debt is due, by the rates that they had before") {
  Scenario s = steady(6.0);
  s.projections.clear();
  EventSpec e = infarct_at(1.25, 0.8, 0.5, 0.2);
  e.penumbra_mm = 0.5;
  e.blood_share = 0.0;
  e.reperfusion_tau_s = 1e9;
  e.lethal_debt_s = 2.4;
  s.timeline = {e};
  Run run(s);
  REQUIRE(run.raw->run());
  // At its own usual rate a cell lacks 1 - blood, the share of the rim's width that it lies within. At 6 s
  // all up to 5 s has been added up: the last look of a run is not taken.
  for (std::uint32_t i = 0; i < 100; ++i) {
    const double lack = 1.0 - (run.from_middle_mm(e, i) - 0.2) / 0.5;
    if (std::fabs(lack - 2.4 / 3.75) < 0.05) continue;
    CAPTURE(i, lack);
    REQUIRE((run.cells().silent[i] != 0) == (lack > 2.4 / 3.75));
  }
  const std::vector<DeathSample>& deaths = run.raw->records().deaths;
  REQUIRE(deaths.size() >= 2);
  CHECK(deaths[0].time_s == Approx(1.25));
  for (std::size_t k = 1; k < deaths.size(); ++k)
    CHECK(deaths[k].time_s == std::floor(deaths[k].time_s));  // looks at whole seconds
}

TEST_CASE("a projection that is cut has no synapse from then on") {
  Scenario s = steady();
  EventSpec e = event_of(Kind::cut, 0.1);
  e.what = "learns";
  s.timeline = {e};
  Run run(s);
  REQUIRE(run.raw->run());
  CHECK(run.network.projections[0]->num_synapses() == 1200);
  CHECK(run.network.projections[1]->num_synapses() == 0);
  CHECK(run.raw->records().deaths.empty());
}

TEST_CASE("a block keeps its disc silent in its steps alone") {
  Scenario s = steady();
  EventSpec e = event_of(Kind::block, 0.1, 0.2);
  e.of = "A/E";
  e.x_mm = 0.8;
  e.y_mm = 0.5;
  e.radius_mm = 0.3;
  s.timeline = {e};
  Run run(s);
  REQUIRE(run.raw->run());
  const auto in_disc = [&](std::uint32_t i) { return run.from_middle_mm(e, i) <= 0.3; };
  CHECK(run.count(100, 200, in_disc) == 0);
  CHECK(run.count(50, 100, in_disc) > 5);
  CHECK(run.count(200, 240, in_disc) > 5);
  CHECK(run.count(200, 201, in_disc) > 0);  // what was held back fires at once
  CHECK(run.cells().view.silent == run.cells().silent.data());
  CHECK(run.count(100, 200, [&](std::uint32_t i) { return !in_disc(i); }) > 100);
}

TEST_CASE("every pulse of a train is felt in its steps, and nothing between") {
  Scenario s = steady(0.75);
  s.dt_ms = 0.1;
  s.projections.clear();
  s.stimuli.clear();
  s.populations = {population_spec("A/E", "iaf_psc_delta", 40)};
  s.populations[0].params["t_ref_ms"] = 0.0;
  EventSpec e = event_of(Kind::stimulate, 0.1, -1.0);
  e.of = "A/*";
  e.x_mm = 1.0;
  e.y_mm = 0.5;
  e.radius_mm = 0.5;
  e.current_pA = 1e5;  // 40 mV a step
  e.train = {0.2, 350.0, 13, 0.25};
  s.timeline = {e};
  Run run(s);
  REQUIRE(run.raw->run());
  std::vector<StepIndex> expected;
  for (int m = 0; m < 3; ++m)
    for (int k = 0; k < 13; ++k) {
      const auto at = static_cast<StepIndex>(std::llround((0.1 + 0.25 * m + k / 350.0) * 1e4));
      expected.insert(expected.end(), {at, at + 1});
    }
  std::uint32_t stimulated = 0;
  for (std::uint32_t i = 0; i < 40; ++i) {
    std::vector<StepIndex> fired;
    for (const Spike& spike : run.spikes())
      if (spike.neuron == i) fired.push_back(spike.step);
    const bool inside = run.from_middle_mm(e, i) <= 0.5;
    stimulated += inside ? 1 : 0;
    REQUIRE(fired == (inside ? expected : std::vector<StepIndex>{}));
  }
  CHECK(stimulated > 5);
}

TEST_CASE("a Gaussian stimulus falls off from its middle") {
  Scenario s = steady(0.05);
  EventSpec e = event_of(Kind::stimulate, 0.02);
  e.of = "A/E";
  e.x_mm = 1.0;
  e.y_mm = 0.5;
  e.sigma_mm = 0.3;
  e.current_pA = 200.0;
  s.timeline = {e};
  Run run(s);
  REQUIRE(run.raw->run());
  for (std::uint32_t i = 0; i < 100; ++i) {
    const double d = run.from_middle_mm(e, i) / 0.3;
    REQUIRE(run.cells().bias_pA[i] == Approx(200.0 * std::exp(-0.5 * d * d)).epsilon(1e-5));
  }
}

TEST_CASE("a nerve that grows back, and parts that are used more, reach the relays") {
  Scenario s = raw_injured();
  s.effects.clear();
  s.fields.clear();
  s.structure.clear();
  s.homeostasis.clear();
  s.timeline = {event_of(Kind::cut_afferents, 0.3, 0.9)};
  s.timeline[0].part = "left";
  s.timeline[0].regrowth_tau_s = 0.5;
  s.until_s = 0.6;
  const auto skin = [](const Run& run) {
    for (std::uint32_t i = 0; i < 60; ++i)
      if (run.cells().part[i] == 0) return static_cast<double>(run.cells().skin_gain[i]);
    return -1.0;
  };
  Run cut(s);
  REQUIRE(cut.raw->run());
  CHECK(skin(cut) == 0.0);
  s.until_s = 1.35;
  Run back(s);
  REQUIRE(back.raw->run());
  CHECK(skin(back) == Approx(1.0 - std::exp(-0.45 / 0.5)).epsilon(1e-4));
  s.body->spontaneous_Hz = 1.0;
  s.timeline = {event_of(Kind::use, 0.5)};
  s.timeline[0].part = "right";
  s.timeline[0].gain = 0.01;
  s.until_s = 8.0;
  const auto spikes_of = [](const Run& run, std::int32_t part) {
    double sum = 0.0;
    for (std::uint32_t i = 0; i < 60; ++i)
      if (run.cells().part[i] == part) sum += run.cells().spike_count[i];
    return sum;
  };
  Run unused(s);
  REQUIRE(unused.raw->run());
  CHECK(spikes_of(unused, 0) > 1.5 * spikes_of(unused, 1));
}

TEST_CASE("the dead have no elements, and nobody grows to them") {
  Scenario s = raw_injured();
  Run run(s);
  REQUIRE(run.raw->run());
  std::uint64_t dead = 0;
  for (std::uint32_t i = 0; i < 120; ++i) {
    if (run.cells(1).silent[i] == 0) continue;
    ++dead;
    CHECK(run.raw->growth().axonal(0).synapses()[i] == 0);
    CHECK(run.raw->growth().dendritic(0).synapses()[i] == 0);
    CHECK(run.raw->growth().axonal(0).elements()[i] == 0.0f);
    CHECK(run.raw->growth().dendritic(0).elements()[i] == 0.0f);
  }
  CHECK(run.raw->records().deaths.back().dead[1] == dead);
  CHECK(run.raw->records().deaths.size() > 1);  // the rim's as well
  std::vector<std::uint32_t> in(120, 0), out(120, 0);
  const Projection& p = *run.network.projections[4];
  for (std::uint32_t t = 0; t < p.tiles.size(); ++t)
    p.for_each_synapse(t, [&](const Projection::Synapse& x) {
      ++in[tile_begin(run.cells(1).view, t) + x.target];
      ++out[x.source];
    });
  CHECK(in == run.raw->growth().dendritic(0).synapses());
  CHECK(out == run.raw->growth().axonal(0).synapses());
  CHECK(run.network.projections[2]->num_synapses() == 0);
}

TEST_CASE("spines find no dead source, and a cut projection may grow anew") {
  Scenario s = raw_injured();
  s.timeline = {infarct_at(0.4, 0.6, 0.5, 0.3)};
  s.projections[4].plasticity.reset();
  StructureSpec& r = s.structure[0];
  r.growth_field.clear();
  r.axonal.reset();
  r.dendritic.reset();
  SpineSpec spines;
  spines.formation_per_d = 0.5;
  spines.labile_loss_per_d = 0.5;
  spines.day_s = 1.0;
  r.spines = spines;
  Run run(s);
  REQUIRE(run.raw->run());
  double formed = 0.0;
  for (const double n : run.raw->growth().records()[0].formed) formed += n;
  CHECK(formed > 100.0);
  const Projection& p = *run.network.projections[4];
  for (std::uint32_t t = 0; t < p.tiles.size(); ++t)
    p.for_each_synapse(t, [&](const Projection::Synapse& x) {
      REQUIRE(run.cells(1).silent[x.source] == 0);
      REQUIRE(run.cells(1).silent[tile_begin(run.cells(1).view, t) + x.target] == 0);
    });
}

TEST_CASE("injured raw runs have the same bits with any threads and tiles, and wherever recorders cut them") {
  Scenario s = raw_injured();
  const std::uint64_t expected = Run(s).finish();
  for (const std::uint32_t threads : {1u, 2u})
    for (const std::uint32_t tile : {4u, 64u}) CHECK(Run(s, threads, tiles_of(tile)).finish() == expected);
  RecordSpec rates;
  rates.what = "rates";
  rates.of = "A/*";
  for (const double every_s : {0.001, 0.013}) {
    rates.every_s = every_s;
    s.record = {rates};
    CHECK(Run(s).finish() == expected);
  }
}

TEST_CASE("injured raw runs have the same bits on several ranks") {
  const Scenario s = raw_injured();
  Run alone(s);
  const std::uint64_t expected = alone.finish();
  constexpr std::uint32_t kRanks = 3;
  std::vector<std::uint64_t> digests(kRanks, 0);
  ThreadRanks::run(kRanks, [&](Ranks& ranks) {
    BuildOptions build = tiles_of(16);
    build.ranks = &ranks;
    Run run(s, 1, build);
    if (!run.raw->run()) return;
    run.engine->flush();
    digests[ranks.rank()] = digest(run.network).all();
  });
  for (const std::uint64_t one : digests) CHECK(one == expected);
}

TEST_CASE("an injured raw run goes on from a checkpoint with the same bits, from any step") {
  const Scenario s = raw_injured();
  // Within a pulse, at the infarct's step (700) and around it, between the deaths of the rim, as the nerve
  // grows back.
  require_same_after_slices<Run>(s, Run(s).finish(), {1, 3, 28, 29, 100, 101, 143, 200, 271, 330});
}

TEST_CASE("cells that died rest at no cost from then on") {
  Scenario s = steady(1.0);
  s.energy = EnergySpec{};
  s.energy->every_s = 0.5;
  s.timeline = {infarct_at(0.25, 0.8, 0.5, 0.3)};
  Run run(s);
  REQUIRE(run.raw->run());
  const auto dead = static_cast<double>(run.raw->records().deaths.at(0).dead[0]);
  const auto& energy = run.raw->records().energy;
  REQUIRE(energy.size() == 2);
  CHECK(energy[0].populations[0].cell_s == Approx(50.0 - 0.25 * dead));
  CHECK(energy[1].populations[0].cell_s == Approx(100.0 - 0.75 * dead));
}

TEST_CASE("a checkpoint's rates of another size are refused") {
  Scenario s = steady(1.0);
  s.timeline = {infarct_at(0.25, 0.8, 0.5, 0.3)};
  s.timeline[0].penumbra_mm = 0.3;
  Run run(s);
  REQUIRE(run.raw->run());
  StateArchive written;
  run.raw->archive(written);
  s.populations[0].n = 140;
  Run other(s);
  StateArchive a(written.written(), "test");
  const Thrown thrown = thrown_by([&] { other.raw->archive(a); });
  CHECK(thrown.code == ExitCode::input_file);
  CHECK(thrown.says("rates of cells around an infarct are damaged"));
}

}  // namespace penfield::test
