#pragma once
// Leaky integrate-and-fire neuron with the receptors of cortex: AMPA, NMDA (GluN2A and GluN2B) under its
// magnesium block, GABA-A, GABA-B and tonic GABA-A.
//
//   C_m dV/dt = -g_L V + sum over x of g_x (E_x - V) + I_e + I     x: AMPA, NMDA, GABA-A, GABA-B, tonic; all
//                                                                  potentials relative to E_L
//   g_AMPA, g_GABA_A: dg/dt = -g/tau                   a spike of weight w: g += w
//   g_GABA_B = N (b - y), db/dt = -b/tau_decay, dy/dt = -y/tau_rise            b += w, y += w
//   g_NMDA = B(V) ((1 - f) N_A (a - y) + f N_B (b - y))    likewise, a with tau of GluN2A, b of GluN2B
//   B(V) = 1 / (1 + [Mg] exp(-0.062 V / mV) / 3.57 mM), V absolute
//   V >= V_th - E_L: spike; V = V_reset - E_L for t_ref
//
// N makes the peak of each kernel 1, so a weight is the peak conductance of one spike (NMDA: unblocked, and
// of the mixture if both kinds peaked together), in nS and not negative. f (`f_glun2b`) is the share of
// GluN2B in it. g_tonic is the parameter times NeuronInput::tonic_share, which a field sets cell by cell and
// in time.
//
// Magnesium block: C. E. Jahr and C. F. Stevens, J Neurosci 10 (1990) 3178-3182. Decays of recombinant
// receptors, about 50 ms (GluN2A) and 300 ms (GluN2B): S. Vicini et al., J Neurophysiol 79 (1998) 555-566.
// AMPA 2 ms, rise of NMDA 2 ms: N. Brunel and X.-J. Wang, J Comput Neurosci 11 (2001) 63-85. GABA-A, 4 to
// 7 ms at 35 C: T. S. Otis and I. Mody, Neuroscience 49 (1992) 13-32. GABA-B, activation 45 ms, main decay
// 110 ms, reversal -98 mV at 35 C: T. S. Otis, Y. De Koninck and I. Mody, J Physiol 463 (1993) 391-407 (their
// activation is of fourth power; here it is of first).
//
// Scheme: the mean-conductance step of iaf_cond_exp with the block held at its value at the step's start.
// Without NMDA second order; with it first order, which a test measures along with the error at 0.1 ms.
// Without a current V never leaves the range of its reversal potentials, whatever the conductance or step.
// Order within a step as in iaf_cond_exp.
#include "penfield/model/neuron/concept.hpp"
#include "penfield/model/neuron/propagators.hpp"

namespace penfield {

struct IafCondReceptors {
  static constexpr const char* name = "iaf_cond_receptors";
  static constexpr const char* meaning =
      "leaky integrate-and-fire; AMPA, NMDA (GluN2A, GluN2B), GABA-A, GABA-B, tonic GABA-A";
  static constexpr bool stochastic = false;
  static constexpr bool has_tonic = true;

  struct Params {
    float c_m_pF, g_l_nS, e_l_mV, v_th_mV, v_reset_mV, t_ref_ms, i_e_pA, e_ampa_mV, tau_ampa_ms, e_nmda_mV,
        tau_nmda_rise_ms, tau_glun2a_ms, tau_glun2b_ms, f_glun2b, mg_mM, e_gaba_a_mV, tau_gaba_a_ms,
        e_gaba_b_mV, tau_gaba_b_rise_ms, tau_gaba_b_ms, g_tonic_nS;

