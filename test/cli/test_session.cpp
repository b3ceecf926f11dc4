// Stopped and resumed runs, and the plan of a run, against runs that went straight through.
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>

#include "host/build/build_network.hpp"
#include "host/record/checkpoint.hpp"
#include "host/run/branch.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/memory_plan.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/run/session_job.hpp"
#include "host/run/session_schedule.hpp"
#include "host/run/study.hpp"
#include "host/run/watchdog.hpp"
#include "host/scenario/scenario_json.hpp"
#include "test/cli/small_run.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using test::require_same_after_stops;
using test::restore;
using test::Run;
using test::save;
using test::ScratchFolder;
using test::small;
using test::thrown_by;

namespace {

/// Sodium channels blocked from 6 h to a day.
const std::string kDrugs =
    "timeline=[{\"event\":\"drug\",\"from\":\"6 h\",\"to\":\"1 d\",\"what\":\"sodium\",\"of\":\"S1/"
    "E\",\"gain\":0.3,\"onset_tau_s\":1800,\"washout_tau_s\":7200}]";

}  // namespace

TEST_CASE("a study that is stopped and resumed has the bits of an unbroken one, whatever the threads") {
  const Scenario scenario = small();
  Run whole(scenario, 1);
  REQUIRE(whole.go(-1));
  // Before settling, during it, before the loss, in the acute phase, during rewiring.
  require_same_after_stops(whole, {0, 1, 3, 5, 9, 12});
}

TEST_CASE("projected weights have the same bits whatever the threads and wherever a run was stopped") {
  const Scenario scenario = small(
      {"projections[E to PV].plasticity={\"stdp_pair\":{\"a_plus\":0.05,\"a_minus\":0.03,\"tau_minus_ms\":30,"
       "\"w_min\":0,\"w_max\":400}}",
       "clock.tolerance=0.05"});
  Run whole(scenario, 1);
  REQUIRE(whole.go(-1));
  Run threaded(scenario, 2);
  REQUIRE(threaded.go(-1));
  CHECK(digest(threaded.network) == digest(whole.network));
  require_same_after_stops(whole, {2, 9});
}

TEST_CASE("results have the same digest whatever the tiles and the threads") {
  const std::string learns =
      "projections[E to PV].plasticity={\"stdp_pair\":{\"a_plus\":0.05,\"a_minus\":0.03,\"tau_minus_ms\":30,"
      "\"w_min\":0,\"w_max\":400}}";
  const std::string lasts =
      "consolidation=[{\"name\":\"lasting\",\"projection\":\"E to PV\",\"early_tau_s\":86400,"
      "\"late_tau_s\":86400,\"threshold\":0.001}]";
  const Scenario scenario = small({learns, lasts});
  const auto run = [&](std::uint32_t tile_size, std::uint32_t threads) {
    BuildOptions build;
    build.tile_size = tile_size;
    build.threads = threads;
    Run run(
        scenario, [&](Network& n) { return make_engine(n, DeviceChoice::cpu, threads).engine; }, build);
    REQUIRE(run.go(-1));
    return std::pair(run.digested(), digest(run.network));
  };
  const auto whole = run(0, 1);
  for (const std::uint32_t tile_size : {16u, 64u}) {
    const auto cut = run(tile_size, 3);
    CHECK(first_difference(cut.first, whole.first) == "");
    CHECK(cut.second == whole.second);
  }
}

TEST_CASE("projected weights move by what they learn, and a rule that learns too fast is named") {
  const auto learnt = [](double a_plus) {
    char text[200];
    std::snprintf(
        text, sizeof text,
        "projections[E to PV].plasticity={\"stdp_pair\":{\"a_plus\":%g,\"tau_minus_ms\":30,\"w_min\":0,"
        "\"w_max\":400}}",
        a_plus);
    return small({text, "timeline=[]", "probes=[]", "until=1 d"});
  };
  const auto mean = [](const Network& network) {
    double sum = 0.0, count = 0.0;
    for (const auto& p : network.projections) {
      if (p->name != "E to PV") continue;
      for (std::size_t t = 0; t < p->tiles.size(); ++t)
        p->for_each_synapse(t, [&](const Projection::Synapse& s) {
          sum += static_cast<double>(s.weight);
          ++count;
        });
    }
    return sum / count;
  };
  const Scenario slow = learnt(2e-3);
  Run run(slow, 1);
  const double before = mean(run.network);
  REQUIRE(run.go(-1));
  CHECK(mean(run.network) > before + 1.0);  // potentiation alone
  const Scenario fast = learnt(30.0);
  Run too_fast(fast, 1);
  const test::Thrown thrown = thrown_by([&] { too_fast.go(-1); });
  CHECK(thrown.code == ExitCode::scenario);
  CHECK(thrown.says("E to PV"));
  CHECK(thrown.says("1 %"));
}

