#include "host/scenario/reader.hpp"

#include <algorithm>
#include <string>

#include "host/scenario/text_forms.hpp"

namespace penfield {
namespace {

using Type = Value::Type;

std::vector<std::string> strings(std::span<const char* const> names) { return {names.begin(), names.end()}; }

}  // namespace

Reader::Reader(const Value& root, const Sources& sources, Faults& faults, std::size_t* range_checks)
    : sources_(sources), faults_(faults), range_checks_(range_checks) {
  push(&root, "");
}

void Reader::finish() { leave(); }

// ---- finding and reporting
// ----------------------------------------------------------------------------------------

void Reader::push(const Value* value, std::string path, std::string lone_key) {
  Frame frame;
  frame.value = value;
  frame.path = std::move(path);
  frame.lone_key = std::move(lone_key);
  frames_.push_back(std::move(frame));
}

std::string Reader::path_of(std::string_view key) const {
  const Frame& frame = frames_.back();
  return !frame.lone_key.empty() && frame.lone_key == key ? frame.path : join_path(frame.path, key);
}

void Reader::report(const Value& value, const std::string& path, std::string problem, std::string allowed,
                    std::string cure) {
  faults_.add({value.place, path, std::move(problem), shown(value), std::move(allowed), std::move(cure)});
}

bool Reader::expect(const Value& value, const std::string& path, Type type, const char* example) {
  if (value.is(type)) return true;
  report(value, path, "wrong type: " + std::string(type_name(value.type)), type_name(type),
         "write it as " + std::string(example));
  return false;
}

const Value* Reader::take(const Key& key) {
  Frame& frame = frames_.back();
  frame.known.emplace_back(key.name);
  if (frame.value == nullptr) return nullptr;
  if (!frame.lone_key.empty()) {
    if (frame.lone_key == key.name) return frame.value;
  } else if (const Value* found = frame.value->find(key.name)) {
    return found;
  }
  if (key.required && !frame.unclear) {
    const bool list = frame.value->is(Type::string);  // a bare name where an object is needed
    const std::string cure = "add \"" + std::string(key.name) +
                             "\": " + (*key.meaning ? key.meaning : "needed") +
                             (*key.unit ? " (" + std::string(key.unit) + ")" : "");
    faults_.add({frame.value->place, path_of(key.name), "the key " + in_quotes(key.name) + " is missing",
                 list ? shown(*frame.value) : "", "", cure});
  }
  return nullptr;
}

void Reader::check_comment(const Member& m, const std::string& path) {
  if (!m.value.is(Type::string))
    expect(m.value, join_path(path, m.key), Type::string, "\"//\": \"a comment\"");
}

void Reader::report_unknown(const Frame& frame) {
  if (frame.value == nullptr || !frame.value->is(Type::object) || !frame.lone_key.empty()) return;
  for (const Member& m : frame.value->members) {
    if (m.key == kCommentKey) {
      check_comment(m, frame.path);
      continue;
    }
    if (frame.unclear || std::find(frame.known.begin(), frame.known.end(), m.key) != frame.known.end())
      continue;
    Fault fault;
    if (!faults_.full())
      fault = {m.place, join_path(frame.path, m.key),  "unknown key " + in_quotes(m.key), shown(m.value),
               "",      suggestion(m.key, frame.known)};
    faults_.add(std::move(fault));
  }
}

// ---- values
// -------------------------------------------------------------------------------------------------------

bool Reader::read_number(const Value& v, const std::string& path, const Bounds& bounds, const char* unit,
                         double& out) {
  if (!v.is(Type::number)) {
    const std::string cure = "write a plain number" + (*unit ? " of " + std::string(unit) : std::string());
    report(v, path, "wrong type: " + std::string(type_name(v.type)), "a number", cure);
    return false;
  }
  if (range_checks_ != nullptr) ++*range_checks_;
  if (!bounds.hold(v.number)) {
    report(v, path, "out of range", bounds_text(bounds, unit), "give a value in this range");
    return false;
  }
  out = v.number;
  return true;
}

void Reader::number(const Key& key, double& value, const Bounds& bounds) {
  if (const Value* v = take(key)) read_number(*v, path_of(key.name), bounds, key.unit, value);
}

void Reader::integer(const Key& key, std::uint64_t& value, std::uint64_t lower, std::uint64_t upper) {
  const Value* v = take(key);
  if (v == nullptr) return;
  const std::string path = path_of(key.name);
  double out = 0.0;
  // The bounds stay below 2^53, so doubles hold them exactly.
  if (!read_number(*v, path, Bounds::within(static_cast<double>(lower), static_cast<double>(upper)), key.unit,
                   out))
    return;
  if (out != static_cast<double>(static_cast<std::uint64_t>(out))) {
    report(*v, path, "not a whole number", "", "round it");
    return;
  }
  value = static_cast<std::uint64_t>(out);
}

void Reader::boolean(const Key& key, bool& value) {
  const Value* v = take(key);
  if (v != nullptr && expect(*v, path_of(key.name), Type::boolean, "true or false, without quotes"))
    value = v->boolean;
}

void Reader::text(const Key& key, std::string& value, TextKind kind) {
  const Value* v = take(key);
  const std::string path = path_of(key.name);
  if (v == nullptr || !expect(*v, path, Type::string, "\"text\"")) return;
  if (kind == TextKind::file) {
    const std::string problem = path_problem(v->text);
    if (!problem.empty()) {
      report(*v, path, "a path that " + problem, "relative paths below the scenario's folder",
             "move the file below the scenario's folder");
      return;
    }
    value = sources_.prefix(v->place.source) + v->text;
    return;
  }
  const bool names = kind == TextKind::name || kind == TextKind::reference;
  if (names && !is_name(v->text) && !(v->text.empty() && !key.required)) {
    report(*v, path, "not a name", kNameRule, "choose another name");
    return;
  }
  value = v->text;
}

void Reader::choose(const Key& key, std::span<const char* const> names, std::size_t& index) {
  const Value* v = take(key);
  if (v == nullptr) {
    frames_.back().unclear = frames_.back().unclear || (key.required && frames_.back().value != nullptr);
    return;
  }
  const std::vector<std::string> known = strings(names);
  if (v->is(Type::string)) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (v->text != names[i]) continue;
      index = i;
      return;
    }
    report(*v, path_of(key.name), "unknown choice", joined(known), suggestion(v->text, known));
  } else {
    report(*v, path_of(key.name), "wrong type: " + std::string(type_name(v->type)), joined(known),
           "write one of them in quotes");
  }
  frames_.back().unclear = true;
}