    static constexpr auto fields() {
      using P = Params;
      return std::array<Field<P>, 21>{{
          {&P::c_m_pF, "c_m_pF", "pF", 250.0f, 1.0f, 1e6f, false, "membrane capacitance"},
          {&P::g_l_nS, "g_l_nS", "nS", 16.6667f, 0.0f, 1e5f, true, "leak conductance"},
          {&P::e_l_mV, "e_l_mV", "mV", -70.0f, -200.0f, 200.0f, false, "resting potential"},
          {&P::v_th_mV, "v_th_mV", "mV", -55.0f, -200.0f, 200.0f, false, "spike threshold"},
          {&P::v_reset_mV, "v_reset_mV", "mV", -60.0f, -200.0f, 200.0f, false, "potential after a spike"},
          {&P::t_ref_ms, "t_ref_ms", "ms", 2.0f, 0.0f, 1000.0f, false, "refractory time, rounded to steps"},
          {&P::i_e_pA, "i_e_pA", "pA", 0.0f, -1e6f, 1e6f, false, "constant current"},
          {&P::e_ampa_mV, "e_ampa_mV", "mV", 0.0f, -200.0f, 200.0f, false, "reversal potential of AMPA"},
          {&P::tau_ampa_ms, "tau_ampa_ms", "ms", 2.0f, 0.0f, 1e4f, true, "decay of AMPA"},
          {&P::e_nmda_mV, "e_nmda_mV", "mV", 0.0f, -200.0f, 200.0f, false, "reversal potential of NMDA"},
          {&P::tau_nmda_rise_ms, "tau_nmda_rise_ms", "ms", 2.0f, 0.0f, 1e4f, true, "rise of NMDA"},
          {&P::tau_glun2a_ms, "tau_glun2a_ms", "ms", 50.0f, 0.0f, 1e4f, true, "decay of NMDA with GluN2A"},
          {&P::tau_glun2b_ms, "tau_glun2b_ms", "ms", 300.0f, 0.0f, 1e4f, true, "decay of NMDA with GluN2B"},
          {&P::f_glun2b, "f_glun2b", "", 0.5f, 0.0f, 1.0f, false, "share of GluN2B in the NMDA conductance"},
          {&P::mg_mM, "mg_mM", "mM", 1.0f, 0.0f, 100.0f, false, "magnesium outside the cell"},
          {&P::e_gaba_a_mV, "e_gaba_a_mV", "mV", -80.0f, -200.0f, 200.0f, false,
           "reversal potential of GABA-A"},
          {&P::tau_gaba_a_ms, "tau_gaba_a_ms", "ms", 5.0f, 0.0f, 1e4f, true, "decay of GABA-A"},
          {&P::e_gaba_b_mV, "e_gaba_b_mV", "mV", -98.0f, -200.0f, 200.0f, false,
           "reversal potential of GABA-B"},
          {&P::tau_gaba_b_rise_ms, "tau_gaba_b_rise_ms", "ms", 45.0f, 0.0f, 1e4f, true, "rise of GABA-B"},
          {&P::tau_gaba_b_ms, "tau_gaba_b_ms", "ms", 110.0f, 0.0f, 1e4f, true, "decay of GABA-B"},
          {&P::g_tonic_nS, "g_tonic_nS", "nS", 0.0f, 0.0f, 1e5f, false,
           "tonic GABA-A conductance at the start, which reverses as GABA-A does"},
      }};
    }
  };

  static constexpr std::array<PortInfo, 4> ports{
      {{"AMPA", "nS"}, {"NMDA", "nS"}, {"GABA_A", "nS", true}, {"GABA_B", "nS", true}}};

  /// A `mean_` is the share of a column at the step's start that the conductance is on average over the step.
  struct Derived {
    float step_per_c;  ///< dt/C_m in 1/nS
    float g_l_nS;
    float e_ampa_mV, e_nmda_mV, e_gaba_a_mV, e_gaba_b_mV;       ///< relative to E_L
    float change_ampa, change_2a, change_2b, change_nmda_rise;  ///< expm1(-dt/tau)
    float change_gaba_a, change_gaba_b, change_gaba_b_rise;
    float mean_ampa, mean_2a, mean_2b, mean_nmda_rise;
    float mean_gaba_a, mean_gaba_b, mean_gaba_b_rise;
    float tonic_nS;
    float mg_at_e_l;  ///< [Mg] exp(-0.062 E_L) / 3.57 mM
    float i_e_pA;
    float theta_mV;  ///< V_th - E_L
    float reset_mV;  ///< V_reset - E_L
    std::int32_t refractory_steps;
  };

  static constexpr double kMgPerMv = 0.062, kMgHalf_mM = 3.57;  ///< Jahr & Stevens 1990

