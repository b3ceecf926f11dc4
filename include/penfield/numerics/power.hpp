#pragma once
#include "penfield/base/host_device.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

/// x^y for 0 <= x <= 1 and finite y >= 0, as e^(y ln x); the same bits everywhere. Exact for y = 0 (1, also
/// at x = 0), for y = 1 (x) and for x = 0 or 1. Elsewhere the relative error is within 4e-7 + 1.3e-7 y |ln x|
/// (test/unit/test_numerics_math.cpp): the rounding of y ln x is what the exponential enlarges. Free of
/// branches, so loops over it vectorise.
PENFIELD_HD inline float power_of_share(float x, float y) {
  const float smallest = 1.17549435e-38f;
  const float positive = x > smallest ? x : smallest;
  const float between = exp_f(y * log_positive_f(positive));
  const float above_zero = x > 0.0f ? between : 0.0f;
  const float general = y == 1.0f ? x : above_zero;
  return y == 0.0f ? 1.0f : general;
}

}  // namespace penfield
