#pragma once
#include <array>
#include <cstddef>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// All-to-all pair STDP with changes by single spikes beside those by pairs, w_in and w_out of Kempter,
/// Gerstner & van Hemmen, Phys Rev E 59:4498 (1999): an input whose spikes come alone loses (a_pre < 0), so
/// that weights follow how much an input is used together with its target. Soft bounds: with u = (w - w_min)
/// / (w_max - w_min), whatever raises the weight is multiplied by 1 - u, whatever lowers it by u,
///   postsynaptic spike  w += a_plus (1 - u) x + a_post {1 - u or u}
///   presynaptic spike   w -= a_minus u y - a_pre {1 - u or u}
/// where x and y are the traces of source and target just before.
struct StdpSingleSpikes {
  static constexpr const char* name = "stdp_single_spikes";
  static constexpr const char* meaning = "soft-bound pair STDP with changes by single spikes (Kempter 1999)";
  struct Params {
    float tau_plus_ms, tau_minus_ms, a_plus, a_minus, a_pre, a_post, w_min, w_max;
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
          {&Params::a_pre, "a_pre", "port unit", 0.0f, -1e6f, 1e6f, false,
           "change by every presynaptic spike: of the strongest synapse if negative, else of the weakest"},
          {&Params::a_post, "a_post", "port unit", 0.0f, -1e6f, 1e6f, false,
           "change by every postsynaptic spike, likewise"},
          {&Params::w_min, "w_min", "port unit", 0.0f, -1e6f, 1e6f, false, "lower weight bound"},
          {&Params::w_max, "w_max", "port unit", 1.0f, -1e6f, 1e6f, false, "upper weight bound"},
      }};
    }
  };
  static constexpr std::array<const char*, 1> drug_targets{kLearning};
  static void apply_drug(Params& p, std::size_t, float gain) {
    p.a_plus *= gain;
    p.a_minus *= gain;
    p.a_pre *= gain;
    p.a_post *= gain;
  }
  Params p;
  static constexpr float tau_pre_ms(const Params& p) { return p.tau_plus_ms; }
  static constexpr float tau_post_ms(const Params& p) { return p.tau_minus_ms; }
  /// Where w lies between the bounds, 0 to 1.
  PENFIELD_HD float share(float w) const {
    return clamp_weight((w - p.w_min) / (p.w_max - p.w_min), 0.0f, 1.0f);
  }
  PENFIELD_HD float at_post_spike(float w, float pre_trace) const {
    const float u = share(w);
    const float alone = p.a_post * (p.a_post < 0.0f ? u : 1.0f - u);
    return clamp_weight(fused(p.a_plus * (1.0f - u), pre_trace, w + alone), p.w_min, p.w_max);
  }
  PENFIELD_HD float at_pre_spike(float w, float post_trace) const {
    const float u = share(w);
    const float alone = p.a_pre * (p.a_pre < 0.0f ? u : 1.0f - u);
    return clamp_weight(fused(-p.a_minus * u, post_trace, w + alone), p.w_min, p.w_max);
  }
};

}  // namespace penfield
