#pragma once
// The logarithm of the gamma function and what the sampling of counts needs of it.
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

/// ln(k!) - [ln(sqrt(2 pi)) + (k + 1/2) ln(k + 1) - (k + 1)] for whole k >= 0, as used by Hoermann (1993).
PENFIELD_HD inline double stirling_tail(double k) {
  constexpr double small[] = {0.0810614667953272582, 0.0413406959554092941, 0.0276779256849983391,
                              0.0207906721037650931, 0.0166446911898211922, 0.0138761288230707480,
                              0.0118967099458917701, 0.0104112652619720965, 0.00925546218271273292,
                              0.00833056343336287126};
  return k <= 9.0 ? small[static_cast<int>(k)] : detail::stirling_rest(k + 1.0);
}

}  // namespace penfield