bool Reader::read_time(const Value& v, const std::string& path, const Bounds& bounds, double& out) {
  const std::optional<double> seconds = v.is(Type::string) ? parse_time(v.text) : std::nullopt;
  if (!seconds) {
    const bool bare = v.is(Type::number);
    report(v, path, bare ? "a time without a unit" : "not a time", "a number with ms, s, min, h, d or wk",
           bare ? "write it as \"" + v.text + " s\" or with another unit"
                : "write it as \"2 d 6 h\" or \"100 ms\"");
    return false;
  }
  if (range_checks_ != nullptr) ++*range_checks_;
  if (*seconds < 0.0 && bounds.lower >= 0.0) {
    report(v, path, "before the start of the run", bounds_text(bounds, "s"),
           "give a time from 0 s on (what comes before is the clock's \"settle\")");
    return false;
  }
  if (!bounds.hold(*seconds)) {
    report(v, path, "out of range", bounds_text(bounds, "s"), "give a time in this range");
    return false;
  }
  out = *seconds;
  return true;
}

void Reader::time(const Key& key, double& seconds, const Bounds& bounds) {
  if (const Value* v = take(key)) read_time(*v, path_of(key.name), bounds, seconds);
}

void Reader::numbers(const Key& key, std::span<double> values, const Bounds& bounds) {
  const Value* v = take(key);
  const std::string path = path_of(key.name);
  if (v == nullptr || !expect(*v, path, Type::array, "[1, 2]")) return;
  if (v->items.size() != values.size()) {
    report(*v, path, "wrong length", "exactly " + std::to_string(values.size()) + " numbers", key.meaning);
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    read_number(v->items[i], join_path(path, i), bounds, key.unit, values[i]);
}

void Reader::times(const Key& key, std::vector<double>& seconds, const Bounds& bounds) {
  const Value* v = take(key);
  const std::string path = path_of(key.name);
  if (v == nullptr || !expect(*v, path, Type::array, "[\"1 d\", \"8 wk\"]")) return;
  seconds.assign(v->items.size(), 0.0);
  for (std::size_t i = 0; i < seconds.size(); ++i)
    read_time(v->items[i], join_path(path, i), bounds, seconds[i]);
}

void Reader::texts(const Key& key, std::vector<std::string>& values) {
  const Value* v = take(key);
  const std::string path = path_of(key.name);
  if (v == nullptr || !expect(*v, path, Type::array, "[\"a\", \"b\"]")) return;
  values.clear();
  for (std::size_t i = 0; i < v->items.size(); ++i)
    if (expect(v->items[i], join_path(path, i), Type::string, "\"text\"")) values.push_back(v->items[i].text);
}

void Reader::schedule(const Key& key, std::vector<std::pair<double, double>>& value, const Bounds& bounds) {
  const Value* v = take(key);
  const std::string path = path_of(key.name);
  if (v == nullptr || !expect(*v, path, Type::array, "[[\"0 s\", 5], [\"2 s\", 20]]")) return;
  value.assign(v->items.size(), {});
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Value& entry = v->items[i];
    const std::string at = join_path(path, i);
    if (!entry.is(Type::array) || entry.items.size() != 2) {
      report(entry, at, "not a pair", "[time, number]", "write it as [\"2 s\", 20]");
      continue;
    }
    const bool good =
        read_time(entry.items[0], join_path(at, std::size_t{0}), Bounds::at_least(0), value[i].first);
    read_number(entry.items[1], join_path(at, std::size_t{1}), bounds, key.unit, value[i].second);
    if (good && i > 0 && value[i].first <= value[i - 1].first)
      report(entry, at, "times do not rise", "", "sort the entries by time, each time once");
  }
}

