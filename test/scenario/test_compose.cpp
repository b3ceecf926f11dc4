// extends, override, body files, --set.
#include <algorithm>

#include "test/scenario/example.hpp"
#include "test/support/catch.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

Scenario load_files(const Files& files, const std::vector<std::string>& sets = {}) {
  const ScratchFolder folder;
  for (const auto& [name, text] : files) write(folder / name, text);
  return load_scenario((folder / files.front().first).string(), sets);
}

Thrown fault_of_files(const Files& files) {
  return thrown_by([&] { load_files(files); });
}

}  // namespace

TEST_CASE("--set changes single values", "[scenario][compose]") {
  const Scenario s = load_text(
      kExample, {"homeostasis[inhibitory_plasticity].tau_s=3600", "timeline[freeze_it].enabled=true",
                 "populations[S1/E].params.tau_m_ms=20", "until=60 d", "clock.settle=3 d",
                 "projections[VPL/relay -> S1/E].weight_pA={\"normal\":[50,1]}", "timeline[0].at=3 d",
                 "body.touch.sigma_mm=0.5", "probes[receptive_fields].trials=9", "name=\"other\""});
  CHECK(s.homeostasis[0].tau_s == 3600.0);
  CHECK(s.timeline[1].enabled);
  CHECK(s.populations[1].params.at("tau_m_ms") == 20.0);
  CHECK(s.until_s == 60 * 86400.0);
  CHECK(s.clock.settle_s == 3 * 86400.0);
  CHECK(s.projections[0].weight.kind == Distribution::Kind::normal);
  CHECK(!s.projections[0].weight.upper);
  CHECK(s.timeline[0].from_s == 3 * 86400.0);
  CHECK(s.body->touch.sigma_mm == 0.5);
  CHECK(s.probes[0].trials == 9);
  CHECK(s.name == "other");
}

TEST_CASE("--set reaches keys that the file leaves out, and removes with null", "[scenario][compose]") {
  const Scenario s = load_text(kExample, {"clock.short_step=3 min", "populations[S1/I].params.t_ref_ms=3",
                                          "projections[0].weight_pA.max=null", "timeline[0]=null"});
  CHECK(s.clock.short_step_s == 180.0);
  CHECK(s.populations[2].params.at("t_ref_ms") == 3.0);
  CHECK(!s.projections[0].weight.upper);
  CHECK(s.timeline.size() == 2);
}

TEST_CASE("--set faults name the text and the nearest word", "[scenario][compose]") {
  const auto expect = [](const std::string& set, const std::vector<std::string>& says) {
    const Thrown fault = fault_of(kExample, {set});
    INFO(fault.message);
    CHECK(fault.code == ExitCode::scenario);
    CHECK(fault.says("--set " + set));
    for (const std::string& part : says) CHECK(fault.says(part));
  };
  expect("homeostasis[inhibitory_plasticty].tau_s=3", {"did you mean \"inhibitory_plasticity\"?"});
  expect("populations[S1/E].params.tau_m=3", {"unknown key", "did you mean \"tau_m_ms\"?"});
  expect("timelines[0].at=3 d", {"unknown key \"timelines\"", "did you mean \"timeline\"?"});
  expect("timeline[9].at=3 d", {"no such element", "the list has 3"});
  expect("seed.x=3", {"there is nothing inside a number"});
  expect("seed", {"an override without a value"});
  expect("a..b=1", {"malformed path"});
  expect("dt_ms=NaN", {"dt_ms", "wrong type", "seen \"NaN\""});
  expect("dt_ms=1e999", {"dt_ms", "wrong type"});
}

