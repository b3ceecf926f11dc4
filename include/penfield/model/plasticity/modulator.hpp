#pragma once
// A neuromodulator (dopamine, acetylcholine) as plasticity rules read it: one concentration for all synapses
// of a projection, a tonic level and pulses that decay.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/base/ids.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

constexpr StepIndex kNoPulse = StepIndex{1} << 60;  ///< entries behind the latest pulse

/// D(t) = baseline + level[k] exp(-(t - step[k]) / tau) from pulse k on, up to the next one. A pulse of step
/// p acts from the time p on, so that it may be entered as long as step p has not been run.
struct ModulatorView {
  const StepIndex* step = nullptr;  ///< [capacity] ascending, then kNoPulse
  const float* level = nullptr;     ///< [capacity] what pulses leave, right after this one
  std::uint32_t capacity = 0;
  float tau_ms = 1.0f;
  float baseline = 0.0f;  ///< tonic level
  float dt_ms = 1.0f;

  /// Pulses of steps up to and with `at`.
  PENFIELD_HD std::uint32_t pulses_up_to(StepIndex at) const {
    std::uint32_t low = 0, high = capacity;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (step[middle] <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
};

/// 1 - exp(-x) for x >= 0, relative error below 3e-7 where exp alone would cancel.
PENFIELD_HD inline float decayed_share(float x) {
  if (x > 0.25f) return 1.0f - exp_f(-x);
  // Taylor series: the first term left out is below 5e-8 of the first.
  float p = 1.0f / 720.0f;
  p = fused(-p, x, 1.0f / 120.0f);
  p = fused(-p, x, 1.0f / 24.0f);
  p = fused(-p, x, 1.0f / 6.0f);
  p = fused(-p, x, 0.5f);
  p = fused(-p, x, 1.0f);
  return p * x;
}

/// What an eligibility that is one at step `begin` and decays with `tau_ms` meets of a modulator up to step
/// `end`: the integral of exp(-(t - begin) / tau) D(t) dt, ms, in closed form between pulses. What is left of
/// it after 21 time constants counts as nothing, as with traces (PopulationView::decay), which bounds the
/// pulses that are looked at.
PENFIELD_HD inline float eligible_level(const ModulatorView& m, StepIndex begin, StepIndex end,
                                        float tau_ms) {
  const float whole_ms = static_cast<float>(end - begin) * m.dt_ms;
  float sum = m.baseline * tau_ms * decayed_share(whole_ms / tau_ms);
  const float both_ms = tau_ms * m.tau_ms / (tau_ms + m.tau_ms);  // eligibility and pulse decay together
  std::uint32_t k = m.pulses_up_to(begin);
  float left = 1.0f;  // of the eligibility at `from`
  StepIndex from = begin;
  while (from < end) {
    const StepIndex next = k < m.capacity && m.step[k] < end ? m.step[k] : end;
    const float passed_ms = static_cast<float>(next - from) * m.dt_ms;
    if (k > 0) {
      const float since_ms = static_cast<float>(from - m.step[k - 1]) * m.dt_ms;
      const float level = m.level[k - 1] * exp_f(-since_ms / m.tau_ms);
      sum = fused(left * level, both_ms * decayed_share(passed_ms / both_ms), sum);
    }
    left = left * exp_f(-passed_ms / tau_ms);
    if (left < 7.6e-10f) break;  // exp(-21)
    from = next;
    ++k;
  }
  return sum;
}

}  // namespace penfield
