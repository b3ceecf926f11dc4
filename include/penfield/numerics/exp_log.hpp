#pragma once
// Exponential and logarithm from + - * / fma and integer shifts alone, so that they give the same bits on every device and
// compiler. Range reduction to |r| <= ln(2)/2 (Cody & Waite, Software Manual for the Elementary Functions, 1980) and a
// polynomial; the single-precision coefficients are those of S. L. Moshier's Cephes library (1989). About 1 ulp; branch-free,
// so loops over them vectorise.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/bits.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// e^x. Below -104: 0; above 88.73: infinity; NaN stays NaN. Subnormal results are rounded once more.
PENFIELD_HD inline float exp_f(float x) {
  const float clamped_low = x < -104.0f ? -104.0f : x;
  const float clamped = clamped_low > 89.0f ? 89.0f : clamped_low;
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
  // 2^n in two factors, since n reaches -150 and 128. A NaN takes n = 0 and comes through p.
  const std::int32_t whole = x == x ? static_cast<std::int32_t>(n) : 0;
  const std::int32_t half = whole >> 1;
  const float first = float_from_bits(static_cast<std::uint32_t>(half + 127) << 23);
  const float second = float_from_bits(static_cast<std::uint32_t>(whole - half + 127) << 23);
  return p * first * second;
}

/// Natural logarithm of x > 0 (subnormals too). x = 0, negative x and NaN have no use here: the result is unspecified but
/// the same everywhere.
PENFIELD_HD inline float log_f(float x) {
  const bool tiny = x < 1.17549435e-38f;
  const float scaled = tiny ? x * 8388608.0f : x;
  const std::uint32_t bits = bits_from_float(scaled);
  // Split so that the mantissa lies in [sqrt(1/2), sqrt(2)).
  const std::int32_t offset = static_cast<std::int32_t>(bits - 0x3f3504f3u) >> 23;
  const float m = float_from_bits(bits - (static_cast<std::uint32_t>(offset) << 23));
  const auto e = static_cast<float>(tiny ? offset - 23 : offset);
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

/// e^x in double precision. Below -745.2: 0; above 709.8: infinity; NaN stays NaN.
PENFIELD_HD inline double exp_d(double x) {
  const double clamped_low = x < -746.0 ? -746.0 : x;
  const double clamped = clamped_low > 710.0 ? 710.0 : clamped_low;
  const double shifter = 6755399441055744.0;  // 1.5 * 2^52
  const double n = fused(clamped, 1.4426950408889634074, shifter) - shifter;
  double r = fused(n, -6.93147180369123816490e-01, clamped);
  r = fused(n, -1.90821492927058770002e-10, r);
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
  const std::int64_t whole = x == x ? static_cast<std::int64_t>(n) : 0;
  const std::int64_t half = whole / 2;
  const double first = double_from_bits(static_cast<std::uint64_t>(half + 1023) << 52);
  const double second = double_from_bits(static_cast<std::uint64_t>(whole - half + 1023) << 52);
  return p * first * second;
}

/// Natural logarithm of x > 0 in double precision, normal numbers.
PENFIELD_HD inline double log_d(double x) {
  const std::uint64_t bits = bits_from_double(x);
  const std::int64_t offset = static_cast<std::int64_t>(bits - 0x3fe6a09e667f3bcdull) >> 52;
  const double m = double_from_bits(bits - (static_cast<std::uint64_t>(offset) << 52));
  const auto e = static_cast<double>(offset);
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
  return fused(e, 6.93147180369123816490e-01, 2.0 * s + low);
}

/// e^x - 1 without cancellation for small x.
PENFIELD_HD inline double expm1_d(double x) {
  if (x > 0.35 || x < -0.35) return exp_d(x) - 1.0;
  double p = 1.0 / 1307674368000.0;
  p = fused(p, x, 1.0 / 87178291200.0);
  p = fused(p, x, 1.0 / 6227020800.0);
  p = fused(p, x, 1.0 / 479001600.0);
  p = fused(p, x, 1.0 / 39916800.0);
  p = fused(p, x, 1.0 / 3628800.0);
  p = fused(p, x, 1.0 / 362880.0);
  p = fused(p, x, 1.0 / 40320.0);
  p = fused(p, x, 1.0 / 5040.0);
  p = fused(p, x, 1.0 / 720.0);
  p = fused(p, x, 1.0 / 120.0);
  p = fused(p, x, 1.0 / 24.0);
  p = fused(p, x, 1.0 / 6.0);
  p = fused(p, x, 0.5);
  return fused(p * x, x, x);
}

}  // namespace penfield
