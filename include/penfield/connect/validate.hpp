#pragma once
// Which connection requests can be met. Each function returns the problem as text (problem, why, what to do),
// or nothing; the caller adds where in the scenario it is.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "penfield/connect/edge_list.hpp"
#include "penfield/connect/positions.hpp"
#include "penfield/connect/rule.hpp"

namespace penfield {

namespace connect_detail {

using Problem = std::optional<std::string>;

inline Problem check_positions(const PopulationGeometry& population, const char* which) {
  const std::string name = std::string("the ") + which + " population";
  if (population.positions.size() != population.num_neurons) {
    return name + " has " + std::to_string(population.positions.size()) + " positions for " +
           std::to_string(population.num_neurons) +
           " neurons, but the rule uses distance; give the population's area a sheet";
  }
  const Sheet& sheet = population.sheet;
  if (Problem problem = validate(Layout{Layout::Kind::uniform, 0.0f}, sheet)) return problem;
  for (std::size_t i = 0; i < population.positions.size(); ++i) {
    const Position& p = population.positions[i];
    if (!(p.x_mm >= 0.0f && p.x_mm <= sheet.width_mm && p.y_mm >= 0.0f && p.y_mm <= sheet.height_mm)) {
      return "neuron " + std::to_string(i) + " of " + name + " lies at " + std::to_string(p.x_mm) + ", " +
             std::to_string(p.y_mm) + " mm, outside its sheet of " + std::to_string(sheet.width_mm) + " x " +
             std::to_string(sheet.height_mm) + " mm; move it or enlarge the sheet";
    }
  }
  return std::nullopt;
}

inline Problem check_kernel(const Kernel& kernel) {
  if (!(kernel.sigma_mm >= 1.0e-6 && kernel.sigma_mm <= 1.0e6)) {
    return "sigma_mm is " + std::to_string(kernel.sigma_mm) + "; a kernel's width is from 1e-6 to 1e6 mm";
  }
  if (!(kernel.cutoff_mm >= 0.0 && kernel.cutoff_mm <= 1.0e7)) {
    return "cutoff_mm is " + std::to_string(kernel.cutoff_mm) +
           "; give a distance up to 1e7 mm, or 0 for the kernel's own cutoff";
  }
  if (!(kernel.peak >= 0.0 && kernel.peak <= 1.0)) {
    return "the kernel's peak is " + std::to_string(kernel.peak) + "; it is a probability, from 0 to 1";
  }
  return std::nullopt;
}

inline Problem check_degree(const char* what, std::uint64_t degree, std::uint64_t choices, const char* of,
                            bool allow_multapses) {
  if (degree == 0) return std::nullopt;
  if (choices == 0) {
    return std::string(what) + " is " + std::to_string(degree) + ", but there is no " + of +
           " to draw from once self-connections are left out; set it to 0 or allow self-connections";
  }
  if (!allow_multapses && degree > choices) {
    return std::string(what) + " is " + std::to_string(degree) + ", but only " + std::to_string(choices) +
           " " + of + "s can be drawn without repeats; lower it or allow multapses";
  }
  return std::nullopt;
}

inline Problem check_edges(const EdgeList& edges, const ConnectRule& rule, const PopulationGeometry& source,
                           const PopulationGeometry& target, bool same_population) {
  const auto at = [](std::size_t i) { return "synapse " + std::to_string(i + 1) + " of the list "; };
  const std::size_t n = edges.size();
  if (edges.target.size() != n || (!edges.weight.empty() && edges.weight.size() != n) ||
      (!edges.delay_ms.empty() && edges.delay_ms.size() != n)) {
    return std::string("the columns of the list of synapses differ in length");
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (edges.source[i] >= source.num_neurons) {
      return at(i) + "has source " + std::to_string(edges.source[i]) + ", but the source population has " +
             std::to_string(source.num_neurons) + " neurons, counted from 0";
    }
    if (edges.target[i] >= target.num_neurons) {
      return at(i) + "has target " + std::to_string(edges.target[i]) + ", but the target population has " +
             std::to_string(target.num_neurons) + " neurons, counted from 0";
    }
    if (same_population && !rule.allow_self && edges.source[i] == edges.target[i]) {
      return at(i) + "connects neuron " + std::to_string(edges.source[i]) +
             " to itself; remove it or allow self-connections";
    }
  }
  if (rule.allow_multapses) return std::nullopt;
  std::vector<std::uint64_t> pairs(n);
  for (std::size_t i = 0; i < n; ++i) pairs[i] = (std::uint64_t{edges.source[i]} << 32) | edges.target[i];
  std::sort(pairs.begin(), pairs.end());
  const auto twice = std::adjacent_find(pairs.begin(), pairs.end());
  if (twice == pairs.end()) return std::nullopt;
  return "the list connects source " + std::to_string(*twice >> 32) + " to target " +
         std::to_string(*twice & 0xffffffffu) + " more than once; remove the repeats or allow multapses";
}

}  // namespace connect_detail

/// The problem with connecting two populations by a rule, or nothing. `same_population`: source and target
/// are one. Empty populations are fine: they have no synapses. `edges` is needed by explicit_list. One check
/// is left to the making of rows, which throws: whether every target of a distance rule has enough sources
/// within the cutoff.
inline std::optional<std::string> validate(const ConnectRule& rule, const PopulationGeometry& source,
                                           const PopulationGeometry& target, bool same_population,
                                           const EdgeList* edges = nullptr) {
  using connect_detail::Problem;
  const bool without_self = same_population && !rule.allow_self;
  const bool empty = source.num_neurons == 0 || target.num_neurons == 0;
  const std::uint64_t sources = source.num_neurons - (without_self && source.num_neurons > 0 ? 1u : 0u);
  const std::uint64_t targets = target.num_neurons - (without_self && target.num_neurons > 0 ? 1u : 0u);
  if (same_population && source.num_neurons != target.num_neurons) {
    return std::string("source and target are one population but differ in size");
  }
  if (info(rule.kind).uses_positions) {
    if (Problem problem = connect_detail::check_kernel(rule.kernel)) return problem;
    if (Problem problem = connect_detail::check_positions(source, "source")) return problem;
    if (Problem problem = connect_detail::check_positions(target, "target")) return problem;
    if (rule.kind != ConnectRule::Kind::topographic && !(source.sheet == target.sheet)) {
      return "rule " + std::string(info(rule.kind).name) +
             " measures distances, but source and target lie on different sheets; use topographic, which "
             "maps one "
             "sheet onto the other";
    }
  }
  switch (rule.kind) {
    case ConnectRule::Kind::one_to_one:
      if (source.num_neurons != target.num_neurons) {
        return "one_to_one needs populations of one size, but the source has " +
               std::to_string(source.num_neurons) + " neurons and the target " +
               std::to_string(target.num_neurons) + "; use another rule";
      }
      if (without_self && !empty) {
        return std::string(
            "one_to_one within a population makes self-connections only; allow self-connections or use "
            "another rule");
      }
      return std::nullopt;
    case ConnectRule::Kind::all_to_all:
    case ConnectRule::Kind::distance_probability: return std::nullopt;
    case ConnectRule::Kind::fixed_probability:
      if (!(rule.probability >= 0.0 && rule.probability <= 1.0)) {
        return "probability is " + std::to_string(rule.probability) + "; it has to be from 0 to 1";
      }
      return std::nullopt;
    case ConnectRule::Kind::fixed_in_degree:
    case ConnectRule::Kind::distance_in_degree:
    case ConnectRule::Kind::topographic:
      if (empty) return std::nullopt;
      return connect_detail::check_degree("in_degree", rule.in_degree, sources, "source",
                                          rule.allow_multapses);
    case ConnectRule::Kind::fixed_out_degree:
      if (empty) return std::nullopt;
      return connect_detail::check_degree("out_degree", rule.out_degree, targets, "target",
                                          rule.allow_multapses);
    case ConnectRule::Kind::fixed_total_number:
      if (!rule.allow_multapses) {
        return std::string(
            "fixed_total_number draws every synapse independently, so pairs can repeat; allow multapses, or "
            "use "
            "fixed_probability or a fixed degree");
      }
      if (empty) return std::nullopt;
      // Far above any row's mean, so that no count leaves 32 bits.
      if (rule.total / target.num_neurons >= (std::uint64_t{1} << 30)) {
        return "total is " + std::to_string(rule.total) + ", 2^30 synapses a target or more; lower it";
      }
      return connect_detail::check_degree("total", rule.total, sources, "source", true);
    case ConnectRule::Kind::explicit_list:
      if (edges == nullptr) return std::string("explicit_list needs a list of synapses; name its file");
      return connect_detail::check_edges(*edges, rule, source, target, same_population);
  }
  return std::string("the rule is unknown");
}

}  // namespace penfield
