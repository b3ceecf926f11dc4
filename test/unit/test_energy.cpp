// What activity costs: counts against spikes and synapses counted one by one, the same on any threads, tiles
// and after a stop; prices; both clocks.
#include <vector>

#include "host/record/manifest.hpp"
#include "host/run/energy_meter.hpp"
#include "host/run/raw_output.hpp"
#include "host/run/raw_run.hpp"
#include "host/run/study.hpp"
#include "host/scenario/scenario_json.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"
#include "test/support/cpu_raw_run.hpp"
#include "test/support/errors.hpp"
#include "test/support/raw_stops.hpp"
#include "test/support/scratch_folder.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

using readout::EnergyCounts;
using readout::EnergySample;

/// Relays onto cells that learn, and cells that inhibit each other.
Scenario busy() {
  Scenario s = two_layers(60, 50, 12, normal(2.5, 0.6, 0.2, 6.0), uniform(1.0, 9.0), 0.5);
  s.name = "busy";
  s.until_s = 0.7;
  s.projections[0].plasticity =
      PlasticitySpec{"stdp_pair", {{"a_plus", 0.01}, {"a_minus", 0.008}, {"w_max", 8.0}}, false};
  ProjectionSpec inhibition = s.projections[0];
  inhibition.name = "inhibition";
  inhibition.from = "A/to";
  inhibition.weight = constant(-0.4);
  inhibition.plasticity.reset();
  s.projections.push_back(inhibition);
  ProjectionSpec lateral = inhibition;
  lateral.name = "lateral";
  lateral.weight = constant(0.1);
  lateral.rule.count = 7;
  s.projections.push_back(lateral);
  StimulusSpec rate;
  rate.kind = StimulusSpec::Kind::rate;
  rate.to = "A/from";
  rate.rate_Hz = 50.0;
  s.stimuli = {rate};
  for (const char* of : {"A/from", "A/to"}) {
    RecordSpec record;
    record.what = "spikes";
    record.of = of;
    s.record.push_back(record);
  }
  s.energy = EnergySpec{};
  s.energy->mode = EnergySpec::Mode::budget;
  s.energy->every_s = 0.2;
  return s;
}

using Run = CpuRawRun;

std::vector<double> flat(const std::vector<EnergySample>& samples) {
  std::vector<double> out;
  for (const EnergySample& s : samples) {
    out.push_back(s.time_s);
    for (const EnergyCounts& c : s.populations)
      out.insert(out.end(), {c.spikes, c.releases, c.receptions, c.updates, c.cell_s});
  }
  return out;
}

}  // namespace

TEST_CASE("spikes, synaptic events and updates are what counting one by one gives") {
  Run run(busy());
  REQUIRE(run.raw->run());
  const RawRecords& records = run.raw->records();
  REQUIRE(records.energy.size() == 4);  // every 0.2 s, and the end
  CHECK(records.energy[0].time_s == Approx(0.2));
  CHECK(records.energy[3].time_s == Approx(0.7));
  // [projection][source], [projection][target]
  std::vector<std::vector<double>> sent, heard;
  run.network.fetch_synapses();
  for (const auto& p : run.network.projections) {
    sent.emplace_back(run.network.populations[p->view.source]->view.n, 0.0);
    heard.emplace_back(run.network.populations[p->view.target]->view.n, 0.0);
    for (std::uint32_t t = 0; t < p->tiles.size(); ++t)
      p->for_each_synapse(t, [&](const Projection::Synapse& s) {
        ++sent.back()[s.source];
        ++heard.back()[t * run.network.populations[p->view.target]->view.tile_size + s.target];
      });
  }
  for (const EnergySample& sample : records.energy) {
    std::vector<EnergyCounts> expected(2);
    for (const Spike& s : records.spikes) {
      if (static_cast<double>(s.step) * 0.5e-3 >= sample.time_s - 1e-9) continue;
      ++expected[s.population].spikes;
      if (s.population == 0) {
        expected[0].releases += sent[0][s.neuron];
        expected[1].receptions += sent[0][s.neuron];
        expected[1].updates += sent[0][s.neuron];
      } else {
        expected[1].releases += sent[2][s.neuron];  // inhibition releases no glutamate
        expected[1].receptions += sent[2][s.neuron];
        expected[1].updates += heard[0][s.neuron];
      }
    }
    for (std::size_t p = 0; p < 2; ++p) {
      CAPTURE(sample.time_s, p);
      const EnergyCounts& c = sample.populations[p];
      CHECK(c.spikes == expected[p].spikes);
      CHECK(c.releases == expected[p].releases);
      CHECK(c.receptions == expected[p].receptions);
      CHECK(c.updates == expected[p].updates);
      CHECK(c.cell_s == Approx(sample.time_s * (p == 0 ? 60 : 50)));
    }
    CHECK(expected[1].spikes > 0.0);
    CHECK(sample.populations[0].receptions == 0.0);
  }
}

