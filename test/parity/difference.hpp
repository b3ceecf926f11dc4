#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "penfield/state/network.hpp"

namespace penfield::test {

/// The phase of a step that writes an array of this name.
inline std::string phase_of(const std::string& array) {
  const std::string field = array.substr(array.rfind('/') + 1);
  if (field.starts_with("ring")) return "update (clears) or deliver (adds)";
  if (field.starts_with("weight")) return "deliver (plastic) or flush";
  if (field == "history_mark" || field == "history_flushed" || field == "flush_due") return "flush";
  return "update";
}

/// The first element of a fast, slow or topology array that differs between two networks of equal shape, and
/// the phase that wrote it; empty if none does. Arrays come in the order of Network::arrays(): populations,
/// then projections.
inline std::string first_difference(Network& expected, Network& actual) {
  const std::vector<StateArray> a = expected.arrays();
  const std::vector<StateArray> b = actual.arrays();
  if (a.size() != b.size()) return "the networks have different arrays";
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (a[k].kind == ArrayKind::constant || a[k].kind == ArrayKind::scratch) continue;
    if (a[k].name != b[k].name || a[k].bytes != b[k].bytes) return a[k].name + " has another size or name";
    if (std::memcmp(a[k].data, b[k].data, a[k].bytes) == 0) continue;
    std::size_t at = 0;
    while (a[k].data[at] == b[k].data[at]) ++at;
    std::string text =
        a[k].name + ", element " + std::to_string(at / a[k].element_bytes) + ", phase " + phase_of(a[k].name);
    if (a[k].element_bytes == 4) {
      std::uint32_t x, y;
      std::memcpy(&x, a[k].data + at / 4 * 4, 4);
      std::memcpy(&y, b[k].data + at / 4 * 4, 4);
      text += ": bits " + std::to_string(x) + " on the CPU, " + std::to_string(y) + " on the GPU";
    }
    return text;
  }
  return "";
}

/// Makes `to` equal `from`, which has the same shape.
inline void copy_state(Network& from, Network& to) {
  const std::vector<StateArray> a = from.arrays();
  const std::vector<StateArray> b = to.arrays();
  for (std::size_t k = 0; k < a.size(); ++k) std::memcpy(b[k].data, a[k].data, a[k].bytes);
}

}  // namespace penfield::test
