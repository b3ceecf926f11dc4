#include "host/scenario/describe.hpp"

#include <algorithm>
#include <cmath>

#include "host/scenario/catalogues.hpp"
#include "host/scenario/dump.hpp"
#include "host/scenario/faults.hpp"
#include "host/scenario/sections.hpp"
#include "host/scenario/text_forms.hpp"

namespace penfield {
namespace {

class TableCollector final : public Visitor {
 public:
  TableCollector() { open("scenario", "section", "a whole scenario: the top level of the file"); }
  std::vector<DescribedTable> finish() { return std::move(tables_); }

  bool shows_all() const override { return true; }
  void number(const Key& key, double& value, const Bounds& bounds) override {
    put(key, "number", number_text(value), bounds_text(bounds, ""));
  }
  void integer(const Key& key, std::uint64_t& value, std::uint64_t lower, std::uint64_t upper) override {
    put(key, "whole number", std::to_string(value), std::to_string(lower) + " to " + std::to_string(upper));
  }
  void boolean(const Key& key, bool& value) override {
    put(key, "true or false", value ? "true" : "false", "");
  }
  void text(const Key& key, std::string& value, TextKind kind) override {
    put(key, kind == TextKind::file ? "file" : kind == TextKind::free ? "text" : "name", value, "");
  }
  void choose(const Key& key, std::span<const char* const> names, std::size_t& index) override {
    put(key, "choice", names[index], joined(std::vector<std::string>(names.begin(), names.end())));
  }
  void time(const Key& key, double& seconds, const Bounds& bounds) override {
    std::string allowed = bounds.lower_open ? "above 0 s" : "";
    if (bounds.upper < 1e9) allowed += (allowed.empty() ? "up to " : ", up to ") + time_text(bounds.upper);
    put(key, "time", seconds < 0.0 ? "" : time_text(seconds), allowed);
  }
  void distribution(const Key& key, Distribution& value, const Bounds& bounds) override {
    put(key, "number or distribution", std::isnan(value.a) ? "" : number_text(value.a),
        bounds_text(bounds, ""));
  }
  void numbers(const Key& key, std::span<double> values, const Bounds& bounds) override {
    put(key, std::to_string(values.size()) + " numbers", "", bounds_text(bounds, ""));
  }
  void times(const Key& key, std::vector<double>&, const Bounds&) override {
    put(key, "list of times", "[]", "");
  }
  void texts(const Key& key, std::vector<std::string>&) override { put(key, "list of texts", "[]", ""); }
  void schedule(const Key& key, std::vector<std::pair<double, double>>&, const Bounds& bounds) override {
    put(key, "list of [time, number]", "", bounds_text(bounds, ""));
  }
  void events(const Key& key, std::vector<std::pair<std::uint32_t, double>>&) override {
    put(key, "list of [neuron, ms]", "", "");
  }