void Reader::events(const Key& key, std::vector<std::pair<std::uint32_t, double>>& value) {
  const Value* v = take(key);
  const std::string path = path_of(key.name);
  if (v == nullptr || !expect(*v, path, Type::array, "[[0, 10.5], [3, 12]]")) return;
  value.assign(v->items.size(), {});
  for (std::size_t i = 0; i < value.size() && !faults_.full(); ++i) {
    const Value& entry = v->items[i];
    const std::string at = join_path(path, i);
    if (!entry.is(Type::array) || entry.items.size() != 2) {
      report(entry, at, "not a pair", "[neuron, time in ms]", "write it as [3, 12.5]");
      continue;
    }
    double neuron = 0.0;
    read_number(entry.items[0], join_path(at, std::size_t{0}), Bounds::within(0, 4294967295.0), "", neuron);
    if (neuron != static_cast<double>(static_cast<std::uint32_t>(neuron)))
      report(entry.items[0], join_path(at, std::size_t{0}), "not a whole number", "", "neurons count from 0");
    value[i].first = static_cast<std::uint32_t>(neuron);
    read_number(entry.items[1], join_path(at, std::size_t{1}), Bounds::at_least(0), "ms", value[i].second);
  }
}

void Reader::version(const Key& key, int value) {
  const Value* v = take(key);
  if (v == nullptr || (v->is(Type::number) && v->number == value)) return;
  report(*v, path_of(key.name), "a version of the format that this program does not read",
         std::to_string(value), "write \"penfield\": " + std::to_string(value) + ", or use a newer Penfield");
}

bool is_name(std::string_view text) {
  constexpr std::size_t kLongestName = 128;
  const auto odd = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '[' || c == ']';
  };
  return !text.empty() && text.size() <= kLongestName && std::none_of(text.begin(), text.end(), odd);
}

std::string path_problem(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.front() == '/' || (path.size() > 1 && path[1] == ':')) return "is absolute";
  for (const char c : path) {
    if (c == '\\') return "holds a backslash";
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "holds a control character";
  }
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == "..") return "leaves the folder by \"..\"";
    begin = end + 1;
  }
  return path.back() == '/' ? "names a folder" : "";
}

}  // namespace penfield
