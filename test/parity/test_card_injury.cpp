// An injured study on the episodic clock with the CUDA engine: the CPU's synapses, weights and results, with
// cells that die, cut projections, blocks, stimulation and fields, and wherever it was stopped.
#include <vector>

#include "test/cli/injured.hpp"
#include "test/parity/on_card.hpp"

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

}  // namespace

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
