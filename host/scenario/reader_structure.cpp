// The Reader's walk through objects, lists and alternatives, and random quantities.
#include <algorithm>
#include <string>

#include "host/scenario/reader.hpp"
#include "host/scenario/text_forms.hpp"

namespace penfield {
namespace {

using Type = Value::Type;

std::vector<std::string> names_of(std::span<const Alternative> all) {
  std::vector<std::string> names;
  for (const Alternative& a : all) names.emplace_back(a.name);
  return names;
}

}  // namespace

// ---- objects
// ------------------------------------------------------------------------------------------------------

bool Reader::enter(const Key& key, bool present) {
  const Value* v = take(key);
  const std::string path = path_of(key.name);
  if (v == nullptr) {
    if (!present) return false;
    push(nullptr, path);
    return true;
  }
  if (!expect(*v, path, Type::object, "{\"key\": value}")) return false;
  push(v, path);
  return true;
}

void Reader::leave() {
  report_unknown(frames_.back());
  frames_.pop_back();
}

bool Reader::enter_short(const Key& key, const char* lone_key) {
  const Value* v = take(key);
  const std::string path = path_of(key.name);
  if (v == nullptr) {
    if (key.required) return false;
    push(nullptr, path);
  } else if (v->is(Type::object) && v->find(lone_key) != nullptr) {
    push(v, path);
  } else {
    push(v, path, lone_key);
  }
  return true;
}

std::size_t Reader::enter_list(const Key& key, bool by_name, std::size_t, std::size_t limit) {
  const Value* v = take(key);
  const std::string path = path_of(key.name);
  if (v != nullptr &&
      !expect(*v, path, by_name ? Type::object : Type::array, by_name ? "{\"NAME\": {...}}" : "[...]"))
    v = nullptr;
  if (v != nullptr && v->items.size() + v->members.size() > limit) {
    report(*v, path, "too many elements", "at most " + std::to_string(limit), "remove some");
    v = nullptr;
  }
  push(v, path);
  if (v == nullptr) return 0;
  if (!by_name) return v->items.size();
  for (const Member& m : v->members) {
    if (m.key == kCommentKey) {
      check_comment(m, path);
    } else {
      frames_.back().named.push_back(&m);
    }
  }
  return frames_.back().named.size();
}

bool Reader::enter_element(std::size_t index, std::string* name) {
  const Frame& frame = frames_.back();
  const Value* v = nullptr;
  std::string path;
  if (name != nullptr) {
    const Member& member = *frame.named[index];
    v = &member.value;
    *name = member.key;
    path = join_path(frame.path, member.key);
    if (!is_name(member.key))
      faults_.add(
          {member.place, path, "not a name", in_quotes(member.key), kNameRule, "choose another name"});
  } else {
    v = &frame.value->items[index];
    path = join_path(frame.path, index);
  }
  // A bare name may stand for an alternative without keys.
  if (!v->is(Type::object) && !expect(*v, path, Type::object, "{\"key\": value}")) return false;
  push(v, path);
  return true;
}

// ---- alternatives
// -------------------------------------------------------------------------------------------------

bool Reader::enter_choice(const Key* key, std::span<const Alternative> all, bool present) {
  const Value* v = key != nullptr ? take(*key) : frames_.back().value;
  const std::string path = key != nullptr ? path_of(key->name) : frames_.back().path;
  if (v == nullptr) {
    if (present && key != nullptr && !key->required) present = false;
    return false;
  }
  const std::vector<std::string> names = names_of(all);
  const Member* only = nullptr;
  std::size_t members = 0;
  std::string written;
  for (const Member& m : v->members) {
    if (m.key == kCommentKey) continue;
    only = &m;
    written += (members == 0 ? "" : " and ") + in_quotes(m.key);
    ++members;
  }
  const bool bare = v->is(Type::string);
  const auto wrong = [&](std::string problem) {
    if (key == nullptr) frames_.back().unclear = true;
    report(*v, path, std::move(problem), "one of " + joined(names),
           "write it as {\"" + names.front() + "\": {...}}");
    return false;
  };
  if (!bare && !v->is(Type::object)) return wrong("wrong type: " + std::string(type_name(v->type)));
  if (!bare && members != 1)
    return wrong(members == 0 ? "a choice is missing" : "more than one choice, " + written);
  const std::string& chosen = bare ? v->text : only->key;
  const auto found = std::find(names.begin(), names.end(), chosen);
  if (found == names.end()) {
    if (key == nullptr) frames_.back().unclear = true;
    faults_.add({bare ? v->place : only->place, bare ? path : join_path(path, chosen),
                 "unknown choice " + in_quotes(chosen), "", joined(names), suggestion(chosen, names)});
    return false;
  }
  if (key == nullptr) frames_.back().known.push_back(chosen);
  push(v, path);
  Frame& frame = frames_.back();
  frame.alternatives = all;
  frame.chosen = static_cast<std::size_t>(found - names.begin());
  return true;
}

bool Reader::enter_alternative(std::size_t i, std::size_t& current) {
  const Frame& frame = frames_.back();
  if (i != frame.chosen) return false;
  current = i;
  const Alternative& a = frame.alternatives[i];
  const Value* v = frame.value;
  std::string path = frame.path;
  if (v->is(Type::string)) {  // "one_to_one" is short for {"one_to_one": {}}
    push(v, path, "//");      // no key is called so: required ones are reported missing
    return true;
  }
  v = v->find(a.name);
  path = join_path(path, a.name);
  if (v->is(Type::object)) {
    push(v, path);
  } else if (a.lone_key != nullptr) {
    push(v, path, a.lone_key);
  } else {
    expect(*v, path, Type::object, "{\"key\": value}");
    return false;
  }
  return true;
}

bool Reader::enter_case(const char*, const Alternative&, bool current) {
  return current && !frames_.back().unclear;
}

bool Reader::enter_unit(const Key& stem, const char* unit, const std::string&) {
  const std::string name = std::string(stem.name) + "_" + unit;
  Frame& frame = frames_.back();
  frame.known.push_back(name);
  return frame.value != nullptr && frame.value->find(name) != nullptr;
}

void Reader::leave_units(const Key& stem, std::span<const char* const> units) {
  const Frame& frame = frames_.back();
  if (frame.value == nullptr) return;
  std::vector<std::string> given, all;
  for (const char* u : units) {
    all.push_back(std::string(stem.name) + "_" + u);
    if (frame.value->find(all.back()) != nullptr) given.push_back(all.back());
  }
  if (given.size() > 1) {
    report(*frame.value->find(given[1]), path_of(given[1]), "given in two units: " + joined(given), "",
           "keep the one whose unit is the port's");
  } else if (given.empty() && stem.required) {
    faults_.add({frame.value->place, path_of(stem.name),
                 "the key \"" + std::string(stem.name) + "_UNIT\" is missing", "", joined(all),
                 "add the one whose unit is the port's: " + std::string(stem.meaning)});
  }
}

// ---- random quantities
// --------------------------------------------------------------------------------------------

void Reader::distribution(const Key& key, Distribution& value, const Bounds& bounds) {
  if (const Value* v = take(key)) read_distribution(*v, path_of(key.name), key, bounds, value);
}

void Reader::read_distribution(const Value& v, const std::string& path, const Key& key, const Bounds& bounds,
                               Distribution& out) {
  Distribution d;
  if (v.is(Type::number)) {
    if (read_number(v, path, bounds, key.unit, d.a)) out = d;
    return;
  }
  static constexpr const char* kForms =
      "a number, {\"normal\": [mean, sd]}, {\"lognormal\": [mean, sd]}, {\"uniform\": [low, high]}";
  if (!v.is(Type::object)) {
    report(v, path, "wrong type: " + std::string(type_name(v.type)), kForms, "write one of these");
    return;
  }
  push(&v, path);
  struct Form {
    const char* name;
    Distribution::Kind kind;
  };
  static constexpr Form kKinds[] = {{"constant", Distribution::Kind::constant},
                                    {"normal", Distribution::Kind::normal},
                                    {"lognormal", Distribution::Kind::lognormal},
                                    {"uniform", Distribution::Kind::uniform}};
  const std::size_t before = faults_.size();
  std::size_t given = 0;
  for (const Form& form : kKinds) {
    if (v.find(form.name) == nullptr) {
      frames_.back().known.emplace_back(form.name);
      continue;
    }
    ++given;
    d.kind = form.kind;
    if (form.kind == Distribution::Kind::constant) {
      number({form.name, key.unit, ""}, d.a, bounds);
    } else {
      double two[2] = {0.0, 0.0};
      numbers({form.name, key.unit, "two numbers"}, two, {});
      d.a = two[0], d.b = two[1];
    }
  }
  for (auto [name, bound] : {std::pair{"min", &d.lower}, std::pair{"max", &d.upper}}) {
    if (v.find(name) != nullptr) bound->emplace(0.0);
    double x = 0.0;
    number({name, key.unit, ""}, x, {});
    if (*bound) **bound = x;
  }
  leave();
  if (given != 1) {
    report(v, path, given == 0 ? "no distribution" : "more than one distribution", kForms,
           "keep exactly one");
  } else if (faults_.size() == before) {
    check_distribution(v, path, key, bounds, d);
    if (faults_.size() == before) out = d;
  }
}

void Reader::check_distribution(const Value& v, const std::string& path, const Key& key, const Bounds& bounds,
                                const Distribution& d) {
  if (range_checks_ != nullptr) ++*range_checks_;
  const auto outside = [&](double x) { return !bounds.hold(x); };
  const bool uniform = d.kind == Distribution::Kind::uniform;
  if ((d.lower && outside(*d.lower)) || (d.upper && outside(*d.upper)) ||
      (uniform && (outside(d.a) || outside(d.b)))) {
    report(v, path, "out of range", bounds_text(bounds, key.unit), "narrow the distribution");
  } else if (const std::optional<std::string> why = impossible(d, bounds.lower, bounds.upper)) {
    report(v, path, "a distribution that can never be met: " + *why, bounds_text(bounds, key.unit), "");
  }
}

}  // namespace penfield
