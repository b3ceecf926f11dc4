#pragma once
// Synaptic input in fixed point: integer sums do not depend on their order. value = integer * 2^-scale_log2.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/bits.hpp"

namespace penfield {

/// 2^n for -126 <= n <= 127.
PENFIELD_HD inline float power_of_two(std::int32_t n) {
  return float_from_bits(static_cast<std::uint32_t>(n + 127) << 23);
}

/// w * 2^scale_log2 rounded to the nearest integer (ties to even), for -126 <= scale_log2 <= 127. Beyond
/// +-(2^31 - 128), the largest float below 2^31, it clamps; NaN becomes the lower end, which the watch on
/// non-finite state has caught before.
PENFIELD_HD inline std::int32_t to_fixed(float w, std::int32_t scale_log2) {
  const float scaled = w * power_of_two(scale_log2);
  const float low = scaled > -2147483520.0f ? scaled : -2147483520.0f;
  const float clamped = low < 2147483520.0f ? low : 2147483520.0f;
#if defined(__CUDA_ARCH__)
  return __float2int_rn(clamped);
#else
  // Adding 2^23 with the sign of the value rounds magnitudes below 2^23 to whole numbers; larger floats are
  // whole already.
  const float magnitude = clamped < 0.0f ? -clamped : clamped;
  const float shifter = clamped < 0.0f ? -8388608.0f : 8388608.0f;
  const float rounded = magnitude < 8388608.0f ? (clamped + shifter) - shifter : clamped;
  return static_cast<std::int32_t>(rounded);
#endif
}

/// q * 2^-scale_log2, rounded once, for -127 <= scale_log2 <= 126 (a scale of 127 would need a subnormal
/// power).
PENFIELD_HD inline float from_fixed(std::int32_t q, std::int32_t scale_log2) {
  return static_cast<float>(q) * power_of_two(-scale_log2);
}

/// The largest scale from -90 to 30 at which sums up to `max_abs_sum` >= 0 stay below 2^30 (one bit is kept
/// in reserve). Sums that are too large even for -90, infinity among them, get -90: the caller has checked
/// them.
inline std::int32_t choose_scale_log2(double max_abs_sum) {
  std::int32_t scale = 30;
  double sum = max_abs_sum * 1073741824.0;
  while (sum >= 1073741824.0 && scale > -90) {
    sum *= 0.5;
    --scale;
  }
  return scale;
}

}  // namespace penfield
