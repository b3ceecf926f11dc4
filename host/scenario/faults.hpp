#pragma once
// Everything that is wrong with a scenario, collected so that the user sees it at once.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penfield/base/error.hpp"

namespace penfield {

/// Where a value was written. Line and column count from 1 (columns in characters); line 0: not from a file.
struct Place {
  std::uint32_t source = 0;  ///< index into Sources
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// The texts a scenario is put together from: its file, those it extends, the body file, each --set.
class Sources {
 public:
  /// `prefix`: folder of the file relative to the scenario's ("" or "sub/"), which its own paths start from.
  std::uint32_t add(std::string name, std::string prefix = "");
  const std::string& name(std::uint32_t source) const { return names_.at(source); }
  const std::string& prefix(std::uint32_t source) const { return prefixes_.at(source); }
  std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_, prefixes_;
};

/// One thing that is wrong, with its cure.
struct Fault {
  Place place;
  std::string path;     ///< of the value, as --set takes it: populations[S1/E].n
  std::string problem;  ///< what is wrong; the reason after a colon
  std::string seen;     ///< the value in the file, or empty
  std::string allowed;  ///< range or choices, or empty
  std::string cure;     ///< what to do
  ExitCode code = ExitCode::scenario;
};

/// Collects faults and throws them together.
class Faults {
 public:
  static constexpr std::size_t kShown = 20, kKept = 100;

  explicit Faults(const Sources& sources) : sources_(&sources) {}

  /// Keeps the first fault of a path; later ones there are mostly its echo.
  void add(Fault fault);
  bool empty() const { return faults_.empty(); }
  /// Enough are kept; more are only counted, so callers may spare themselves the words.
  bool full() const { return faults_.size() >= kKept; }
  std::size_t size() const { return total_; }
  /// Whether something at `path` or inside it is at fault.
  bool concern(std::string_view path) const;
  const std::vector<Fault>& all() const { return faults_; }

  /// Throws an Error that lists the first kShown faults, one a line:
  /// `file:line:column: path: problem, seen X, allowed Y; cure`. The code is scenario, or input_file
  /// where only data files are at fault. Does nothing when there are none.
  void throw_if_any() const;

 private:
  const Sources* sources_;
  std::vector<Fault> faults_;
  std::size_t total_ = 0;
};

/// The known word nearest to `word` by edit distance, or empty when none is near enough to be meant.
std::string nearest(std::string_view word, std::span<const std::string> known);

/// `did you mean "x"?`, or `known: a, b, c`; the cure of a misspelt word.
std::string suggestion(std::string_view word, std::span<const std::string> known);

/// `a, b, c`.
std::string joined(std::span<const std::string> words);

/// `text` in double quotes, shortened and with control characters shown, for messages.
std::string in_quotes(std::string_view text);

}  // namespace penfield
