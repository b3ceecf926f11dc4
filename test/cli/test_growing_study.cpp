// A study whose cells grow synaptic elements: the same bits whatever the threads and wherever it was stopped.
#include <numeric>

#include "host/run/study.hpp"
#include "test/cli/growing.hpp"
#include "test/support/catch.hpp"

using namespace penfield;
using test::growing;
using test::Run;

TEST_CASE("a study of elements has the same bits whatever the threads and wherever it was stopped") {
  test::require_same_however_run(growing(), {1, 3, 6, 9, 12});
}

TEST_CASE("a study of elements branches from one that settled, and keeps its baseline") {
  const Scenario healthy = growing({"timeline=[]"}), hurt = growing(),
                 shorter = growing({"clock.settle=\"0 s\""});
  Run straight(hurt, 1);
  REQUIRE(straight.go(-1));
  CHECK(test::branched_digest(healthy, hurt) == digest(straight.network));
  CHECK(test::branched_digest(healthy, shorter) == digest(straight.network));
}

TEST_CASE("elements grow after their baseline, until they are frozen, and the dead have none") {
  const Scenario scenario = growing();
  Network network = build_network(scenario, {});
  const EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  Study study(scenario, network, *choice.engine);
  REQUIRE(study.run({}, {}));
  REQUIRE(study.result().records.raw.growth.size() == 1);
  const GrowthRecord& record = study.result().records.raw.growth[0];
  CHECK(record.structure == "elements");
  REQUIRE(record.time_s.size() == study.result().steps.size());
  double formed = 0.0, deleted = 0.0;
  const double settle_s = scenario.clock.settle_s;
  for (std::size_t k = 0; k < record.time_s.size(); ++k) {
    const double from_s = record.time_s[k] - study.result().steps[k].step_s;
    const bool grows = from_s + settle_s >= 0.5 * 86400.0 && from_s < 2.0 * 86400.0 - 1.0;
    CAPTURE(k, from_s);
    if (!grows) CHECK((record.formed[k] == 0.0 && record.deleted[k] == 0.0));
    formed += record.formed[k];
    deleted += record.deleted[k];
  }
  CHECK(formed > 100.0);
  CHECK(deleted > 100.0);
  const Projection* lateral = nullptr;
  for (const auto& p : network.projections)
    if (p->name == "lateral") lateral = p.get();
  REQUIRE(lateral != nullptr);
  const std::vector<StepPoint>& steps = study.result().steps;
  // Cells of the rim die after that count.
  REQUIRE(steps.back().dead == steps[steps.size() - 2].dead);
  CHECK(record.synapses.back() == static_cast<double>(lateral->num_synapses()));
  const auto& silent = network.populations[lateral->view.target]->silent;
  CHECK(std::accumulate(silent.begin(), silent.end(), 0u) > 5);
  const PopulationView& target = network.populations[lateral->view.target]->view;
  for (std::uint32_t t = 0; t < lateral->tiles.size(); ++t)
    lateral->for_each_synapse(t, [&](const Projection::Synapse& s) {
      REQUIRE(silent[tile_begin(target, t) + s.target] == 0);
      REQUIRE(silent[s.source] == 0);
    });
}
