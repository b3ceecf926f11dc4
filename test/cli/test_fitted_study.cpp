// A study whose clock fits its steps to their errors and measures its homeostats' loop gains.
#include "host/run/session_results.hpp"
#include "host/run/session_schedule.hpp"
#include "host/run/study.hpp"

#include <algorithm>

#include "test/cli/small_run.hpp"

using namespace penfield;
using test::Run;
using test::small;

namespace {

Scenario fitted(const std::vector<std::string>& sets = {}) {
  std::vector<std::string> all = {"clock.tolerance=0.05", "homeostasis[scaling].loop_gain_every=\"1 d\"",
                                  "homeostasis[inhibitory_plasticity].loop_gain_every=\"12 h\""};
  all.insert(all.end(), sets.begin(), sets.end());
  return small(all);
}

}  // namespace

TEST_CASE("a study that fits its steps and measures loop gains has the same bits however it is run") {
  test::require_same_however_run(fitted(), {1, 4, 9, 15});
}

TEST_CASE("a study that fits its steps branches from one that settled by itself") {
  const Scenario hurt = fitted();
  Run straight(hurt, 1);
  REQUIRE(straight.go(-1));
  CHECK(test::branched_digest(fitted({"timeline=[]"}), hurt) == digest(straight.network));
}

TEST_CASE("loop gains are measured at the start, after an event, and when they are due") {
  const Scenario scenario = fitted();
  Network network = build_network(scenario, {});
  const auto engine = make_engine(network, DeviceChoice::cpu, 1).engine;
  Study study(scenario, network, *engine);
  REQUIRE(study.run({}, {}));
  const StudyResult& result = study.result();
  std::vector<double> scaling_d;
  for (const LoopGainPoint& g : result.loop_gains)
    if (scenario.homeostasis[g.homeostat].name == "scaling") scaling_d.push_back(g.time_s / 86400.0);
  REQUIRE(scaling_d.size() >= 4);
  CHECK(scaling_d.front() == Approx(-2.0));
  // The finger goes at time 0; from there on once a day, at the first step that begins no sooner.
  const auto event = std::find_if(scaling_d.begin(), scaling_d.end(), [](double d) { return d >= 0.0; });
  REQUIRE(event != scaling_d.end());
  CHECK(*event == Approx(0.0).margin(1e-9));
  for (auto d = event + 1; d < scaling_d.end(); ++d) {
    CHECK(*d - d[-1] >= 1.0 - 1e-9);
    CHECK(*d - d[-1] < 1.6);
  }
  CHECK(result.checks.num_conditions() == 2);
  CHECK(result.checks.num_populations() == scenario.populations.size());
  bool fitted_one = false;
  for (const StepPoint& p : result.steps) fitted_one = fitted_one || p.rate_change > 0.0;
  CHECK(fitted_one);
  const test::ScratchFolder scratch;
  write_outputs(scratch.path(), scenario, result, {}, {});
  CHECK(std::filesystem::exists(scratch / "results.h5"));
  const StudySchedule fewest = plan_schedule(scenario);
  CHECK(fewest.macro_steps <= result.steps.size());
  CHECK(fewest.macro_steps > plan_schedule(small()).macro_steps);
}

TEST_CASE("macro steps are judged by consolidation and normalisation, too") {
  const auto change_of = [](const std::string& slow) {
    const Scenario scenario = small(
        {"projections[E to "
         "PV].plasticity={\"stdp_pair\":{\"a_plus\":0.05,\"a_minus\":0.03,\"tau_minus_ms\":30,\"w_min\":0,"
         "\"w_max\":400}}",
         "homeostasis=[]", "structure=[]", "until=\"12 h\"", "timeline=[]", slow});
    Network network = build_network(scenario, {});
    const auto engine = make_engine(network, DeviceChoice::cpu, 1).engine;
    Study study(scenario, network, *engine);
    REQUIRE(study.run({}, {}));
    return study.result().steps.back();
  };
  const StepPoint plain = change_of("seed=3");
  const StepPoint lasting = change_of(
      "consolidation=[{\"name\":\"lasting\",\"projection\":\"E to PV\",\"early_tau_s\":1800,"
      "\"late_tau_s\":1e6}]");
  CHECK(lasting.change > plain.change);
  const StepPoint normal =
      change_of("normalisation=[{\"name\":\"kept\",\"projection\":\"E to PV\",\"sum\":2000}]");
  CHECK(normal.error > plain.error);
}
