#pragma once
#include <array>
#include <cstddef>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// Triplet STDP of Pfister & Gerstner, J Neurosci 26:9673 (2006). Presynaptic spikes leave the traces r1 (tau
/// plus) and r2 (tau x), postsynaptic ones o1 (tau minus) and o2 (tau y), each one jump a spike:
///   postsynaptic spike  w += unit r1 (a2_plus + a3_plus o2)
///   presynaptic spike   w -= unit o1 (a2_minus + a3_minus r2)
/// r2 and o2 as they are just before the spike. `nearest` 1: traces that a spike sets to one instead.
/// Defaults: the full all-to-all model of their table 4 for visual cortex. Its minimal all-to-all model has
/// a2_plus 0, a3_plus 6.5e-3, a2_minus 7.1e-3, a3_minus 0, tau_y 114 ms; for hippocampal culture a2_plus
/// 5.3e-3, a3_plus 8e-3, a2_minus 3.5e-3, a3_minus 0, tau_y 40 ms.
/// A presynaptic spike comes before a postsynaptic one of the same step. Bytes of a synapse: none beside the
/// weight.
struct StdpTriplet {
  static constexpr const char* name = "stdp_triplet";
  static constexpr const char* meaning =
      "triplet STDP, all-to-all or nearest spike (Pfister & Gerstner 2006)";
  struct Params {
    float tau_plus_ms, tau_x_ms, tau_minus_ms, tau_y_ms, a2_plus, a3_plus, a2_minus, a3_minus, unit, w_min,
        w_max, nearest;
    static constexpr auto fields() {
      return std::array<Field<Params>, 12>{{
          {&Params::tau_plus_ms, "tau_plus_ms", "ms", 16.8f, 0.0f, 10000.0f, true,
           "decay of the fast presynaptic trace"},
          {&Params::tau_x_ms, "tau_x_ms", "ms", 101.0f, 0.0f, 10000.0f, true,
           "decay of the slow presynaptic trace"},
          {&Params::tau_minus_ms, "tau_minus_ms", "ms", 33.7f, 0.0f, 10000.0f, true,
           "decay of the fast postsynaptic trace"},
          {&Params::tau_y_ms, "tau_y_ms", "ms", 125.0f, 0.0f, 10000.0f, true,
           "decay of the slow postsynaptic trace"},
          {&Params::a2_plus, "a2_plus", "", 5e-10f, 0.0f, 1e6f, false, "potentiation by a pair"},
          {&Params::a3_plus, "a3_plus", "", 6.2e-3f, 0.0f, 1e6f, false,
           "potentiation by a triplet, two postsynaptic spikes"},
          {&Params::a2_minus, "a2_minus", "", 7e-3f, 0.0f, 1e6f, false, "depression by a pair"},
          {&Params::a3_minus, "a3_minus", "", 2.3e-4f, 0.0f, 1e6f, false,
           "depression by a triplet, two presynaptic spikes"},
          {&Params::unit, "unit", "port unit", 1.0f, 0.0f, 1e6f, true,
           "change of the weight that an amplitude of 1 stands for"},
          {&Params::w_min, "w_min", "port unit", 0.0f, -1e6f, 1e6f, false, "lower weight bound"},
          {&Params::w_max, "w_max", "port unit", 1.0f, -1e6f, 1e6f, false, "upper weight bound"},
          {&Params::nearest, "nearest", "", 0.0f, 0.0f, 1.0f, false, "0: all-to-all; 1: nearest spike"},
      }};
    }
  };
  using Event = SynapseEvent<2, 2>;  ///< fast, slow
  using Synapse = SynapseValues<0>;
  static constexpr bool learns_alone = false;

  static constexpr std::array<const char*, 1> drug_targets{kLearning};
  static void apply_drug(Params& p, std::size_t, float gain) { p.unit *= gain; }
  Params p;
  static constexpr std::array<float, 2> pre_tau_ms(const Params& p) { return {p.tau_plus_ms, p.tau_x_ms}; }
  static constexpr std::array<float, 2> post_tau_ms(const Params& p) { return {p.tau_minus_ms, p.tau_y_ms}; }
  template <class Fault>
  static void check(const Params& p, Fault&& fault) {
    if (p.nearest != 0.0f && p.nearest != 1.0f)
      fault("nearest", "it is neither 0 (all-to-all) nor 1 (nearest spike)");
  }
  Synapse first_values(float weight) const { return {weight, {}}; }
  PENFIELD_HD void at_post_spike(Synapse& s, const Event& e) const {
    const bool nearest = p.nearest > 0.5f;
    const float r1 = nearest ? e.pre_decay[0] : e.pre[0], o2 = nearest ? e.post_decay[1] : e.post[1];
    s.weight = clamp_weight(fused(p.unit * fused(p.a3_plus, o2, p.a2_plus), r1, s.weight), p.w_min, p.w_max);
  }
  PENFIELD_HD void at_pre_spike(Synapse& s, const Event& e) const {
    const bool nearest = p.nearest > 0.5f;
    const float o1 = nearest ? e.post_decay[0] : e.post[0], r2 = nearest ? e.pre_decay[1] : e.pre[1];
    s.weight =
        clamp_weight(fused(-p.unit * fused(p.a3_minus, r2, p.a2_minus), o1, s.weight), p.w_min, p.w_max);
  }
};

}  // namespace penfield
