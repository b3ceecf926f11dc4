// A study in which cells die, fields run their course and the body is used less: the same bits whatever the
// threads and wherever it was stopped, and what it does to the map.
#include <algorithm>
#include <cmath>

#include "host/run/branch.hpp"
#include "host/run/study.hpp"
#include "test/cli/injured.hpp"
#include "test/cli/small_run.hpp"
#include "test/support/catch.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using test::injured;
using test::Run;
using test::save;
using test::ScratchFolder;
using test::small;

TEST_CASE("an injured study has the same bits whatever the threads and wherever it was stopped") {
  test::require_same_however_run(injured(), {3, 4, 6, 9, 12, 14});
}

TEST_CASE("cells of the core die at once, those of the rim later, and nobody grows onto the dead") {
  const Scenario scenario = injured();
  Network network = build_network(scenario, {});
  const EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  Study study(scenario, network, *choice.engine);
  REQUIRE(study.run({}, {}));
  const StudyResult& result = study.result();
  std::uint64_t at_first = 0, before = 0;
  for (const StepPoint& p : result.steps) {
    if (p.time_s <= 0.0) CHECK(p.dead == 0);
    CHECK(p.dead >= before);
    if (at_first == 0) at_first = p.dead;
    before = p.dead;
  }
  CHECK(at_first > 5);
  CHECK(before > at_first);
  const Population& cells = *network.populations[1];
  std::uint64_t silent = 0;
  for (std::uint32_t i = 0; i < cells.view.n; ++i) silent += cells.silent[i];
  CHECK(silent > at_first / 2);
  for (const auto& projection : network.projections) {
    const auto is_dead = [&](std::uint32_t population, std::uint32_t i) {
      const auto& flags = network.populations[population]->silent;
      return population == 1 && flags[i] != 0;
    };
    const PopulationView& target = network.populations[projection->view.target]->view;
    for (std::uint32_t t = 0; t < projection->tiles.size(); ++t)
      projection->for_each_synapse(t, [&](const Projection::Synapse& s) {
        REQUIRE_FALSE(is_dead(projection->view.source, s.source));
        REQUIRE_FALSE(is_dead(projection->view.target, tile_begin(target, t) + s.target));
      });
    if (projection->name == "PV to PV") CHECK(projection->num_synapses() == 0);
  }
  // Dead cortex has no winner, and the areas of the others are read against the same bins.
  const MapPoint& last = result.maps.back();
  CHECK(std::count(last.winner.begin(), last.winner.end(), readout::kEmptyBin) >
        std::count(result.maps.front().winner.begin(), result.maps.front().winner.end(), readout::kEmptyBin));
  for (const double share : result.maps.front().spared_share) CHECK((std::isnan(share) || share == 1.0));
}

TEST_CASE("a study branches from a settled network that knew of no injury") {
  const Scenario healthy =
      small({"timeline=[]", test::kTwoStructures,
             "projections[E to PV].plasticity={\"stdp_single_spikes\":{"
             "\"a_plus\":0.02,\"a_minus\":0.01,\"a_pre\":-0.002,\"tau_minus_ms\":30,\"w_min\":0,"
             "\"w_max\":400}}"});
  // Fields that act before time 0 would have been part of settling.
  const Scenario hurt = injured(false);
  Run straight(hurt, 1);
  REQUIRE(straight.go(-1));
  CHECK(test::branched_digest(healthy, hurt) == digest(straight.network));
}

TEST_CASE("a study branches from the end of another, whose events are not its own") {
  const Scenario before = injured(), after = injured(false);
  const ScratchFolder scratch;
  {
    Run ended(before, 1);
    REQUIRE(ended.go(-1));
    save(ended, scratch.path());
  }
  // Cut off here at 12 h: not yet at time 0, whatever the time of the run that it comes from.
  Network network = build_network(after, {});
  const EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  Study study(after, network, *choice.engine);
  const std::vector<std::byte> bytes =
      restore_state(CheckpointReader::open(scratch.path()), network, *choice.engine);
  StateArchive a(bytes, "test");
  study.branch(a);
  a.finish();
  const Population& relay = *network.populations[0];
  std::uint32_t right = 0;
  while (relay.part[right] != 2) ++right;
  CHECK(relay.skin_gain[right] > 0.7f);  // what had grown back after that run's cut
  CHECK(network.populations[1]->silent.size() == network.populations[1]->view.n);
  bool whole = true;
  for (std::uint32_t i = 0; i < network.populations[2]->silent.size(); ++i)
    whole = whole && network.populations[2]->silent[i] <= 1;
  CHECK(whole);
  REQUIRE(study.run({}, {}));
  CHECK(study.time_s() == Approx(3.0 * 86400.0));
}
