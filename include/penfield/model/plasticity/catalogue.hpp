#pragma once
// Every plasticity rule that a projection can carry. Adding one: its header, one name in this list, one test.
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "penfield/model/plasticity/bcm.hpp"
#include "penfield/model/plasticity/calcium.hpp"
#include "penfield/model/plasticity/calcium_nmda.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/model/plasticity/dopamine.hpp"
#include "penfield/model/plasticity/istdp.hpp"
#include "penfield/model/plasticity/nearest.hpp"
#include "penfield/model/plasticity/pair.hpp"
#include "penfield/model/plasticity/power_law.hpp"
#include "penfield/model/plasticity/single_spikes.hpp"
#include "penfield/model/plasticity/triplet.hpp"
#include "penfield/model/plasticity/tsodyks_markram.hpp"
#include "penfield/model/plasticity/weight_dependence.hpp"

namespace penfield {

template <class... Rules>
struct PlasticityList {
  static_assert(((PairRule<Rules> || EventRule<Rules>)&&...),
                "a rule is one of the two kinds of concept.hpp");
  static_assert(((DriftingRule<Rules> || !requires { &Rules::weight_later; }) && ...),
                "a rule's weight_later() is not the one of concept.hpp, so that nobody would call it");
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

using PlasticityRules =
    PlasticityList<StdpPair, IstdpVogels, StdpWeightDependent, StdpPowerLaw, StdpNearest, StdpTriplet,
                   CalciumGraupner, CalciumNmda, StdpDopamine, TsodyksMarkram, Bcm, StdpSingleSpikes>;

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

/// Has the rule of this number, negative for none, one trace on each side and nothing beside the weight?
inline bool is_pair_rule(std::int32_t index) {
  bool pair = false;
  if (index >= 0)
    visit_plasticity_rule(static_cast<std::uint32_t>(index), [&]<class Rule>() { pair = PairRule<Rule>; });
  return pair;
}
/// Is the weight under a rule what it keeps, so that it may be set between events? Rules that work it out
/// anew, from state of their own, would take no notice of that.
inline bool weight_may_be_set(std::string_view name) {
  bool free = false;
  PlasticityRules::visit(
      name, [&]<class Rule>() { free = !DriftingRule<Rule> && !std::is_same_v<Rule, TsodyksMarkram>; });
  return free;
}
/// Floats that a rule keeps of a synapse beside its weight; none if there is no rule of that name.
inline std::uint32_t num_states_of_rule(std::string_view name) {
  std::uint32_t states = 0;
  PlasticityRules::visit(name, [&]<class Rule>() { states = num_states<Rule>(); });
  return states;
}

}  // namespace penfield
