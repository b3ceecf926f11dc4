#pragma once
#include <array>
#include <cstddef>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/fused.hpp"
#include "penfield/numerics/power.hpp"

namespace penfield {

/// All-to-all pair STDP between the additive and the multiplicative rule: with the presynaptic trace x, the
/// postsynaptic trace y, and u = (w - w_min) / (w_max - w_min),
///   postsynaptic spike  w += a_plus (1 - u)^mu_plus x
///   presynaptic spike   w -= a_minus u^mu_minus y
/// mu 0: additive; 1: multiplicative. Guetig, Aharonov, Rotter & Sompolinsky, J Neurosci 23:3697 (2003).
struct StdpWeightDependent {
  static constexpr const char* name = "stdp_weight_dependent";
  static constexpr const char* meaning =
      "all-to-all pair STDP with exponents of weight dependence (Guetig 2003)";
  struct Params {
    float tau_plus_ms, tau_minus_ms, a_plus, a_minus, mu_plus, mu_minus, w_min, w_max;
    static constexpr auto fields() {
      return std::array<Field<Params>, 8>{{
          {&Params::tau_plus_ms, "tau_plus_ms", "ms", 16.8f, 0.0f, 10000.0f, true,
           "decay of the presynaptic trace"},
          {&Params::tau_minus_ms, "tau_minus_ms", "ms", 33.7f, 0.0f, 10000.0f, true,
           "decay of the postsynaptic trace"},
          {&Params::a_plus, "a_plus", "port unit", 0.0f, 0.0f, 1e6f, false,
           "potentiation of the weakest synapse by one pair at zero lag"},
          {&Params::a_minus, "a_minus", "port unit", 0.0f, 0.0f, 1e6f, false,
           "depression of the strongest synapse by one pair at zero lag"},
          {&Params::mu_plus, "mu_plus", "", 0.0f, 0.0f, 10.0f, false,
           "exponent of potentiation; 0: additive, 1: multiplicative"},
          {&Params::mu_minus, "mu_minus", "", 0.0f, 0.0f, 10.0f, false,
           "exponent of depression; 0: additive, 1: multiplicative"},
          {&Params::w_min, "w_min", "port unit", 0.0f, -1e6f, 1e6f, false, "lower weight bound"},
          {&Params::w_max, "w_max", "port unit", 1.0f, -1e6f, 1e6f, false, "upper weight bound"},
      }};
    }
  };
  static constexpr std::array<const char*, 1> drug_targets{kLearning};
  static void apply_drug(Params& p, std::size_t, float gain) {
    p.a_plus *= gain;
    p.a_minus *= gain;
  }
  Params p;
  static constexpr float tau_pre_ms(const Params& p) { return p.tau_plus_ms; }
  static constexpr float tau_post_ms(const Params& p) { return p.tau_minus_ms; }
  /// Where w lies between the bounds, 0 to 1.
  PENFIELD_HD float share(float w) const {
    return clamp_weight((w - p.w_min) / (p.w_max - p.w_min), 0.0f, 1.0f);
  }
  PENFIELD_HD float at_post_spike(float w, float pre_trace) const {
    const float step = p.a_plus * power_of_share(1.0f - share(w), p.mu_plus);
    return clamp_weight(fused(step, pre_trace, w), p.w_min, p.w_max);
  }
  PENFIELD_HD float at_pre_spike(float w, float post_trace) const {
    const float step = p.a_minus * power_of_share(share(w), p.mu_minus);
    return clamp_weight(fused(-step, post_trace, w), p.w_min, p.w_max);
  }
};

}  // namespace penfield