TEST_CASE("a study branched off where another has settled has the bits of one that settled by itself") {
  const Scenario straight = small(), sham = small({"timeline=[]", "probes=[]", "record=[]", "until=1 d"});
  Run whole(straight, 1);
  REQUIRE(whole.go(-1));

  const ScratchFolder scratch;
  Run baseline(sham, 2);
  REQUIRE_FALSE(baseline.job->run([] {}, [&] { return baseline.job->settled(); }));
  CHECK(baseline.job->time_s() == 0.0);
  CheckpointWriter writer(scratch.path());
  save_state(&writer, {}, baseline.network, *baseline.engine, baseline.results(),
             origin_text(sham, "0123", baseline.job->time_s()));

  const CheckpointReader reader = open_branch_point(scratch.path());
  const CheckpointOrigin origin = read_origin(reader);
  CHECK(origin.run_id == "0123");
  CHECK(network_differences(straight, origin).empty());
  for (std::uint32_t threads : {1u, 3u}) {
    Scenario branched = straight;
    branched.clock.settle_s = 0.0;
    Run branch(branched, threads);
    const BranchEntry entry =
        take_branch(reader, "runs/baseline", branch.network, *branch.engine, *branch.job);
    CHECK(entry.scenario == "small study");
    CHECK(entry.step == branch.engine->now());
    CHECK(entry.digest == reader.digest());
    REQUIRE(branch.go(-1));
    CHECK(digest(branch.network) == digest(whole.network));
  }
}

TEST_CASE("what makes another network is named, and what may differ between studies is not") {
  const Scenario there = small();
  const CheckpointOrigin origin{"0123", 0.0, true, there.canonical_json, ""};
  const auto differences = [&](const std::vector<std::string>& sets) {
    return network_differences(small(sets), origin);
  };
  CHECK(differences({"until=9 d", "name=stroke", "timeline=[]", "probes=[]", "clock.macro_step=6 h",
                     "homeostasis[scaling].tau_s=9000", "structure[structure].formation_per_d=0.1"})
            .empty());
  const auto first = [&](const std::vector<std::string>& sets) {
    const auto lines = differences(sets);
    return lines.empty() ? "" : lines.front();
  };
  CHECK(first({"populations[S1/E].n=200"}) == "populations[S1/E].n: 200 here, 240 in the checkpoint");
  CHECK(first({"seed=4"}) == "seed: 4 here, 3 in the checkpoint");
  CHECK(first({"projections[TC].delay_ms.base=2"}).starts_with("projections[TC].delay_ms"));
  CHECK(first({"populations[S1/PV].params.tau_m_ms=9"}) ==
        "populations[S1/PV].params.tau_m_ms: 9 here, 8 in the checkpoint");
  CHECK(first({"structure=[]", "timeline=[]"}) == "structure[structure]: in the checkpoint, but not here");
  CHECK(first({"homeostasis=[]"}).starts_with("homeostasis["));
  CHECK(first({"body.parts[left].width_mm=1.5"}) ==
        "body.parts[left].width_mm: 1.5 here, 2 in the checkpoint");
  const auto refusal = thrown_by([&] {
    require_same_network(small({"populations[S1/E].n=200", "seed=4"}), origin, "runs/baseline");
  });
  CHECK(refusal.code == ExitCode::scenario);
  CHECK(refusal.says("populations[S1/E].n"));
  CHECK(refusal.says("runs/baseline"));
}

