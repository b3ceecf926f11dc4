#include "host/scenario/schema.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/scenario/sections.hpp"
#include "host/scenario/text_forms.hpp"

namespace penfield {
namespace {

using Json = nlohmann::ordered_json;

Json object_schema() {
  Json schema;
  schema["type"] = "object";
  schema["properties"] = Json::object();
  schema["properties"][std::string(kCommentKey)] = {{"$ref", "#/$defs/comment"}};
  schema["required"] = Json::array();
  return schema;
}

void bound(Json& schema, const Bounds& bounds) {
  if (std::isfinite(bounds.lower)) schema[bounds.lower_open ? "exclusiveMinimum" : "minimum"] = bounds.lower;
  if (std::isfinite(bounds.upper)) schema["maximum"] = bounds.upper;
}

class SchemaWriter final : public Visitor {
 public:
  SchemaWriter() { frames_.push_back({object_schema(), {}, false}); }

  Json finish() {
    Json schema;
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    schema["title"] = "Penfield scenario";
    schema["$comment"] =
        "Printed by `penfield schema`; the key \"//\" holds a comment and is allowed in every object.";
    schema.update(closed(std::move(frames_.back())));
    schema["$defs"]["comment"] = {{"type", "string"}, {"description", "a comment, ignored"}};
    schema["$defs"]["time"] = {
        {"type", "string"},
        {"description", "numbers with units ms, s, min, h, d, wk, such as \"2 d 6 h\""},
        {"pattern", "^ *-?([0-9.]+ *(wk|d|h|min|s|ms) *)+$"}};
    const Json pair = {{"type", "array"}, {"items", {{"type", "number"}}}, {"minItems", 2}, {"maxItems", 2}};
    Json random = object_schema();
    random["properties"]["constant"] = {{"type", "number"}};
    for (const char* kind : {"normal", "lognormal", "uniform"}) random["properties"][kind] = pair;
    random["properties"]["min"] = random["properties"]["max"] = {{"type", "number"}};
    random.erase("required");
    random["additionalProperties"] = false;
    Json one = Json::array();
    for (const char* kind : {"constant", "normal", "lognormal", "uniform"})
      one.push_back({{"required", {kind}}});
    random["oneOf"] = one;
    random["description"] =
        "normal, lognormal: [mean, SD] of the value; uniform: [low, high]; min and max truncate";
    schema["$defs"]["distribution"] = random;
    return schema;
  }

  bool shows_all() const override { return true; }
  void number(const Key& key, double& value, const Bounds& bounds) override {
    Json schema = {{"type", "number"}};
    bound(schema, bounds);
    put(key, std::move(schema), value);
  }
  void integer(const Key& key, std::uint64_t& value, std::uint64_t lower, std::uint64_t upper) override {
    put(key, {{"type", "integer"}, {"minimum", lower}, {"maximum", upper}}, value);
  }
  void boolean(const Key& key, bool& value) override { put(key, {{"type", "boolean"}}, value); }
  void text(const Key& key, std::string& value, TextKind) override {
    put(key, {{"type", "string"}}, value.empty() ? Json() : Json(value));
  }
  void choose(const Key& key, std::span<const char* const> names, std::size_t& index) override {
    Json all = Json::array();
    for (const char* name : names) all.push_back(name);
    put(key, {{"enum", all}}, names[index]);
  }
  void time(const Key& key, double& seconds, const Bounds&) override {
    put(key, {{"$ref", "#/$defs/time"}}, seconds < 0.0 ? Json() : Json(time_text(seconds)));
  }
  void distribution(const Key& key, Distribution& value, const Bounds& bounds) override {
    Json plain = {{"type", "number"}};
    bound(plain, bounds);
    const bool constant = value.kind == Distribution::Kind::constant && !std::isnan(value.a);
    put(key, {{"anyOf", Json::array({plain, {{"$ref", "#/$defs/distribution"}}})}},
        constant ? Json(value.a) : Json());
  }
  void numbers(const Key& key, std::span<double> values, const Bounds& bounds) override {
    Json item = {{"type", "number"}};
    bound(item, bounds);
    put(key, {{"type", "array"}, {"items", item}, {"minItems", values.size()}, {"maxItems", values.size()}},
        Json());
  }
  void times(const Key& key, std::vector<double>&, const Bounds&) override {
    put(key, {{"type", "array"}, {"items", {{"$ref", "#/$defs/time"}}}}, Json::array());
  }
  void texts(const Key& key, std::vector<std::string>&) override {
    put(key, {{"type", "array"}, {"items", {{"type", "string"}}}}, Json::array());
  }
  void schedule(const Key& key, std::vector<std::pair<double, double>>&, const Bounds& bounds) override {
    Json item = {{"type", "number"}};
    bound(item, bounds);
    put_pairs(key, {{"$ref", "#/$defs/time"}}, item);
  }
  void events(const Key& key, std::vector<std::pair<std::uint32_t, double>>&) override {
    put_pairs(key, {{"type", "integer"}, {"minimum", 0}}, {{"type", "number"}, {"minimum", 0}});
  }

