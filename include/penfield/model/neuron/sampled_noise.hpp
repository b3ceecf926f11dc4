#pragma once
// White noise that is held for a step and tested against a threshold at the step's end misses crossings in
// between: the rate depends on the step as its square root. A threshold lower by 0.5826 SDs of the noise's
// step in the potential restores the rate of continuous time to a higher order: M. Broadie, P. Glasserman &
// S. Kou, Math. Finance 7:325 (1997), theorem 1.1.
#include <cmath>

namespace penfield {

/// -zeta(1/2) / sqrt(2 pi).
inline constexpr double kSampledCrossing = 0.5825971579390106;

/// A model that fires and resets when its potential reaches a threshold, with a capacitance that turns
/// current into potential: what the correction is about.
template <class Params>
concept FiresAtThreshold = requires(Params p) {
  p.v_th_mV;
  p.v_reset_mV;
  p.c_m_pF;
}
&&!requires(Params p) { p.v_peak_mV; };

/// How much lower the threshold has to be, mV. `sd_pA`: of the noise's mean over 1 ms.
inline double sampled_threshold_mV(double sd_pA, double c_m_pF, double dt_ms) {
  return kSampledCrossing * sd_pA * std::sqrt(dt_ms) / c_m_pF;
}

}  // namespace penfield
