#include "host/build/edge_files.hpp"

#include "host/build/connect/edges_csv.hpp"
#include "host/build/connect/edges_sonata.hpp"
#include "host/scenario/data_files.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

namespace {

constexpr double kLargestWeight = 1e6;  ///< as for weights that a scenario writes itself

std::uint32_t size_of(const Scenario& scenario, const std::string& population) {
  for (const PopulationSpec& p : scenario.populations)
    if (p.name == population) return p.n;
  throw Error(ExitCode::internal, "no population is called " + population);
}

}  // namespace

EdgeList read_listed_edges(const Scenario& scenario, const ProjectionSpec& projection) {
  EdgeLimits limits;
  limits.num_sources = size_of(scenario, projection.from);
  limits.num_targets = size_of(scenario, projection.to);
  limits.dt_ms = scenario.dt_ms;
  limits.weight_unit = projection.weight_unit;
  limits.least_weight = projection.weight_unit == "nS" ? 0.0 : -kLargestWeight;
  limits.largest_weight = kLargestWeight;
  if (projection.plasticity) {
    const auto& params = projection.plasticity->params;
    const auto lower = params.find("w_min"), upper = params.find("w_max");
    if (lower != params.end() && upper != params.end()) {
      limits.w_min = lower->second;
      limits.w_max = upper->second;
    }
  }
  const std::string path = scenario.folder + "/" + projection.rule.file;
  try {
    return is_sonata_name(projection.rule.file)
               ? read_edges_sonata(path, projection.rule.edge_population, limits)
               : read_edges_csv(path, limits);
  } catch (const Error& error) {
    throw Error(error.code(), "projections[" + projection.name + "].rule.file: " + error.what());
  }
}

}  // namespace penfield