  /// Host only. dt_ms > 0, any size; parameters that check() has nothing against.
  static Derived derive(const Params& p, double dt_ms) {
    const double e_l = p.e_l_mV, f = p.f_glun2b;
    const double scale_2a = (1.0 - f) / peak(p.tau_glun2a_ms, p.tau_nmda_rise_ms);
    const double scale_2b = f / peak(p.tau_glun2b_ms, p.tau_nmda_rise_ms);
    const double scale_b = 1.0 / peak(p.tau_gaba_b_ms, p.tau_gaba_b_rise_ms);
    const auto change = [&](float tau_ms) { return static_cast<float>(decay_change(dt_ms, tau_ms)); };
    const auto mean = [&](double scale, float tau_ms) {
      return static_cast<float>(scale * decay_mean(dt_ms, tau_ms));
    };
    Derived d{};
    d.step_per_c = static_cast<float>(dt_ms / p.c_m_pF);
    d.g_l_nS = p.g_l_nS;
    d.e_ampa_mV = static_cast<float>(p.e_ampa_mV - e_l);
    d.e_nmda_mV = static_cast<float>(p.e_nmda_mV - e_l);
    d.e_gaba_a_mV = static_cast<float>(p.e_gaba_a_mV - e_l);
    d.e_gaba_b_mV = static_cast<float>(p.e_gaba_b_mV - e_l);
    d.change_ampa = change(p.tau_ampa_ms);
    d.change_2a = change(p.tau_glun2a_ms);
    d.change_2b = change(p.tau_glun2b_ms);
    d.change_nmda_rise = change(p.tau_nmda_rise_ms);
    d.change_gaba_a = change(p.tau_gaba_a_ms);
    d.change_gaba_b = change(p.tau_gaba_b_ms);
    d.change_gaba_b_rise = change(p.tau_gaba_b_rise_ms);
    d.mean_ampa = mean(1.0, p.tau_ampa_ms);
    d.mean_2a = mean(scale_2a, p.tau_glun2a_ms);
    d.mean_2b = mean(scale_2b, p.tau_glun2b_ms);
    d.mean_nmda_rise = mean(-(scale_2a + scale_2b), p.tau_nmda_rise_ms);
    d.mean_gaba_a = mean(1.0, p.tau_gaba_a_ms);
    d.mean_gaba_b = mean(scale_b, p.tau_gaba_b_ms);
    d.mean_gaba_b_rise = mean(-scale_b, p.tau_gaba_b_rise_ms);
    d.tonic_nS = p.g_tonic_nS;
    d.mg_at_e_l = static_cast<float>(p.mg_mM / kMgHalf_mM * exp_d(-kMgPerMv * e_l));
    d.i_e_pA = p.i_e_pA;
    d.theta_mV = static_cast<float>(p.v_th_mV - e_l);
    d.reset_mV = static_cast<float>(p.v_reset_mV - e_l);
    d.refractory_steps = to_steps(p.t_ref_ms, dt_ms);
    return d;
  }

  /// GABA-A drugs act on what synapses open; those on tonic inhibition bind other receptors.
  static constexpr std::array<const char*, 6> drug_targets{"AMPA",   "NMDA",         "GABA_A",
                                                           "GABA_B", "tonic_GABA_A", kSodium};
  static void apply_drug(Derived& d, std::size_t target, float gain) {
    const auto scale = [gain](auto&... mean) { ((mean *= gain), ...); };
    if (target == 0) scale(d.mean_ampa);
    if (target == 1) scale(d.mean_2a, d.mean_2b, d.mean_nmda_rise);
    if (target == 2) scale(d.mean_gaba_a);
    if (target == 3) scale(d.mean_gaba_b, d.mean_gaba_b_rise);
    if (target == 4) scale(d.tonic_nS);
    if (target == 5) d.theta_mV += sodium_shift_mV(gain);
  }

  struct State {
    float v_mV;  ///< relative to E_L
    float ampa_nS, glun2a_nS, glun2b_nS, nmda_rise_nS, gaba_a_nS, gaba_b_nS, gaba_b_rise_nS;
    std::int32_t refractory_steps;  ///< steps still to sit out
  };
  static constexpr auto state =
      std::tuple{state_field(&State::v_mV, "v_m_mV", "mV", true),
                 state_field(&State::ampa_nS, "ampa_nS", "nS"),
                 state_field(&State::glun2a_nS, "glun2a_nS", "nS"),
                 state_field(&State::glun2b_nS, "glun2b_nS", "nS"),
                 state_field(&State::nmda_rise_nS, "nmda_rise_nS", "nS"),
                 state_field(&State::gaba_a_nS, "gaba_a_nS", "nS"),
                 state_field(&State::gaba_b_nS, "gaba_b_nS", "nS"),
                 state_field(&State::gaba_b_rise_nS, "gaba_b_rise_nS", "nS"),
                 state_field(&State::refractory_steps, "refractory_steps", "steps")};

