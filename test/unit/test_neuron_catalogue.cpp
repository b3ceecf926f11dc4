// The catalogue's tables say of every model what the parser, the schema and the recorders need.
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <string_view>

#include "penfield/model/neuron/catalogue.hpp"
#include "test/support/catch.hpp"

namespace penfield {
namespace {

/// A key shows its unit as a suffix; a pure number has none. Seconds and steps are words of their own.
bool carries_unit(std::string_view key, std::string_view unit) {
  if (unit.empty()) return true;
  const std::string suffix = "_" + std::string(unit);
  return key.size() > suffix.size() && key.substr(key.size() - suffix.size()) == suffix;
}

bool ends_in_a_unit(std::string_view key) {
  for (const char* unit : {"ms", "mV", "pA", "nS", "pF", "Hz", "mm", "mM", "steps"}) {
    if (carries_unit(key, unit)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("model names are unique and found again") {
  std::set<std::string> names;
  for (std::size_t i = 0; i < NeuronModels::size; ++i) {
    names.insert(neuron_model_infos[i].name);
    CHECK(neuron_model_index(neuron_model_infos[i].name) == i);
  }
  CHECK(names.size() == NeuronModels::size);
  CHECK(names.count("iaf_psc_exp") == 1);
  CHECK(neuron_model_index("hodgkin_huxley") == NeuronModels::size);
}

TEST_CASE("a visit reaches the model that was named and no other") {
  std::size_t index = 0;
  for_each_neuron_model([&](auto tag) {
    using Model = typename decltype(tag)::type;
    CHECK(std::strcmp(neuron_model_infos[index].name, Model::name) == 0);
    int visits = 0;
    const auto count = [&](auto found) {
      ++visits;
      CHECK(std::strcmp(decltype(found)::type::name, Model::name) == 0);
    };
    CHECK(visit_neuron_model(Model::name, count));
    CHECK(visit_neuron_model(index, count));
    CHECK(visits == 2);
    ++index;
  });
  CHECK_FALSE(visit_neuron_model("nobody", [](auto) { FAIL("visited"); }));
  CHECK_FALSE(visit_neuron_model(NeuronModels::size, [](auto) { FAIL("visited"); }));
}

TEST_CASE("parameter tables are consistent") {
  for (const NeuronModelInfo& model : neuron_model_infos) {
    CAPTURE(model.name);
    std::set<std::string> keys;
    for (const FieldInfo& field : model.fields) {
      CAPTURE(field.key);
      keys.insert(field.key);
      CHECK(carries_unit(field.key, field.unit));
      CHECK((*field.unit != '\0' || !ends_in_a_unit(field.key)));
      CHECK(field.lower < field.upper);
      CHECK((field.lower_open ? field.default_value > field.lower : field.default_value >= field.lower));
      CHECK(field.default_value <= field.upper);
      CHECK(std::strlen(field.meaning) > 5);
    }
    CHECK(keys.size() == model.fields.size());
  }
  for_each_neuron_model([](auto tag) {
    using Params = typename decltype(tag)::type::Params;
    CHECK(sizeof(Params) == sizeof(float) * Params::fields().size());  // no member is left out of the table
    const auto params = defaults<Params>();
    for (const auto& field : Params::fields()) CHECK(params.*(field.member) == field.default_value);
  });
}

TEST_CASE("ports and columns are named and fit the storage") {
  for (const NeuronModelInfo& model : neuron_model_infos) {
    CAPTURE(model.name);
    CHECK(model.ports.size() >= 1);
    CHECK(model.ports.size() <= static_cast<std::size_t>(kMaxPorts));
    std::set<std::string> ports;
    for (const PortInfo& port : model.ports) {
      ports.insert(port.name);
      CHECK(std::strlen(port.unit) > 0);
    }
    CHECK(ports.size() == model.ports.size());

    CHECK(model.num_columns == model.columns.size());
    CHECK(model.num_columns <= static_cast<std::size_t>(kMaxColumns));
    std::set<std::string> columns;
    for (const ColumnInfo& column : model.columns) {
      CAPTURE(column.key);
      columns.insert(column.key);
      CHECK(carries_unit(column.key, column.unit));
      CHECK((!column.relative_to_rest || std::strcmp(column.unit, "mV") == 0));
    }
    CHECK(columns.size() == model.num_columns);
  }
}

TEST_CASE("defaults raise no fault and start at the potential asked for") {
  for_each_neuron_model([](auto tag) {
    using Model = typename decltype(tag)::type;
    CAPTURE(Model::name);
    const auto params = defaults<typename Model::Params>();
    int faults = 0;
    Model::check(params, [&](const char*, const std::string&) { ++faults; });
    CHECK(faults == 0);
    if constexpr (requires(typename Model::State s) { s.v_mV; }) {
      CHECK(Model::initial(params, -64.0f).v_mV + Model::rest_mV(params) == Approx(-64.0));
    }
  });
}

TEST_CASE("a state survives its columns") {
  for_each_neuron_model([](auto tag) {
    using Model = typename decltype(tag)::type;
    CAPTURE(Model::name);
    float cells[kMaxColumns][3] = {};
    Columns columns{};
    for (int c = 0; c < kMaxColumns; ++c) columns.column[c] = cells[c];
    auto state = Model::initial(defaults<typename Model::Params>(), -61.5f);
    std::apply([&](const auto&... field) { ((state.*(field.member) += 3), ...); }, Model::state);
    store_state<Model>(columns, 1, state);
    const auto back = load_state<Model>(columns, 1);
    const auto typed = load_state(ColumnPointers<Model>(columns), 1);
    std::apply(
        [&](const auto&... field) {
          CHECK(((back.*(field.member) == state.*(field.member)) && ...));
          CHECK(((typed.*(field.member) == state.*(field.member)) && ...));
        },
        Model::state);
    for (std::size_t c = 0; c < num_columns<Model>; ++c) {
      CHECK(cells[c][0] == 0.0f);
      CHECK(cells[c][2] == 0.0f);
    }
  });
}

}  // namespace penfield
