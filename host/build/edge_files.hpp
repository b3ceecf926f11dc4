#pragma once
#include "host/scenario/scenario.hpp"
#include "penfield/connect/edge_list.hpp"

namespace penfield {

/// The synapses of a projection whose rule is `file`, from CSV or SONATA. Throws Error(input_file) that
/// starts with the projection and lists the file's faults, each with its line, or data set and row.
EdgeList read_listed_edges(const Scenario& scenario, const ProjectionSpec& projection);

}  // namespace penfield