  bool enter(const Key& key, bool) override {
    if (in_case_ > 0) {  // parameters of a model stay in its table
      prefixes_.push_back(std::string(key.name) + ".");
      return true;
    }
    put(key, "object", "", "");
    prefixes_.emplace_back();
    open(key.name, "section", key.meaning);
    return true;
  }
  void leave() override {
    const bool inner = !prefixes_.back().empty();
    prefixes_.pop_back();
    if (!inner) open_.pop_back();
  }
  bool enter_short(const Key& key, const char* lone_key) override {
    put(key, "number, distribution or object with " + in_quotes(lone_key), "", "");
    prefixes_.push_back(std::string(key.name) + ".");
    return true;
  }
  std::size_t enter_list(const Key& key, bool by_name, std::size_t, std::size_t) override {
    put(key, by_name ? "objects by name" : "list of objects", "", "");
    open(key.name, "section", key.meaning);
    return 1;
  }
  bool enter_element(std::size_t, std::string*) override { return true; }
  void leave_element() override {}
  void leave_list() override { open_.pop_back(); }
  bool enter_choice(const Key* key, std::span<const Alternative> all, bool) override {
    std::vector<std::string> each;
    for (const Alternative& a : all) each.emplace_back(a.name);
    const std::string names = joined(each);
    if (key != nullptr) {
      put(*key, "{choice: {...}}", "", names);
    } else {
      put({"CHOICE", "", "one of these, with its object", true}, "object", "", names);
    }
    choices_.emplace_back(key != nullptr ? key->name : "stimulus", all);
    return true;
  }
  bool enter_alternative(std::size_t i, std::size_t& current) override {
    current = i;
    const Alternative& a = choices_.back().second[i];
    open(a.name, choices_.back().first, a.meaning);
    if (choices_.back().first == std::string_view("plasticity"))
      if (const ModelTable* rule = find_table(plasticity_tables(), a.name))
        tables_.back().drug_targets = rule->drug_targets;
    return true;
  }
  void leave_alternative() override { open_.pop_back(); }
  void leave_choice() override { choices_.pop_back(); }
  bool enter_case(const char* key, const Alternative& value, bool) override {
    open(value.name, key == std::string_view("what") ? "recorder" : key, value.meaning);
    const ModelTable* model =
        key == std::string_view("model") ? find_table(neuron_tables(), value.name) : nullptr;
    if (model != nullptr) {
      for (const PortUnit& port : model->ports)
        tables_.back().ports.push_back(port.name + " (" + port.unit + ")");
      tables_.back().columns = model->columns;
      tables_.back().drug_targets = model->drug_targets;
    }
    ++in_case_;
    return true;
  }
  void leave_case() override {
    open_.pop_back();
    --in_case_;
  }
  bool enter_unit(const Key&, const char*, const std::string&) override { return one_of_units_ = true; }
  void leave_units(const Key&, std::span<const char* const>) override { one_of_units_ = false; }
  void composed(const Key& key, Value::Type type, bool) override {
    put(key, type == Value::Type::string ? "file" : "object", "", "");
  }
  void version(const Key& key, int value) override { put(key, "whole number", "", std::to_string(value)); }

 private:
  void open(const std::string& name, const std::string& kind, const std::string& meaning) {
    tables_.push_back({name, kind, open_.empty() ? "" : tables_[open_.back()].name, meaning, {}, {}, {}, {}});
    open_.push_back(tables_.size() - 1);
  }
  void put(const Key& key, std::string type, std::string default_value, std::string allowed) {
    const std::string prefix = prefixes_.empty() ? "" : prefixes_.back();
    if (one_of_units_) default_value = "one of them";
    tables_[open_.back()].keys.push_back({prefix + key.name, std::move(type), key.unit,
                                          key.required ? "" : std::move(default_value), std::move(allowed),
                                          key.meaning, key.required});
  }

