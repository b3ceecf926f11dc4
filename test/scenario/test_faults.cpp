// One test for each kind of mistake in a scenario: the message names file, line, column, path, and says what
// to do.
#include <algorithm>

#include "host/scenario/faults.hpp"
#include "test/scenario/example.hpp"
#include "test/support/catch.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

/// One kind of mistake: what is replaced by what, where the fault is, and what the message says.
struct Mistake {
  std::string from, to;
  std::string marker;  ///< text on the line of the fault
  std::string path;
  std::vector<std::string> says;
  bool alone = true;  ///< nothing else is wrong then
};

void expect(const Mistake& m) {
  const std::string text = changed(m.from, m.to);
  const Thrown fault = fault_of(text);
  INFO("message: " << fault.message);
  CHECK(fault.code == ExitCode::scenario);
  // file:line:column: path: problem
  const std::string place = "example.json:" + line_of(m.marker, text) + ":";
  REQUIRE(fault.says(place));
  const std::size_t column_at = fault.message.find(place) + place.size();
  const std::size_t column = std::stoul(fault.message.substr(column_at));
  const std::string line = text.substr(text.rfind('\n', text.find(m.marker)) + 1);
  CHECK(column >= 1);
  CHECK(column <= line.find('\n') + 1);
  CHECK(fault.says(": " + m.path + ": "));
  for (const std::string& part : m.says) {
    INFO("expected: " << part);
    CHECK(fault.says(part));
  }
  CHECK(fault.says("; "));                                            // the cure
  if (m.alone) CHECK(fault.message.find('\n') == std::string::npos);  // one mistake, one fault
}

}  // namespace

TEST_CASE("the example itself is without fault", "[scenario][faults]") {
  CHECK(fault_of(kExample).message == "");
}

TEST_CASE("unknown and misspelt keys name the nearest one", "[scenario][faults]") {
  expect({"\"seed\": 7", "\"sead\": 7", "sead", "sead", {"unknown key \"sead\"", "did you mean \"seed\"?"}});
  expect({"\"tau_m_ms\": 15",
          "\"tau_m\": 15",
          "\"tau_m\"",
          "populations[S1/E].params.tau_m",
          {"unknown key", "did you mean \"tau_m_ms\"?"}});
  expect({"\"tau_m_ms\": 15",
          "\"tau_m_s\": 0.015",
          "tau_m_s",
          "populations[S1/E].params.tau_m_s",
          {"did you mean \"tau_m_ms\"?"}});
  expect({"\"edge\"", "\"egde\"", "egde", "areas.S1.egde", {"did you mean \"edge\"?"}});
  expect({"\"in_degree\": 60",
          "\"in_degree\": 60, \"qqqqqqqq\": 1",
          "qqqq",
          "projections[0].rule.topographic.qqqqqqqq",
          {"known: in_degree, kernel"}});
}

TEST_CASE("unknown choices name the nearest one", "[scenario][faults]") {
  expect({"\"iaf_psc_exp\"",
          "\"iaf_psc_ex\"",
          "iaf_psc_ex\"",
          "populations[S1/E].model",
          {"iaf_psc_delta", "did you mean \"iaf_psc_exp\"?"}});
  expect({"\"fixed_in_degree\": 80",
          "\"fixed_indegree\": 80",
          "fixed_indegree",
          "projections[1].rule.fixed_indegree",
          {"did you mean \"fixed_in_degree\"?"}});
  CHECK(fault_of(changed("\"stdp_pair\"", "\"stdp_pear\"", kRawExample))
            .says("projections[0].plasticity.stdp_pear: "));
  expect({"\"amputate\"", "\"amputat\"", "amputat", "timeline[0].event", {"did you mean \"amputate\"?"}});
  expect({"\"poisson\"", "\"poison\"", "poison", "stimuli[0].poison", {"did you mean \"poisson\"?"}});
}

