#pragma once
// The logarithm of the gamma function, and of the chances of counts that it makes.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

namespace detail {

/// ln Gamma(2 + y) for |y| <= 1/2: (1 - Euler's gamma) y + sum over k >= 2 of (-1)^k (zeta(k) - 1) y^k / k
/// (Abramowitz & Stegun, Handbook of Mathematical Functions, 1964, 6.1.33). The first term left out is below
/// 3e-18.
PENFIELD_HD inline double log_gamma_near_two(double y) {
  constexpr double c[] = {5.7313672416788620133e-10, -1.1921401405860912074e-9, 2.4836745438024783172e-9,
                          -5.1834750419700466551e-9, 1.0838659214896954091e-8,  -2.2711094608943164910e-8,
                          4.7698101693639805658e-8,  -1.0043224823968099609e-7, 2.1207184805554665869e-7,
                          -4.4924691987645660433e-7, 9.5514121304074198329e-7,  -2.0392157538013662368e-6,
                          4.3748667899074878042e-6,  -9.4394882752683959040e-6, 2.0507212775670691553e-5,
                          -4.4926236738133141700e-5, 9.9457512781808533715e-5,  -2.2315475845357937976e-4,
                          5.0966952474304242234e-4,  -1.1927539117032609771e-3, 2.8905103307415232858e-3,
                          -7.3855510286739852663e-3, 2.0580808427784547879e-2,  -6.7352301053198095133e-2,
                          3.2246703342411321824e-1,  4.2278433509846713939e-1};
  double p = c[0];
  for (int k = 1; k < 26; ++k) p = fused(p, y, c[k]);
  return p * y;
}

/// ln Gamma(x) - [ln(sqrt(2 pi)) + (x - 1/2) ln(x) - x] for x >= 10: the rest of Stirling's series
/// (Abramowitz & Stegun 1964, 6.1.41).
PENFIELD_HD inline double stirling_rest(double x) {
  const double inverse = 1.0 / x;
  const double square = inverse * inverse;
  double p = 1.0 / 156.0;
  p = fused(p, square, -691.0 / 360360.0);
  p = fused(p, square, 1.0 / 1188.0);
  p = fused(p, square, -1.0 / 1680.0);
  p = fused(p, square, 1.0 / 1260.0);
  p = fused(p, square, -1.0 / 360.0);
  p = fused(p, square, 1.0 / 12.0);
  return p * inverse;
}

}  // namespace detail

/// ln Gamma(x) for x >= 1, within 1e-14 relative, also next to its zeros at 1 and 2. Below 1 and NaN: NaN.
PENFIELD_HD inline double lgamma_d(double x) {
  if (!(x >= 1.0)) return double_from_bits(0x7ff8000000000000ull);
  if (x >= 10.0) {
    if (x > 1e300) return x * log_d(x);  // also infinity
    return fused(x - 0.5, log_d(x), 0.91893853320467274178 - x) + detail::stirling_rest(x);
  }
  if (x < 1.5) return detail::log_gamma_near_two(x - 1.0) - log_d(x);
  double product = 1.0;
  while (x > 2.5) {
    x -= 1.0;
    product *= x;
  }
  return detail::log_gamma_near_two(x - 2.0) + log_d(product);
}

/// ln(k!) for whole k >= 0.
PENFIELD_HD inline double log_factorial(double k) { return lgamma_d(k + 1.0); }

namespace detail {

/// ln(k!) - [ln(sqrt(2 pi k)) + k ln(k) - k] for whole k >= 1.
PENFIELD_HD inline double stirling_error(double k) {
  if (k >= 10.0) return stirling_rest(k);
  return log_factorial(k) - (fused(k + 0.5, log_d(k), 0.91893853320467274178) - k);
}

/// k ln(k / mean) + mean - k for k, mean > 0, without cancellation where they are close.
PENFIELD_HD inline double deviance(double k, double mean) {
  const double difference = k - mean;
  const double v = difference / (k + mean);
  if (v > 0.1 || v < -0.1) return k * log_d(k / mean) - difference;
  const double z = v * v;  // the first term left out is below 1e-17 of the sum
  double p = 1.0 / 15.0;
  p = fused(p, z, 1.0 / 13.0);
  p = fused(p, z, 1.0 / 11.0);
  p = fused(p, z, 1.0 / 9.0);
  p = fused(p, z, 1.0 / 7.0);
  p = fused(p, z, 1.0 / 5.0);
  p = fused(p, z, 1.0 / 3.0);
  return fused(difference, v, 2.0 * k * v * z * p);
}

}  // namespace detail

/// ln of the chance that a Poisson variable of that mean > 0 is k, for whole k >= 0. Near the mean the error
/// stays below 1e-13, however large both are: the saddle-point form of C. Loader, Fast and Accurate
/// Computation of Binomial Probabilities (2000).
PENFIELD_HD inline double poisson_log_chance(double k, double mean) {
  if (k == 0.0) return -mean;
  return -detail::deviance(k, mean) - detail::stirling_error(k) - 0.5 * log_d(6.28318530717958647693 * k);
}

/// ln of the chance of k successes in n trials of chance p, for whole 0 <= k <= n, n >= 1 and 0 < p < 1; as
/// above.
PENFIELD_HD inline double binomial_log_chance(double n, double k, double p) {
  if (k == 0.0) return n * log1p_d(-p);
  if (k == n) return n * log_d(p);
  return detail::stirling_error(n) - detail::stirling_error(k) - detail::stirling_error(n - k) -
         detail::deviance(k, n * p) - detail::deviance(n - k, n * (1.0 - p)) +
         0.5 * log_d(n / (6.28318530717958647693 * k * (n - k)));
}

}  // namespace penfield