  bool enter(const Key& key, bool) override { return open(key, object_schema()); }
  void leave() override {
    Frame frame = pop();
    put(frame.key, closed(std::move(frame)), Json());
  }
  bool enter_short(const Key& key, const char* lone_key) override {
    lone_keys_.push_back(lone_key);
    return open(key, object_schema());
  }

  std::size_t enter_list(const Key& key, bool by_name, std::size_t, std::size_t limit) override {
    open(key, by_name ? Json{{"type", "object"}, {"maxProperties", limit}}
                      : Json{{"type", "array"}, {"maxItems", limit}});
    return 1;
  }
  bool enter_element(std::size_t, std::string* name) override {
    return open({name != nullptr ? "additionalProperties" : "items", "", ""}, object_schema());
  }
  void leave_element() override {
    Frame frame = pop();
    const std::string where = frame.key.name;
    Json element = frame.replaced ? std::move(frame.schema) : closed(std::move(frame));
    Json& list = frames_.back().schema;
    if (where == "additionalProperties")
      list["properties"][std::string(kCommentKey)] = {{"$ref", "#/$defs/comment"}};
    list[where] = std::move(element);
  }
  void leave_list() override {
    Frame frame = pop();
    put(frame.key, std::move(frame.schema), Json());
  }

  bool enter_choice(const Key* key, std::span<const Alternative> all, bool) override {
    alternatives_.push_back(all);
    return open(key != nullptr ? *key : Key{nullptr, "", ""}, Json{{"oneOf", Json::array()}});
  }
  bool enter_alternative(std::size_t i, std::size_t& current) override {
    current = i;
    return open({alternatives_.back()[i].name, "", alternatives_.back()[i].meaning}, object_schema());
  }
  void leave_alternative() override {
    Frame frame = pop();
    const Key key = frame.key;
    const Alternative* a = nullptr;
    for (const Alternative& each : alternatives_.back())
      if (each.name == key.name) a = &each;
    Json& options = frames_.back().schema["oneOf"];
    if (frame.schema["required"].empty() && frames_.back().key.name != nullptr)
      options.push_back({{"const", key.name}});
    Json value = closed(std::move(frame));
    value["description"] = key.meaning;
    if (a->lone_key != nullptr) value = {{"anyOf", Json::array({value["properties"][a->lone_key], value})}};
    Json option = object_schema();
    option["properties"][key.name] = std::move(value);
    option["required"] = {key.name};
    option["additionalProperties"] = false;
    options.push_back(std::move(option));
  }
  void leave_choice() override {
    alternatives_.pop_back();
    Frame frame = pop();
    if (frame.key.name != nullptr) {
      put(frame.key, std::move(frame.schema), Json());
    } else {  // the element itself is the choice
      frames_.back().schema = std::move(frame.schema);
      frames_.back().replaced = true;
    }
  }

