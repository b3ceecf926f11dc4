#pragma once
// Adaptive exponential integrate-and-fire neuron with exponential synaptic conductances.
//
//   C_m dV/dt = -g_L V + g_L Delta_T exp((V - V_th)/Delta_T) - w
//               + g_ex (E_ex - V) + g_in (E_in - V) + I_e + I      V, V_th, E_ex, E_in relative to E_L
//   tau_w dw/dt = a V - w
//   dg_x/dt = -g_x/tau_syn_x                                       a spike of weight w at time t: g_x += w
//   V >= V_peak: spike; V = V_reset - E_L for t_ref (0 allowed), w += b
//
// R. Brette and W. Gerstner, J. Neurophysiol. 94 (2005) 3637-3642. Names and defaults: NEST aeif_cond_exp.
//
// Scheme: Strang splitting, adaptation | passive membrane | exponential | passive membrane | adaptation, in
// two substeps per step. The exponential part alone has the exact solution
// exp(-(V - V_th)/Delta_T) -= h g_L/C_m, so the upswing may run to infinity within a substep and nothing
// overflows; the passive part is the mean-conductance step of iaf_cond_exp. Second order (measured 2.0); at
// 0.1 ms no interspike interval differs by more than one step from a double-precision Runge-Kutta solution
// reset on the same grid.
//
// Order within a step: V and w move, the conductances decay along; then what arrives is added. A spike ends
// its step: V is reset on the grid, as in all models here (NEST resets between grid points).
#include "penfield/model/neuron/concept.hpp"
#include "penfield/model/neuron/propagators.hpp"

namespace penfield {

struct AdEx {
  static constexpr const char* name = "adex";
  static constexpr const char* meaning =
      "adaptive exponential integrate-and-fire, exponential synaptic conductances";
  static constexpr bool stochastic = false;

  struct Params {
    float c_m_pF, g_l_nS, e_l_mV, v_th_mV, delta_t_mV, v_peak_mV, v_reset_mV, t_ref_ms, a_nS, b_pA, tau_w_ms,
        e_ex_mV, e_in_mV, tau_syn_ex_ms, tau_syn_in_ms, i_e_pA;

    static constexpr auto fields() {
      using P = Params;
      return std::array<Field<P>, 16>{{
          {&P::c_m_pF, "c_m_pF", "pF", 281.0f, 1.0f, 1e6f, false, "membrane capacitance"},
          {&P::g_l_nS, "g_l_nS", "nS", 30.0f, 0.0f, 1e5f, true, "leak conductance"},
          {&P::e_l_mV, "e_l_mV", "mV", -70.6f, -200.0f, 200.0f, false, "resting potential"},
          {&P::v_th_mV, "v_th_mV", "mV", -50.4f, -200.0f, 200.0f, false,
           "potential where the upswing sets in"},
          {&P::delta_t_mV, "delta_t_mV", "mV", 2.0f, 0.01f, 100.0f, false, "sharpness of the upswing"},
          {&P::v_peak_mV, "v_peak_mV", "mV", 0.0f, -200.0f, 200.0f, false,
           "potential that counts as a spike"},
          {&P::v_reset_mV, "v_reset_mV", "mV", -60.0f, -200.0f, 200.0f, false, "potential after a spike"},
          {&P::t_ref_ms, "t_ref_ms", "ms", 0.0f, 0.0f, 1000.0f, false, "refractory time, rounded to steps"},
          {&P::a_nS, "a_nS", "nS", 4.0f, -1e4f, 1e4f, false, "subthreshold adaptation"},
          {&P::b_pA, "b_pA", "pA", 80.5f, -1e6f, 1e6f, false, "adaptation added by a spike"},
          {&P::tau_w_ms, "tau_w_ms", "ms", 144.0f, 0.0f, 1e6f, true, "decay of adaptation"},
          {&P::e_ex_mV, "e_ex_mV", "mV", 0.0f, -200.0f, 200.0f, false, "reversal potential of AMPA"},
          {&P::e_in_mV, "e_in_mV", "mV", -85.0f, -200.0f, 200.0f, false, "reversal potential of GABA-A"},
          {&P::tau_syn_ex_ms, "tau_syn_ex_ms", "ms", 0.2f, 0.0f, 1e4f, true, "decay of the AMPA conductance"},
          {&P::tau_syn_in_ms, "tau_syn_in_ms", "ms", 2.0f, 0.0f, 1e4f, true,
           "decay of the GABA-A conductance"},
          {&P::i_e_pA, "i_e_pA", "pA", 0.0f, -1e6f, 1e6f, false, "constant current"},
      }};
    }
  };