  static float rest_mV(const Params& p) { return p.e_l_mV; }
  static State initial(const Params& p, float v_m_absolute_mV) {
    State s{};
    s.v_mV = v_m_absolute_mV - p.e_l_mV;
    return s;
  }

  static void check(const Params& p, const ParameterFaults& fault) {
    check_reset(p, fault);
    const char* slower = "must be longer than the rise, which it follows: raise it or lower the rise";
    if (!(p.tau_glun2a_ms > p.tau_nmda_rise_ms)) fault("tau_glun2a_ms", slower);
    if (!(p.tau_glun2b_ms > p.tau_nmda_rise_ms)) fault("tau_glun2b_ms", slower);
    if (!(p.tau_gaba_b_ms > p.tau_gaba_b_rise_ms)) fault("tau_gaba_b_ms", slower);
  }

  PENFIELD_HD static bool step(State& s, const Derived& d, const NeuronInput& in) {
    const float unblocked = 1.0f / fused(d.mg_at_e_l, exp_f(static_cast<float>(-kMgPerMv) * s.v_mV), 1.0f);
    const float ampa = s.ampa_nS * d.mean_ampa;
    const float nmda =
        unblocked * above_zero(fused(s.glun2a_nS, d.mean_2a,
                                     fused(s.glun2b_nS, d.mean_2b, s.nmda_rise_nS * d.mean_nmda_rise)));
    const float gaba_a = fused(s.gaba_a_nS, d.mean_gaba_a, d.tonic_nS * in.tonic_share);
    const float gaba_b = above_zero(fused(s.gaba_b_nS, d.mean_gaba_b, s.gaba_b_rise_nS * d.mean_gaba_b_rise));
    const float total = d.g_l_nS + ampa + nmda + gaba_a + gaba_b;
    const float excited = fused(ampa, d.e_ampa_mV, fused(nmda, d.e_nmda_mV, d.i_e_pA + in.current_pA));
    const float drive = fused(gaba_a, d.e_gaba_a_mV, fused(gaba_b, d.e_gaba_b_mV, excited));
    const float moved = settle(relaxed_membrane(s.v_mV, total, drive, d.step_per_c));
    const float v = s.refractory_steps > 0 ? s.v_mV : moved;
    s.ampa_nS = next_conductance(s.ampa_nS, d.change_ampa, in.port[0]);
    s.glun2a_nS = next_conductance(s.glun2a_nS, d.change_2a, in.port[1]);
    s.glun2b_nS = next_conductance(s.glun2b_nS, d.change_2b, in.port[1]);
    s.nmda_rise_nS = next_conductance(s.nmda_rise_nS, d.change_nmda_rise, in.port[1]);
    s.gaba_a_nS = next_conductance(s.gaba_a_nS, d.change_gaba_a, in.port[2]);
    s.gaba_b_nS = next_conductance(s.gaba_b_nS, d.change_gaba_b, in.port[3]);
    s.gaba_b_rise_nS = next_conductance(s.gaba_b_rise_nS, d.change_gaba_b_rise, in.port[3]);
    return fire_and_reset(s, d, v);
  }

 private:
  /// Of exp(-t/tau_decay) - exp(-t/tau_rise), tau_rise < tau_decay.
  static double peak(double decay_ms, double rise_ms) {
    const double at_ms = decay_ms * rise_ms / (decay_ms - rise_ms) * log_d(decay_ms / rise_ms);
    return exp_d(-at_ms / decay_ms) - exp_d(-at_ms / rise_ms);
  }
  /// The two sums of a double exponential are equal right after the first spike, but for rounding.
  PENFIELD_HD static float above_zero(float g_nS) { return g_nS > 0.0f ? g_nS : 0.0f; }
};

}  // namespace penfield
