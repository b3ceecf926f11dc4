#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/scenario/catalogues.hpp"
#include "host/scenario/schema.hpp"
#include "test/support/catch.hpp"

using namespace penfield;

TEST_CASE("the schema in the repository is the one the reader uses", "[scenario][schema]") {
  std::ifstream file(PENFIELD_SCHEMA_FILE, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const bool same = text == scenario_schema();
  INFO("update it: penfield schema > " << PENFIELD_SCHEMA_FILE);
  CHECK(same);
}

TEST_CASE("the schema covers every model and rule", "[scenario][schema]") {
  const auto schema = nlohmann::json::parse(scenario_schema());
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  const auto& population = schema["properties"]["populations"]["additionalProperties"];
  CHECK(population["allOf"].size() == neuron_tables().size());
  for (const auto& option : population["allOf"]) {
    const std::string model = option["if"]["properties"]["model"]["const"];
    const ModelTable* table = find_table(neuron_tables(), model);
    REQUIRE(table != nullptr);
    const auto& params = option["then"]["properties"]["params"];
    CHECK(params["additionalProperties"] == false);
    for (const FieldInfo& field : table->fields) CHECK(params["properties"].contains(field.key));
  }
  const auto& plasticity = schema["properties"]["projections"]["items"]["properties"]["plasticity"]["oneOf"];
  std::size_t objects = 0;
  for (const auto& option : plasticity) objects += option.contains("properties");
  CHECK(objects == plasticity_tables().size());
}