TEST_CASE("counts do not hang on threads, tiles, stops or whether anything is counted") {
  Run whole(busy());
  REQUIRE(whole.raw->run());
  const std::vector<double> expected = flat(whole.raw->records().energy);
  const std::uint64_t bits = digest(whole.network).all();
  for (const std::uint32_t threads : {1u, 3u})
    for (const std::uint32_t tile : {8u, 64u}) {
      Run other(busy(), threads, tiles_of(tile));
      REQUIRE(other.raw->run());
      CHECK(flat(other.raw->records().energy) == expected);
    }
  const ScratchFolder folder;
  Run first(busy());
  save_after_slices(first, 61, folder / "checkpoint");
  Run second(busy(), 2);
  restore_raw(second, folder / "checkpoint");
  REQUIRE(second.raw->run());
  CHECK(flat(second.raw->records().energy) == expected);
  Scenario plain = busy();
  plain.energy.reset();
  Run uncounted(plain);
  REQUIRE(uncounted.raw->run());
  CHECK(uncounted.raw->records().energy.empty());
  CHECK(digest(uncounted.network).all() == bits);
}

TEST_CASE("the log gives back what was counted") {
  Run run(busy());
  REQUIRE(run.raw->run());
  const ScratchFolder folder;
  {
    RunLogWriter log = RunLogWriter::create(folder / "run.log");
    RawLog raw_log{RawRecords{}};
    raw_log.append(log, run.raw->records(), run.engine->now());
    raw_log.append(log, run.raw->records(), run.engine->now());  // nothing new
    log.sync();
  }
  double time_s = 0.0;
  const RawRecords read = read_raw_log(folder / "run.log", 0.5, &time_s);
  CHECK(flat(read.energy) == flat(run.raw->records().energy));
  const std::vector<Dataset> datasets = energy_datasets(run.scenario, read.energy);
  REQUIRE(datasets.size() == 6);
  CHECK(datasets[3].path == "/energy/joules");
  CHECK(datasets[3].shape == std::vector<std::uint64_t>{4, 2, 6});
  const std::string summary = energy_summary(run.scenario, read.energy);
  CHECK(summary.find("Energy: ") == 0);
  CHECK(summary.find("plasticity") != std::string::npos);
}

TEST_CASE("prices: the textbook's spike, and molecules of ATP") {
  EnergyCounts counts;
  counts.spikes = 1e6 * 5.0 * 3600.0;
  counts.releases = counts.receptions = 8000.0 * counts.spikes;
  counts.cell_s = 1e6 * 3600.0;
  EnergySpec spec;
  CHECK(readout::sum_of(readout::energy_of(energy_costs(spec), counts)) == Approx(36.0).epsilon(1e-12));
  spec.mode = EnergySpec::Mode::budget;
  spec.update_ATP = 1000.0;
  counts = {4.0, 4.0 * 8000.0, 4.0 * 8000.0, 6.0, 1.0};
  const readout::EnergyTerms terms = readout::energy_of(energy_costs(spec), counts);
  const double atp_J = 50e3 / 6.02214076e23;
  CHECK(terms[0] == Approx(4.0 * 3.84e8 * atp_J));
  CHECK(terms[1] == Approx(8000.0 * 1.4e5 * atp_J));  // 4 Hz x 0.25
  CHECK(terms[2] == Approx(8000.0 * 1.28e4 * atp_J));
  CHECK(terms[3] == Approx(8000.0 * 1.1e4 * atp_J));
  CHECK(terms[4] == Approx(4.44e8 * atp_J));
  CHECK(terms[5] == Approx(6000.0 * atp_J));
}

