// Recorders in the episodic clock: what they keep, and that nobody who looks changes a bit.
#include <algorithm>
#include <cmath>

#include "host/build/build_network.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/measure.hpp"
#include "host/run/study.hpp"
#include "host/run/study_output.hpp"
#include "host/scenario/scenario_json.hpp"
#include "test/support/catch.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using test::ScratchFolder;

namespace {

/// Every recorder there is. Bins of 0.2 s do not divide the episodes of 0.3 and 0.5 s.
const std::string kRecordAll = R"(record=[
  { "what": "spikes", "of": "S1/*" },
  { "what": "traces", "of": "S1/E", "every": "50 ms", "columns": ["v_m_mV"], "first": 3, "count": 5 },
  { "what": "rates", "of": "S1/*", "every": "0.2 s" }, { "what": "rates", "of": "VPL/relay", "every": "1 d" },
  { "what": "weights", "of": "lateral", "every": "1 d" },
  { "what": "connectivity", "of": "PV*", "every": "1 d" } ])";

Scenario small(std::vector<std::string> sets) {
  // Macro steps end every 12 h at the latest, and so at the probes' times whether there are probes or not.
  sets.insert(sets.end(), {"until=2 d", "clock.settle=12 h", "clock.short_for=12 h"});
  return load_scenario(PENFIELD_SOURCE_FOLDER "/test/cli/small_study.json", sets);
}

struct Run {
  explicit Run(const Scenario& s, std::uint32_t threads = 1) : network(build_network(s, {})) {
    engine = make_engine(network, DeviceChoice::cpu, threads).engine;
    study = std::make_unique<Study>(s, network, *engine);
  }
  bool go(int steps = -1) {
    return study->run({}, [&] { return steps-- == 0; });
  }
  const StudyResult& result() const { return study->result(); }
  Network network;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Study> study;
};

std::vector<std::byte> bytes_of(EpisodeRecords records) {
  records.raw.spikes_of.clear();
  StateArchive a;
  archive(a, records);
  return a.written();
}

}  // namespace

TEST_CASE("a study has the same bits with and without every recorder and probe") {
  const Scenario bare = small({"probes=[]", "record=[]"});
  Run without(bare);
  REQUIRE(without.go());
  for (const std::vector<std::string>& sets :
       {std::vector<std::string>{"probes=[]", kRecordAll}, {"record=[]"}, {kRecordAll}}) {
    const Scenario scenario = small(sets);
    Run run(scenario, 2);
    REQUIRE(run.go());
    CHECK(digest(run.network) == digest(without.network));
    REQUIRE(run.result().steps.size() == without.result().steps.size());
    CHECK(run.result().steps.back().rate_Hz == without.result().steps.back().rate_Hz);
    CHECK(run.result().maps.empty() == scenario.probes.empty());
    CHECK(run.result().records.raw.spikes.empty() == scenario.record.empty());
  }
}

