#pragma once
// Every plasticity rule that a projection can carry. Adding one: its header, one name in this list, one test.
#include <cstdint>
#include <string_view>

#include "penfield/model/plasticity/pair.hpp"

namespace penfield {

template <class... Rules>
struct PlasticityList {
  static constexpr std::uint32_t size = sizeof...(Rules);

  template <class F>
  static bool visit(std::string_view name, F&& f) {
    return ((name == Rules::name ? (f.template operator()<Rules>(), true) : false) || ...);
  }
  template <class F>
  static bool visit(std::uint32_t index, F&& f) {
    std::uint32_t k = 0;
    return ((index == k++ ? (f.template operator()<Rules>(), true) : false) || ...);
  }
  template <class F>
  static void for_each(F&& f) {
    (f.template operator()<Rules>(), ...);
  }
};

using PlasticityRules = PlasticityList<StdpPair, IstdpVogels>;

/// Calls f.operator()<Rule>() for the rule of that place in the list; false if there is none.
template <class F>
bool visit_plasticity_rule(std::uint32_t index, F&& f) {
  return PlasticityRules::visit(index, f);
}
/// The place of a rule in the list, negative if there is none of that name.
inline std::int32_t plasticity_rule_index(std::string_view name) {
  std::int32_t found = -1, k = 0;
  PlasticityRules::for_each([&]<class Rule>() {
    if (name == Rule::name) found = k;
    ++k;
  });
  return found;
}

}  // namespace penfield
