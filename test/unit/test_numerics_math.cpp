// The arithmetic under every model: accuracy against the C library in the next wider format, exact behaviour
// at the edges, and known answers.
#include <cfenv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "penfield/numerics/bits.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fixed_point.hpp"
#include "penfield/numerics/fused.hpp"
#include "penfield/numerics/gamma.hpp"
#include "penfield/numerics/hash.hpp"
#include "penfield/numerics/philox.hpp"
#include "penfield/numerics/power.hpp"
#include "penfield/numerics/self_test.hpp"
#include "test/support/catch.hpp"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

using namespace penfield;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr double kInfinityD = std::numeric_limits<double>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr double kNanD = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint32_t kNanBits = 0x7fc00000u;
constexpr std::uint64_t kNanBitsD = 0x7ff8000000000000ull;

/// |value - exact| in units in the last place of the exact value (of the smallest subnormal, at least).
double ulps(float value, double exact) {
  const float magnitude = static_cast<float>(std::fabs(exact));
  const double ulp = static_cast<double>(std::nextafter(magnitude, kInfinity)) - magnitude;
  return std::fabs(value - exact) / ulp;
}
double ulps(double value, long double exact) {
  const double magnitude = static_cast<double>(std::fabs(exact));
  const long double ulp = static_cast<long double>(std::nextafter(magnitude, kInfinityD)) - magnitude;
  return static_cast<double>(std::fabs(value - exact) / ulp);
}

double even(std::uint64_t k) { return static_cast<double>(mix64(k) >> 11) * 0x1p-53; }

/// The largest error over arguments that `argument(k)` makes of 0..count-1.
template <class Argument, class Function, class Exact>
double worst_of(std::uint64_t count, Argument&& argument, Function&& function, Exact&& exact) {
  double worst = 0.0;
  for (std::uint64_t k = 0; k < count; ++k) {
    const double x = argument(k);
    worst = std::max(worst, ulps(function(x), exact(static_cast<long double>(x))));
  }
  return worst;
}

}  // namespace

TEST_CASE("bit patterns go there and back", "[numerics]") {
  CHECK(bits_from_float(1.0f) == 0x3f800000u);
  CHECK(bits_from_float(-0.0f) == 0x80000000u);
  CHECK(bits_from_double(-2.0) == 0xc000000000000000ull);
  CHECK(float_from_bits(0x00000001u) == std::numeric_limits<float>::denorm_min());
  CHECK(double_from_bits(0x7fefffffffffffffull) == std::numeric_limits<double>::max());
}

TEST_CASE("fused rounds once", "[numerics]") {
  CHECK(fused(1.0f + 0x1p-23f, 1.0f + 0x1p-23f, -(1.0f + 0x1p-22f)) == 0x1p-46f);
  CHECK(fused(1.0 + 0x1p-52, 1.0 + 0x1p-52, -(1.0 + 0x1p-51)) == 0x1p-104);
  for (std::uint64_t k = 0; k < 20000; ++k) {
    const float a = static_cast<float>(even(3 * k) - 0.5), b = static_cast<float>(even(3 * k + 1) * 1e3);
    // The product of two floats is exact in double precision; c is close to -ab, so that the sum is exact
    // too.
    const float c = static_cast<float>(-static_cast<double>(a) * b);
    if (fused(a, b, c) != static_cast<float>(static_cast<double>(a) * b + c)) FAIL(a << " * " << b);
  }
}

TEST_CASE("exp_f is within 1.03 ulp over all floats", "[numerics]") {
  double worst = 0.0, worst_subnormal = 0.0;
  for (std::uint64_t b = 0; b < 0x100000000ull; b += 499) {
    const float x = float_from_bits(static_cast<std::uint32_t>(b));
    if (!(x <= 88.72283f && x >= -103.97f)) continue;
    const double exact = std::exp(static_cast<double>(x));
    double& w = exact < std::numeric_limits<float>::min() ? worst_subnormal : worst;
    w = std::max(w, ulps(exp_f(x), exact));
  }
  CHECK(worst < 1.03);
  CHECK(worst_subnormal < 0.76);
}