TEST_CASE("the watchdog takes for absurd what the scenario says, and nothing else by default") {
  const Scenario plain = small();
  const Network network = build_network(plain, {});
  Watchdog lenient(plain, network);
  for (int k = 0; k < 100; ++k) lenient.look({0.0, 450.0, 0.0}, 10.0, k);  // some are silent: healthy
  CHECK(thrown_by([&] {
          lenient.look({501.0, 1.0, 0.0}, 0.5, 7);
        }).says("above 500 Hz (watchdog.most_rate_Hz)"));
  // Nine tenths of what 2 ms of refractory time allow; a relay has none.
  CHECK(thrown_by([&] { lenient.look({1.0, 451.0, 0.0}, 0.5, 7); }).says("above 450 Hz"));
  const Scenario saturated = small({"watchdog.saturation=1"});
  Watchdog(saturated, network).look({1.0, 499.0, 0.0}, 0.5, 8);

  const Scenario strict = small(
      {R"(watchdog={"populations":[{"of":"S1/*","most_rate_Hz":50},{"of":"S1/PV","silent_for":"2 s"}]})"});
  Watchdog watchdog(strict, network);
  watchdog.look({90.0, 49.0, 1.0}, 1.0, 1);
  CHECK(thrown_by([&] { watchdog.look({1.0, 51.0, 1.0}, 1.0, 2); }).says("population S1/E fires at 51 Hz"));
  watchdog.look({1.0, 1.0, 0.0}, 1.5, 3);
  CHECK(thrown_by([&] {
          watchdog.look({1.0, 1.0, 0.0}, 1.0, 4);
        }).says("population S1/PV has been silent for 2.5 s"));

  Watchdog all(plain, network);
  for (int k = 0; k < 20; ++k) all.look({0.0, 0.0, 0.0}, 10.0, k);  // never active: nothing to miss
  all.look({0.0, 1.0, 0.0}, 1.0, 20);
  for (int k = 0; k < 5; ++k) all.look({0.0, 0.0, 0.0}, 10.0, k);
  CHECK(thrown_by([&] { all.look({0.0, 0.0, 0.0}, 10.0, 26); }).says("all populations"));
  CHECK(last_event(plain, -1.0) == "before any event of the timeline");
  CHECK(last_event(plain, 3600.0) == "after freeze structure (timeline[acute], at 0 s)");
}

TEST_CASE("a study under drugs is short-stepped while they come and go, and resumes with the same bits") {
  const Scenario sham = small({"timeline=[]"}), scenario = small({kDrugs});
  Run control(sham, 1), whole(scenario, 1);
  REQUIRE(control.go(-1));
  REQUIRE(whole.go(-1));
  CHECK(digest(control.network) != digest(whole.network));
  CHECK(plan_schedule(scenario).macro_steps > plan_schedule(sham).macro_steps + 10);
  require_same_after_stops(whole, {6, 12, 20});
}

TEST_CASE("rates of a study follow a drug and return when it is gone") {
  // Without homeostasis and structure, which would answer it.
  const auto rates = [](const std::string& timeline) {
    const Scenario scenario = small({timeline, "homeostasis=[]", "structure=[]"});
    Network network = build_network(scenario, {});
    const auto engine = make_engine(network, DeviceChoice::cpu, 1).engine;
    Study study(scenario, network, *engine);
    REQUIRE(study.run({}, {}));
    const auto mean = [&](double from_d, double to_d) {
      double sum = 0.0, number = 0.0;
      for (const StepPoint& p : study.result().steps)
        if (p.time_s > from_d * 86400.0 && p.time_s <= to_d * 86400.0) {
          sum += p.rate_Hz[1];
          number += 1.0;
        }
      return sum / number;
    };
    return std::array<double, 3>{mean(-1.0, 0.25), mean(0.5, 1.0), mean(1.75, 3.0)};
  };
  const auto control = rates("timeline=[]"), drugged = rates(kDrugs);
  CHECK(drugged[0] == control[0]);
  CHECK(drugged[1] < 0.85 * control[1]);
  CHECK(drugged[2] == Approx(control[2]).epsilon(0.1));
}

TEST_CASE("a checkpoint of another network is refused") {
  const ScratchFolder scratch;
  const Scenario scenario = small();
  Run first(scenario, 1);
  first.go(1);
  save(first, scratch.path());
  const Scenario other = small({"populations[S1/E].n=200"});
  Run second(other, 1);
  CHECK(thrown_by([&] { restore(second, scratch.path()); }).code == ExitCode::input_file);
}

TEST_CASE("a state that is not finite is named") {
  const Scenario scenario = small();
  Run run(scenario, 1);
  require_finite(run.network, 0);
  run.network.populations[1]->columns[0][17] = 0x7fc00000u;
  try {
    require_finite(run.network, 5);
    FAIL("not found");
  } catch (const Error& e) {
    CHECK(e.code() == ExitCode::numerics);
    CHECK(std::string(e.what()).find("S1/E neuron 17") != std::string::npos);
  }
}

TEST_CASE("the schedule tells what a study will simulate") {
  for (const std::vector<std::string>& sets : {std::vector<std::string>{},
                                               {"until=2.2 d", "clock.settle=0 d"},
                                               {"timeline=[]"},
                                               {"probes=[]"},
                                               {"homeostasis[scaling].loop_gain_every=\"1 d\"",
                                                "homeostasis[inhibitory_plasticity].loop_gain_every=\"7 h\""},
                                               {kDrugs}}) {
    const Scenario scenario = small(sets);
    const StudySchedule schedule = plan_schedule(scenario);
    Network network = build_network(scenario, {});
    const auto engine = make_engine(network, DeviceChoice::cpu, 1).engine;
    Study study(scenario, network, *engine);
    REQUIRE(study.run({}, {}));
    CHECK(schedule.macro_steps == study.result().steps.size());
    CHECK(schedule.probes == study.result().maps.size());
    CHECK(schedule.steps == engine->now());
    CHECK(schedule.spiking_s == Approx(study.result().spiking_s));
  }
}

TEST_CASE("short steps follow the onset of a therapy, given or not") {
  const auto steps = [](const std::string& event) {
    const std::string timeline = "timeline=[" + event + "]";
    return plan_schedule(small({timeline})).macro_steps;
  };
  const std::string use = R"({"from":"1 d","event":"use","part":"middle","gain":2)";
  CHECK(steps(use + "}") >= steps("") + 3);
  CHECK(steps(use + R"(,"enabled":false})") == steps(use + "}"));
  const Scenario scenario = small({"timeline=[" + use + "}]"});
  Network network = build_network(scenario, {});
  const auto engine = make_engine(network, DeviceChoice::cpu, 1).engine;
  Study study(scenario, network, *engine);
  REQUIRE(study.run({}, {}));
  std::vector<double> short_s;
  for (const StepPoint& p : study.result().steps)
    if (p.time_s - p.step_s > 86399.0 && p.time_s < 86400.0 + 6 * 3600.0 + 1.0) short_s.push_back(p.step_s);
  CHECK(short_s == std::vector<double>(3, 2 * 3600.0));
}

TEST_CASE("the plan lists what the network allocates") {
  for (const char* file : {"/test/cli/small_study.json", "/scenarios/tutorial/amputation.json"}) {
    const Scenario scenario = load_scenario(std::string(PENFIELD_SOURCE_FOLDER) + file);
    const MemoryPlan plan = plan_memory(scenario, {});
    Network network = build_network(scenario, {});
    CHECK(plan.neurons == network.num_neurons());
    CHECK(plan.synapses == network.num_synapses());
    std::map<std::string, double> planned, allocated;
    for (const MemoryLine& line : plan.arrays)
      if (line.array != "views") planned[line.owner] += static_cast<double>(line.bytes);
    for (const StateArray& a : network.arrays())
      for (auto& [owner, bytes] : planned)
        if (a.name.starts_with(owner + "/")) allocated[owner] += static_cast<double>(a.bytes);
    for (const auto& [owner, bytes] : planned) {
      INFO(file << " " << owner);
      CHECK(bytes == Approx(allocated[owner]).epsilon(0.03));
    }
  }
}

TEST_CASE("the plan counts what slow processes keep beside the network") {
  const auto records = [](const char* file, std::vector<std::string> sets) {
    return plan_memory(
               load_scenario(std::string(PENFIELD_SOURCE_FOLDER "/scenarios/validation/") + file, sets), {})
        .records;
  };
  const Scenario lactate = load_scenario(PENFIELD_SOURCE_FOLDER "/scenarios/validation/lactate.json");
  const Network network = build_network(lactate, {});
  std::uint64_t synapses = 0;
  for (const auto& p : network.projections)
    if (p->name == lactate.consolidation.at(0).projection) synapses = p->num_synapses();
  REQUIRE(synapses > 0);
  CHECK(records("lactate.json", {}) - records("lactate.json", {"consolidation=[]"}) == 4 * synapses);
  const Scenario growth = load_scenario(PENFIELD_SOURCE_FOLDER "/scenarios/validation/lpz_msp.json");
  std::uint64_t intervals = 0;
  for (const StructureSpec& s : growth.structure)
    intervals += static_cast<std::uint64_t>(growth.until_s / s.every_s);
  CHECK(records("lpz_msp.json", {}) - records("lpz_msp.json", {"structure=[]"}) == 72 * intervals);
  CHECK(records("lactate.json", {"energy={\"mode\":\"budget\"}"}) ==
        records("lactate.json", {}) + 8 * (40 + 10));
}
