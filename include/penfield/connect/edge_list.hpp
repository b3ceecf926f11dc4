#pragma once
// Synapses listed one by one, as read from a file.
#include <cstdint>
#include <string>
#include <vector>

namespace penfield {

/// Parallel arrays, one element per synapse, in the order of the file. Indices count within the populations.
struct EdgeList {
  std::vector<std::uint32_t> source;
  std::vector<std::uint32_t> target;
  std::vector<float> weight;    ///< in `weight_unit`; empty when the file gives no weights
  std::vector<float> delay_ms;  ///< empty when the file gives no delays
  std::string weight_unit;      ///< "nS", "pA", "mV", or "" where the file does not say

  std::size_t size() const { return source.size(); }
};

}  // namespace penfield
