#pragma once
#include <array>
#include <cstddef>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// Additive (mu 0) or soft-bound (mu 1) all-to-all pair STDP: at a postsynaptic spike
/// w += a_plus (1 - w/w_max)^mu pre_trace, at a presynaptic one w -= a_minus (w/w_max)^mu post_trace.
/// Song, Miller & Abbott, Nat Neurosci 3:919 (2000); soft bounds: van Rossum, Bi & Turrigiano, J Neurosci
/// 20:8812 (2000). Time constants of the default: Bi & Poo, J Neurosci 18:10464 (1998), as fitted by Pfister
/// & Gerstner (2006).
struct StdpPair {
  static constexpr const char* name = "stdp_pair";
  static constexpr const char* meaning = "all-to-all pair STDP, additive (soft 0) or soft-bound (soft 1)";
  struct Params {
    float tau_plus_ms, tau_minus_ms, a_plus, a_minus, w_min, w_max, soft;
    static constexpr auto fields() {
      return std::array<Field<Params>, 7>{{
          {&Params::tau_plus_ms, "tau_plus_ms", "ms", 16.8f, 0.0f, 10000.0f, true,
           "decay of the presynaptic trace"},
          {&Params::tau_minus_ms, "tau_minus_ms", "ms", 33.7f, 0.0f, 10000.0f, true,
           "decay of the postsynaptic trace"},
          {&Params::a_plus, "a_plus", "port unit", 0.0f, 0.0f, 1e6f, false,
           "potentiation by one pair at zero lag"},
          {&Params::a_minus, "a_minus", "port unit", 0.0f, 0.0f, 1e6f, false,
           "depression by one pair at zero lag"},
          {&Params::w_min, "w_min", "port unit", 0.0f, -1e6f, 1e6f, false, "lower weight bound"},
          {&Params::w_max, "w_max", "port unit", 1.0f, -1e6f, 1e6f, false, "upper weight bound"},
          {&Params::soft, "soft", "", 0.0f, 0.0f, 1.0f, false, "0: additive with clipping; 1: soft bounds"},
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
  PENFIELD_HD float at_post_spike(float w, float pre_trace) const {
    const float factor = p.soft > 0.5f ? 1.0f - w / p.w_max : 1.0f;
    return clamp_weight(fused(p.a_plus * factor, pre_trace, w), p.w_min, p.w_max);
  }
  PENFIELD_HD float at_pre_spike(float w, float post_trace) const {
    const float factor = p.soft > 0.5f ? w / p.w_max : 1.0f;
    return clamp_weight(fused(-p.a_minus * factor, post_trace, w), p.w_min, p.w_max);
  }
};

}  // namespace penfield
