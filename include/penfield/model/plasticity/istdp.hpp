#pragma once
#include <array>
#include <cstddef>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// Inhibitory STDP of Vogels et al., Science 334:1569 (2011): |w| += eta (post_trace - alpha) at a
/// presynaptic spike, |w| += eta pre_trace at a postsynaptic one; alpha = 2 rho0 tau sets the target rate
/// rho0. Weights keep their sign: w_min <= 0 = w_max on ports whose inhibition is negative.
struct IstdpVogels {
  static constexpr const char* name = "istdp_vogels";
  static constexpr const char* meaning =
      "symmetric inhibitory STDP that pulls the target to rho0 (Vogels 2011)";
  static constexpr SynapseSign of = SynapseSign::inhibits;

  struct Params {
    float tau_ms, eta, rho0_Hz, w_min, w_max;
    static constexpr auto fields() {
      return std::array<Field<Params>, 5>{{
          {&Params::tau_ms, "tau_ms", "ms", 20.0f, 0.0f, 10000.0f, true, "decay of both traces"},
          {&Params::eta, "eta", "port unit", 0.01f, 0.0f, 1e6f, false,
           "learning rate: growth by one pair at zero lag"},
          {&Params::rho0_Hz, "rho0_Hz", "Hz", 3.0f, 0.0f, 1000.0f, false, "target rate; alpha = 2 rho0 tau"},
          {&Params::w_min, "w_min", "port unit", 0.0f, -1e6f, 1e6f, false, "lower weight bound"},
          {&Params::w_max, "w_max", "port unit", 1.0f, -1e6f, 1e6f, false, "upper weight bound"},
      }};
    }
  };
  static constexpr std::array<const char*, 1> drug_targets{kLearning};
  static void apply_drug(Params& p, std::size_t, float gain) { p.eta *= gain; }
  template <class Fault>
  static void check(const Params& p, Fault&& fault) {
    if (p.w_min < 0.0f && p.w_max > 0.0f)
      fault("w_min",
            "the bounds have both signs, so that an inhibitory weight could come to excite; let one of them "
            "be 0");
  }
  Params p;
  static constexpr float tau_pre_ms(const Params& p) { return p.tau_ms; }
  static constexpr float tau_post_ms(const Params& p) { return p.tau_ms; }
  /// Inhibitory weights that are stored negative grow downwards.
  PENFIELD_HD float sign() const { return p.w_max <= 0.0f ? -1.0f : 1.0f; }
  PENFIELD_HD float at_post_spike(float w, float pre_trace) const {
    return clamp_weight(fused(sign() * p.eta, pre_trace, w), p.w_min, p.w_max);
  }
  PENFIELD_HD float at_pre_spike(float w, float post_trace) const {
    const float alpha = 2.0f * p.rho0_Hz * p.tau_ms * 0.001f;
    return clamp_weight(fused(sign() * p.eta, post_trace - alpha, w), p.w_min, p.w_max);
  }
};

}  // namespace penfield
