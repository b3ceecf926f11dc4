#pragma once
// Exponential and logarithm from + - * / fma and integer shifts alone, so that they give the same bits on
// every device and compiler. Range reduction to |r| <= ln(2)/2 (Cody & Waite, Software Manual for the
// Elementary Functions, 1980) and a polynomial; the single-precision coefficients are those of S. L.
// Moshier's Cephes library (1989). The single-precision ones are free of branches and tables, so loops over
// them vectorise. Every NaN that comes out is the one positive quiet NaN, since processors disagree on the
// payload that survives. The errors stated were measured (test/unit/test_numerics_math.cpp), in single
// precision over all floats, in units in the last place.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/bits.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// e^x, within 1.03 ulp. -104 and below, -infinity too: 0. Above 88.7228: infinity. NaN: NaN. Subnormal
/// results are rounded twice, within 0.76 of their ulp.
PENFIELD_HD inline float exp_f(float x) {
  // Written so that a NaN takes the lower end: it must not reach the conversion to an integer.
  const float not_low = x > -104.0f ? x : -104.0f;
  const float clamped = not_low < 89.0f ? not_low : 89.0f;
  // Adding 1.5 * 2^23 rounds to the nearest integer (round-to-nearest mode, checked at start-up).
  const float shifter = 12582912.0f;
  const float n = fused(clamped, 1.44269504f, shifter) - shifter;
  float r = fused(n, -0.693359375f, clamped);
  r = fused(n, 2.12194440e-4f, r);
  float p = 1.9875691500e-4f;
  p = fused(p, r, 1.3981999507e-3f);
  p = fused(p, r, 8.3334519073e-3f);
  p = fused(p, r, 4.1665795894e-2f);
  p = fused(p, r, 1.6666665459e-1f);
  p = fused(p, r, 5.0000001201e-1f);
  p = fused(p * r, r, r) + 1.0f;
  // 2^n in two factors, since n reaches -150 and 128.
  const auto whole = static_cast<std::int32_t>(n);
  const std::int32_t half = whole >> 1;
  const float first = float_from_bits(static_cast<std::uint32_t>(half + 127) << 23);
  const float second = float_from_bits(static_cast<std::uint32_t>(whole - half + 127) << 23);
  const float result = p * first * second;
  return x == x ? result : float_from_bits(0x7fc00000u);
}

/// ln(x * 2^shift) for a positive, normal, finite x, within 0.83 ulp. For any other x the result is the same
/// everywhere and means nothing: for loops whose arguments are known to be in range.
PENFIELD_HD inline float log_positive_f(float x, std::int32_t shift = 0) {
  const std::uint32_t bits = bits_from_float(x);
  // Split so that the mantissa lies in [sqrt(1/2), sqrt(2)).
  const std::int32_t exponent = static_cast<std::int32_t>(bits - 0x3f3504f3u) >> 23;
  const float m = float_from_bits(bits - (static_cast<std::uint32_t>(exponent) << 23));
  const auto e = static_cast<float>(exponent + shift);
  const float f = m - 1.0f;
  const float z = f * f;
  float p = 7.0376836292e-2f;
  p = fused(p, f, -1.1514610310e-1f);
  p = fused(p, f, 1.1676998740e-1f);
  p = fused(p, f, -1.2420140846e-1f);
  p = fused(p, f, 1.4249322787e-1f);
  p = fused(p, f, -1.6668057665e-1f);
  p = fused(p, f, 2.0000714765e-1f);
  p = fused(p, f, -2.4999993993e-1f);
  p = fused(p, f, 3.3333331174e-1f);
  p = p * f * z;
  p = fused(e, -2.12194440e-4f, p);
  p = fused(-0.5f, z, p);
  return fused(e, 0.693359375f, f + p);
}

/// Natural logarithm, within 0.83 ulp, subnormal x included. +-0: -infinity. Infinity: infinity. Below 0 and
/// NaN: NaN.
PENFIELD_HD inline float log_f(float x) {
  const float infinity = float_from_bits(0x7f800000u);
  const bool subnormal = x < 1.17549435e-38f;
  const float result = log_positive_f(subnormal ? x * 8388608.0f : x, subnormal ? -23 : 0);
  const float above_zero = x < infinity ? result : infinity;
  return x > 0.0f ? above_zero : (x == 0.0f ? -infinity : float_from_bits(0x7fc00000u));
}

namespace detail {

/// x = n ln(2) + r with a whole n and |r| <= 0.3466, for |x| < 800.
struct Reduced {
  double n, r;
};
PENFIELD_HD inline Reduced reduce_by_ln2(double x) {
  const double shifter = 6755399441055744.0;  // 1.5 * 2^52
  const double n = fused(x, 1.4426950408889634074, shifter) - shifter;
  const double r = fused(n, -6.93147180369123816490e-01, x);
  return {n, fused(n, -1.90821492927058770002e-10, r)};
}

}  // namespace detail

