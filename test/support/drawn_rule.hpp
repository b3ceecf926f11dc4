#pragma once
// Drawn plasticity rules: every one that there is, with mild and wild parameters.
#include <initializer_list>

#include "host/scenario/scenario.hpp"
#include "penfield/numerics/distributions.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

inline std::uint32_t below(RandomSequence& random, std::uint32_t n) {
  return static_cast<std::uint32_t>(random.below(n));
}
inline bool chance(RandomSequence& random, double p) { return random.uniform() < p; }
inline double one_of(RandomSequence& random, std::initializer_list<double> values) {
  return *(values.begin() + below(random, static_cast<std::uint32_t>(values.size())));
}

/// A rule, and the weights that its synapses start with. One that reads a modulator reads "m".
inline PlasticitySpec draw_rule(RandomSequence& random, Distribution& weight) {
  const double low = one_of(random, {0.0, 0.0, -3.0, 2.0}), high = low + one_of(random, {0.5, 4.0, 20.0});
  const double rate = one_of(random, {0.0, 0.001, 0.1, 0.7, 30.0});
  const double tau_ms = one_of(random, {0.3, 1.0, 2.5, 8.0, 20.0});
  PlasticitySpec rule;
  rule.dendritic_delay = chance(random, 0.5);
  if (chance(random, 0.005)) {  // seldom, since it steps calcium through all the time between events
    rule.rule = "calcium_nmda";
    rule.params = {{"f_glun2b", one_of(random, {0.0, 0.4, 1.0})},
                   {"bap_delay_ms", one_of(random, {0.0, 2.0, 7.3})},
                   {"influx", one_of(random, {0.0, 0.002, 0.02})},
                   {"tau_ca_ms", one_of(random, {5.0, 50.0})},
                   {"w_min", low},
                   {"w_max", high}};
    weight = uniform(low, high);
    return rule;
  }
  const std::uint32_t kind = below(random, 14);
  const auto weight_dependence = [&] {
    rule.params = {{"tau_plus_ms", tau_ms},
                   {"tau_minus_ms", one_of(random, {tau_ms, 0.5, 4.0, 33.7})},
                   {"a_plus", rate},
                   {"a_minus", rate * one_of(random, {0.0, 0.5, 1.05})},
                   {"mu_plus", one_of(random, {0.0, 0.3, 1.0, 2.5})},
                   {"mu_minus", one_of(random, {0.0, 0.3, 1.0, 2.5})},
                   {"w_min", low},
                   {"w_max", high}};
    weight = uniform(low, high);
  };
  if (kind == 0) {
    rule.rule = "stdp_weight_dependent";
    weight_dependence();
  } else if (kind == 1) {
    rule.rule = "stdp_nearest";
    weight_dependence();
    rule.params["scheme"] = below(random, 3);
  } else if (kind == 2) {
    rule.rule = "stdp_power_law";
    rule.params = {{"tau_plus_ms", tau_ms},
                   {"tau_minus_ms", one_of(random, {tau_ms, 0.5, 4.0, 33.7})},
                   {"lambda", rate},
                   {"alpha", one_of(random, {0.0, 0.11, 1.0})},
                   {"mu", one_of(random, {0.0, 0.4, 1.0})},
                   {"w_0", one_of(random, {0.1, 1.0, 50.0})},
                   {"w_max", high - low}};
    weight = uniform(0.0, high - low);
  } else if (kind == 13) {
    rule.rule = "stdp_single_spikes";
    rule.params = {{"tau_plus_ms", tau_ms},
                   {"tau_minus_ms", one_of(random, {tau_ms, 0.5, 4.0, 33.7})},
                   {"a_plus", rate},
                   {"a_minus", rate * one_of(random, {0.0, 0.5, 1.05})},
                   {"a_pre", rate * one_of(random, {-0.3, 0.0, 0.2})},
                   {"a_post", rate * one_of(random, {-0.2, 0.0, 0.3})},
                   {"w_min", low},
                   {"w_max", high}};
    weight = uniform(low, high);
  } else if (kind == 3 || kind == 4) {
    rule.rule = "stdp_triplet";
    rule.params = {{"tau_plus_ms", tau_ms},
                   {"tau_x_ms", one_of(random, {tau_ms, 0.5, 10.0, 101.0})},
                   {"tau_minus_ms", one_of(random, {tau_ms, 0.5, 4.0, 33.7})},
                   {"tau_y_ms", one_of(random, {tau_ms, 3.0, 125.0})},
                   {"a2_plus", rate * one_of(random, {0.0, 1.0})},
                   {"a3_plus", rate},
                   {"a2_minus", rate},
                   {"a3_minus", rate * one_of(random, {0.0, 0.3})},
                   {"w_min", low},
                   {"w_max", high},
                   {"nearest", one_of(random, {0.0, 1.0})}};
    weight = uniform(low, high);
  } else if (kind == 5 || kind == 6) {
    rule.rule = "calcium_graupner";
    rule.params = {{"tau_ca_ms", one_of(random, {0.5, 4.0, 22.7, 80.0})},
                   {"c_pre", one_of(random, {0.0, 0.5, 1.2})},
                   {"c_post", one_of(random, {0.3, 1.2, 3.0})},
                   {"theta_p", one_of(random, {1.0, 1.3})},
                   {"gamma_d", one_of(random, {0.0, 100.0, 3000.0})},
                   {"gamma_p", one_of(random, {0.0, 200.0, 9000.0})},
                   {"tau_s", one_of(random, {2.0, 350.0})},
                   {"sigma", one_of(random, {0.0, 0.3, 3.35})},
                   {"cubic", one_of(random, {0.0, 1.0, 40.0})},
                   {"w_min", low},
                   {"w_max", high}};
    weight = uniform(low, high);
  } else if (kind == 7 || kind == 8) {
    rule.rule = "stdp_dopamine";
    rule.modulator = "m";
    rule.params = {{"tau_plus_ms", tau_ms},
                   {"tau_minus_ms", one_of(random, {tau_ms, 0.5, 4.0, 33.7})},
                   {"a_plus", rate},
                   {"a_minus", rate * one_of(random, {0.0, 0.5, 1.5})},
                   {"tau_c_plus_ms", one_of(random, {3.0, 40.0, 1000.0})},
                   {"tau_c_minus_ms", one_of(random, {3.0, 40.0, 1000.0})},
                   {"gain_per_s", one_of(random, {0.0, 5.0, 100.0})},
                   {"w_min", low},
                   {"w_max", high}};
    weight = uniform(low, high);
  } else if (kind == 9) {
    rule.rule = "tsodyks_markram";
    rule.params = {{"use", one_of(random, {0.02, 0.5, 1.0})},
                   {"tau_rec_ms", one_of(random, {1.0, 30.0, 800.0})},
                   {"tau_fac_ms", one_of(random, {0.0, 2.0, 500.0})}};
    weight = uniform(low, high);
  } else if (kind == 12) {
    rule.rule = "bcm";
    rule.params = {{"tau_x_ms", tau_ms},
                   {"tau_y_ms", one_of(random, {tau_ms, 0.5, 4.0, 20.0})},
                   {"tau_th_s", one_of(random, {0.02, 0.3, 600.0, 1e9})},
                   {"eta", rate},
                   {"rho0_Hz", one_of(random, {0.5, 5.0, 80.0})},
                   {"w_min", low},
                   {"w_max", high}};
    weight = uniform(low, high);
  } else if (kind == 10) {
    rule.rule = "stdp_pair";
    rule.params = {{"tau_plus_ms", tau_ms},
                   {"tau_minus_ms", one_of(random, {tau_ms, 0.5, 4.0, 33.7})},
                   {"a_plus", rate},
                   {"a_minus", rate * one_of(random, {0.0, 0.5, 1.05})},
                   {"w_min", low},
                   {"w_max", high},
                   {"soft", one_of(random, {0.0, 1.0})}};
    weight = uniform(low, high);
  } else {
    const bool negative = chance(random, 0.5);
    rule.rule = "istdp_vogels";
    rule.params = {{"tau_ms", tau_ms},
                   {"eta", rate},
                   {"rho0_Hz", one_of(random, {0.0, 5.0, 40.0, 300.0})},
                   {"w_min", negative ? -high : 0.0},
                   {"w_max", negative ? 0.0 : high}};
    weight = negative ? uniform(-high, 0.0) : uniform(0.0, high);
  }
  if (chance(random, 0.1)) weight = constant(weight.b + 1.0);  // beyond the bounds until its first event
  return rule;
}

}  // namespace penfield::test
