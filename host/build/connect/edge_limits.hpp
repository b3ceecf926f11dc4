#pragma once
// What a list of synapses has to agree with, whatever file it comes from.
#include <cstdint>
#include <limits>
#include <string>

namespace penfield {

/// Sizes, units and ranges that the scenario gives a list of synapses.
struct EdgeLimits {
  std::uint32_t num_sources = 0;
  std::uint32_t num_targets = 0;
  std::uint64_t max_edges = std::uint64_t{1} << 32;
  double dt_ms = 0.0;            ///< delays last from one step to kMaxDelaySteps; 0: they are only above 0
  std::string weight_unit = {};  ///< of the port; a file that names another is refused. "": any
  double least_weight = -std::numeric_limits<double>::infinity();  ///< 0 for conductances
  double largest_weight = std::numeric_limits<double>::infinity();
  // Bounds of a rule that moves the weights, which would clip at its first event what lies outside.
  double w_min = -std::numeric_limits<double>::infinity();
  double w_max = std::numeric_limits<double>::infinity();
};

/// What is wrong with a neuron's index, a weight or a delay, and what to do; empty if nothing is. `shown` is
/// the value as the file has it.
std::string index_problem(const char* what, std::uint64_t index, std::uint32_t size,
                          const std::string& shown);
std::string weight_problem(double weight, const EdgeLimits& limits, const std::string& shown);
std::string delay_problem(double delay_ms, const EdgeLimits& limits, const std::string& shown);
/// The same for the unit that a file gives its weights.
std::string unit_problem(const std::string& unit, const EdgeLimits& limits);

}  // namespace penfield