  static constexpr std::array<PortInfo, 2> ports{{{"AMPA", "nS"}, {"GABA_A", "nS", true}}};

  struct Derived {
    std::int32_t refractory_steps;
    float half_per_c;  ///< half a substep over C_m, in 1/nS
    float g_l_nS;
    float e_ex_mV;         ///< E_ex - E_L
    float e_in_mV;         ///< E_in - E_L
    float half_change_ex;  ///< expm1(-(half a substep)/tau_syn_ex)
    float half_change_in;  ///< expm1(-(half a substep)/tau_syn_in)
    float half_mean_ex;    ///< mean over half a substep of g_ex per nS at its start
    float half_mean_in;    ///< mean over half a substep of g_in per nS at its start
    float half_change_w;   ///< expm1(-(half a substep)/tau_w)
    float a_nS;
    float b_pA;
    float i_e_pA;
    float delta_t_mV;
    float per_delta_t;  ///< 1/Delta_T in 1/mV
    float upswing;      ///< substep * g_L / C_m
    float v_th_mV;      ///< V_th - E_L
    float peak_mV;      ///< V_peak - E_L
    float reset_mV;     ///< V_reset - E_L
  };

  /// Host only. dt_ms > 0, any size.
  static Derived derive(const Params& p, double dt_ms) {
    const double e_l = p.e_l_mV;
    Derived d{};
    d.refractory_steps = to_steps(p.t_ref_ms, dt_ms);
    const double substep_ms = dt_ms / kSubsteps;
    const double half_ms = 0.5 * substep_ms;
    d.half_per_c = static_cast<float>(half_ms / p.c_m_pF);
    d.g_l_nS = p.g_l_nS;
    d.e_ex_mV = static_cast<float>(p.e_ex_mV - e_l);
    d.e_in_mV = static_cast<float>(p.e_in_mV - e_l);
    d.half_change_ex = static_cast<float>(decay_change(half_ms, p.tau_syn_ex_ms));
    d.half_change_in = static_cast<float>(decay_change(half_ms, p.tau_syn_in_ms));
    d.half_mean_ex = static_cast<float>(decay_mean(half_ms, p.tau_syn_ex_ms));
    d.half_mean_in = static_cast<float>(decay_mean(half_ms, p.tau_syn_in_ms));
    d.half_change_w = static_cast<float>(decay_change(half_ms, p.tau_w_ms));
    d.a_nS = p.a_nS;
    d.b_pA = p.b_pA;
    d.i_e_pA = p.i_e_pA;
    d.delta_t_mV = p.delta_t_mV;
    d.per_delta_t = static_cast<float>(1.0 / p.delta_t_mV);
    d.upswing = static_cast<float>(substep_ms * p.g_l_nS / p.c_m_pF);
    d.v_th_mV = static_cast<float>(p.v_th_mV - e_l);
    d.peak_mV = static_cast<float>(p.v_peak_mV - e_l);
    d.reset_mV = static_cast<float>(p.v_reset_mV - e_l);
    return d;
  }

  static constexpr std::array<const char*, 3> drug_targets{"AMPA", "GABA_A", kSodium};
  static void apply_drug(Derived& d, std::size_t target, float gain) {
    if (target == 0) d.half_mean_ex *= gain;
    if (target == 1) d.half_mean_in *= gain;
    // The exponential current is the sodium channels': it falls to `gain` of itself.
    if (target == 2) d.v_th_mV += sodium_shift_mV(gain, d.delta_t_mV);
  }

  struct State {
    float v_mV;  ///< relative to E_L
    float w_pA;
    float g_ex_nS;
    float g_in_nS;
    std::int32_t refractory_steps;  ///< steps still to sit out
  };
  static constexpr auto state =
      std::tuple{state_field(&State::v_mV, "v_m_mV", "mV", true), state_field(&State::w_pA, "w_pA", "pA"),
                 state_field(&State::g_ex_nS, "g_ex_nS", "nS"), state_field(&State::g_in_nS, "g_in_nS", "nS"),
                 state_field(&State::refractory_steps, "refractory_steps", "steps")};