TEST_CASE("log_f is within 0.83 ulp over all floats", "[numerics]") {
  double worst = 0.0;
  for (std::uint32_t b = 1; b < 0x7f800000u; b += 499) {
    const float x = float_from_bits(b);
    if (x != 1.0f) worst = std::max(worst, ulps(log_f(x), std::log(static_cast<double>(x))));
  }
  for (std::uint32_t b = 0x3f000000u; b < 0x40000000u; b += 7) {  // where it passes through 0
    const float x = float_from_bits(b);
    if (x != 1.0f) worst = std::max(worst, ulps(log_f(x), std::log(static_cast<double>(x))));
  }
  CHECK(worst < 0.83);
  CHECK(log_f(1.0f) == 0.0f);
}

TEST_CASE("log_positive_f is log_f where that is in range", "[numerics]") {
  for (std::uint32_t b = 0x00800000u; b < 0x7f800000u; b += 100003)
    if (bits_from_float(log_positive_f(float_from_bits(b))) != bits_from_float(log_f(float_from_bits(b))))
      FAIL(b);
  CHECK(log_positive_f(3.0f, -23) == log_f(3.0f * 0x1p-23f));
}

TEST_CASE("a share to a power is as near as it says", "[numerics]") {
  double worst = 0.0;
  for (std::uint64_t k = 0; k < 2000000; ++k) {
    const auto x = static_cast<float>(std::exp(-80.0 * even(2 * k) * even(3 * k + 1)));
    const auto y = static_cast<float>(3.0 * even(2 * k + 1));
    const double exact = std::pow(static_cast<double>(x), static_cast<double>(y));
    if (exact < 1e-37) continue;
    const double error = std::fabs(static_cast<double>(power_of_share(x, y)) - exact) / exact;
    worst = std::max(worst, error / (4e-7 + 1.3e-7 * static_cast<double>(y) * std::fabs(std::log(x))));
  }
  INFO("largest error over the bound: " << worst);
  CHECK(worst < 1.0);
  CHECK(worst > 0.1);
  for (const float y : {0.0f, 0.3f, 1.0f, 2.0f}) {
    CHECK(power_of_share(1.0f, y) == 1.0f);
    CHECK(power_of_share(0.0f, y) == (y == 0.0f ? 1.0f : 0.0f));
    CHECK(power_of_share(1e-40f, y) <= (y == 0.0f ? 1.0f : 2e-38f + std::pow(1.2e-38f, y)));
  }
  CHECK(power_of_share(0.123f, 1.0f) == 0.123f);
  CHECK(power_of_share(0.123f, 0.0f) == 1.0f);
}

TEST_CASE("exp_d is within 1.1 ulp", "[numerics]") {
  const auto exact = [](long double x) { return std::exp(x); };
  CHECK(worst_of(
            300000, [](auto k) { return 1416.0 * even(k) - 708.0; }, exp_d, exact) < 1.1);
  CHECK(worst_of(
            300000, [](auto k) { return 2.0 * even(k) - 1.0; }, exp_d, exact) < 1.1);
}

TEST_CASE("log_d is within 2.1 ulp", "[numerics]") {
  const auto exact = [](long double x) { return std::log(x); };
  const auto anywhere = [](std::uint64_t k) {
    return double_from_bits(1 + mix64(k) % 0x7fefffffffffffffull);
  };
  const auto near_one = [](std::uint64_t k) {
    return 1.0 + std::ldexp(even(k) - 0.4999, -static_cast<int>(k % 45));
  };
  CHECK(worst_of(300000, anywhere, log_d, exact) < 2.1);
  CHECK(worst_of(300000, near_one, log_d, exact) < 2.1);
  CHECK(log_d(1.0) == 0.0);
}

TEST_CASE("expm1_d and log1p_d do not cancel", "[numerics]") {
  const auto wide = [](std::uint64_t k) { return 80.0 * even(k) - 40.0; };
  const auto small = [](std::uint64_t k) {
    return std::ldexp(2.0 * even(k) - 1.0, -static_cast<int>(k % 200));
  };
  const auto exact = [](long double x) { return std::expm1(x); };
  CHECK(worst_of(300000, wide, expm1_d, exact) < 2.0);
  CHECK(worst_of(300000, small, expm1_d, exact) < 2.0);
  const auto exact_log = [](long double x) { return std::log1p(x); };
  CHECK(worst_of(
            300000, [](auto k) { return 20.0 * even(k); }, log1p_d, exact_log) < 3.0);
  CHECK(worst_of(
            300000, [&](auto k) { return 0.999 * small(k); }, log1p_d, exact_log) < 3.0);
}

