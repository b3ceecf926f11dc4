#pragma once
// What connects to what: the user's choice, as plain data. row_maker.hpp turns it into synapses.
#include <array>
#include <cstdint>
#include <string_view>

#include "penfield/connect/kernel.hpp"

namespace penfield {

struct ConnectRule {
  enum class Kind {
    one_to_one,            ///< source i to target i
    all_to_all,            ///< every pair once
    fixed_probability,     ///< every pair once with `probability`, independently
    fixed_in_degree,       ///< every target draws `in_degree` sources evenly
    fixed_out_degree,      ///< every source draws `out_degree` targets evenly
    fixed_total_number,    ///< `total` synapses, source and target of each drawn evenly
    distance_probability,  ///< every pair once with kernel.peak * kernel(distance), independently
    distance_in_degree,    ///< every target draws `in_degree` sources in proportion to kernel(distance)
    topographic,    ///< as distance_in_degree, around the target's place mapped onto the source's sheet
    explicit_list,  ///< an EdgeList
  };
  Kind kind = Kind::fixed_probability;
  double probability = 0.1;      ///< fixed_probability; 0 to 1
  std::uint32_t in_degree = 0;   ///< fixed_in_degree, distance_in_degree, topographic
  std::uint32_t out_degree = 0;  ///< fixed_out_degree
  std::uint64_t total = 0;       ///< fixed_total_number
  Kernel kernel;  ///< distance_probability, distance_in_degree, topographic (mm of the source's sheet)
  bool allow_self = false;  ///< may a neuron connect to itself, where source and target are one population
  bool allow_multapses = true;  ///< may a pair have several synapses, where the rule can make them
};

struct RuleInfo {
  ConnectRule::Kind kind;
  std::string_view name;     ///< as in a scenario
  std::string_view meaning;  ///< one line
  bool uses_positions;
};

inline constexpr std::array<RuleInfo, 10> kRules = {{
    {ConnectRule::Kind::one_to_one, "one_to_one", "source i to target i", false},
    {ConnectRule::Kind::all_to_all, "all_to_all", "every pair once", false},
    {ConnectRule::Kind::fixed_probability, "fixed_probability",
     "every pair independently with one probability", false},
    {ConnectRule::Kind::fixed_in_degree, "fixed_in_degree", "every target draws the same number of sources",
     false},
    {ConnectRule::Kind::fixed_out_degree, "fixed_out_degree", "every source draws the same number of targets",
     false},
    {ConnectRule::Kind::fixed_total_number, "fixed_total_number", "a total number of evenly drawn synapses",
     false},
    {ConnectRule::Kind::distance_probability, "distance_probability",
     "every pair independently, less likely with distance", true},
    {ConnectRule::Kind::distance_in_degree, "distance_in_degree",
     "every target draws the same number of sources, nearer ones more often", true},
    {ConnectRule::Kind::topographic, "topographic",
     "every target draws sources around its own place mapped onto the source's sheet", true},
    {ConnectRule::Kind::explicit_list, "explicit_list", "synapses listed in a file", false},
}};

inline constexpr const RuleInfo& info(ConnectRule::Kind kind) {
  return kRules[static_cast<std::size_t>(kind)];
}

}  // namespace penfield
