// A study in which cells die, fields run their course and the body is used less: the same bits whatever the
// threads and wherever it was stopped, and what it does to the map.
#include <algorithm>
#include <cmath>

#include "host/run/branch.hpp"
#include "host/run/study.hpp"
#include "test/cli/small_run.hpp"
#include "test/support/catch.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using test::restore;
using test::Run;
using test::save;
using test::ScratchFolder;
using test::small;

namespace {

/// An infarct with a rim in the middle part, all kinds of events and effects beside it.
Scenario injured(bool with_effects = true) {
  std::vector<std::string> sets = {
      "fields=[{\"name\":\"G\",\"area\":\"S1\",\"base\":0.5,\"injury_amplitude\":0.5,\"injury_sigma_mm\":1,"
      "\"course\":\"growth\",\"peak\":\"1 d\"},{\"name\":\"gaba\",\"area\":\"S1\",\"base\":1,"
      "\"injury_amplitude\":-0.5,\"course\":\"points\",\"points\":[[\"6 h\",0],[\"12 h\",1],[\"2 d\",0]]}]",
      "projections[E to PV].plasticity={\"stdp_single_spikes\":{\"a_plus\":0.02,\"a_minus\":0.01,\"a_pre\":"
      "-0.002,\"tau_minus_ms\":30,\"w_min\":0,\"w_max\":400}}",
      "timeline=[{\"name\":\"infarct\",\"at\":\"0 "
      "d\",\"event\":\"infarct\",\"area\":\"S1\",\"x_mm\":3,\"y_mm\":0.5,\"radius_mm\":0.3,\"penumbra_mm\":0."
      "5,\"blood_share\":0,\"lethal_debt_s\":7200},{\"from\":\"0 "
      "d\",\"event\":\"use\",\"part\":\"middle\",\"gain\":0.3},{\"from\":\"1 d\",\"to\":\"36 "
      "h\",\"event\":\"stimulate\",\"of\":\"S1/E\",\"current_pA\":10},{\"from\":\"1 d\",\"to\":\"36 "
      "h\",\"event\":\"block\",\"of\":\"S1/PV\",\"x_mm\":1,\"y_mm\":0.5,\"radius_mm\":0.5},{\"from\":\"12 "
      "h\",\"to\":\"2 "
      "d\",\"event\":\"cut_afferents\",\"part\":\"right\",\"regrowth_tau_s\":43200},{\"at\":\"2 "
      "d\",\"event\":\"cut\",\"what\":\"PV to PV\"}" +
          std::string(with_effects
                          ? ",{\"from\":\"1 d\",\"event\":\"scale_field\",\"what\":\"gaba\",\"gain\":0.5}]"
                          : "]")};
  // They act while the network settles, too.
  const std::vector<std::string> effects = {
      "effects=[{\"field\":\"G\",\"effect\":\"speed\",\"what\":\"structure\"},{\"field\":\"G\",\"effect\":"
      "\"speed\",\"what\":\"E to PV\"},{\"field\":\"gaba\",\"effect\":\"gain\",\"of\":\"S1/E\",\"port\":"
      "\"inhibitory\"},{\"field\":\"gaba\",\"effect\":\"current\",\"of\":\"S1/*\",\"current_pA\":-20}]",
      "structure[structure].growth_field=G"};
  if (with_effects) sets.insert(sets.end(), effects.begin(), effects.end());
  return small(sets);
}

}  // namespace

TEST_CASE("an injured study has the same bits whatever the threads and wherever it was stopped") {
  const Scenario scenario = injured();
  Run whole(scenario, 1);
  REQUIRE(whole.go(-1));
  const StateDigest expected = digest(whole.network);
  const std::vector<std::byte> results = whole.results();
  Run threaded(scenario, 3);
  REQUIRE(threaded.go(-1));
  CHECK(digest(threaded.network) == expected);
  CHECK(threaded.results() == results);
  for (int steps : {3, 4, 6, 9, 12, 14}) {
    INFO("stopped after " << steps << " macro steps");
    const ScratchFolder scratch;
    {
      Run first(scenario, 2);
      REQUIRE_FALSE(first.go(steps));
      save(first, scratch.path());
    }
    Run second(scenario, 1);
    restore(second, scratch.path());
    REQUIRE(second.go(-1));
    CHECK(digest(second.network) == expected);
    CHECK(second.results() == results);
  }
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
      small({"timeline=[]",
             "projections[E to PV].plasticity={\"stdp_single_spikes\":{"
             "\"a_plus\":0.02,\"a_minus\":0.01,\"a_pre\":-0.002,\"tau_minus_ms\":30,\"w_min\":0,"
             "\"w_max\":400}}"});
  // Fields that act before time 0 would have been part of settling.
  const Scenario hurt = injured(false);
  const ScratchFolder scratch;
  {
    Run settled(healthy, 1);
    REQUIRE_FALSE(settled.job->run([] {}, [&] { return settled.job->settled(); }));
    save(settled, scratch.path());
  }
  Run straight(hurt, 1);
  REQUIRE(straight.go(-1));
  Run branched(hurt, 1);
  const std::vector<std::byte> bytes =
      restore_state(CheckpointReader::open(scratch.path()), branched.network, *branched.engine);
  StateArchive a(bytes, "test");
  branched.job->branch(a);
  a.finish();
  REQUIRE(branched.go(-1));
  CHECK(digest(branched.network) == digest(straight.network));
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
