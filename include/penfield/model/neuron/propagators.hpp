#pragma once
// What the neuron models share: constants of exact integration (host, double) and small branch-free step
// helpers.
//
// Exact integration: S. Rotter and M. Diesmann, Biol. Cybern. 81 (1999) 381-402. The update writes a decay as
// x += x * expm1(-h/tau), not x *= exp(-h/tau): rounded to float, exp(-0.01) carries a relative error of 3e-8
// that every step repeats, while expm1(-0.01) carries one a hundred times smaller.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// Below this magnitude (mV, pA, nS, Hz) a decaying state is nothing. Left alone it would end among the
/// subnormal numbers, which cost a hundred cycles each, and stay there: rounding stops the decay of the last
/// few.
constexpr float kNothing = 1e-20f;

/// No conductance of a neuron passes 1 mS (a thousand times a whole cell's): the guard that keeps the
/// conductance models finite whatever arrives.
constexpr float kMaxConductance_nS = 1e6f;

// ---- host: constants of one step ----

/// expm1(-dt/tau): the change over one step of a quantity of 1 that decays with `tau_ms`. In [-1, 0).
inline double decay_change(double dt_ms, double tau_ms) { return expm1_d(-dt_ms / tau_ms); }

/// Mean over one step of a quantity that starts at 1 and decays with `tau_ms`.
inline double decay_mean(double dt_ms, double tau_ms) { return -expm1_d(-dt_ms / tau_ms) * tau_ms / dt_ms; }

/// Integral of exp(-(dt - s)/tau_a) exp(-s/tau_b) over s in [0, dt], in ms: what a current that decays with
/// one time constant leaves on a membrane that decays with the other. Symmetric in both and accurate where
/// they meet: only the difference of the two rates enters expm1, and its rounding error shifts a factor near
/// 1 by its own size.
inline double two_decays(double dt_ms, double tau_a_ms, double tau_b_ms) {
  const double rate_a = 1.0 / tau_a_ms;
  const double rate_b = 1.0 / tau_b_ms;
  const double slow = rate_a < rate_b ? rate_a : rate_b;
  const double apart = rate_a < rate_b ? rate_b - rate_a : rate_a - rate_b;
  const double x = apart * dt_ms;
  const double ramp = x > 0.0 ? -expm1_d(-x) / x : 1.0;
  return dt_ms * exp_d(-slow * dt_ms) * ramp;
}

/// How far the spike threshold rises, mV, when the sodium conductance that is there falls to `gain` of
/// itself: -k_a ln(gain), k_a the slope of sodium activation (J. Platkiewicz and R. Brette, PLoS Comput Biol
/// 6:e1000850, 2010; 3.4 mV in their conductance-based model).
constexpr double kSodiumSlope_mV = 3.4;
inline float sodium_shift_mV(float gain, double slope_mV = kSodiumSlope_mV) {
  return static_cast<float>(-slope_mV * log_d(gain));
}

/// A duration in whole steps, to the nearest.
inline std::int32_t to_steps(double duration_ms, double dt_ms) {
  return static_cast<std::int32_t>(duration_ms / dt_ms + 0.5);
}

// ---- host and device: one step ----

/// x, or 0 when it is nothing.
PENFIELD_HD inline float settle(float x) { return x < kNothing && x > -kNothing ? 0.0f : x; }

/// x after one step of decay, `change` from decay_change.
PENFIELD_HD inline float decayed(float x, float change) { return settle(fused(x, change, x)); }

/// A conductance after one step of decay and `arriving_nS`: kept in [0, kMaxConductance_nS].
PENFIELD_HD inline float next_conductance(float g_nS, float change, float arriving_nS) {
  const float g = fused(g_nS, change, g_nS) + arriving_nS;
  const float floored = g < kNothing ? 0.0f : g;
  return floored > kMaxConductance_nS ? kMaxConductance_nS : floored;
}

/// (1 - R(x)) / x for x >= 0, where R(x) = 1 / (1 + x + x^2/2 + x^3/6 + x^4/24) is the (0, 4) Pade
/// approximant of exp(-x): error x^5/120, falls from 1 to 0 without a turn, so that a relaxation built on it
/// overshoots for no x. One division instead of an exponential, and no cancellation at small x. Finite up to
/// x = 5e9.
PENFIELD_HD inline float relaxation(float x) {
  const float top = fused(x, fused(x, fused(x, 1.0f / 24.0f, 1.0f / 6.0f), 0.5f), 1.0f);
  return top / fused(x, top, 1.0f);
}

/// The passive membrane over one (sub)step with its conductances at their means:
/// dV/dt = (drive - total * V) / C; `step_per_c` = h / C in 1/nS (ms/pF), `drive_pA` = sum of g E plus
/// currents.
PENFIELD_HD inline float relaxed_membrane(float v_mV, float total_nS, float drive_pA, float step_per_c) {
  const float pull = fused(-total_nS, v_mV, drive_pA);
  return fused(pull * step_per_c, relaxation(total_nS * step_per_c), v_mV);
}

/// The end of an integrate-and-fire step: threshold test, reset, refractory countdown. `v_mV` is the
/// potential after this step. Selects only, so that the loop over neurons vectorises.
template <class State, class Derived>
PENFIELD_HD inline bool fire_and_reset(State& s, const Derived& d, float v_mV) {
  const bool spike = v_mV >= d.theta_mV;
  const std::int32_t left = s.refractory_steps > 0 ? s.refractory_steps - 1 : 0;
  s.v_mV = spike ? d.reset_mV : v_mV;
  s.refractory_steps = spike ? d.refractory_steps : left;
  return spike;
}

}  // namespace penfield