TEST_CASE("exponentials and logarithms at the edges", "[numerics]") {
  CHECK(exp_f(0.0f) == 1.0f);
  CHECK(exp_f(-0.0f) == 1.0f);
  CHECK(exp_f(std::numeric_limits<float>::denorm_min()) == 1.0f);
  CHECK(exp_f(-103.9f) == std::numeric_limits<float>::denorm_min());
  for (const float x : {-104.0f, -1e30f, -kInfinity}) CHECK(bits_from_float(exp_f(x)) == 0u);
  CHECK(std::isfinite(exp_f(88.7228f)));
  for (const float x : {88.7229f, 89.0f, 1e30f, kInfinity}) CHECK(exp_f(x) == kInfinity);
  for (const float x : {kNan, -kNan, float_from_bits(0x7f801234u)}) {
    CHECK(bits_from_float(exp_f(x)) == kNanBits);
    CHECK(bits_from_float(log_f(x)) == kNanBits);
  }
  CHECK(log_f(0.0f) == -kInfinity);
  CHECK(log_f(-0.0f) == -kInfinity);
  CHECK(log_f(kInfinity) == kInfinity);
  for (const float x : {-std::numeric_limits<float>::denorm_min(), -1.0f, -kInfinity})
    CHECK(bits_from_float(log_f(x)) == kNanBits);

  CHECK(exp_d(0.0) == 1.0);
  CHECK(exp_d(-745.1) == std::numeric_limits<double>::denorm_min());
  for (const double x : {-746.0, -1e300, -kInfinityD}) CHECK(bits_from_double(exp_d(x)) == 0u);
  CHECK(std::isfinite(exp_d(709.78)));
  for (const double x : {709.783, 1e300, kInfinityD}) CHECK(exp_d(x) == kInfinityD);
  CHECK(log_d(0.0) == -kInfinityD);
  CHECK(log_d(-0.0) == -kInfinityD);
  CHECK(log_d(kInfinityD) == kInfinityD);
  CHECK(expm1_d(0.0) == 0.0);
  for (const double x : {-40.0, -1e300, -kInfinityD}) CHECK(expm1_d(x) == -1.0);
  CHECK(expm1_d(kInfinityD) == kInfinityD);
  CHECK(log1p_d(0.0) == 0.0);
  CHECK(log1p_d(-1.0) == -kInfinityD);
  CHECK(log1p_d(kInfinityD) == kInfinityD);
  CHECK(log1p_d(std::numeric_limits<double>::max()) == log_d(std::numeric_limits<double>::max()));
  for (const double x : {kNanD, -kNanD}) {
    CHECK(bits_from_double(exp_d(x)) == kNanBitsD);
    CHECK(bits_from_double(expm1_d(x)) == kNanBitsD);
    CHECK(bits_from_double(log1p_d(x)) == kNanBitsD);
  }
  for (const double x : {kNanD, -1e-320, -1.0, -kInfinityD}) CHECK(bits_from_double(log_d(x)) == kNanBitsD);
  CHECK(bits_from_double(log1p_d(-1.5)) == kNanBitsD);
}

TEST_CASE("lgamma_d is within 1e-14 relative, at its zeros too", "[numerics]") {
  double worst = 0.0;
  const auto look_at = [&](double x) {
    const long double exact = std::lgamma(static_cast<long double>(x));
    if (exact != 0.0L) worst = std::max(worst, static_cast<double>(std::fabs((lgamma_d(x) - exact) / exact)));
  };
  for (std::uint64_t k = 0; k < 100000; ++k) {
    look_at(1.0 + 11.0 * even(k));
    look_at(std::ldexp(1.0 + even(k), static_cast<int>(k % 900)));
    const double step = std::ldexp(even(k), -1 - static_cast<int>(k % 40));
    look_at(1.0 + step);
    look_at(2.0 + step);
    look_at(2.0 - step);
  }
  CHECK(worst < 1e-14);
  CHECK(lgamma_d(1.0) == 0.0);
  CHECK(lgamma_d(2.0) == 0.0);
  CHECK(lgamma_d(kInfinityD) == kInfinityD);
  for (const double x : {0.999, 0.0, -3.0, kNanD}) CHECK(bits_from_double(lgamma_d(x)) == kNanBitsD);
  for (int k = 0; k < 300; ++k) {
    const long double exact = std::lgamma(k + 1.0L);
    CHECK(std::fabs(log_factorial(k) - exact) <= 1e-14L * exact);
  }
}