  std::vector<DescribedTable> tables_;
  std::vector<std::size_t> open_;  ///< indices into tables_, innermost last
  std::vector<std::string> prefixes_;
  std::vector<std::pair<std::string, std::span<const Alternative>>> choices_;
  int in_case_ = 0;
  bool one_of_units_ = false;
};

std::vector<const DescribedTable*> find_tables(std::string_view name) {
  std::vector<const DescribedTable*> found;
  std::vector<std::string> names;
  for (const DescribedTable& table : described_tables()) {
    names.push_back(table.name);
    if (table.name == name) found.push_back(&table);
  }
  if (found.empty())
    throw Error(ExitCode::usage, "nothing is called " + in_quotes(name) + "; " +
                                     (nearest(name, names).empty() ? "`penfield describe` lists all names"
                                                                   : suggestion(name, names)));
  return found;
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

constexpr std::size_t kWidestRange = 28;  // longer lists of choices go with the meaning

/// Columns key, unit, default, allowed, meaning, as wide as they need to be.
std::string table_text(const DescribedTable& table) {
  std::string text = table.name + " (" + table.kind + (table.inside.empty() ? "" : ", in " + table.inside) +
                     "): " + table.meaning + "\n";
  if (table.keys.empty()) text += "  no keys of its own\n";
  const auto cells = [](const DescribedKey& k) {
    return std::vector<std::string>{k.key,     k.type,   k.unit, k.required ? "required" : k.default_value,
                                    k.allowed, k.meaning};
  };
  std::vector<std::vector<std::string>> rows{{"key", "type", "unit", "default", "allowed", "meaning"}};
  for (const DescribedKey& key : table.keys) {
    rows.push_back(cells(key));
    std::string &allowed = rows.back()[4], &meaning = rows.back()[5];
    if (allowed.size() <= kWidestRange) continue;
    meaning += (meaning.empty() ? "" : ": ") + allowed;
    allowed.clear();
  }
  if (table.keys.empty()) rows.clear();
  std::vector<std::size_t> widths(6, 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const auto& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i + 1 < row.size(); ++i) line += " " + padded(row[i], widths[i]) + " ";
    text += line + " " + row.back() + "\n";
  }
  if (!table.ports.empty()) text += "  ports: " + joined(table.ports) + "\n";
  if (!table.columns.empty()) text += "  state: " + joined(table.columns) + "\n";
  if (!table.drug_targets.empty()) text += "  drugs: act on " + joined(table.drug_targets) + "\n";
  const bool shares = table.kind != "section" && table.kind != "rule" && table.kind != "plasticity" &&
                      table.kind != "stimulus" && table.kind != "scenario";
  if (shares) text += "  its other keys: penfield describe " + table.inside + "\n";
  return text;
}

}  // namespace

const std::vector<DescribedTable>& described_tables() {
  static const std::vector<DescribedTable> tables = [] {
    Scenario defaults;
    TableCollector collector;
    visit_scenario(collector, defaults);
    return collector.finish();
  }();
  return tables;
}

std::string describe(std::string_view name) {
  std::string text;
  for (const DescribedTable* table : find_tables(name))
    text += (text.empty() ? "" : "\n") + table_text(*table);
  return text;
}

std::string describe_json(std::string_view name) {
  std::string text = "[";
  for (const DescribedTable* table : find_tables(name)) {
    if (text.size() > 1) text += ",";
    text += "\n  {\"name\": " + json_string(table->name) + ", \"kind\": " + json_string(table->kind) +
            ", \"inside\": " + json_string(table->inside) + ", \"meaning\": " + json_string(table->meaning) +
            ", \"keys\": [";
    for (std::size_t i = 0; i < table->keys.size(); ++i) {
      const DescribedKey& k = table->keys[i];
      text += std::string(i > 0 ? "," : "") + "\n    {\"key\": " + json_string(k.key) +
              ", \"type\": " + json_string(k.type) + ", \"unit\": " + json_string(k.unit) +
              ", \"required\": " + (k.required ? "true" : "false") +
              ", \"default\": " + json_string(k.default_value) + ", \"allowed\": " + json_string(k.allowed) +
              ", \"meaning\": " + json_string(k.meaning) + "}";
    }
    text += "]";
    for (const auto& [key, words] : {std::pair{"ports", &table->ports}, std::pair{"state", &table->columns},
                                     std::pair{"drug_targets", &table->drug_targets}}) {
      if (words->empty()) continue;
      std::string all;
      for (const std::string& w : *words) all += (all.empty() ? "" : ", ") + json_string(w);
      text += std::string(", \"") + key + "\": [" + all + "]";
    }
    text += "}";
  }
  return text + "\n]\n";
}

std::string describe_names() {
  std::vector<std::pair<std::string, std::string>> kinds;  // in order of appearance
  for (const DescribedTable& table : described_tables()) {
    auto found =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.first == table.kind; });
    if (found == kinds.end()) found = kinds.insert(kinds.end(), {table.kind, ""});
    found->second += " " + table.name;
  }
  std::string text;
  for (const auto& [kind, names] : kinds) text += padded(kind + ":", 12) + names + "\n";
  return text;
}

}  // namespace penfield
