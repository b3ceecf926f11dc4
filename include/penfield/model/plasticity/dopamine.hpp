#pragma once
#include <array>
#include <cstddef>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/model/plasticity/modulator.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// STDP that writes to eligibility traces, which a modulator turns into weight (three-factor learning):
///   postsynaptic spike  c_plus += a_plus r     dc_plus/dt = -c_plus / tau_c_plus
///   presynaptic spike   c_minus += a_minus o   dc_minus/dt = -c_minus / tau_c_minus
///   dw/dt = gain (c_plus - c_minus) D(t)
/// r, o: traces of all earlier spikes of the source (tau_plus) and the target (tau_minus); D: the modulator's
/// concentration. With equal tau_c this is Izhikevich, Cereb Cortex 17:2443 (2007), whose program has a_plus
/// 0.1 mV, a_minus 1.5 times that, tau_c 1 s and gain 100 per s; separate traces for potentiation and
/// depression were found by He et al., Neuron 88:528 (2015). Bounds hold at events and wherever a weight is
/// read. Before a synapse's first presynaptic spike nothing happens. Bytes of a synapse beside the weight: 12
/// (both traces, and the weight, all as of the latest event).
struct StdpDopamine {
  static constexpr const char* name = "stdp_dopamine";
  static constexpr const char* meaning =
      "STDP into eligibility traces that a modulator turns into weight (Izhikevich 2007)";
  struct Params {
    float tau_plus_ms, tau_minus_ms, a_plus, a_minus, tau_c_plus_ms, tau_c_minus_ms, gain_per_s, w_min, w_max;
    static constexpr auto fields() {
      return std::array<Field<Params>, 9>{{
          {&Params::tau_plus_ms, "tau_plus_ms", "ms", 20.0f, 0.0f, 10000.0f, true,
           "decay of the presynaptic trace"},
          {&Params::tau_minus_ms, "tau_minus_ms", "ms", 20.0f, 0.0f, 10000.0f, true,
           "decay of the postsynaptic trace"},
          {&Params::a_plus, "a_plus", "port unit", 0.1f, 0.0f, 1e6f, false,
           "eligibility for potentiation by one pair at zero lag"},
          {&Params::a_minus, "a_minus", "port unit", 0.15f, 0.0f, 1e6f, false,
           "eligibility for depression by one pair at zero lag"},
          {&Params::tau_c_plus_ms, "tau_c_plus_ms", "ms", 1000.0f, 0.0f, 1e6f, true,
           "decay of the eligibility for potentiation"},
          {&Params::tau_c_minus_ms, "tau_c_minus_ms", "ms", 1000.0f, 0.0f, 1e6f, true,
           "decay of the eligibility for depression"},
          {&Params::gain_per_s, "gain_per_s", "1/s", 100.0f, 0.0f, 1e6f, false,
           "growth per eligibility and unit of the modulator"},
          {&Params::w_min, "w_min", "port unit", 0.0f, -1e6f, 1e6f, false, "lower weight bound"},
          {&Params::w_max, "w_max", "port unit", 4.0f, -1e6f, 1e6f, false, "upper weight bound"},
      }};
    }
  };
  using Event = SynapseEvent<1, 1>;
  using Synapse = SynapseValues<3>;  ///< c_plus, c_minus and the weight right after the latest event
  static constexpr bool learns_alone = false;
  static constexpr bool modulated = true;

  static constexpr std::array<const char*, 2> drug_targets{kLearning, kOwnModulator};
  /// Learning is what pairs leave of eligibility; a block of the modulator's receptors, what it makes of it.
  static void apply_drug(Params& p, std::size_t target, float gain) {
    if (target == 1) {
      p.gain_per_s *= gain;
      return;
    }
    p.a_plus *= gain;
    p.a_minus *= gain;
  }

  Params p;
  static constexpr std::array<float, 1> pre_tau_ms(const Params& p) { return {p.tau_plus_ms}; }
  static constexpr std::array<float, 1> post_tau_ms(const Params& p) { return {p.tau_minus_ms}; }
  Synapse first_values(float weight) const { return {weight, {0.0f, 0.0f, weight}}; }
  PENFIELD_HD void at_post_spike(Synapse& s, const Event& e) const {
    advance(s, e);
    s.state[0] = fused(p.a_plus, e.pre[0], s.state[0]);
  }
  PENFIELD_HD void at_pre_spike(Synapse& s, const Event& e) const {
    advance(s, e);
    s.state[1] = fused(p.a_minus, e.post[0], s.state[1]);
  }
  PENFIELD_HD void weight_later(Synapse& s, const QuietTime& time) const {
    s.weight = weight_at(s, time.begin, time.end, *time.modulator);
  }

 private:
  PENFIELD_HD float weight_at(const Synapse& s, StepIndex begin, StepIndex end,
                              const ModulatorView& modulator) const {
    float growth = 0.0f;
    if (s.state[0] != 0.0f) growth = s.state[0] * eligible_level(modulator, begin, end, p.tau_c_plus_ms);
    if (s.state[1] != 0.0f)
      growth = fused(-s.state[1], eligible_level(modulator, begin, end, p.tau_c_minus_ms), growth);
    return clamp_weight(fused(p.gain_per_s * 0.001f, growth, s.state[2]), p.w_min, p.w_max);
  }
  PENFIELD_HD void advance(Synapse& s, const Event& e) const {
    const StepIndex passed = e.since_pre < e.since_post ? e.since_pre : e.since_post;
    s.weight = clamp_weight(s.state[2], p.w_min, p.w_max);
    if (passed < kNoSpikeYet) {
      s.weight = weight_at(s, e.at - passed, e.at, *e.modulator);
      const float passed_ms = static_cast<float>(passed) * e.modulator->dt_ms;
      s.state[0] = s.state[0] * exp_f(-passed_ms / p.tau_c_plus_ms);
      s.state[1] = s.state[1] * exp_f(-passed_ms / p.tau_c_minus_ms);
    }
    s.state[2] = s.weight;
  }
};

}  // namespace penfield
