#pragma once
// Fills a Scenario from a document: types, units, ranges, unknown keys. What joins several values is in
// checks.hpp.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/scenario/document.hpp"
#include "host/scenario/visitor.hpp"

namespace penfield {

class Reader final : public Visitor {
 public:
  /// `root` must outlive the reader. `range_checks`, if given, counts the values that reached a range check.
  Reader(const Value& root, const Sources& sources, Faults& faults, std::size_t* range_checks = nullptr);

  /// Reports the unknown keys of the top level. Call once, after the visit.
  void finish();

  bool reads() const override { return true; }
  void number(const Key&, double&, const Bounds&) override;
  void integer(const Key&, std::uint64_t&, std::uint64_t lower, std::uint64_t upper) override;
  void boolean(const Key&, bool&) override;
  void text(const Key&, std::string&, TextKind) override;
  void choose(const Key&, std::span<const char* const> names, std::size_t& index) override;
  void time(const Key&, double& seconds, const Bounds&) override;
  void distribution(const Key&, Distribution&, const Bounds&) override;
  void numbers(const Key&, std::span<double>, const Bounds&) override;
  void times(const Key&, std::vector<double>&, const Bounds&) override;
  void texts(const Key&, std::vector<std::string>&) override;
  void schedule(const Key&, std::vector<std::pair<double, double>>&, const Bounds&) override;
  void events(const Key&, std::vector<std::pair<std::uint32_t, double>>&) override;

  bool enter(const Key&, bool present) override;
  void leave() override;
  bool enter_short(const Key&, const char* lone_key) override;
  std::size_t enter_list(const Key&, bool by_name, std::size_t present, std::size_t limit) override;
  bool enter_element(std::size_t, std::string* name) override;
  void leave_element() override { leave(); }
  void leave_list() override { frames_.pop_back(); }
  bool enter_choice(const Key*, std::span<const Alternative>, bool present) override;
  bool enter_alternative(std::size_t i, std::size_t& current) override;
  void leave_alternative() override { leave(); }
  void leave_choice() override { frames_.pop_back(); }
  bool enter_case(const char* key, const Alternative&, bool current) override;
  bool enter_unit(const Key& stem, const char* unit, const std::string& current) override;
  void leave_units(const Key& stem, std::span<const char* const> units) override;
  void version(const Key&, int value) override;

 private:
  /// An object that is being read (or a list, or a choice between alternatives).
  struct Frame {
    const Value* value = nullptr;  ///< null: absent, every key takes its default
    std::string path;
    std::string lone_key;              ///< `value` itself is the value of this key
    std::vector<std::string> known;    ///< keys asked for so far
    std::vector<const Member*> named;  ///< of a list by name
    std::span<const Alternative> alternatives = {};
    std::size_t chosen = 0;  ///< index into alternatives
    bool unclear = false;    ///< a choice failed, so what keys belong here is not known
  };

  const Value* take(const Key&);
  std::string path_of(std::string_view key) const;
  void report(const Value& value, const std::string& path, std::string problem, std::string allowed,
              std::string cure);
  bool expect(const Value& value, const std::string& path, Value::Type type, const char* example);
  bool read_number(const Value&, const std::string& path, const Bounds&, const char* unit, double& out);
  bool read_time(const Value&, const std::string& path, const Bounds&, double& out);
  void read_distribution(const Value&, const std::string& path, const Key&, const Bounds&, Distribution& out);
  void check_distribution(const Value&, const std::string& path, const Key&, const Bounds&,
                          const Distribution&);
  void report_unknown(const Frame&);
  void check_comment(const Member&, const std::string& path);
  void push(const Value* value, std::string path, std::string lone_key = "");

  const Sources& sources_;
  Faults& faults_;
  std::size_t* range_checks_;
  std::vector<Frame> frames_;
};

/// Whether `text` can name something: 1 to 128 bytes without brackets, which paths use, and control
/// characters.
bool is_name(std::string_view text);
inline constexpr const char* kNameRule = "1 to 128 characters, no brackets";

/// Why `path` may not name a data file ("" when it may): empty, absolute, with "..", a backslash or a control
/// character.
std::string path_problem(std::string_view path);

}  // namespace penfield