TEST_CASE("a scenario says whose figures, and may set each") {
  const std::string head =
      R"({"penfield": 1, "name": "e", "until": "1 s", "areas": {"A": {"sheet_mm": [1, 1]}}, "clock": {"mode": "raw"},
"populations": {"A/x": {"model": "relay", "n": 3}}, "energy": )";
  const auto read = [&](const std::string& energy) {
    return *parse_scenario(head + energy + "}", "test", ".").energy;
  };
  CHECK(read(R"({"mode": "budget"})").spike_ATP == 3.84e8);
  const EnergySpec revised = read(R"({"mode": "budget", "figures": "howarth_2012"})");
  CHECK(revised.spike_ATP == Approx(3.84e8 * 0.31));
  CHECK(read(R"({"mode": "budget", "figures": "howarth_2012", "spike_ATP": 7})").spike_ATP == 7.0);
  // The canonical copy says all again.
  Scenario s = parse_scenario(head + R"({"mode": "budget", "figures": "howarth_2012"}})", "test", ".");
  CHECK(parse_scenario(s.canonical_json, "copy", ".").hash == s.hash);
  const auto fault = [&](const std::string& energy) { return thrown_by([&] { read(energy); }); };
  CHECK(fault(R"({"mode": "budget", "of": "B/*"})").says("nothing matches \"B/*\""));
  CHECK(fault(R"({"mode": "budget", "every": "0.01 ms"})").says("more than once a step"));
  CHECK(fault(R"({"mode": "textbook", "rest_ATP_per_s": 3})").says("rest_ATP_per_s"));
  CHECK(fault(R"({"mode": "textbook", "spike_nJ": -1})").says("spike_nJ"));
}

TEST_CASE("an episodic study counts rates times macro steps, and what rewiring leaves of synapses") {
  Scenario s = load_scenario(PENFIELD_SOURCE_FOLDER "/test/cli/small_study.json", {});
  s.energy = EnergySpec{};
  s.energy->mode = EnergySpec::Mode::budget;
  Network network = build_network(s, {});
  const auto engine = cpu::make_cpu_engine(network, {});
  Study study(s, network, *engine);
  REQUIRE(study.run({}, {}));
  const std::vector<EnergySample>& energy = study.result().records.raw.energy;
  double begin_s = 0.0;
  std::vector<double> spikes(s.populations.size(), 0.0);
  std::size_t k = 0;
  for (const StepPoint& step : study.result().steps) {
    if (step.time_s <= 1e-3) continue;
    REQUIRE(k < energy.size());
    CHECK(energy[k].time_s == step.time_s);
    for (std::size_t p = 0; p < spikes.size(); ++p) {
      spikes[p] += step.rate_Hz[p] * step.step_s * s.populations[p].n;
      CHECK(energy[k].populations[p].spikes == Approx(spikes[p]).epsilon(1e-9));
    }
    begin_s = step.time_s;
    ++k;
  }
  CHECK(k == energy.size());
  CHECK(begin_s == Approx(s.until_s));
  // A second study of the same scenario that takes another seed's synapses would count others: events lie
  // within the fewest and the most synapses that a cell has.
  const EnergyCounts& last = energy.back().populations.at(1);
  CHECK(last.releases > last.spikes);
  CHECK(last.cell_s == Approx(s.until_s * s.populations[1].n));
  // Stopped and gone on with, the bits are the same.
  Network again = build_network(s, {});
  const auto second = cpu::make_cpu_engine(again, {});
  StateArchive saved;
  {
    Study begun(s, again, *second);
    int left = 7;
    REQUIRE_FALSE(begun.run({}, [&] { return left-- == 0; }));
    begun.archive(saved);
    Study resumed(s, again, *second);
    StateArchive read(saved.written(), "test");
    resumed.archive(read);
    REQUIRE(resumed.run({}, {}));
    CHECK(flat(resumed.result().records.raw.energy) == flat(energy));
  }
}

TEST_CASE("the manifest keeps what was counted") {
  Manifest m;
  m.energy = {"budget", 2.0, 5e-9, {{"spikes", 3e-9}, {"rest", 2e-9}}, {{"A/x", 5e-9}}};
  const ScratchFolder folder;
  write_manifest(folder / "manifest.json", m);
  const Manifest read = read_manifest(folder / "manifest.json");
  CHECK(read.energy.mode == "budget");
  CHECK(read.energy.total_J == 5e-9);
  CHECK(read.energy.term_J == m.energy.term_J);
  CHECK(read.energy.population_J == m.energy.population_J);
  write_manifest(folder / "manifest.json", Manifest{});
  CHECK(read_manifest(folder / "manifest.json").energy.mode.empty());
}

}  // namespace penfield::test