  bool enter_case(const char* key, const Alternative& value, bool) override {
    Json schema;
    schema["properties"] = Json::object();
    schema["required"] = Json::array();
    case_keys_.emplace_back(key, value);
    return open({value.name, "", value.meaning}, std::move(schema));
  }
  void leave_case() override {
    Frame frame = pop();
    const auto [key, value] = case_keys_.back();
    case_keys_.pop_back();
    if (frame.schema["required"].empty()) frame.schema.erase("required");
    if (frame.schema["properties"].empty()) return;
    Json one;
    one["if"] = {{"properties", {{key, {{"const", value.name}}}}}, {"required", {key}}};
    one["then"] = std::move(frame.schema);
    frames_.back().schema["allOf"].push_back(std::move(one));
  }
  bool enter_unit(const Key&, const char*, const std::string&) override { return one_of_units_ = true; }
  void leave_units(const Key& stem, std::span<const char* const> units) override {
    one_of_units_ = false;
    Json one = Json::array();
    for (const char* u : units) one.push_back({{"required", {std::string(stem.name) + "_" + u}}});
    frames_.back().schema["oneOf"] = one;
  }
  void composed(const Key& key, Value::Type type, bool lifts) override {
    put(key, {{"type", type == Value::Type::string ? "string" : "object"}}, Json());
    if (lifts) frames_.back().lifted_by = key.name;
  }
  void version(const Key& key, int value) override { put(key, {{"const", value}}, Json()); }

 private:
  struct Frame {
    Json schema;
    Key key;
    bool replaced = false;
    const char* lifted_by = nullptr;  ///< with this key, nothing else is required
  };

  bool open(const Key& key, Json schema) {
    frames_.push_back({std::move(schema), key, false});
    return true;
  }
  Frame pop() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    return frame;
  }

  /// The finished schema of an object: no other keys, and only then what is required.
  Json closed(Frame frame) {
    Json& schema = frame.schema;
    // Keys of cases count as evaluated only for unevaluatedProperties.
    schema[schema.contains("allOf") ? "unevaluatedProperties" : "additionalProperties"] = false;
    if (schema["required"].empty()) {
      schema.erase("required");
    } else if (frame.lifted_by != nullptr) {
      schema["anyOf"] = Json::array({{{"required", {frame.lifted_by}}}, {{"required", schema["required"]}}});
      schema.erase("required");
    }
    return std::move(schema);
  }

  void put(const Key& key, Json schema, Json default_value) {
    std::string meaning = key.meaning;
    if (*key.unit) meaning += (meaning.empty() ? "(" : " (") + std::string(key.unit) + ")";
    if (!lone_keys_.empty() && schema.contains("properties") &&
        schema["properties"].contains(lone_keys_.back())) {
      schema = {{"anyOf", Json::array({schema["properties"][lone_keys_.back()], schema})}};
      lone_keys_.pop_back();
    }
    if (!meaning.empty()) schema["description"] = meaning;
    if (!key.required && !one_of_units_ && !default_value.is_null())
      schema["default"] = std::move(default_value);
    Json& parent = frames_.back().schema;
    parent["properties"][key.name] = std::move(schema);
    if (key.required) parent["required"].push_back(key.name);
  }

  void put_pairs(const Key& key, Json first, Json second) {
    const Json pair = {
        {"type", "array"}, {"prefixItems", Json::array({first, second})}, {"minItems", 2}, {"maxItems", 2}};
    put(key, {{"type", "array"}, {"items", pair}}, Json());
  }

  std::vector<Frame> frames_;
  std::vector<std::span<const Alternative>> alternatives_;
  std::vector<std::pair<const char*, Alternative>> case_keys_;
  std::vector<const char*> lone_keys_;
  bool one_of_units_ = false;
};

}  // namespace

std::string scenario_schema() {
  Scenario defaults;
  SchemaWriter writer;
  visit_scenario(writer, defaults);
  return writer.finish().dump(2) + "\n";
}

}  // namespace penfield