/// e^x, within 1.1 ulp. -746 and below, -infinity too: 0. Above 709.7827: infinity. NaN: NaN. Subnormal
/// results are rounded twice.
PENFIELD_HD inline double exp_d(double x) {
  const double not_low = x > -746.0 ? x : -746.0;
  const double clamped = not_low < 710.0 ? not_low : 710.0;
  const auto [n, r] = detail::reduce_by_ln2(clamped);
  // Taylor series: the first term left out is below 4e-18 for |r| <= 0.3466.
  double p = 1.0 / 6227020800.0;
  p = fused(p, r, 1.0 / 479001600.0);
  p = fused(p, r, 1.0 / 39916800.0);
  p = fused(p, r, 1.0 / 3628800.0);
  p = fused(p, r, 1.0 / 362880.0);
  p = fused(p, r, 1.0 / 40320.0);
  p = fused(p, r, 1.0 / 5040.0);
  p = fused(p, r, 1.0 / 720.0);
  p = fused(p, r, 1.0 / 120.0);
  p = fused(p, r, 1.0 / 24.0);
  p = fused(p, r, 1.0 / 6.0);
  p = fused(p, r, 0.5);
  p = fused(p * r, r, r) + 1.0;
  const auto whole = static_cast<std::int64_t>(n);
  const std::int64_t half = whole / 2;
  const double first = double_from_bits(static_cast<std::uint64_t>(half + 1023) << 52);
  const double second = double_from_bits(static_cast<std::uint64_t>(whole - half + 1023) << 52);
  const double result = p * first * second;
  return x == x ? result : double_from_bits(0x7ff8000000000000ull);
}

/// Natural logarithm, within 2.1 ulp (the worst is next to 1), subnormal x included. +-0: -infinity.
/// Infinity: infinity. Below 0 and NaN: NaN.
PENFIELD_HD inline double log_d(double x) {
  const double infinity = double_from_bits(0x7ff0000000000000ull);
  const bool subnormal = x < 2.2250738585072014e-308;
  const std::uint64_t bits = bits_from_double(subnormal ? x * 4503599627370496.0 : x);
  const std::int64_t exponent = static_cast<std::int64_t>(bits - 0x3fe6a09e667f3bcdull) >> 52;
  const double m = double_from_bits(bits - (static_cast<std::uint64_t>(exponent) << 52));
  const auto e = static_cast<double>(exponent + (subnormal ? -52 : 0));
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  // ln((1+s)/(1-s)) = 2 s (1 + z/3 + z^2/5 + ...), |s| <= 0.1716: the first term left out is below 1e-18.
  double p = 1.0 / 23.0;
  p = fused(p, z, 1.0 / 21.0);
  p = fused(p, z, 1.0 / 19.0);
  p = fused(p, z, 1.0 / 17.0);
  p = fused(p, z, 1.0 / 15.0);
  p = fused(p, z, 1.0 / 13.0);
  p = fused(p, z, 1.0 / 11.0);
  p = fused(p, z, 1.0 / 9.0);
  p = fused(p, z, 1.0 / 7.0);
  p = fused(p, z, 1.0 / 5.0);
  p = fused(p, z, 1.0 / 3.0);
  const double low = fused(e, 1.90821492927058770002e-10, 2.0 * s * z * p);
  const double result = fused(e, 6.93147180369123816490e-01, 2.0 * s + low);
  const double above_zero = x < infinity ? result : infinity;
  return x > 0.0 ? above_zero : (x == 0.0 ? -infinity : double_from_bits(0x7ff8000000000000ull));
}

/// e^x - 1 without cancellation for small x, within 2 ulp. -40 and below, -infinity too: -1. Above 709.7827:
/// infinity. NaN: NaN.
PENFIELD_HD inline double expm1_d(double x) {
  if (x > 40.0) return exp_d(x) - 1.0;
  const auto [n, r] = detail::reduce_by_ln2(x > -40.0 ? x : -40.0);
  double p = 1.0 / 1307674368000.0;
  p = fused(p, r, 1.0 / 87178291200.0);
  p = fused(p, r, 1.0 / 6227020800.0);
  p = fused(p, r, 1.0 / 479001600.0);
  p = fused(p, r, 1.0 / 39916800.0);
  p = fused(p, r, 1.0 / 3628800.0);
  p = fused(p, r, 1.0 / 362880.0);
  p = fused(p, r, 1.0 / 40320.0);
  p = fused(p, r, 1.0 / 5040.0);
  p = fused(p, r, 1.0 / 720.0);
  p = fused(p, r, 1.0 / 120.0);
  p = fused(p, r, 1.0 / 24.0);
  p = fused(p, r, 1.0 / 6.0);
  p = fused(p, r, 0.5);
  const double change = fused(p * r, r, r);
  // e^x - 1 = 2^n (e^r - 1) + (2^n - 1), the second bracket being exact.
  const double scale =
      double_from_bits(static_cast<std::uint64_t>(static_cast<std::int64_t>(n) + 1023) << 52);
  const double result = fused(scale, change, scale - 1.0);
  return x == x ? result : double_from_bits(0x7ff8000000000000ull);
}

/// ln(1 + x) without cancellation for small x, within 3 ulp. -1: -infinity. Infinity: infinity. Below -1 and
/// NaN: NaN.
PENFIELD_HD inline double log1p_d(double x) {
  const double w = 1.0 + x;
  if (w == 1.0) return x;
  // What the addition rounded away, put back to first order (Higham, Accuracy and Stability of Numerical
  // Algorithms, 2nd edition, 2002, section 1.14.1, has the same idea).
  const double lost = x - (w - 1.0);
  return w > 0.0 && w < 1e300 ? log_d(w) + lost / w : log_d(w);
}

}  // namespace penfield
