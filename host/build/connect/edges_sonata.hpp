#pragma once
#include <string>

#include "host/build/connect/edge_limits.hpp"
#include "penfield/connect/edge_list.hpp"

namespace penfield {

/// Whether this build can read SONATA edges: it needs HDF5.
bool sonata_edges_available();

/// Reads the edge population `population` of a SONATA file ("": the only one there is), in the order of the
/// file. From /edges/POPULATION: `source_node_id` and `target_node_id` (indices within the populations, from
/// 0), `edge_group_id` and `edge_group_index` if there are several groups or another order; from each group
/// GROUP, if all of them have it, `syn_weight` (in the port's unit, or the one its attribute `units` names)
/// and `delay` (ms). Weights and delays that a table of edge types holds are not read. Source of the layout:
/// the SONATA data format, https://github.com/AllenInstitute/sonata. The file is read in a child process with
/// limits; links to other files are refused. Throws Error(input_file) with up to 20 faults, each with file,
/// data set and row (from 0), Error(scenario) where this build has no HDF5.
EdgeList read_edges_sonata(const std::string& path, const std::string& population, const EdgeLimits& limits);

}  // namespace penfield
