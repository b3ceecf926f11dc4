#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/scenario/describe.hpp"
#include "test/scenario/example.hpp"
#include "test/support/catch.hpp"

using namespace penfield;
using namespace penfield::test;

TEST_CASE("every value arrives in its struct", "[scenario][dump]") {
  const Scenario s = load_text(kExample);
  CHECK(s.seed == 7);
  CHECK(s.dt_ms == 0.5);
  CHECK(s.until_s == 58 * 86400.0);
  CHECK(s.clock.episodic);
  REQUIRE(s.clock.conditions.size() == 2);
  CHECK(s.clock.conditions[0].name == "rest");
  CHECK(s.clock.conditions[0].episode_s == 2.0);
  CHECK(s.clock.conditions[1].touch);
  CHECK(!s.body->touch.stratified_places);
  CHECK(s.areas.at("S1").width_mm == 4.0);
  REQUIRE(s.populations.size() == 3);
  CHECK(s.populations[0].name == "VPL/relay");  // file order
  CHECK(s.populations[1].params.at("tau_m_ms") == 15.0);
  CHECK(s.populations[1].params.at("c_m_pF") == 250.0);  // a default
  CHECK(s.populations[1].initial_v_m_mV.a == -70.0);     // at rest
  const ProjectionSpec& first = s.projections[0];
  CHECK(first.name == "VPL/relay -> S1/E");
  CHECK(first.rule.kind == RuleSpec::Kind::topographic);
  CHECK(first.rule.count == 60);
  CHECK(first.weight_unit == "pA");
  CHECK(first.delay.velocity_mm_per_ms == 0.3);
  CHECK(s.projections[1].rule.count == 80);
  CHECK(s.projections[2].delay.base_ms.lower == 0.5);  // a random delay is at least one step
  CHECK(s.stimuli[2].rate_Hz == 5.0);
  CHECK(s.timeline[2].what == "outside");
  CHECK(s.timeline[1].to_s == 54 * 3600.0);
  CHECK(s.timeline[2].to_s < 0.0);
  CHECK(s.record[1].count == 5);
}

TEST_CASE("what belongs to the raw clock arrives too", "[scenario][dump]") {
  const Scenario s = load_text(kRawExample);
  CHECK_FALSE(s.clock.episodic);
  CHECK(s.projections[0].plasticity->dendritic_delay);
  CHECK(s.projections[0].plasticity->params.at("tau_plus_ms") == 16.8);
  CHECK(s.stimuli[0].from_s == 1.0);
  CHECK(s.stimuli[1].spikes[1] == std::pair<std::uint32_t, double>{3, 12.0});
  CHECK(s.stimuli[2].rate_schedule[1] == std::pair<double, double>{2.0, 10.0});
  CHECK(s.stimuli[3].to_s == 2.0);
  CHECK(load_text(s.canonical_json).hash == s.hash);
}

TEST_CASE("the canonical dump is a fixed point", "[scenario][dump]") {
  const Scenario s = load_text(kExample);
  const Scenario again = load_text(s.canonical_json);
  CHECK(again.canonical_json == s.canonical_json);
  CHECK(again.hash == s.hash);
  const auto json = nlohmann::json::parse(s.canonical_json);  // by an independent parser
  CHECK(json["populations"]["S1/E"]["params"]["tau_syn_ex_ms"] == 2.0);
  CHECK(json["until"] == "58 d");
}

TEST_CASE("the dump of numbers that are hard to write reads back", "[scenario][dump]") {
  const Scenario s = load_text(
      kExample,
      {"dt_ms=0.30000000000000004", "projections[EI].delay_ms={\"uniform\":[0.9,1e3]}",
       "projections[IE].delay_ms={\"uniform\":[0.9,1.1]}", "projections[EE].delay_ms={\"uniform\":[0.9,1.1]}",
       "projections[0].delay_ms={\"base\":1.1,\"velocity_mm_per_ms\":1e-3}", "homeostasis[0].tau_s=1e-7",
       "clock.macro_step=0.1 s 7 ms", "about=\"a \\\"q\\\" \\u0007 \\u00e4\""});
  const Scenario again = load_text(s.canonical_json);
  CHECK(again.canonical_json == s.canonical_json);
  CHECK(again.dt_ms == s.dt_ms);
  CHECK(again.homeostasis[0].tau_s == 1e-7);
  CHECK(again.clock.macro_step_s == s.clock.macro_step_s);
  CHECK(again.about == s.about);
}

TEST_CASE("the hash tells scenarios apart, and not their spelling", "[scenario][dump]") {
  const Scenario s = load_text(kExample);
  CHECK(load_text(kExample, {"seed=8"}).hash != s.hash);
  CHECK(load_text(kExample, {"clock.macro_step=720 min"}).hash == s.hash);
  CHECK(load_text(changed("\"seed\": 7", "\"seed\": 7e0,   \"//\": \"new\"")).hash == s.hash);
}

TEST_CASE("the starter scenario is valid", "[scenario][dump]") {
  const Scenario s = load_text(init_template("my \"first\" run"));
  CHECK(s.name == "my \"first\" run");
  CHECK(s.populations.size() == 2);
  CHECK(load_text(s.canonical_json).canonical_json == s.canonical_json);
}

TEST_CASE("every scenario in the repository loads, and dumps to a fixed point", "[scenario][dump]") {
  std::size_t loaded = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PENFIELD_SCENARIO_FOLDER)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path());
    const auto json = nlohmann::json::parse(file);
    if (!json.contains("penfield") && !json.contains("extends")) continue;  // a body file, the schema
    INFO(entry.path().string());
    const Scenario s = load_scenario(entry.path().string());
    CHECK(parse_scenario(s.canonical_json, "canonical", s.folder).canonical_json == s.canonical_json);
    ++loaded;
  }
  CHECK(loaded > 0);
}
