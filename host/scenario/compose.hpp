#pragma once
#include <span>
#include <string>

#include "host/scenario/document.hpp"

namespace penfield {

/// Puts a document together, before anything is interpreted:
/// `"extends": "base.json"` (below the file's folder, chains of at most kMaxExtends) merges the file over its
/// base, object by object, lists as a whole; null removes a key. `"body": {"file": ...}` merges over that
/// file. `"override": {path: value}` and then `path=value` texts set single values (null removes them).
/// `folder`: of the top file, which no path may leave. Adds each text to `sources`.
Value compose(Value top, const std::string& folder, std::span<const std::string> set_overrides,
              Sources& sources, Faults& faults);

inline constexpr int kMaxExtends = 8;

}  // namespace penfield
