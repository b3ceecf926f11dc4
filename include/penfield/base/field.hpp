#pragma once
#include <array>
#include <cstddef>

namespace penfield {

/// One line of a parameter table: everything that the parser, the schema, `describe` and the docs need.
/// Bounds are inclusive; `lower_open` excludes the lower one (a time constant is > 0).
template <class Params>
struct Field {
  float Params::*member;
  const char* key;   ///< JSON key, with its unit as suffix
  const char* unit;  ///< "ms", "mV", "pA", "" for a pure number
  float default_value;
  float lower;
  float upper;
  bool lower_open;
  const char* meaning;  ///< one line
};

/// The same table with the type erased, for code that lists parameters without knowing the model.
struct FieldInfo {
  const char* key;
  const char* unit;
  double default_value;
  double lower;
  double upper;
  bool lower_open;
  const char* meaning;
};

template <class Params, std::size_t N>
constexpr std::array<FieldInfo, N> erase(const std::array<Field<Params>, N>& fields) {
  std::array<FieldInfo, N> out{};
  for (std::size_t i = 0; i < N; ++i) {
    const Field<Params>& f = fields[i];
    out[i] = {f.key, f.unit, f.default_value, f.lower, f.upper, f.lower_open, f.meaning};
  }
  return out;
}

/// Parameters with every field at its default.
template <class Params>
constexpr Params defaults() {
  Params params{};
  for (const Field<Params>& f : Params::fields()) params.*(f.member) = f.default_value;
  return params;
}

}  // namespace penfield
