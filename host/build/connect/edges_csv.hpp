#pragma once
#include <cstdint>
#include <istream>
#include <string>

#include "penfield/connect/edge_list.hpp"

namespace penfield {

/// Sizes that a list of synapses has to agree with.
struct EdgeLimits {
  std::uint32_t num_sources = 0;
  std::uint32_t num_targets = 0;
  std::uint64_t max_edges = std::uint64_t{1} << 32;
};

/// Reads synapses from a table of comma-separated values. The first line names the columns, in any order:
/// `source` and `target` (indices within the populations, from 0), and if wanted `weight` (or `weight_nS`,
/// `weight_pA`, `weight_mV`) and `delay_ms` (or `delay`, in ms, above 0). Empty lines and lines that start
/// with `#` are skipped. Numbers have a decimal point whatever the locale. Throws Error(input_file) that
/// lists up to 20 faults, each with its line. `name` is what to call the table in messages.
EdgeList parse_edges_csv(std::istream& in, const std::string& name, const EdgeLimits& limits);

/// The same from a file. Throws Error(input_file) too when it cannot be read.
EdgeList read_edges_csv(const std::string& path, const EdgeLimits& limits);

}  // namespace penfield
