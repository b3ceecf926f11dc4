#pragma once
#include <string>

#include "penfield/numerics/bits.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// Does this machine do arithmetic the way equal bits need: round to nearest, keep subnormals, fuse with one rounding?
/// On failure `what` says which. The volatiles keep the compiler from answering in its stead.
inline bool arithmetic_self_test(std::string* what) {
  const auto fail = [&](const char* text) {
    if (what != nullptr) *what = text;
    return false;
  };
  volatile float one = 1.0f, small = 5.9604644775390625e-08f;  // 2^-24: exactly half an ulp of 1
  volatile float sum = one + small;
  if (sum != 1.0f) return fail("additions do not round to nearest even");
  volatile float next = 1.0000001192092896f;
  volatile float up = next + small;
  if (bits_from_float(up) != 0x3f800002u) return fail("additions do not round to nearest even");
  volatile float tiny = 1.17549435e-38f, half = 0.5f;
  volatile float subnormal = tiny * half;
  if (bits_from_float(subnormal) != 0x00400000u) return fail("subnormal numbers are flushed to zero");
  volatile float back = subnormal * 2.0f;
  if (back != tiny) return fail("subnormal numbers are read as zero");
  volatile float a = 1.0000001192092896f, c = -1.0000002384185791f;
  volatile float rest = fused(a, a, c);
  if (bits_from_float(rest) != 0x28800000u) return fail("fused multiply-add rounds twice");
  return true;
}

}  // namespace penfield
