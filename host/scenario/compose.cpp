#include "host/scenario/compose.hpp"

#include <filesystem>
#include <optional>
#include <utility>

#include "host/scenario/data_files.hpp"
#include "host/scenario/reader.hpp"

namespace penfield {
namespace {

using Type = Value::Type;
namespace fs = std::filesystem;

/// A random quantity is one value: {"normal": ...} over {"uniform": ...} replaces it.
bool is_distribution(const Value& v) {
  for (const char* key : {"constant", "normal", "lognormal", "uniform"})
    if (v.find(key) != nullptr) return true;
  return false;
}

void erase(Value& object, std::string_view key) {
  std::erase_if(object.members, [&](const Member& m) { return m.key == key; });
}

void merge(Value& base, Value over) {
  if (!base.is(Type::object) || !over.is(Type::object) || is_distribution(base) || is_distribution(over)) {
    base = std::move(over);
    return;
  }
  base.place = over.place;
  for (Member& m : over.members) {
    Value* found = base.find(m.key);
    if (m.value.is(Type::null)) {
      erase(base, m.key);
    } else if (found != nullptr) {
      merge(*found, std::move(m.value));
    } else {
      base.members.push_back(std::move(m));
    }
  }
}

class Composer {
 public:
  Composer(const std::string& folder, Sources& sources, Faults& faults)
      : folder_(folder), sources_(sources), faults_(faults) {}

  /// `document` merged over what it extends, its overrides applied.
  Value extended(Value document, int depth) {
    if (!document.is(Type::object)) return document;
    load_body(document);
    std::optional<Value> overrides;
    if (Value* found = document.find("override")) overrides = std::move(*found);
    std::optional<Value> base_name;
    if (Value* found = document.find("extends")) base_name = std::move(*found);
    erase(document, "override");
    erase(document, "extends");
    if (base_name) {
      Value base = load(*base_name, "extends", depth + 1);
      if (base.is(Type::object)) {
        base = extended(std::move(base), depth + 1);
        merge(base, std::move(document));
        document = std::move(base);
      }
    }
    if (overrides) apply(document, *overrides);
    return document;
  }

  /// Sets the value at `path`; the last step may be new in an object, the others are made where they are
  /// missing. A last step of [+] puts the value behind a list's elements, or all of it if it is a list.
  void set(Value& root, const std::string& path, Value value) {
    std::vector<std::string> steps;
    try {
      steps = split_path(path);
    } catch (const Error& e) {
      return report(value, "", e.what(), "", "");
    }
    Value* at = &root;
    std::string here;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const bool last = i + 1 == steps.size();
      if (at->is(Type::array)) {
        if (last && steps[i] == "+") return append(*at, std::move(value));
        const std::size_t index = find_element(*at, steps[i]);
        if (index == std::string::npos) return report_missing(*at, here, steps[i], value);
        if (last && value.is(Type::null)) {
          at->items.erase(at->items.begin() + static_cast<std::ptrdiff_t>(index));
          return;
        }
        here = join_path(here, index);
        at = &at->items[index];
      } else if (at->is(Type::object)) {
        here = join_path(here, steps[i]);
        if (last && value.is(Type::null)) return erase(*at, steps[i]);
        Value* child = at->find(steps[i]);
        if (child == nullptr) {
          Value made;
          made.type = Type::object;
          made.place = value.place;
          at->members.push_back({steps[i], value.place, std::move(made)});
          child = &at->members.back().value;
        }
        at = child;
      } else {
        return report(value, here, "there is nothing inside " + std::string(type_name(at->type)), "",
                      "set the whole value: " + here + "=...");
      }
    }
    *at = std::move(value);
  }

 private:
  static void append(Value& list, Value value) {
    if (!value.is(Type::array)) return list.items.push_back(std::move(value));
    for (Value& item : value.items) list.items.push_back(std::move(item));
  }

  void report(const Value& value, std::string path, std::string problem, std::string allowed,
              std::string cure) {
    faults_.add({value.place, std::move(path), std::move(problem), shown(value), std::move(allowed),
                 std::move(cure)});
  }

