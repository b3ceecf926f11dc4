#pragma once
// Leaky integrate-and-fire neuron whose synapses jump the membrane potential.
//
//   dV/dt = -V/tau_m + (I_e + I)/C_m         V relative to E_L; a spike of weight w mV at time t: V += w
//   V >= V_th - E_L: spike; V = V_reset - E_L for t_ref; what arrives meanwhile is discarded
//
// Integrated exactly on the grid: S. Rotter and M. Diesmann, Biol. Cybern. 81 (1999) 381-402. Order within a
// step, as NEST's iaf_psc_delta: V moves, then what arrives is added, then the threshold test. Parameter
// names and defaults: NEST iaf_psc_delta.
#include "penfield/model/neuron/concept.hpp"
#include "penfield/model/neuron/propagators.hpp"

namespace penfield {

struct IafPscDelta {
  static constexpr const char* name = "iaf_psc_delta";
  static constexpr const char* meaning = "leaky integrate-and-fire, spikes step the potential";
  static constexpr bool stochastic = false;

  struct Params {
    float c_m_pF, tau_m_ms, e_l_mV, v_th_mV, v_reset_mV, t_ref_ms, i_e_pA;

    static constexpr auto fields() {
      using P = Params;
      return std::array<Field<P>, 7>{{
          {&P::c_m_pF, "c_m_pF", "pF", 250.0f, 0.0f, 1e6f, true, "membrane capacitance"},
          {&P::tau_m_ms, "tau_m_ms", "ms", 10.0f, 0.0f, 1e5f, true, "membrane time constant"},
          {&P::e_l_mV, "e_l_mV", "mV", -70.0f, -200.0f, 200.0f, false, "resting potential"},
          {&P::v_th_mV, "v_th_mV", "mV", -55.0f, -200.0f, 200.0f, false, "spike threshold"},
          {&P::v_reset_mV, "v_reset_mV", "mV", -70.0f, -200.0f, 200.0f, false, "potential after a spike"},
          {&P::t_ref_ms, "t_ref_ms", "ms", 2.0f, 0.0f, 1000.0f, false, "refractory time, rounded to steps"},
          {&P::i_e_pA, "i_e_pA", "pA", 0.0f, -1e6f, 1e6f, false, "constant current"},
      }};
    }
  };

  static constexpr std::array<PortInfo, 1> ports{{{"delta", "mV"}}};

  struct Derived {
    float change_m;       ///< expm1(-dt/tau_m)
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
    d.v_per_current = static_cast<float>(v_per_current);
    d.v_by_i_e_mV = static_cast<float>(v_per_current * p.i_e_pA);
    d.theta_mV = static_cast<float>(static_cast<double>(p.v_th_mV) - p.e_l_mV);
    d.reset_mV = static_cast<float>(static_cast<double>(p.v_reset_mV) - p.e_l_mV);
    d.refractory_steps = to_steps(p.t_ref_ms, dt_ms);
    return d;
  }

  static constexpr std::array<const char*, 1> drug_targets{kSodium};
  static void apply_drug(Derived& d, std::size_t, float gain) { d.theta_mV += sodium_shift_mV(gain); }

  struct State {
    float v_mV;                     ///< relative to E_L
    std::int32_t refractory_steps;  ///< steps still to sit out
  };
  static constexpr auto state =
      std::tuple{state_field(&State::v_mV, "v_m_mV", "mV", true),
                 state_field(&State::refractory_steps, "refractory_steps", "steps")};

  static float rest_mV(const Params& p) { return p.e_l_mV; }
  static State initial(const Params& p, float v_m_absolute_mV) { return {v_m_absolute_mV - p.e_l_mV, 0}; }

  static void check(const Params& p, const ParameterFaults& fault) { check_reset(p, fault); }

  PENFIELD_HD static bool step(State& s, const Derived& d, const NeuronInput& in) {
    const float drive = fused(d.v_per_current, in.current_pA, d.v_by_i_e_mV);
    const float moved = settle(s.v_mV + fused(d.change_m, s.v_mV, drive)) + in.port[0];
    const float v = s.refractory_steps > 0 ? s.v_mV : moved;
    return fire_and_reset(s, d, v);
  }
};

}  // namespace penfield