TEST_CASE("wrong types say what is allowed", "[scenario][faults]") {
  expect({"\"seed\": 7",
          "\"seed\": \"7\"",
          "seed",
          "seed",
          {"wrong type: a string", "seen \"7\"", "allowed a number"}});
  expect({"\"somatotopic\": true",
          "\"somatotopic\": 1",
          "somatotopic",
          "populations[VPL/relay].somatotopic",
          {"wrong type: a number", "allowed true or false"}});
  expect({"\"touch\": { \"amplitude_Hz\": 50, \"places\": \"random\" }",
          "\"touch\": 3",
          "\"touch\": 3",
          "body.touch",
          {"allowed an object"}});
  expect({"\"seed\": 7", "\"seed\": 7.5", "seed", "seed", {"not a whole number", "seen 7.5"}});
  expect({"[4, 1]", "[4]", "[4]", "areas.VPL.sheet_mm", {"wrong length", "exactly 2 numbers"}});
  expect({"\"seed\": 7", "\"seed\": null", "seed", "seed", {"wrong type: null"}});
}

TEST_CASE("wrong units and times without one say so", "[scenario][faults]") {
  expect({"\"macro_step\": \"12 h\"",
          "\"macro_step\": 12",
          "macro_step",
          "clock.macro_step",
          {"a time without a unit", "seen 12", "\"12 s\""}});
  expect({"\"macro_step\": \"12 h\"",
          "\"macro_step\": \"12 hours\"",
          "macro_step",
          "clock.macro_step",
          {"not a time", "ms, s, min, h, d or wk"}});
  expect({"\"weight_nS\": 0.5",
          "\"weight_pA\": 0.5",
          "weight_pA\": 0.5",
          "projections[1].weight_pA",
          {"the unit of the weight", "allowed nS", "write \"weight_nS\""}});
  expect({"\"weight_nS\": 0.5",
          "\"weight_nS\": 0.5, \"weight_pA\": 3",
          "weight_nS",
          "projections[1].weight_nS",
          {"given in two units"}});
  expect({"\"weight_nS\": 0.5, ", "", "\"EI\"", "projections[1].weight", {"missing", "weight_nS"}});
  expect({"\"weight_nS\": 0.5",
          "\"weight_nS\": -0.5",
          "weight_nS",
          "projections[1].weight_nS",
          {"a negative conductance"}});
}

TEST_CASE("values out of range show the range", "[scenario][faults]") {
  expect({"\"tau_m_ms\": 15",
          "\"tau_m_ms\": 0",
          "tau_m_ms",
          "populations[S1/E].params.tau_m_ms",
          {"out of range", "seen 0", "allowed above 0, at most 100000 ms"}});
  expect({"\"dt_ms\": 0.5", "\"dt_ms\": -1", "dt_ms", "dt_ms", {"out of range", "seen -1"}});
  expect({"\"n\": 800", "\"n\": 0", "\"n\": 0", "populations[S1/E].n", {"out of range", "1 to 4000000000"}});
}

TEST_CASE("missing keys are named", "[scenario][faults]") {
  expect({"\"n\": 800, ",
          "",
          "\"S1/E\": {",
          "populations[S1/E].n",
          {"the key \"n\" is missing", "number of neurons"}});
  expect({", \"until\": \"58 d\"", "", "{", "until", {"the key \"until\" is missing"}});
  expect({"\"delay_ms\": 2 }", "\"allow_self\": true }", "\"EI\"", "projections[1].delay_ms", {"missing"}});
}

