#pragma once
// One description of every section, four uses. sections.hpp lists each section's keys once, with unit,
// bounds, default and meaning; a Visitor walks that list to read a document, write the canonical dump, emit
// the schema, or print tables.
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/scenario/document.hpp"
#include "host/scenario/scenario.hpp"

namespace penfield {

/// What a key is called and means. The default is the value that the visited struct starts with.
struct Key {
  const char* name;
  const char* unit;     ///< "" for a pure number
  const char* meaning;  ///< one line
  bool required = false;
};

/// Allowed range of a number, ends included unless `lower_open`.
struct Bounds {
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
  bool lower_open = false;

  static Bounds at_least(double lower) { return {lower, std::numeric_limits<double>::infinity(), false}; }
  static Bounds within(double lower, double upper) { return {lower, upper, false}; }
  static Bounds above(double lower, double upper = std::numeric_limits<double>::infinity()) {
    return {lower, upper, true};
  }
  bool hold(double v) const { return (lower_open ? v > lower : v >= lower) && v <= upper; }
};

/// "at least 0", "above 0, at most 100 ms", "from 0 to 1", or empty without bounds.
std::string bounds_text(const Bounds& bounds, const char* unit);

/// One of several forms of a value, written {"name": {...}}.
struct Alternative {
  const char* name;
  const char* meaning;
  const char* lone_key = nullptr;  ///< {"name": x} is short for {"name": {lone_key: x}}
};

/// What a text is for, and so what it may hold.
enum class TextKind { free, name, reference, file };

class Visitor {
 public:
  virtual ~Visitor() = default;

  /// True for a visitor that fills the structs from a document.
  virtual bool reads() const { return false; }
  /// True for visitors of the tables themselves, which look at every case.
  virtual bool shows_all() const { return false; }

  // ---- values
  // ----------------------------------------------------------------------------------------------------
  virtual void number(const Key& key, double& value, const Bounds& bounds) = 0;
  virtual void integer(const Key& key, std::uint64_t& value, std::uint64_t lower, std::uint64_t upper) = 0;
  virtual void boolean(const Key& key, bool& value) = 0;
  virtual void text(const Key& key, std::string& value, TextKind kind) = 0;
  virtual void choose(const Key& key, std::span<const char* const> names, std::size_t& index) = 0;
  /// A time such as "6 h", stored as seconds. A negative stored value means that the key is absent.
  virtual void time(const Key& key, double& seconds, const Bounds& bounds) = 0;
  virtual void distribution(const Key& key, Distribution& value, const Bounds& bounds) = 0;
  virtual void numbers(const Key& key, std::span<double> values, const Bounds& bounds) = 0;  ///< fixed length
  virtual void times(const Key& key, std::vector<double>& seconds, const Bounds& bounds) = 0;
  virtual void texts(const Key& key, std::vector<std::string>& values) = 0;
  /// [[time, number], ...]
  virtual void schedule(const Key& key, std::vector<std::pair<double, double>>& value,
                        const Bounds& bounds) = 0;
  /// [[index, time in ms], ...]
  virtual void events(const Key& key, std::vector<std::pair<std::uint32_t, double>>& value) = 0;

