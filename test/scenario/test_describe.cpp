#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "host/scenario/catalogues.hpp"
#include "host/scenario/describe.hpp"
#include "host/scenario/text_forms.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"

using namespace penfield;
using namespace penfield::test;

TEST_CASE("a model is described with its parameters", "[scenario][describe]") {
  const std::string text = describe("iaf_psc_exp");
  for (const char* part : {"params.tau_m_ms", "ms", "10", "above 0, at most 100000", "membrane time constant",
                           "excitatory (pA)", "v_m_mV"})
    CHECK(text.find(part) != std::string::npos);
}

TEST_CASE("defaults are those of the model or rule, whatever others have under the same key",
          "[scenario][describe]") {
  std::size_t seen = 0;
  for (const DescribedTable& described : described_tables())
    for (const auto* tables : {&neuron_tables(), &plasticity_tables()})
      for (const ModelTable& table : *tables) {
        if (described.name != table.title.name) continue;
        for (const FieldInfo& field : table.fields)
          for (const DescribedKey& key : described.keys) {
            if (key.key != field.key && key.key != std::string("params.") + field.key) continue;
            INFO(table.title.name << ": " << field.key);
            CHECK(key.default_value == number_text(widen(static_cast<float>(field.default_value))));
            ++seen;
          }
      }
  CHECK(seen > 100);
}

TEST_CASE("everything that a scenario can name is described", "[scenario][describe]") {
  std::set<std::string> names;
  for (const DescribedTable& table : described_tables()) {
    names.insert(table.name);
    CHECK_FALSE(describe(table.name).empty());
    const auto json = nlohmann::json::parse(describe_json(table.name));
    CHECK(json.is_array());
    CHECK(json[0]["name"] == table.name);
  }
  for (const ModelTable& table : neuron_tables()) CHECK(names.contains(table.title.name));
  for (const ModelTable& table : plasticity_tables()) CHECK(names.contains(table.title.name));
  for (const char* name :
       {"clock", "body", "touch", "populations", "projections", "topographic", "poisson", "homeostasis",
        "structure", "amputate", "freeze", "drug", "receptive_fields", "traces"})
    CHECK(names.contains(name));
  CHECK(describe("spikes").find("recorder") != std::string::npos);  // a stimulus and a recorder
  CHECK(describe("spikes").find("stimulus") != std::string::npos);
  CHECK(describe_names().find("iaf_cond_exp") != std::string::npos);
  CHECK(describe("calcium_nmda").find("drugs: act on NMDA, learning\n") != std::string::npos);
  CHECK(describe("iaf_cond_receptors").find("tonic_GABA_A") != std::string::npos);
}

TEST_CASE("an unknown name is a usage error that names the nearest", "[scenario][describe]") {
  const Thrown fault = thrown_by([] { describe("iaf_psc_ex"); });
  CHECK(fault.code == ExitCode::usage);
  CHECK(fault.says("did you mean \"iaf_psc_exp\"?"));
  CHECK(thrown_by([] { describe_json("qqqqqqqqqq"); }).says("penfield describe"));
}
