#pragma once
#include <istream>
#include <string>

#include "host/build/connect/edge_limits.hpp"
#include "penfield/connect/edge_list.hpp"

namespace penfield {

/// Reads synapses from a table of comma-separated values. The first line names the columns, in any order:
/// `source` and `target` (indices within the populations, from 0), and if wanted `weight` (or `weight_nS`,
/// `weight_pA`, `weight_mV`) and `delay_ms` (or `delay`, in ms). Values keep to `limits`. Empty lines and
/// lines that start with `#` are skipped. Numbers have a decimal point whatever the locale. Throws
/// Error(input_file) that lists up to 20 faults, each with its line. `name` is what to call the table in
/// messages.
EdgeList parse_edges_csv(std::istream& in, const std::string& name, const EdgeLimits& limits);

/// The same from a file. Throws Error(input_file) too when it cannot be read.
EdgeList read_edges_csv(const std::string& path, const EdgeLimits& limits);

}  // namespace penfield
