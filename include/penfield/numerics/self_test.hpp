#pragma once
#include <cstdint>
#include <string>

#include "penfield/numerics/bits.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// Does this machine, in its present state, do arithmetic the way equal bits need: round to nearest even,
/// keep subnormal numbers, fuse with one rounding, in single and in double precision? On failure `what`,
/// unless null, says what is wrong. Flush-to-zero and the rounding direction belong to a thread, so each
/// thread that computes state has its own answer.
inline bool arithmetic_self_test(std::string* what) {
  const auto fail = [&](const char* text) {
    if (what != nullptr) *what = text;
    return false;
  };
  // The volatiles keep the compiler from answering in the machine's stead.
  {
    volatile float one = 1.0f, next = 1.0000001192092896f, half_ulp = 5.9604644775390625e-08f;
    volatile float even = one + half_ulp, odd = next + half_ulp, negative = -one - half_ulp;
    if (even != 1.0f || negative != -1.0f || bits_from_float(odd) != 0x3f800002u)
      return fail("single-precision additions do not round to nearest even");
    volatile float tiny = 1.17549435e-38f, half = 0.5f, two = 2.0f;
    volatile float subnormal = tiny * half;
    if (bits_from_float(subnormal) != 0x00400000u)
      return fail("single-precision subnormal numbers are flushed to zero");
    volatile float back = subnormal * two;
    if (back != tiny) return fail("single-precision subnormal numbers are read as zero");
    volatile float c = -1.0000002384185791f;  // -(1 + 2^-22): what is left of (1 + 2^-23)^2 is 2^-46
    volatile float rest = fused(next, next, c);
    if (bits_from_float(rest) != 0x28800000u) return fail("single-precision fused multiply-add rounds twice");
    volatile float seven = 7.0f, three = 3.0f;
    volatile float quotient = seven / three, root = square_root(static_cast<float>(three));
    if (bits_from_float(quotient) != 0x40155555u || bits_from_float(root) != 0x3fddb3d7u)
      return fail("single-precision division or square root is not exactly rounded");
  }
  {
    volatile double one = 1.0, next = 1.0000000000000002220446, half_ulp = 1.1102230246251565e-16;
    volatile double even = one + half_ulp, odd = next + half_ulp, negative = -one - half_ulp;
    if (even != 1.0 || negative != -1.0 || bits_from_double(odd) != 0x3ff0000000000002ull)
      return fail("double-precision additions do not round to nearest even");
    volatile double tiny = 2.2250738585072014e-308, half = 0.5, two = 2.0;
    volatile double subnormal = tiny * half;
    if (bits_from_double(subnormal) != 0x0008000000000000ull)
      return fail("double-precision subnormal numbers are flushed to zero");
    volatile double back = subnormal * two;
    if (back != tiny) return fail("double-precision subnormal numbers are read as zero");
    volatile double c = -1.0000000000000004440892;  // -(1 + 2^-51): what is left of (1 + 2^-52)^2 is 2^-104
    volatile double rest = fused(next, next, c);
    if (bits_from_double(rest) != 0x3970000000000000ull)
      return fail("double-precision fused multiply-add rounds twice");
    volatile double seven = 7.0, three = 3.0;
    volatile double quotient = seven / three, root = square_root(static_cast<double>(three));
    if (bits_from_double(quotient) != 0x4002aaaaaaaaaaabull ||
        bits_from_double(root) != 0x3ffbb67ae8584caaull)
      return fail("double-precision division or square root is not exactly rounded");
  }
  return true;
}

}  // namespace penfield
