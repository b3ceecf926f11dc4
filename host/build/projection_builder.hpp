#pragma once
#include "host/build/build_network.hpp"
#include "penfield/connect/delay.hpp"
#include "penfield/connect/row_maker.hpp"
#include "penfield/connect/value_distribution.hpp"

namespace penfield {

/// One projection on its way from specification to tiles.
struct ProjectionPlan {
  const ProjectionSpec* spec = nullptr;
  std::uint32_t index = 0, source = 0, target = 0, port = 0;
  std::unique_ptr<RowMaker> rows;
  std::unique_ptr<EdgeList> edges;  ///< rule `file`
  ValueDistribution weight;
  DelayRule delay;
  bool structural = false;          ///< rewiring may change it
  double largest_weight = 0.0;      ///< no weight's magnitude is above this, ever
  std::uint32_t max_in_degree = 0;  ///< no target has more synapses, ever
};

/// Gives a projection's rule its constants anew, under drugs: `gains` has one for each of the rule's
/// drug_targets, 1 for none. The rule has been given traces before.
void set_rule_constants(Projection& projection, const Scenario& scenario, const ProjectionSpec& spec,
                        const std::vector<float>& gains);

/// Makes all tiles of a projection, in parallel; the port's scale must be set in the target's view.
std::unique_ptr<Projection> build_projection(const Scenario& scenario, const ProjectionPlan& plan,
                                             Network& network, const BuildOptions& options);

}  // namespace penfield
