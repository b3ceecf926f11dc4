#pragma once
// Strict JSON (RFC 8259) that remembers where each value was written. Made for files from strangers: every
// limit is checked before memory is spent. Stricter than the RFC: no duplicate keys, no NUL in strings,
// numbers must fit a double.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/scenario/faults.hpp"

namespace penfield {

inline constexpr std::size_t kMaxDocumentBytes = std::size_t{16} << 20;
inline constexpr int kMaxNesting = 64;
inline constexpr std::size_t kMaxStringBytes = 4096;
inline constexpr std::size_t kMaxValues = 1'000'000;  ///< bounds the memory of a hostile file to about 150 MB

/// The reserved key for comments, allowed in every object and ignored.
inline constexpr std::string_view kCommentKey = "//";

struct Member;

/// A JSON value with its place.
struct Value {
  enum class Type { null, boolean, number, string, array, object };
  Type type = Type::null;
  bool boolean = false;
  Place place;
  double number = 0.0;          ///< never NaN or infinite; -0 is read as 0
  std::string text;             ///< a string's content (UTF-8), or a number as written
  std::vector<Value> items;     ///< of an array
  std::vector<Member> members;  ///< of an object, in file order, keys unique

  bool is(Type t) const { return type == t; }
  /// The member called `key`, or null.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
};

struct Member {
  std::string key;
  Place place;  ///< of the key
  Value value;
};

/// `a number`, `a string`, ... for messages.
const char* type_name(Value::Type type);

/// The value as it was written, shortened, for messages.
std::string shown(const Value& value);

/// Parses `text`, whose places refer to `source`. Duplicate keys are reported and parsing goes on; the first
/// syntax error is reported and ends it. Returns a null value then.
Value parse_json(std::string_view text, std::uint32_t source, Faults& faults);

/// The bytes of a regular file of at most `max_bytes`; the size is checked before anything is read.
/// Throws Error(`code`) naming the file when it is missing, not a regular file, too large or unreadable.
std::string read_text_file(const std::string& path, std::size_t max_bytes, ExitCode code);

/// A path into a document, as --set and messages write it: `populations[S1/E].params.tau_m_ms`,
/// `timeline[2].at`, `timeline[freeze_inhibition].enabled`. Each step names a key, an array index or the
/// label of an array element. Throws Error(usage) on a malformed path.
std::vector<std::string> split_path(std::string_view path);
/// Appends a key to a path: `.key`, or `[key]` where the key is not a plain word.
std::string join_path(const std::string& path, std::string_view key);
std::string join_path(const std::string& path, std::size_t index);

/// What an element of an array is called: its "name", or "FROM -> TO", or its "probe"; empty when it has
/// none.
std::string label_of(const Value& element);

/// The element of `array` that `step` names (index or label), or `npos`.
std::size_t find_element(const Value& array, std::string_view step);

/// Place of the value at `path`, or of its nearest ancestor that was written.
Place place_of(const Value& root, std::string_view path);
/// The value at `path`, or null.
const Value* value_at(const Value& root, std::string_view path);

}  // namespace penfield