TEST_CASE("a scenario extends another", "[scenario][compose]") {
  const std::string top = R"({"extends": "base/example.json", "name": "child", "seed": 8,
    "clock": {"macro_step": "6 h"}, "fields": [], "structure": [ { "projection": "EE" } ],
    "populations": { "S1/E": { "params": { "t_ref_ms": 1 } }, "S1/I": { "initial_v_m_mV": { "normal": [-65, 1] } } },
    "override": { "projections[EI].weight_nS": 0.7, "timeline[0].at": "4 d", "//": "a comment",
      "timeline[+]": { "from": "20 d", "event": "freeze", "what": "structure" },
      "probes[0].at[+]": ["11 d", "12 d"] } })";
  const Scenario s = load_files({{"top.json", top}, {"base/example.json", kExample}});
  CHECK(s.name == "child");
  CHECK(s.seed == 8);
  CHECK(s.clock.macro_step_s == 6 * 3600.0);
  CHECK(s.clock.settle_s == 14 * 86400.0);  // untouched
  CHECK(s.fields.empty());                  // lists are replaced
  CHECK(s.populations[1].params.at("tau_m_ms") == 15.0);
  CHECK(s.populations[1].params.at("t_ref_ms") == 1.0);
  CHECK(s.populations[2].initial_v_m_mV.kind == Distribution::Kind::normal);
  CHECK(s.projections[1].weight.a == 0.7);
  CHECK(s.timeline[0].from_s == 4 * 86400.0);
  REQUIRE(s.timeline.size() == 4);
  CHECK(s.timeline[3].from_s == 20 * 86400.0);
  REQUIRE(s.probes[0].at_s.size() >= 2);
  CHECK(s.probes[0].at_s.back() == 12 * 86400.0);
}

TEST_CASE("paths in a base count from the base's folder", "[scenario][compose]") {
  const std::string base =
      changed("\"rule\": { \"fixed_in_degree\": 80 }", "\"rule\": { \"file\": \"edges.csv\" }");
  const Scenario s = load_files({{"top.json", R"({"extends": "base/example.json"})"},
                                 {"base/example.json", base},
                                 {"base/edges.csv", "0,0\n"}});
  CHECK(s.projections[1].rule.file == "base/edges.csv");
  REQUIRE(s.data_files.size() == 1);
}

TEST_CASE("chains of bases end", "[scenario][compose]") {
  CHECK(fault_of_files({{"a.json", R"({"extends": "a.json"})"}})
            .says("extend each other too often, seen \"a.json\", allowed at most 8"));
  Files files;
  for (int i = 0; i < 8; ++i)
    files.push_back({std::to_string(i) + ".json", "{\"extends\": \"" + std::to_string(i + 1) + ".json\"}"});
  files.push_back({"8.json", kExample});
  CHECK(load_files(files).name == "example");
  files.back().second = "{\"extends\": \"9.json\"}";
  files.push_back({"9.json", kExample});
  CHECK(fault_of_files(files).says("too often"));
  const Thrown missing = fault_of_files({{"a.json", "{\n\"extends\": \"nowhere.json\"}"}});
  CHECK(missing.code == ExitCode::input_file);
  CHECK(missing.says("a.json:2:12: extends: "));
  CHECK(missing.says("nowhere.json does not exist"));
}

TEST_CASE("faults in a base name the base", "[scenario][compose]") {
  const std::string base = changed("\"dt_ms\": 0.5", "\"dt_ms\": -1");
  const Thrown fault = fault_of_files({{"a.json", R"({"extends": "b.json"})"}, {"b.json", base}});
  INFO(fault.message);
  CHECK(fault.says("b.json:" + line_of("dt_ms", base) + ":"));
  CHECK(fault_of_files({{"a.json", R"({"extends": "b.json"})"}, {"b.json", "{\n  x"}}).says("b.json:2:3: "));
}

TEST_CASE("a body comes from a file, and keys beside it win", "[scenario][compose]") {
  const std::size_t begin = kExample.find("\"body\": {") + 8, end = kExample.find("  \"areas\"");
  const std::string body = kExample.substr(begin, end - begin - 2);  // without its comma
  std::string text = kExample;
  text.replace(begin, end - begin,
               "{ \"file\": \"body/hand.json\", \"spontaneous_Hz\": 3, \"touch\": { \"on_ms\": 50 } },\n");
  const Scenario s = load_files({{"a.json", text}, {"body/hand.json", body}});
  REQUIRE(s.body);
  CHECK(s.body->parts.size() == 2);
  CHECK(s.body->spontaneous_Hz == 3.0);
  CHECK(s.body->touch.on_ms == 50.0);
  CHECK(s.body->touch.amplitude_Hz == 50.0);
  const Thrown missing = fault_of_files({{"a.json", text}});
  CHECK(missing.code == ExitCode::input_file);
  CHECK(missing.says("body/hand.json does not exist"));
}
