#pragma once
// The small study with a projection that grows by synaptic elements.
#include <string>
#include <vector>

#include "test/cli/small_run.hpp"

namespace penfield::test {

/// Elements of all kinds of curves, in hours what takes cortex days; an infarct kills some of their cells.
inline Scenario growing(std::vector<std::string> more = {}) {
  std::vector<std::string> sets = {
      "structure=[{\"name\":\"elements\",\"projection\":\"lateral\",\"calcium_tau_s\":1,\"baseline\":\"12 "
      "h\","
      "\"vacant_tau_s\":20000,\"sigma_mm\":0.9,\"weight_reference\":120,\"new_weight\":1,\"axonal\":{"
      "\"curve\":"
      "\"linear\",\"rate_per_s\":-0.0003,\"eps\":1},\"dendritic\":{\"rate_per_s\":0.0004,\"eps\":1,\"eta\":0}"
      "},"
      "{\"name\":\"rewired\",\"projection\":\"TC\",\"driver_tau_s\":86400,\"sigma_mm\":0.9,"
      "\"weight_reference\":280,\"cap_per_d\":0.3}]",
      "timeline=[{\"name\":\"infarct\",\"at\":\"1 d\",\"event\":\"infarct\",\"area\":\"S1\",\"x_mm\":3,"
      "\"y_mm\":0.5,\"radius_mm\":0.3,\"penumbra_mm\":0.5,\"blood_share\":0,\"lethal_debt_s\":3000,"
      "\"reperfusion_tau_s\":20000},"
      "{\"from\":\"0 d\",\"event\":\"use\",\"part\":\"middle\",\"gain\":0.2},"
      "{\"from\":\"2 d\",\"event\":\"freeze\",\"what\":\"elements\"}]"};
  sets.insert(sets.end(), more.begin(), more.end());
  return small(sets);
}

}  // namespace penfield::test
