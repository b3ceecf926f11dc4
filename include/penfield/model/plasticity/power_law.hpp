#pragma once
#include <array>
#include <cstddef>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"
#include "penfield/numerics/power.hpp"

namespace penfield {

/// All-to-all pair STDP with a power law of potentiation and multiplicative depression: with the presynaptic
/// trace x and the postsynaptic trace y,
///   postsynaptic spike  w += lambda w_0 (w / w_0)^mu x
///   presynaptic spike   w -= lambda alpha w y
/// Morrison, Aertsen & Diesmann, Neural Comput 19:1437 (2007), whose fit to Bi & Poo (1998) has mu 0.4, alpha
/// 0.11, lambda 0.1, both time constants 20 ms. w_max bounds what a port has to hold; the rule itself has an
/// equilibrium below it.
struct StdpPowerLaw {
  static constexpr const char* name = "stdp_power_law";
  static constexpr const char* meaning = "all-to-all pair STDP, power law of potentiation (Morrison 2007)";
  struct Params {
    float tau_plus_ms, tau_minus_ms, lambda, alpha, mu, w_0, w_min, w_max;
    static constexpr auto fields() {
      return std::array<Field<Params>, 8>{{
          {&Params::tau_plus_ms, "tau_plus_ms", "ms", 20.0f, 0.0f, 10000.0f, true,
           "decay of the presynaptic trace"},
          {&Params::tau_minus_ms, "tau_minus_ms", "ms", 20.0f, 0.0f, 10000.0f, true,
           "decay of the postsynaptic trace"},
          {&Params::lambda, "lambda", "", 0.1f, 0.0f, 1e3f, false, "learning rate"},
          {&Params::alpha, "alpha", "", 0.11f, 0.0f, 1e3f, false, "depression over potentiation at w_0"},
          {&Params::mu, "mu", "", 0.4f, 0.0f, 1.0f, false, "exponent of potentiation"},
          {&Params::w_0, "w_0", "port unit", 1.0f, 0.0f, 1e6f, true,
           "weight that one pair at zero lag changes by lambda w_0"},
          {&Params::w_min, "w_min", "port unit", 0.0f, 0.0f, 1e6f, false, "lower weight bound"},
          {&Params::w_max, "w_max", "port unit", 1.0f, 0.0f, 1e6f, true, "upper weight bound"},
      }};
    }
  };
  struct Derived {
    Params p;
    float growth;  ///< lambda w_0^(1 - mu) w_max^mu: of the strongest synapse, by one pair at zero lag
  };
  static Derived derive(const Params& p, double) {
    const double mu = static_cast<double>(p.mu);
    const double exponent =
        (1.0 - mu) * log_d(static_cast<double>(p.w_0)) + mu * log_d(static_cast<double>(p.w_max));
    return {p, static_cast<float>(static_cast<double>(p.lambda) * exp_d(exponent))};
  }
  static constexpr std::array<const char*, 1> drug_targets{kLearning};
  static void apply_drug(Derived& d, std::size_t, float gain) {
    d.growth *= gain;
    d.p.lambda *= gain;
  }
  Derived d;
  static constexpr float tau_pre_ms(const Params& p) { return p.tau_plus_ms; }
  static constexpr float tau_post_ms(const Params& p) { return p.tau_minus_ms; }
  PENFIELD_HD float at_post_spike(float w, float pre_trace) const {
    const float share = clamp_weight(w / d.p.w_max, 0.0f, 1.0f);
    const float step = d.growth * power_of_share(share, d.p.mu);
    return clamp_weight(fused(step, pre_trace, w), d.p.w_min, d.p.w_max);
  }
  PENFIELD_HD float at_pre_spike(float w, float post_trace) const {
    return clamp_weight(fused(-d.p.lambda * d.p.alpha * w, post_trace, w), d.p.w_min, d.p.w_max);
  }
};

}  // namespace penfield
