// Injured networks with the CUDA engine, on the episodic clock and on the raw one: the CPU's synapses,
// weights and results, with cells that die, cut projections, blocks, stimulation and fields, and wherever a
// run was stopped.
#include <vector>

#include "host/run/raw_run.hpp"
#include "test/cli/injured.hpp"
#include "test/parity/on_card.hpp"
#include "test/support/raw_injured.hpp"
#include "test/support/raw_stops.hpp"

namespace penfield::test {

namespace {

/// Until cells of the rim have died and synapses have been cut; short episodes where a card is a stand-in.
Scenario study() {
  Scenario s = injured();
  if (!emulated()) return s;
  s.until_s = 2.0 * 86400.0;
  for (ConditionSpec& c : s.clock.conditions) {
    c.heal_s = 0.02;
    c.episode_s = 0.06;
  }
  s.probes.clear();
  return s;
}

std::unique_ptr<Engine> on_card(Network& network) { return cuda::make_cuda_engine(network, {}); }

StateDigest end_of(Run& run) {
  REQUIRE(run.go(-1));
  run.engine->flush();
  run.engine->download();
  return digest(run.network);
}

struct InjuredRaw {
  InjuredRaw(const Scenario& s, bool card) : scenario(s), network(build_network(scenario, tiles_of(32))) {
    engine = card ? on_card(network) : cpu::make_cpu_engine(network, {});
    raw = std::make_unique<RawRun>(scenario, network, *engine);
  }
  StateDigest finish() {
    REQUIRE(raw->run());
    engine->flush();
    engine->download();
    network.fetch_synapses();
    return digest(network);
  }

  Scenario scenario;
  Network network;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<RawRun> raw;
};

/// Past the infarct, the block, trains and a nerve that grows back, until a cell of the rim has died.
Scenario injured_raw() {
  Scenario s = raw_injured();
  s.until_s = emulated() ? 1.1 : 2.5;
  if (emulated()) s.timeline[0].lethal_debt_s = 0.2;
  return s;
}

}  // namespace

TEST_CASE("an injured raw run has the CPU's bits on the card") {
  if (card().empty()) return;
  InjuredRaw cpu(injured_raw(), false), gpu(injured_raw(), true);
  REQUIRE(gpu.finish() == cpu.finish());
  REQUIRE(cpu.raw->records().deaths.size() > 1);
  CHECK(gpu.raw->records().deaths.size() == cpu.raw->records().deaths.size());
}

TEST_CASE("an injured raw run goes on from the card on the CPU, and the other way round") {
  if (card().empty()) return;
  InjuredRaw whole(injured_raw(), false);
  const StateDigest expected = whole.finish();
  for (const bool card_first : {true, false}) {
    INFO("on the card " << (card_first ? "first" : "then"));
    const ScratchFolder folder;
    InjuredRaw first(injured_raw(), card_first);
    save_after_slices(first, 104, folder.path());
    InjuredRaw second(injured_raw(), !card_first);
    restore_raw(second, folder.path());
    REQUIRE(second.finish() == expected);
  }
}

TEST_CASE("an injured study has the CPU's bits on the card") {
  if (card().empty()) return;
  const Scenario scenario = study();
  Run cpu(scenario, 1), gpu(scenario, on_card);
  const StateDigest expected = end_of(cpu);
  REQUIRE(end_of(gpu) == expected);
  CHECK(gpu.results() == cpu.results());
  const auto& silent = cpu.network.populations[1]->silent;
  CHECK(std::count_if(silent.begin(), silent.end(), [](auto flags) { return flags != 0; }) > 5);
}

TEST_CASE("an injured study that was stopped on one engine goes on on the other") {
  if (card().empty()) return;
  const Scenario scenario = study();
  Run whole(scenario, 1);
  const StateDigest expected = end_of(whole);
  for (const bool card_first : {true, false}) {
    INFO("on the card " << (card_first ? "first" : "then"));
    const ScratchFolder folder;
    const auto run = [&](bool card) {
      return card ? std::make_unique<Run>(scenario, on_card) : std::make_unique<Run>(scenario, 2);
    };
    const auto first = run(card_first);
    REQUIRE_FALSE(first->go(9));
    save(*first, folder.path());
    const auto second = run(!card_first);
    restore(*second, folder.path());
    REQUIRE(end_of(*second) == expected);
    CHECK(second->results() == whole.results());
  }
}

}  // namespace penfield::test