TEST_CASE("injuries, fields and their effects that cannot be are refused by name", "[scenario][faults]") {
  const std::string loss = "{ \"at\": \"2 d\", \"event\": \"amputate\", \"part\": \"hand/D3\" },";
  const auto event = [&](const std::string& text, const std::string& key, std::vector<std::string> says) {
    expect({loss, text + ",", text, "timeline[0]" + key, std::move(says)});
  };
  event(R"({ "at": "2 d", "event": "infarct", "area": "S3", "x_mm": 1, "y_mm": 0.5, "radius_mm": 0.2 })",
        ".area", {"there is no area \"S3\"", "did you mean \"S1\"?"});
  event(R"({ "at": "2 d", "event": "infarct", "area": "S1", "x_mm": 9, "y_mm": 0.5, "radius_mm": 0.2 })",
        ".x_mm", {"the disc's middle lies off the sheet of \"S1\"", "seen 9, 0.5 mm", "up to 4, 1 mm"});
  event(R"({ "at": "2 d", "event": "cut", "what": "EF" })", ".what", {"there is no projection \"EF\""});
  event(R"({ "from": "2 d", "event": "use", "part": "foot/*", "gain": 2 })", ".part",
        {"nothing matches \"foot/*\""});
  event(R"({ "from": "2 d", "event": "block", "of": "M1/E" })", ".of", {"there is no population \"M1/E\""});
  event(R"({ "from": "2 d", "event": "scale_field", "what": "growht", "gain": 2 })", ".what",
        {"there is no field \"growht\"", "did you mean \"growth\"?"});
  event(R"({ "from": "2 d", "event": "cut_afferents", "part": "hand/D2", "regrowth_tau_s": 5 })",
        ".regrowth_tau_s", {"what never begins to grow back has no time constant"});
  // On a part that is gone already, and on tissue that is dead already.
  expect({loss,
          loss + "\n" + R"({ "from": "4 d", "event": "cut_afferents", "part": "hand/D3" },)",
          "cut_afferents",
          "timeline[1].part",
          {"the part is lost twice", "seen \"hand/D3\""}});
  const std::string infarct =
      R"({ "at": "2 d", "event": "infarct", "area": "S1", "x_mm": 1, "y_mm": 0.5, "radius_mm": 0.2 },)";
  const std::string second =
      R"({ "at": "3 d", "event": "infarct", "area": "S1", "x_mm": 1.3, "y_mm": 0.5, "radius_mm": 0.2 },)";
  expect({loss,
          infarct + "\n" + second,
          "\"x_mm\": 1.3",
          "timeline[1]",
          {"this infarct reaches into another, whose cells are dead already"}});
  const std::string bump =
      "\"bumps\": [ { \"x_mm\": 1, \"y_mm\": 0.5, \"sigma_mm\": 0.3, \"amplitude\": 2 } ] } ],";
  expect({bump,
          "\"injury_amplitude\": 1 } ],",
          "injury_amplitude",
          "fields[0].injury_amplitude",
          {"the field answers injury, and nothing injures \"S1\""}});
  expect({bump,
          R"("course": "points", "points": [["2 d", 1], ["1 d", 0]] } ],)",
          "\"points\": [[",
          "fields[0].points[1]",
          {"times do not rise"}});
  event(R"({ "from": "2 d", "event": "stimulate", "of": "VPL/relay", "current_pA": 5 })", ".of",
        {"relays have no membrane that a current could move"});
  expect({loss + "\n",
          loss + "\n" + R"({ "from": "4 d", "event": "scale_field", "what": "unused", "gain": 2 },)",
          "scale_field",
          "timeline[1].what",
          {"there is no field \"unused\""}});
  const auto effect = [&](const std::string& text, const std::string& key, std::vector<std::string> says) {
    expect({bump, bump + "\n\"effects\": [ " + text + " ],", "\"effects\"", "effects[0]" + key,
            std::move(says)});
  };
  effect(R"({ "field": "growht", "effect": "gain", "of": "S1/E", "port": "inhibitory" })", ".field",
         {"there is no field \"growht\""});
  effect(R"({ "field": "growth", "effect": "gain", "of": "S1/E", "port": "NMDA" })", ".port", {"NMDA"});
  effect(R"({ "field": "growth", "effect": "speed", "what": "IE" })", ".what",
         {"there is no structure and no projection with plasticity called \"IE\""});
}

TEST_CASE("names that do not exist name the nearest one", "[scenario][faults]") {
  expect({"\"from\": \"S1/E\"",
          "\"from\": \"S1/EE\"",
          "S1/EE",
          "projections[1].from",
          {"there is no population \"S1/EE\"", "did you mean \"S1/E\"?"}});
  expect({"\"S1\": { \"sheet_mm\"",
          "\"S2\": { \"sheet_mm\"",
          "\"S1/E\": {",
          "populations[S1/E]",
          {"there is no area \"S1\"", "did you mean \"S2\"?"},
          false});
  expect({"\"part\": \"hand/D3\"",
          "\"part\": \"hand/D33\"",
          "hand/D33",
          "timeline[0].part",
          {"there is no body part", "did you mean \"hand/D3\"?"}});
  expect({"\"port\": \"AMPA\"",
          "\"port\": \"AMPAR\"",
          "AMPAR",
          "projections[1].port",
          {"has no port \"AMPAR\"", "did you mean \"AMPA\"?"}});
  expect({"\"what\": \"structure\"",
          "\"what\": \"structur\"",
          "structur\"",
          "timeline[1].what",
          {"there is no homeostat, structure, consolidation, normalisation or plastic projection",
           "did you mean \"structure\"?"}});
  expect({"\"projection\": \"EE\"",
          "\"projection\": \"EJ\"",
          "\"EJ\"",
          "structure[0].projection",
          {"there is no projection", "did you mean"}});
  expect({"\"growth_field\": \"growth\"",
          "\"growth_field\": \"groth\"",
          "groth",
          "structure[0].growth_field",
          {"did you mean \"growth\"?"}});
  expect({"\"of\": \"S1/*\"", "\"of\": \"M1/*\"", "M1/*", "record[0].of", {"nothing matches"}});
  expect({"[\"v_m_mV\"]", "[\"v_m\"]", "[\"v_m\"]", "record[1].columns[0]", {"did you mean \"v_m_mV\"?"}});
}

TEST_CASE("delays under a step, or between steps, are refused", "[scenario][faults]") {
  expect({"\"delay_ms\": 2 }",
          "\"delay_ms\": 0.25 }",
          "0.25 }",
          "projections[1].delay_ms",
          {"shorter than one step", "seen 0.25 ms", "at least dt_ms = 0.5 ms"}});
  expect({"\"delay_ms\": 2 }",
          "\"delay_ms\": 2.25 }",
          "2.25 }",
          "projections[1].delay_ms",
          {"not a whole number of steps", "take 2 or 2.5"}});
  expect({"{ \"normal\": [2, 0.5], \"max\": 5 }",
          "{ \"uniform\": [0.1, 3] }",
          "uniform\": [0.1",
          "projections[2].delay_ms",
          {"shorter than one step"}});
}

TEST_CASE("distributions that can never be met are refused", "[scenario][faults]") {
  const std::string from = "{ \"lognormal\": [40, 3], \"max\": 400 }";
  const auto expect_never = [&](const std::string& to, const std::string& why) {
    expect({from, to, to, "projections[0].weight_pA", {"can never be met", why}});
  };
  expect_never("{ \"normal\": [40, 1], \"min\": 100 }", "widen the bounds");
  expect_never("{ \"normal\": [40, -1] }", "standard deviation is negative");
  expect_never("{ \"uniform\": [5, 2] }", "swap them");
  expect_never("{ \"normal\": [40, 1], \"min\": 50, \"max\": 30 }", "min lies above max");
  expect_never("{ \"lognormal\": [40, 3], \"max\": -1 }", "widen the bounds");
  expect_never("{ \"constant\": 40, \"max\": 30 }", "outside the bounds");
  expect_never("{ \"lognormal\": [0, 3] }", "not of its logarithm");
  expect({from,
          "{ \"normal\": [1, 2], \"uniform\": [1, 2] }",
          "uniform\": [1, 2] }",
          "projections[0].weight_pA",
          {"more than one distribution"}});
}

TEST_CASE("events before the start or after the end are refused", "[scenario][faults]") {
  expect({"\"at\": \"2 d\"",
          "\"at\": \"-2 d\"",
          "-2 d",
          "timeline[0].at",
          {"before the start of the run", "settle"}});
  expect({"\"at\": \"2 d\"",
          "\"at\": \"59 d\"",
          "59 d",
          "timeline[0].at",
          {"after the end of the run", "at most 58 d"}});
  expect({"\"to\": \"2 d 6 h\"",
          "\"to\": \"1 d\"",
          "\"to\": \"1 d\"",
          "timeline[1].to",
          {"ends before it starts"}});
  expect({"[\"6 h\"]", "[\"60 d\"]", "60 d", "probes[0].at[0]", {"after the end of the run"}});
}

TEST_CASE("duplicate names are refused", "[scenario][faults]") {
  expect({"\"name\": \"IE\"",
          "\"name\": \"EI\"",
          "\"S1/I\", \"to\"",
          "projections[2]",
          {"a second projection called \"EI\""}});
  expect({"\"name\": \"hand/D3\"",
          "\"name\": \"hand/D2\"",
          "\"x_mm\": 2",
          "body.parts[1].name",
          {"a second body part"},
          false});
  expect({"\"seed\": 7", "\"seed\": 7, \"seed\": 8", "seed", "seed", {"given twice"}});
  expect({"\"S1/I\": {", "\"S1/E\": {", "iaf_cond_exp", "[S1/E]", {"given twice"}});
  expect({"\"projection\": \"EE\"",
          "\"name\": \"inhibitory_plasticity\", \"projection\": \"EI\"",
          "\"projection\": \"EI\"",
          "structure[0].name",
          {"a second homeostat or structure"},
          false});
}

TEST_CASE("what is wrong several times over is all reported at once", "[scenario][faults]") {
  std::string text = changed("\"seed\": 7", "\"sead\": 7");
  text = changed("\"dt_ms\": 0.5", "\"dt_ms\": \"fast\"", text);
  text = changed("\"part\": \"hand/D3\"", "\"part\": \"foot\"", text);
  text = changed("\"from\": \"S1/E\"", "\"from\": \"S1/X\"", text);
  const Thrown fault = fault_of(text);
  INFO(fault.message);
  CHECK(fault.code == ExitCode::scenario);
  CHECK(fault.says("4 faults in the scenario"));
  CHECK(std::count(fault.message.begin(), fault.message.end(), '\n') == 4);
  for (const char* path : {": sead: ", ": dt_ms: ", ": timeline[0].part: ", ": projections[1].from: "})
    CHECK(fault.says(path));
}

TEST_CASE("more than twenty faults are cut short", "[scenario][faults]") {
  std::string more;
  for (int i = 0; i < 200; ++i) more += "\"unknown_" + std::to_string(i) + "\": 0, ";
  const Thrown fault = fault_of(changed("\"seed\": 7", more + "\"seed\": 7"));
  CHECK(fault.says("200 faults in the scenario"));
  CHECK(fault.says("and 180 more"));
  CHECK(std::count(fault.message.begin(), fault.message.end(), '\n') == 21);
}

TEST_CASE("the nearest word is the one that was meant", "[scenario][faults]") {
  const std::vector<std::string> known{"tau_m_ms", "tau_syn_ex_ms", "c_m_pF", "n"};
  CHECK(nearest("tau_m", known) == "tau_m_ms");
  CHECK(nearest("tau_m_s", known) == "tau_m_ms");
  CHECK(nearest("TAU_M_MS", known) == "tau_m_ms");
  CHECK(nearest("tua_m_ms", known) == "tau_m_ms");
  CHECK(nearest("volume", known) == "");
  CHECK(nearest("", known) == "");
  CHECK(nearest(std::string(5000, 'a'), known) == "");
}