  void report_missing(const Value& array, const std::string& path, const std::string& step,
                      const Value& value) {
    std::vector<std::string> labels;
    for (const Value& item : array.items) labels.push_back(label_of(item));
    std::erase(labels, std::string());
    faults_.add({value.place, path + "[" + step + "]",
                 "no such element: the list has " + std::to_string(array.items.size()) +
                     " and none is called " + in_quotes(step),
                 "", "", labels.empty() ? "name it by its index from 0" : suggestion(step, labels)});
  }

  void apply(Value& document, const Value& overrides) {
    if (!overrides.is(Type::object))
      return report(overrides, "override", "wrong type: " + std::string(type_name(overrides.type)),
                    "an object", "write it as {\"clock.mode\": \"raw\"}");
    for (const Member& m : overrides.members)
      if (m.key != kCommentKey) set(document, m.key, m.value);
  }

  void load_body(Value& document) {
    Value* body = document.find("body");
    Value* file = body != nullptr && body->is(Type::object) ? body->find("file") : nullptr;
    if (file == nullptr) return;
    const Value name = *file;
    erase(*body, "file");
    Value parts = load(name, "body.file", 0);
    if (!parts.is(Type::object)) return;
    merge(parts, std::move(*body));
    *body = std::move(parts);
  }

  /// The document in the file that `name` holds; null when it is at fault, which is reported.
  Value load(const Value& name, const char* path, int depth) {
    if (depth > kMaxExtends) {
      report(name, path, "files extend each other too often", "at most " + std::to_string(kMaxExtends),
             "look for a file that extends itself");
      return {};
    }
    const std::string problem = name.is(Type::string) ? path_problem(name.text) : "is not text";
    if (!problem.empty()) {
      report(name, path, "a path that " + problem, "relative paths below the scenario's folder",
             "move the file below the scenario's folder");
      return {};
    }
    const std::string relative = sources_.prefix(name.place.source) + name.text;
    try {
      const std::string text =
          read_text_file(resolve_below(folder_, relative), kMaxDocumentBytes, ExitCode::input_file);
      const std::size_t slash = relative.rfind('/');
      const std::uint32_t source =
          sources_.add((fs::path(folder_) / relative).string(),
                       slash == std::string::npos ? "" : relative.substr(0, slash + 1));
      Value document = parse_json(text, source, faults_);
      if (faults_.empty() && !document.is(Type::object))
        report(document, "", "wrong type: " + std::string(type_name(document.type)), "an object",
               "write {...}");
      return document;
    } catch (const Error& e) {
      faults_.add({name.place, path, e.what(), in_quotes(name.text), "", "", e.code()});
      return {};
    }
  }

  const std::string& folder_;
  Sources& sources_;
  Faults& faults_;
};

}  // namespace

Value compose(Value top, const std::string& folder, std::span<const std::string> set_overrides,
              Sources& sources, Faults& faults) {
  Composer composer(folder, sources, faults);
  Value document = composer.extended(std::move(top), 0);
  if (!document.is(Type::object)) return document;
  for (const std::string& text : set_overrides) {
    const std::uint32_t source = sources.add("--set " + text);
    const std::size_t equals = text.find('=');
    Value value;
    value.place = {source, 0, 0};
    if (equals == std::string::npos) {
      faults.add({value.place, "", "an override without a value", in_quotes(text), "",
                  "write it as --set path=value, such as --set clock.mode=raw"});
      continue;
    }
    // What is no JSON value is text, so that `until=5 s` needs no quotes.
    const std::string right = text.substr(equals + 1);
    Faults trial(sources);
    value = parse_json(right, source, trial);
    if (!trial.empty()) {
      value = {};
      value.type = Type::string;
      value.text = right.substr(0, kMaxStringBytes);
      value.place = {source, 1, 1};
    }
    composer.set(document, text.substr(0, equals), std::move(value));
  }
  return document;
}

}  // namespace penfield
