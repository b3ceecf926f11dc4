#pragma once
// Leaky integrate-and-fire neuron with exponential synaptic currents.
//
//   dV/dt  = -V/tau_m + (I_ex + I_in + I_e + I)/C_m           V relative to E_L, I injected
//   dI_x/dt = -I_x/tau_syn_x                                  a spike of weight w at time t: I_x += w
//   V >= V_th - E_L: spike; V = V_reset - E_L for t_ref
//
// Both ports take signed weights in pA; inhibitory weights are negative and add, as in NEST.
//
// Integrated exactly on the grid: S. Rotter and M. Diesmann, Biol. Cybern. 81 (1999) 381-402; in float the
// response to one input errs by less than 1e-6 of its peak over 100 ms at 0.1 ms, tau_m = tau_syn included.
//
// Order within a step, as NEST's iaf_psc_exp: V moves with the currents that the step began with; then the
// currents decay and what arrives is added; then the threshold test. The injected current holds over the very
// step it is given for.
//
// Names and defaults: NEST iaf_psc_exp. T. C. Potjans and M. Diesmann, Cereb. Cortex 24 (2014) 785-806, use
// tau_syn 0.5 ms, E_L and V_reset -65 mV, V_th -50 mV.
#include "penfield/model/neuron/concept.hpp"
#include "penfield/model/neuron/propagators.hpp"

namespace penfield {

struct IafPscExp {
  static constexpr const char* name = "iaf_psc_exp";
  static constexpr const char* meaning = "leaky integrate-and-fire, exponential synaptic currents";
  static constexpr bool stochastic = false;

  struct Params {
    float c_m_pF, tau_m_ms, e_l_mV, v_th_mV, v_reset_mV, t_ref_ms, tau_syn_ex_ms, tau_syn_in_ms, i_e_pA;

    static constexpr auto fields() {
      using P = Params;
      return std::array<Field<P>, 9>{{
          {&P::c_m_pF, "c_m_pF", "pF", 250.0f, 0.0f, 1e6f, true, "membrane capacitance"},
          {&P::tau_m_ms, "tau_m_ms", "ms", 10.0f, 0.0f, 1e5f, true, "membrane time constant"},
          {&P::e_l_mV, "e_l_mV", "mV", -70.0f, -200.0f, 200.0f, false, "resting potential"},
          {&P::v_th_mV, "v_th_mV", "mV", -55.0f, -200.0f, 200.0f, false, "spike threshold"},
          {&P::v_reset_mV, "v_reset_mV", "mV", -70.0f, -200.0f, 200.0f, false, "potential after a spike"},
          {&P::t_ref_ms, "t_ref_ms", "ms", 2.0f, 0.0f, 1000.0f, false, "refractory time, rounded to steps"},
          {&P::tau_syn_ex_ms, "tau_syn_ex_ms", "ms", 2.0f, 0.0f, 1e4f, true,
           "decay of the excitatory current"},
          {&P::tau_syn_in_ms, "tau_syn_in_ms", "ms", 2.0f, 0.0f, 1e4f, true,
           "decay of the inhibitory current"},
          {&P::i_e_pA, "i_e_pA", "pA", 0.0f, -1e6f, 1e6f, false, "constant current"},
      }};
    }
  };

  static constexpr std::array<PortInfo, 2> ports{{{"excitatory", "pA"}, {"inhibitory", "pA"}}};

  struct Derived {
    float change_m;       ///< expm1(-dt/tau_m)
    float change_ex;      ///< expm1(-dt/tau_syn_ex)
    float change_in;      ///< expm1(-dt/tau_syn_in)
    float v_per_i_ex;     ///< mV after one step per pA of I_ex at its start
    float v_per_i_in;     ///< mV after one step per pA of I_in at its start
    float v_per_current;  ///< mV after one step per pA of constant current
    float v_by_i_e_mV;    ///< what I_e adds in one step
    float theta_mV;       ///< V_th - E_L
    float reset_mV;       ///< V_reset - E_L
    std::int32_t refractory_steps;
  };

  /// Host only. dt_ms > 0, any size.
  static Derived derive(const Params& p, double dt_ms) {
    const double change_m = decay_change(dt_ms, p.tau_m_ms);
    const double v_per_current = -change_m * p.tau_m_ms / p.c_m_pF;
    Derived d{};
    d.change_m = static_cast<float>(change_m);
    d.change_ex = static_cast<float>(decay_change(dt_ms, p.tau_syn_ex_ms));
    d.change_in = static_cast<float>(decay_change(dt_ms, p.tau_syn_in_ms));
    d.v_per_i_ex = static_cast<float>(two_decays(dt_ms, p.tau_m_ms, p.tau_syn_ex_ms) / p.c_m_pF);
    d.v_per_i_in = static_cast<float>(two_decays(dt_ms, p.tau_m_ms, p.tau_syn_in_ms) / p.c_m_pF);
    d.v_per_current = static_cast<float>(v_per_current);
    d.v_by_i_e_mV = static_cast<float>(v_per_current * p.i_e_pA);
    d.theta_mV = static_cast<float>(static_cast<double>(p.v_th_mV) - p.e_l_mV);
    d.reset_mV = static_cast<float>(static_cast<double>(p.v_reset_mV) - p.e_l_mV);
    d.refractory_steps = to_steps(p.t_ref_ms, dt_ms);
    return d;
  }

  /// A current has no receptors: drugs go by its ports.
  static constexpr std::array<const char*, 3> drug_targets{"excitatory", "inhibitory", kSodium};
  static void apply_drug(Derived& d, std::size_t target, float gain) {
    if (target == 0) d.v_per_i_ex *= gain;
    if (target == 1) d.v_per_i_in *= gain;
    if (target == 2) d.theta_mV += sodium_shift_mV(gain);
  }

  struct State {
    float v_mV;  ///< relative to E_L
    float i_ex_pA;
    float i_in_pA;
    std::int32_t refractory_steps;  ///< steps still to sit out
  };
  static constexpr auto state = std::tuple{
      state_field(&State::v_mV, "v_m_mV", "mV", true), state_field(&State::i_ex_pA, "i_syn_ex_pA", "pA"),
      state_field(&State::i_in_pA, "i_syn_in_pA", "pA"),
      state_field(&State::refractory_steps, "refractory_steps", "steps")};

  static float rest_mV(const Params& p) { return p.e_l_mV; }
  static State initial(const Params& p, float v_m_absolute_mV) {
    return {v_m_absolute_mV - p.e_l_mV, 0.0f, 0.0f, 0};
  }

  static void check(const Params& p, const ParameterFaults& fault) { check_reset(p, fault); }

  PENFIELD_HD static bool step(State& s, const Derived& d, const NeuronInput& in) {
    const float synaptic = fused(d.v_per_i_ex, s.i_ex_pA, d.v_per_i_in * s.i_in_pA);
    const float drive = synaptic + fused(d.v_per_current, in.current_pA, d.v_by_i_e_mV);
    const float moved = settle(s.v_mV + fused(d.change_m, s.v_mV, drive));
    const float v = s.refractory_steps > 0 ? s.v_mV : moved;
    s.i_ex_pA = decayed(s.i_ex_pA, d.change_ex) + in.port[0];
    s.i_in_pA = decayed(s.i_in_pA, d.change_in) + in.port[1];
    return fire_and_reset(s, d, v);
  }
};

}  // namespace penfield
