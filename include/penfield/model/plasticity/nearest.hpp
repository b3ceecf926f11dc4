#pragma once
#include <array>
#include <cstddef>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/model/plasticity/weight_dependence.hpp"

namespace penfield {

/// Pair STDP between nearest neighbours, with the weight dependence of StdpWeightDependent. Schemes as in
/// figure 7 of Morrison, Diesmann & Gerstner, Biol Cybern 98:459 (2008):
///   0 symmetric             every spike with the latest one of the other side
///   1 presynaptic-centred   every presynaptic spike with the postsynaptic ones next before and next after it
///   2 reduced symmetric     only spikes that follow each other immediately
struct StdpNearest {
  static constexpr const char* name = "stdp_nearest";
  static constexpr const char* meaning = "nearest-neighbour pair STDP in three schemes (Morrison 2008)";
  struct Params {
    float tau_plus_ms, tau_minus_ms, a_plus, a_minus, mu_plus, mu_minus, w_min, w_max, scheme;
    static constexpr auto fields() {
      return std::array<Field<Params>, 9>{{
          {&Params::tau_plus_ms, "tau_plus_ms", "ms", 16.8f, 0.0f, 10000.0f, true,
           "decay of potentiation with the lag"},
          {&Params::tau_minus_ms, "tau_minus_ms", "ms", 33.7f, 0.0f, 10000.0f, true,
           "decay of depression with the lag"},
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
          {&Params::scheme, "scheme", "", 0.0f, 0.0f, 2.0f, false,
           "0: symmetric; 1: presynaptic-centred; 2: reduced symmetric"},
      }};
    }
  };
  using Event = SynapseEvent<1, 1>;
  using Synapse = SynapseValues<0>;
  static constexpr bool learns_alone = false;

  static constexpr std::array<const char*, 1> drug_targets{kLearning};
  static void apply_drug(Params& p, std::size_t, float gain) {
    p.a_plus *= gain;
    p.a_minus *= gain;
  }
  Params p;
  static constexpr std::array<float, 1> pre_tau_ms(const Params& p) { return {p.tau_plus_ms}; }
  static constexpr std::array<float, 1> post_tau_ms(const Params& p) { return {p.tau_minus_ms}; }
  template <class Fault>
  static void check(const Params& p, Fault&& fault) {
    if (p.scheme != 0.0f && p.scheme != 1.0f && p.scheme != 2.0f)
      fault("scheme", "it is none of 0 (symmetric), 1 (presynaptic-centred) and 2 (reduced symmetric)");
  }
  Synapse first_values(float weight) const { return {weight, {}}; }
  PENFIELD_HD void at_post_spike(Synapse& s, const Event& e) const {
    if (p.scheme > 0.5f && e.since_post <= e.since_pre) return;  // another one was nearer to that spike
    s.weight = dependence().at_post_spike(s.weight, e.pre_decay[0]);
  }
  PENFIELD_HD void at_pre_spike(Synapse& s, const Event& e) const {
    const bool paired = p.scheme < 1.5f || e.since_post <= e.since_pre;
    s.weight = dependence().at_pre_spike(s.weight, paired ? e.post_decay[0] : 0.0f);
  }

 private:
  PENFIELD_HD StdpWeightDependent dependence() const {
    return {{p.tau_plus_ms, p.tau_minus_ms, p.a_plus, p.a_minus, p.mu_plus, p.mu_minus, p.w_min, p.w_max}};
  }
};

}  // namespace penfield
