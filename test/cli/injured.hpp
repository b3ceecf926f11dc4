#pragma once
// The small study with cells that die, fields that answer, and all other kinds of events of the episodic
// clock.
#include <string>
#include <vector>

#include "test/cli/small_run.hpp"

namespace penfield::test {

/// Synapses within S1, and those from the relays.
inline const std::string kTwoStructures =
    "structure=[{\"name\":\"structure\",\"projection\":\"lateral\",\"driver_tau_s\":86400,\"dead_band\":0."
    "2,\"sigma_mm\":"
    "0.9,\"weight_reference\":120,\"cap_per_d\":0.3},{\"name\":\"afferents\",\"projection\":\"TC\","
    "\"driver_tau_s\":86400,\"sigma_mm\":0.9,\"weight_reference\":280,\"cap_per_d\":0.3}]";

/// An infarct with a rim in the middle part, all kinds of events and effects beside it.
inline Scenario injured(bool with_effects = true) {
  std::vector<std::string> sets = {
      kTwoStructures,
      "fields=[{\"name\":\"G\",\"area\":\"S1\",\"base\":0.5,\"injury_amplitude\":0.5,\"injury_sigma_mm\":1,"
      "\"course\":\"growth\",\"peak\":\"1 d\"},{\"name\":\"gaba\",\"area\":\"S1\",\"base\":1,"
      "\"injury_amplitude\":-0.5,\"course\":\"points\",\"points\":[[\"6 h\",0],[\"12 h\",1],[\"2 d\",0]]}]",
      "projections[E to PV].plasticity={\"stdp_single_spikes\":{\"a_plus\":0.02,\"a_minus\":0.01,\"a_pre\":"
      "-0.002,\"tau_minus_ms\":30,\"w_min\":0,\"w_max\":400}}",
      "timeline=[{\"name\":\"infarct\",\"at\":\"0 "
      "d\",\"event\":\"infarct\",\"area\":\"S1\",\"x_mm\":3,\"y_mm\":0.5,\"radius_mm\":0.3,\"penumbra_mm\":0."
      "5,\"blood_share\":0,\"lethal_debt_s\":7200},{\"from\":\"0 "
      "d\",\"event\":\"use\",\"part\":\"middle\",\"gain\":0.3},{\"from\":\"1 d\",\"to\":\"36 "
      "h\",\"event\":\"stimulate\",\"of\":\"S1/E\",\"current_pA\":10},{\"from\":\"1 d\",\"to\":\"36 "
      "h\",\"event\":\"block\",\"of\":\"S1/PV\",\"x_mm\":1,\"y_mm\":0.5,\"radius_mm\":0.5},{\"from\":\"12 "
      "h\",\"to\":\"2 "
      "d\",\"event\":\"cut_afferents\",\"part\":\"right\",\"regrowth_tau_s\":43200},{\"at\":\"2 "
      "d\",\"event\":\"cut\",\"what\":\"PV to PV\"}" +
          std::string(with_effects
                          ? ",{\"from\":\"1 d\",\"event\":\"scale_field\",\"what\":\"gaba\",\"gain\":0.5}]"
                          : "]")};
  // They act while the network settles, too.
  const std::vector<std::string> effects = {
      "effects=[{\"field\":\"G\",\"effect\":\"speed\",\"what\":\"structure\"},{\"field\":\"G\",\"effect\":"
      "\"speed\",\"what\":\"E to PV\"},{\"field\":\"gaba\",\"effect\":\"gain\",\"of\":\"S1/E\",\"port\":"
      "\"inhibitory\"},{\"field\":\"gaba\",\"effect\":\"current\",\"of\":\"S1/*\",\"current_pA\":-20}]",
      "structure[structure].growth_field=G"};
  if (with_effects) sets.insert(sets.end(), effects.begin(), effects.end());
  return small(sets);
}

}  // namespace penfield::test