TEST_CASE("chances of counts do not cancel", "[numerics]") {
  // Far from the mean the logarithm is large, and with it the rounding of its terms.
  const auto agree = [](double got, long double exact, double distance) {
    return std::fabs(got - exact) < 1e-13L + 5e-16L * std::fabs(distance) + 2e-15L * std::fabs(exact);
  };
  const auto poisson = [](long double k, long double mean) {
    return k * std::log(mean) - mean - std::lgamma(k + 1.0L);
  };
  for (const double mean : {10.0, 12.3, 1000.0, 2e4})
    for (double k = 0.0; k < 3.0 * mean; k += std::ceil(mean / 50.0))
      CHECK(agree(poisson_log_chance(k, mean), poisson(k, mean), k - mean));
  const auto binomial = [](long double n, long double k, long double p) {
    return std::lgamma(n + 1.0L) - std::lgamma(k + 1.0L) - std::lgamma(n - k + 1.0L) + k * std::log(p) +
           (n - k) * std::log1p(-p);
  };
  for (const double n : {1.0, 2.0, 21.0, 300.0, 20000.0})
    for (const double p : {0.01, 0.3, 0.5, 0.9})
      for (double k = 0.0; k <= n; k += std::ceil(n / 50.0))
        CHECK(agree(binomial_log_chance(n, k, p), binomial(n, k, p), k - n * p));
  // At 1e15 the terms of the textbook formula are as large as 3e16. Here one standard deviation costs exactly
  // 1/2, but for the skewness, and the largest chance is 1 / sqrt(2 pi mean).
  const double mean = 1e15, sd = std::floor(std::sqrt(mean)), peak = poisson_log_chance(mean, mean);
  CHECK(std::fabs(peak + 0.5 * std::log(2.0 * 3.14159265358979324 * mean)) < 1e-13);
  CHECK(std::fabs(poisson_log_chance(mean + sd, mean) - peak + 0.5 * sd * sd / mean) < 1e-7);
  CHECK(std::fabs(poisson_log_chance(mean - 3.0 * sd, mean) - peak + 4.5 * sd * sd / mean) < 1e-6);
}

TEST_CASE("fixed point rounds to nearest even and clamps", "[numerics]") {
  CHECK(to_fixed(0.5f, 0) == 0);
  CHECK(to_fixed(1.5f, 0) == 2);
  CHECK(to_fixed(2.5f, 0) == 2);
  CHECK(to_fixed(-0.5f, 0) == 0);
  CHECK(to_fixed(-1.5f, 0) == -2);
  CHECK(to_fixed(-2.5f, 0) == -2);
  CHECK(to_fixed(0.49999997f, 0) == 0);
  CHECK(to_fixed(8388606.5f, 0) == 8388606);
  CHECK(to_fixed(8388607.5f, 0) == 8388608);
  CHECK(to_fixed(-8388609.0f, 0) == -8388609);
  CHECK(to_fixed(1.0f, 30) == 1 << 30);
  CHECK(to_fixed(-1.0f, 30) == -(1 << 30));
  CHECK(to_fixed(2147483520.0f, 0) == 2147483520);
  for (const float w : {2147483648.0f, 1e30f, kInfinity}) CHECK(to_fixed(w, 0) == 2147483520);
  for (const float w : {-2147483648.0f, -1e30f, -kInfinity, kNan}) CHECK(to_fixed(w, 0) == -2147483520);
  CHECK(to_fixed(std::numeric_limits<float>::max(), 127) == 2147483520);  // the product overflows
  CHECK(to_fixed(std::numeric_limits<float>::denorm_min(), -126) == 0);
  CHECK(to_fixed(std::numeric_limits<float>::denorm_min(), 127) == 0);
  for (std::uint64_t k = 0; k < 100000; ++k) {
    const float w = static_cast<float>((even(k) - 0.5) * std::ldexp(1.0, static_cast<int>(k % 30)));
    if (to_fixed(w, 1) != static_cast<std::int32_t>(std::nearbyint(2.0 * w))) FAIL(w);
  }
}

