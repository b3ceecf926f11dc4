#include "host/scenario/dump.hpp"

#include "host/scenario/sections.hpp"
#include "host/scenario/text_forms.hpp"

namespace penfield {
namespace {

class Dumper final : public Visitor {
 public:
  std::string finish() { return text_ + "\n}\n"; }
  Dumper() { text_ = "{"; }

  void number(const Key& key, double& value, const Bounds&) override { put(key.name, number_text(value)); }
  void integer(const Key& key, std::uint64_t& value, std::uint64_t, std::uint64_t) override {
    put(key.name, std::to_string(value));
  }
  void boolean(const Key& key, bool& value) override { put(key.name, value ? "true" : "false"); }
  void text(const Key& key, std::string& value, TextKind kind) override {
    const bool absent = value.empty() && kind != TextKind::free && !key.required;
    if (!absent) put(key.name, json_string(value));
  }
  void choose(const Key& key, std::span<const char* const> names, std::size_t& index) override {
    put(key.name, json_string(names[index]));
  }
  void time(const Key& key, double& seconds, const Bounds&) override {
    if (seconds >= 0.0) put(key.name, json_string(time_text(seconds)));
  }

  void distribution(const Key& key, Distribution& d, const Bounds&) override {
    static constexpr const char* kNames[] = {"constant", "normal", "lognormal", "uniform"};
    if (d.kind == Distribution::Kind::constant && !d.lower && !d.upper)
      return put(key.name, number_text(d.a));
    std::string text = "{" + json_string(kNames[static_cast<std::size_t>(d.kind)]) + ": ";
    text += d.kind == Distribution::Kind::constant ? number_text(d.a)
                                                   : "[" + number_text(d.a) + ", " + number_text(d.b) + "]";
    if (d.lower) text += ", \"min\": " + number_text(*d.lower);
    if (d.upper) text += ", \"max\": " + number_text(*d.upper);
    put(key.name, text + "}");
  }

  void numbers(const Key& key, std::span<double> values, const Bounds&) override {
    put_list(key, values, [](double x) { return number_text(x); });
  }
  void times(const Key& key, std::vector<double>& seconds, const Bounds&) override {
    put_list(key, seconds, [](double x) { return json_string(time_text(x)); });
  }
  void texts(const Key& key, std::vector<std::string>& values) override {
    put_list(key, values, [](const std::string& x) { return json_string(x); });
  }
  void schedule(const Key& key, std::vector<std::pair<double, double>>& value, const Bounds&) override {
    if (value.empty()) return;  // it is one of two ways to give a rate
    put_list(key, value, [](const std::pair<double, double>& x) {
      return "[" + json_string(time_text(x.first)) + ", " + number_text(x.second) + "]";
    });
  }
  void events(const Key& key, std::vector<std::pair<std::uint32_t, double>>& value) override {
    put_list(key, value, [](const std::pair<std::uint32_t, double>& x) {
      return "[" + std::to_string(x.first) + ", " + number_text(x.second) + "]";
    });
  }

  bool enter(const Key& key, bool present) override {
    if (present) open(key.name, '{');
    return present;
  }
  void leave() override { close('}'); }
  bool enter_short(const Key& key, const char*) override { return enter(key, true); }

  std::size_t enter_list(const Key& key, bool by_name, std::size_t present, std::size_t) override {
    by_name_.push_back(by_name);
    open(key.name, by_name ? '{' : '[');
    return present;
  }
  bool enter_element(std::size_t, std::string* name) override {
    open(name != nullptr ? name->c_str() : nullptr, '{');
    return true;
  }
  void leave_element() override { close('}'); }
  void leave_list() override {
    close(by_name_.back() ? '}' : ']');
    by_name_.pop_back();
  }

  bool enter_choice(const Key* key, std::span<const Alternative> all, bool present) override {
    if (!present) return false;
    alternatives_.push_back(all);
    nested_.push_back(key != nullptr);
    if (key != nullptr) open(key->name, '{');
    return true;
  }
  bool enter_alternative(std::size_t i, std::size_t& current) override {
    if (i != current) return false;
    open(alternatives_.back()[i].name, '{');
    return true;
  }
  void leave_alternative() override { close('}'); }
  void leave_choice() override {
    if (nested_.back()) close('}');
    nested_.pop_back();
    alternatives_.pop_back();
  }
  bool enter_case(const char*, const Alternative&, bool current) override { return current; }
  bool enter_unit(const Key&, const char* unit, const std::string& current) override {
    return unit == current;
  }
  void leave_units(const Key&, std::span<const char* const>) override {}
  void version(const Key& key, int value) override { put(key.name, std::to_string(value)); }

 private:
  void start(const char* key) {
    if (text_.back() != '{' && text_.back() != '[') text_ += ',';
    text_ += '\n';
    text_.append(2 * depth_, ' ');
    if (key != nullptr) text_ += json_string(key) + ": ";
  }
  void put(const char* key, const std::string& value) {
    start(key);
    text_ += value;
  }
  template <class Values, class Write>
  void put_list(const Key& key, const Values& values, const Write& write) {
    start(key.name);
    text_ += '[';
    bool first = true;
    for (const auto& x : values) {
      text_ += (first ? "" : ", ") + write(x);
      first = false;
    }
    text_ += ']';
  }
  void open(const char* key, char bracket) {
    start(key);
    text_ += bracket;
    ++depth_;
  }
  void close(char bracket) {
    --depth_;
    // An empty object or list stays on its line. A value never ends with an opening bracket.
    if (text_.back() != '{' && text_.back() != '[') {
      text_ += '\n';
      text_.append(2 * depth_, ' ');
    }
    text_ += bracket;
  }

  std::string text_;
  std::size_t depth_ = 1;
  std::vector<bool> by_name_, nested_;
  std::vector<std::span<const Alternative>> alternatives_;
};

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr char digits[] = "0123456789abcdef";
      out += {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string canonical_dump(const Scenario& scenario) {
  Scenario copy = scenario;  // visitors may write; this one does not
  Dumper dumper;
  visit_scenario(dumper, copy);
  return dumper.finish();
}

}  // namespace penfield
