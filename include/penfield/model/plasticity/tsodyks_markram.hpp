#pragma once
#include <array>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// Short-term depression and facilitation: Tsodyks, Pawelzik & Markram, Neural Comput 10:821 (1998), in the
/// form from spike to spike of Maass & Markram, Neural Networks 15:155 (2002). With D since the spike before,
///   u = U + u' (1 - U) exp(-D / tau_fac)       R = 1 + (R' - R' u' - 1) exp(-D / tau_rec)
/// and a spike delivers A u R; the first one U A. A is the weight that the synapse was given; what is read
/// back is what the latest spike delivered. No postsynaptic spike plays a part. With learning off (probes) a
/// synapse delivers that again. Bytes of a synapse beside the weight: 12 (A, u, R). Defaults: a depressing
/// synapse, as in NEST's tsodyks2_synapse.
struct TsodyksMarkram {
  static constexpr const char* name = "tsodyks_markram";
  static constexpr const char* meaning =
      "short-term depression and facilitation (Tsodyks, Pawelzik & Markram 1998)";
  struct Params {
    float use, tau_rec_ms, tau_fac_ms;
    static constexpr auto fields() {
      return std::array<Field<Params>, 3>{{
          {&Params::use, "use", "", 0.5f, 0.0f, 1.0f, true,
           "U: share of the resource that a first spike uses"},
          {&Params::tau_rec_ms, "tau_rec_ms", "ms", 800.0f, 0.0f, 10000.0f, true, "recovery from depression"},
          {&Params::tau_fac_ms, "tau_fac_ms", "ms", 0.0f, 0.0f, 10000.0f, false,
           "decay of facilitation; 0: there is none"},
      }};
    }
  };
  struct Derived {
    Params p;
    float dt_ms;
  };
  using Event = SynapseEvent<1, 0>;  ///< the trace is there for its decay over tau_rec
  using Synapse = SynapseValues<3>;  ///< A, and u and R at the latest spike
  static constexpr bool learns_alone = false;

  static Derived derive(const Params& p, double dt_ms) { return {p, static_cast<float>(dt_ms)}; }

  Derived d;
  static constexpr std::array<float, 1> pre_tau_ms(const Params& p) { return {p.tau_rec_ms}; }
  static constexpr std::array<float, 0> post_tau_ms(const Params&) { return {}; }
  Synapse first_values(float weight) const { return {weight, {weight, 0.0f, 1.0f}}; }
  PENFIELD_HD void at_post_spike(Synapse&, const Event&) const {}
  PENFIELD_HD void at_pre_spike(Synapse& s, const Event& e) const {
    const float u = s.state[1], r = s.state[2];
    float still = 0.0f;  // of facilitation
    if (d.p.tau_fac_ms > 0.0f && e.since_pre < kNoSpikeYet)
      still = exp_f(-static_cast<float>(e.since_pre) * d.dt_ms / d.p.tau_fac_ms);
    s.state[1] = fused(u * (1.0f - d.p.use), still, d.p.use);
    s.state[2] = fused(fused(-r, u, r) - 1.0f, e.pre_decay[0], 1.0f);
    s.weight = s.state[0] * s.state[1] * s.state[2];
  }
};

}  // namespace penfield