TEST_CASE("fixed point comes back", "[numerics]") {
  CHECK(from_fixed(0, 20) == 0.0f);
  CHECK(from_fixed(3, 1) == 1.5f);
  CHECK(from_fixed(std::numeric_limits<std::int32_t>::min(), 31) == -1.0f);
  CHECK(from_fixed(1 << 30, -90) == 0x1p120f);
  CHECK(from_fixed(1, 126) == 0x1p-126f);
  for (const int scale : {-90, -3, 0, 17, 30})
    for (std::int32_t q = -(1 << 24); q <= 1 << 24; q += 4099)
      CHECK(to_fixed(from_fixed(q, scale), scale) == q);
}

TEST_CASE("the scale leaves room for the largest sum", "[numerics]") {
  CHECK(choose_scale_log2(0.0) == 30);
  CHECK(choose_scale_log2(0.999999) == 30);
  CHECK(choose_scale_log2(1.0) == 29);
  CHECK(choose_scale_log2(std::nextafter(2.0, 0.0)) == 29);
  CHECK(choose_scale_log2(2.0) == 28);
  CHECK(choose_scale_log2(1e30) == -70);
  CHECK(choose_scale_log2(1e300) == -90);
  CHECK(choose_scale_log2(kInfinityD) == -90);
  for (std::uint64_t k = 0; k < 1000; ++k) {
    const double sum = std::ldexp(1.0 + even(k), static_cast<int>(k % 100) - 10);
    const int scale = choose_scale_log2(sum);
    CHECK(std::ldexp(sum, scale) < 0x1p30);
    if (scale < 30) CHECK(std::ldexp(sum, scale + 1) >= 0x1p30);
  }
}

TEST_CASE("mix64 is SplitMix64", "[numerics]") {
  CHECK(mix64(0) == 0xe220a8397b1dcdafull);
  CHECK(mix64(1234567) == 6457827717110365317ull);
  CHECK(mix64(1234567 + 0x9e3779b97f4a7c15ull) == 3203168211198807973ull);
}

TEST_CASE("element digests tell array, index and value apart", "[numerics]") {
  const std::uint64_t digest = element_digest(1, 2, 3);
  CHECK(digest != element_digest(1, 3, 2));
  CHECK(digest != element_digest(2, 1, 3));
  CHECK(digest != element_digest(1, 2, 4));
  CHECK(element_digest(0, 0, 0) != 0);
  // Two values that changed places are seen, though the sum does not depend on its order.
  CHECK(element_digest(1, 0, 7) + element_digest(1, 1, 8) !=
        element_digest(1, 0, 8) + element_digest(1, 1, 7));
}

TEST_CASE("the arithmetic self-test passes here, and sees what would change the bits", "[numerics]") {
  std::string what;
  REQUIRE(arithmetic_self_test(&what));
  CHECK(what.empty());
  CHECK(arithmetic_self_test(nullptr));
  for (const int direction : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    REQUIRE(std::fesetround(direction) == 0);
    const bool passed = arithmetic_self_test(&what);
    std::fesetround(FE_TONEAREST);
    CHECK_FALSE(passed);
    CHECK(what.find("nearest") != std::string::npos);
  }
#if defined(__SSE2__)
  const unsigned control = _mm_getcsr();
  for (const unsigned bit : {0x8000u, 0x0040u}) {  // flush to zero; denormals are zero
    _mm_setcsr(control | bit);
    const bool passed = arithmetic_self_test(&what);
    _mm_setcsr(control);
    CHECK_FALSE(passed);
    CHECK(what.find("subnormal") != std::string::npos);
  }
#endif
  CHECK(arithmetic_self_test(nullptr));
}