  static float rest_mV(const Params& p) { return p.e_l_mV; }
  static State initial(const Params& p, float v_m_absolute_mV) {
    return {v_m_absolute_mV - p.e_l_mV, 0.0f, 0.0f, 0.0f, 0};
  }

  static void check(const Params& p, const ParameterFaults& fault) {
    if (!(p.v_th_mV <= p.v_peak_mV)) {
      fault("v_peak_mV", "must not lie below v_th_mV, where the upswing only sets in: raise it");
    }
    if (!(p.v_reset_mV < p.v_peak_mV)) {
      fault("v_reset_mV", "must lie below v_peak_mV, else one spike would bring on the next: lower it");
    }
  }

  PENFIELD_HD static bool step(State& s, const Derived& d, const NeuronInput& in) {
    const float current = d.i_e_pA + in.current_pA;
    float w = s.w_pA, g_ex = s.g_ex_nS, g_in = s.g_in_nS;
    // kSubsteps of them, written out: g++ vectorises no loop within a loop.
    // Counts instead of flags: g++ vectorises a select of integers, not one of flags.
    const float v1 = substep(s.v_mV, w, g_ex, g_in, d, current, s.refractory_steps);
    const std::int32_t first = v1 >= d.peak_mV ? 1 : 0;
    const float from = first > 0 ? d.reset_mV : v1;
    const float v2 = substep(from, w, g_ex, g_in, d, current, s.refractory_steps + first);
    const std::int32_t crossings = first + (v2 >= d.peak_mV ? 1 : 0);
    const bool spike = crossings > 0;
    s.g_ex_nS = next_conductance(g_ex, 0.0f, in.port[0]);
    s.g_in_nS = next_conductance(g_in, 0.0f, in.port[1]);
    s.v_mV = spike ? d.reset_mV : v2;
    s.w_pA = spike ? w + d.b_pA : w;
    const std::int32_t left = s.refractory_steps > 0 ? s.refractory_steps - 1 : 0;
    s.refractory_steps = spike ? d.refractory_steps : left;
    return spike;
  }

 private:
  static constexpr int kSubsteps = 2;

  /// V after one substep; it stays where it is if `held` > 0. Moves the other three along.
  PENFIELD_HD static float substep(float v, float& w, float& g_ex, float& g_in, const Derived& d,
                                   float current, std::int32_t held) {
    w = settle(fused(fused(d.a_nS, v, -w), -d.half_change_w, w));
    const float early = passive_half(v, w, g_ex, g_in, current, d);
    const float x = (early - d.v_th_mV) * d.per_delta_t;
    // The exponential current alone, exact. e^60 of it peaks within any substep: no need to overflow.
    const float q = d.upswing * exp_f(x > 60.0f ? 60.0f : x);
    const bool peaked = q > 0.999999f;  // gone within a millionth of the substep
    const float risen = fused(d.delta_t_mV, minus_log1m(peaked ? 0.0f : q), early);
    const float late = settle(passive_half(risen, w, g_ex, g_in, current, d));
    const float moved = peaked ? d.peak_mV : late;
    const float next = held > 0 ? v : moved;
    w = settle(fused(fused(d.a_nS, next, -w), -d.half_change_w, w));
    return next;
  }

  /// Half a substep of the passive membrane; the conductances decay along.
  PENFIELD_HD static float passive_half(float v, float w, float& g_ex, float& g_in, float current,
                                        const Derived& d) {
    const float mean_ex = g_ex * d.half_mean_ex;
    const float mean_in = g_in * d.half_mean_in;
    const float drive = fused(mean_ex, d.e_ex_mV, fused(mean_in, d.e_in_mV, current - w));
    g_ex = decayed(g_ex, d.half_change_ex);
    g_in = decayed(g_in, d.half_change_in);
    return relaxed_membrane(v, d.g_l_nS + mean_ex + mean_in, drive, d.half_per_c);
  }

  /// -log(1 - q) for 0 <= q < 1. The series (error q^7/7) where 1 - q would lose digits: below the upswing
  /// the same rounding would repeat every substep and shift V by 4e-5 mV.
  PENFIELD_HD static float minus_log1m(float q) {
    const float inner = fused(q, fused(q, fused(q, 1.0f / 6.0f, 0.2f), 0.25f), 1.0f / 3.0f);
    const float series = fused(q * q, fused(q, inner, 0.5f), q);
    return q < 0.06f ? series : -log_f(1.0f - q);
  }
};

}  // namespace penfield