  // ---- structure
  // -------------------------------------------------------------------------------------------------
  /// Enters the object at `key`; `present`: whether the struct holds it, with its defaults where a document
  /// that is being read lacks the key. Visit and leave() only if true.
  virtual bool enter(const Key& key, bool present) = 0;
  virtual void leave() = 0;
  /// As enter(), but a value that is no object with a `lone_key` member is short for {lone_key: value}.
  virtual bool enter_short(const Key& key, const char* lone_key) = 0;
  /// Enters a list (or an object with one member per element, if `by_name`) of at most `limit`
  /// elements; returns how many to visit.
  virtual std::size_t enter_list(const Key& key, bool by_name, std::size_t present, std::size_t limit) = 0;
  /// `name`: of the element in a by_name list, written by readers, read by the others.
  virtual bool enter_element(std::size_t index, std::string* name) = 0;
  virtual void leave_element() = 0;
  virtual void leave_list() = 0;
  /// The value is {"name": {...}} with one of `all`. With `key` null, the element just entered is that
  /// object. Loop over all alternatives, visit those entered. Returns whether there is something to loop
  /// over.
  virtual bool enter_choice(const Key* key, std::span<const Alternative> all, bool present) = 0;
  virtual bool enter_alternative(std::size_t i, std::size_t& current) = 0;
  virtual void leave_alternative() = 0;
  virtual void leave_choice() = 0;
  /// The keys that follow belong to `key` = `value` only.
  virtual bool enter_case(const char* key, const Alternative& value, bool current) = 0;
  virtual void leave_case() {}
  /// The key `stem_unit`, where the unit is part of the value: weight_pA or weight_nS.
  virtual bool enter_unit(const Key& stem, const char* unit, const std::string& current) = 0;
  virtual void leave_units(const Key& stem, std::span<const char* const> units) = 0;
  /// A key that is gone before readers see the document (compose.hpp). `lifts`: with it, nothing else is
  /// required.
  virtual void composed(const Key&, Value::Type, bool /*lifts*/) {}
  /// A key that must be a fixed integer: the format's version.
  virtual void version(const Key& key, int value) = 0;

  // ---- conveniences
  // ----------------------------------------------------------------------------------------------
  void small_integer(const Key& key, std::uint32_t& value, std::uint64_t lower, std::uint64_t upper) {
    std::uint64_t wide = value;
    integer(key, wide, lower, upper);
    value = static_cast<std::uint32_t>(wide);
  }

  template <class T>
  void choice(const Key& key, T& value, std::initializer_list<std::pair<const char*, T>> options) {
    std::vector<const char*> names;
    std::size_t index = 0;
    for (const auto& [name, v] : options) {
      if (v == value) index = names.size();
      names.push_back(name);
    }
    choose(key, names, index);
    value = (options.begin() + index)->second;
  }

  void choice(const Key& key, std::string& value, std::span<const char* const> names) {
    std::size_t index = 0;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (value == names[i]) index = i;
    choose(key, names, index);
    value = names[index];
  }

  /// Some checks compare every element with every other one, which bounds what a stranger's file may ask for.
  static constexpr std::size_t kMaxElements = 4096;

  template <class T, class Visit>
  void list(const Key& key, std::vector<T>& items, const Visit& visit, std::size_t limit = kMaxElements) {
    items.resize(enter_list(key, false, items.size(), limit));
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!enter_element(i, nullptr)) continue;
      visit(*this, items[i]);
      leave_element();
    }
    leave_list();
  }

  /// The same of a section that a canonical dump leaves out where it is empty: scenarios from before there
  /// was such a section keep their hash.
  template <class T, class Visit>
  void list_if_any(const Key& key, std::vector<T>& items, const Visit& visit,
                   std::size_t limit = kMaxElements) {
    if (!items.empty() || reads() || shows_all()) list(key, items, visit, limit);
  }

  /// `T` has a `name`, which is the key of its member.
  template <class T, class Visit>
  void named_list(const Key& key, std::vector<T>& items, const Visit& visit,
                  std::size_t limit = kMaxElements) {
    items.resize(enter_list(key, true, items.size(), limit));
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!enter_element(i, &items[i].name)) continue;
      visit(*this, items[i]);
      leave_element();
    }
    leave_list();
  }

  /// `visit(visitor)` under the key `stem_unit`; `unit` is the one in use.
  template <class Visit>
  void with_unit(const Key& stem, std::span<const char* const> units, std::string& unit, const Visit& visit) {
    const std::string current = unit;
    for (const char* u : units) {
      if (!enter_unit(stem, u, current)) continue;
      const std::string name = std::string(stem.name) + "_" + u;
      visit(*this, Key{name.c_str(), u, stem.meaning, false});
      unit = u;
    }
    leave_units(stem, units);
  }
};

}  // namespace penfield