TEST_CASE("records of a study are its measured episodes") {
  const Scenario scenario = small({"probes=[]", kRecordAll});
  Run run(scenario);
  REQUIRE(run.go());
  const EpisodeRecords& records = run.result().records;
  const std::vector<StepPoint>& steps = run.result().steps;
  REQUIRE(records.episodes.size() == 2 * steps.size());
  // Spikes lie in episodes, and make the rates that the study goes by.
  std::vector<std::vector<std::uint64_t>> counts(records.episodes.size(), std::vector<std::uint64_t>(3, 0));
  std::size_t e = 0;
  for (const Spike& s : records.raw.spikes) {
    while (s.step >= records.episodes[e].begin + records.episodes[e].steps) REQUIRE(++e < counts.size());
    REQUIRE(s.step >= records.episodes[e].begin);
    ++counts[e][s.population];
  }
  for (std::size_t k = 0; k < steps.size(); ++k)
    for (std::uint32_t p = 1; p < 3; ++p) {  // S1/E and S1/PV
      double rate_Hz = 0.0;
      for (std::size_t c = 0; c < 2; ++c) {
        const ConditionSpec& condition = scenario.clock.conditions[c];
        CHECK(records.episodes[2 * k + c].condition == c);
        CHECK(records.episodes[2 * k + c].steps == steps_of(condition.episode_s, scenario.dt_ms));
        rate_Hz += condition.fraction * static_cast<double>(counts[2 * k + c][p]) / condition.episode_s /
                   run.network.populations[p]->view.n;
      }
      CHECK(rate_Hz == Approx(steps[k].rate_Hz[p]).epsilon(1e-5));
      CHECK(records.episodes[2 * k].biological_s == Approx(steps[k].time_s - steps[k].step_s).margin(1e-6));
    }
  // 0.2 + 0.1 s of rest and 0.2 + 0.2 + 0.1 s of touch; a bin longer than the episode is the episode.
  REQUIRE(records.rates.size() == 3);
  const EpisodeRates& excitatory = records.rates[0];
  CHECK(excitatory.population == "S1/E");
  REQUIRE(excitatory.rate_Hz.size() == 5 * steps.size());
  CHECK(excitatory.bin_ms[1] == Approx(100.0));
  CHECK(excitatory.bin_ms[3] == Approx(200.0));
  double spikes = 0.0;
  for (int bin = 0; bin < 2; ++bin) spikes += excitatory.rate_Hz[bin] * excitatory.bin_ms[bin] * 1e-3 * 240;
  CHECK(std::llround(spikes) == static_cast<long long>(counts[0][1]));
  CHECK(records.rates[2].population == "VPL/relay");
  CHECK(records.rates[2].rate_Hz.size() == 2 * steps.size());
  // 6 and 10 samples of five neurons.
  REQUIRE(records.raw.traces.size() == 1);
  CHECK(records.raw.traces[0].time_ms.size() == 16 * steps.size());
  CHECK(records.raw.traces[0].values.size() == 5 * 16 * steps.size());
  // Three projections at 0, 1 and 2 d; the last as the network now stands.
  REQUIRE(records.raw.synapses.size() == 9);
  for (std::size_t k = 0; k < 9; ++k)
    CHECK(records.raw.synapses[k].time_s == Approx(86400.0 * static_cast<double>(k / 3)).margin(1e-3));
  const std::vector<SynapseRecord> now = read_synapses(scenario, run.network, *run.engine, {2});
  CHECK(records.raw.synapses[6].projection == "lateral");
  CHECK(records.raw.synapses[6].weight == now[0].weight);
  CHECK(records.raw.synapses[0].source != now[0].source);  // rewired since
}

TEST_CASE("records of a study come back from its log, and from a checkpoint") {
  const ScratchFolder folder;
  const Scenario scenario = small({"probes=[]", kRecordAll});
  Run run(scenario);
  {
    StudyLog log(run.result());
    RunLogWriter writer = RunLogWriter::create(folder / "run.log");
    while (!run.go(2)) log.append(writer, run.result(), run.engine->now());
    log.append(writer, run.result(), run.engine->now());
    writer.sync();
  }
  const StudyResult read = read_study_log(folder / "run.log");
  CHECK(bytes_of(read.records) == bytes_of(run.result().records));
  Results results;
  add_episode_results(scenario, read.records, results);
  const auto shape_of = [&](const std::string& path) {
    const auto found = std::find_if(results.datasets.begin(), results.datasets.end(),
                                    [&](const Dataset& d) { return d.path == path; });
    INFO(path);
    REQUIRE(found != results.datasets.end());
    CHECK_FALSE(found->unit.empty());
    return found->shape;
  };
  const std::uint64_t steps = run.result().steps.size();
  CHECK(shape_of("/rates/episodes/condition") == std::vector<std::uint64_t>{2 * steps});
  CHECK(shape_of("/rates/episodes/0_S1_E/rate") == std::vector<std::uint64_t>{5 * steps});
  CHECK(shape_of("/traces/S1_E/v_m_mV_3") == std::vector<std::uint64_t>{16 * steps, 5});
  CHECK(shape_of("/weights/PV to E/1/weight") == std::vector<std::uint64_t>{240 * 12});
  CHECK(results.spikes.size() == 2);

  Run first(scenario), second(scenario);
  REQUIRE_FALSE(first.go(3));
  StateArchive written;
  first.study->archive(written);
  StateArchive reading(written.written(), "test");
  second.study->archive(reading);
  reading.finish();
  CHECK(bytes_of(second.result().records) == bytes_of(first.result().records));
}
