#pragma once
// From random words to random quantities, the same bits everywhere.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"
#include "penfield/numerics/gamma.hpp"
#include "penfield/numerics/philox.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

/// Even on (0, 1), never 0 or 1: the middle of one of 2^23 intervals, of which the top 23 bits of the word
/// choose.
PENFIELD_HD inline float uniform_f(std::uint32_t word) {
  return (static_cast<float>(static_cast<std::int32_t>(word >> 9)) + 0.5f) * 1.1920928955078125e-07f;
}

/// Even on (0, 1), never 0 or 1: the middle of one of 2^52 intervals.
PENFIELD_HD inline double uniform_d(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32 | low) >> 12;
  return (static_cast<double>(static_cast<std::int64_t>(bits)) + 0.5) * 2.220446049250313e-16;
}

/// Standard normal by the inverse of the distribution function, one word a draw: PPND7 of M. J. Wichura,
/// Algorithm AS 241, Appl. Statist. 37:477 (1988). The word stands for the probability (word + 1/2) / 2^32,
/// so the draws ascend with the word but for rounding, are symmetric (the complement of a word gives the
/// negative draw) and lie within +-6.34; the algorithm's far-tail branch (p < 1.4e-11) is never needed.
/// Within 5e-7 relative of the exact inverse for every word. Both of the remaining branches are evaluated and
/// one is selected, so that loops vectorise.
PENFIELD_HD inline float normal_f(std::uint32_t word) {
  const bool upper = (word & 0x80000000u) != 0;
  const std::uint32_t half = upper ? ~word : word;  // below 2^31
  // The tail probability; and what it lacks of 1/2, from the integer, since a difference would lose digits.
  const float p = (static_cast<float>(static_cast<std::int32_t>(half)) + 0.5f) * 2.3283064365386963e-10f;
  const float q =
      (static_cast<float>(static_cast<std::int32_t>(half ^ 0x7fffffffu)) + 0.5f) * 2.3283064365386963e-10f;
  const float r = fused(-q, q, 0.180625f);
  float a = 5.9109374720e+01f;
  a = fused(a, r, 1.5929113202e+02f);
  a = fused(a, r, 5.0434271938e+01f);
  a = fused(a, r, 3.3871327179e+00f);
  float b = 6.7187563600e+01f;
  b = fused(b, r, 7.8757757664e+01f);
  b = fused(b, r, 1.7895169469e+01f);
  b = fused(b, r, 1.0f);
  const float t = square_root(-log_positive_f(p)) - 1.6f;
  float c = 1.7023821103e-01f;
  c = fused(c, t, 1.3067284816e+00f);
  c = fused(c, t, 2.7568153900e+00f);
  c = fused(c, t, 1.4234372777e+00f);
  float d = 1.2021132975e-01f;
  d = fused(d, t, 7.3700164250e-01f);
  d = fused(d, t, 1.0f);
  const bool central = q <= 0.425f;
  const float numerator = central ? q * a : c;
  const float denominator = central ? b : d;
  const float magnitude = numerator / denominator;
  return upper ? magnitude : -magnitude;
}

/// Standard normal with 52 bits: PPND16 of the same algorithm, within 1e-15 relative; |draw| <= 8.21.
PENFIELD_HD inline double normal_d(std::uint32_t high, std::uint32_t low) {
  const double u = uniform_d(high, low);
  const double q = u - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const double r = 0.180625 - q * q;
    return q *
           (((((((2.5090809287301226727e+3 * r + 3.3430575583588128105e+4) * r + 6.7265770927008700853e+4) *
                    r +
                4.5921953931549871457e+4) *
                   r +
               1.3731693765509461125e+4) *
                  r +
              1.9715909503065514427e+3) *
                 r +
             1.3314166789178437745e+2) *
                r +
            3.3871328727963666080e+0) /
           (((((((5.2264952788528545610e+3 * r + 2.8729085735721942674e+4) * r + 3.9307895800092710610e+4) *
                    r +
                2.1213794301586595867e+4) *
                   r +
               5.3941960214247511077e+3) *
                  r +
              6.8718700749205790830e+2) *
                 r +
             4.2313330701600911252e+1) *
                r +
            1.0);
  }
  const double p = q < 0.0 ? u : 1.0 - u;
  double r = square_root(-log_d(p));
  double x;
  if (r <= 5.0) {
    r -= 1.6;
    x = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) *
                 r +
             1.27045825245236838258e+0) *
                r +
            3.64784832476320460504e+0) *
               r +
           5.76949722146069140550e+0) *
              r +
          4.63033784615654529590e+0) *
             r +
         1.42343711074968357734e+0) /
        (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) *
                 r +
             1.48103976427480074590e-1) *
                r +
            6.89767334985100004550e-1) *
               r +
           1.67638483018380384940e+0) *
              r +
          2.05319162663775882187e+0) *
             r +
         1.0);
  } else {
    r -= 5.0;
    x = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) *
                 r +
             2.65321895265761230930e-2) *
                r +
            2.96560571828504891230e-1) *
               r +
           1.78482653991729133580e+0) *
              r +
          5.46378491116411436990e+0) *
             r +
         6.65790464350110377720e+0) /
        (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) *
                 r +
             7.86869131145613259100e-4) *
                r +
            1.48753612908506148525e-2) *
               r +
           1.36929880922735805310e-1) *
              r +
          5.99832206555887937690e-1) *
             r +
         1.0);
  }
  return q < 0.0 ? -x : x;
}

/// A sequence of draws that belong to one entity at one step: word k is a pure function of (seed, stream,
/// entity, step, k). For construction and slow processes; the step loop draws single words instead. Counts
/// have their exact distribution, up to the rounding of double arithmetic, at every size that is allowed.
class RandomSequence {
 public:
  PENFIELD_HD RandomSequence(std::uint32_t seed, std::uint32_t stream, std::uint64_t entity,
                             std::uint64_t step)
      : seed_(seed), stream_(stream), entity_(entity), step_(step) {}
  PENFIELD_HD RandomSequence(std::uint32_t seed, Stream stream, std::uint64_t entity, std::uint64_t step)
      : RandomSequence(seed, static_cast<std::uint32_t>(stream), entity, step) {}

  PENFIELD_HD std::uint32_t next_u32() {
    if (used_ == 4) {
      block_ = philox4x32(seed_, stream_, entity_, step_, draw_++);
      used_ = 0;
    }
    return block_.word[used_++];
  }
  PENFIELD_HD std::uint64_t next_u64() {
    const std::uint64_t high = next_u32();
    return high << 32 | next_u32();
  }
  /// Even on (0, 1).
  PENFIELD_HD double uniform() {
    const std::uint32_t high = next_u32();
    return uniform_d(high, next_u32());
  }
  PENFIELD_HD double normal() {
    const std::uint32_t high = next_u32();
    return normal_d(high, next_u32());
  }
  /// Mean 1.
  PENFIELD_HD double exponential() { return -log_d(uniform()); }

  /// Even on [0, n), n >= 1, without bias (Lemire, ACM TOMACS 29:3, 2019).
  PENFIELD_HD std::uint64_t below(std::uint64_t n) {
    for (;;) {
      const auto product = static_cast<Wide>(next_u64()) * n;
      const auto low = static_cast<std::uint64_t>(product);
      if (low >= n || low >= (0 - n) % n) return static_cast<std::uint64_t>(product >> 64);
    }
  }

  /// Poisson of the given mean, 0 (also for a NaN) to 1e15: inversion below 10, else PTRS (W. Hoermann,
  /// Insurance: Math. Econ. 12:39, 1993).
  PENFIELD_HD std::uint64_t poisson(double mean) {
    if (!(mean > 0.0)) return 0;
    if (mean < 10.0) {
      double term = exp_d(-mean);
      double u = uniform() - term;
      std::uint64_t k = 0;
      // The sum may end a rounding error below the largest u: what is beyond 1e-17 cannot matter.
      while (u > 0.0 && term > 1e-17) {
        ++k;
        term *= mean / static_cast<double>(k);
        u -= term;
      }
      return k;
    }
    const double b = 0.931 + 2.53 * square_root(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double v_r = 0.9277 - 3.6224 / (b - 2.0);
    for (;;) {
      const double u = uniform() - 0.5;
      const double v = uniform();
      const double us = 0.5 - (u < 0.0 ? -u : u);
      const double k = floor_of((2.0 * a / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= v_r) return static_cast<std::uint64_t>(k);
      if (k < 0.0 || (us < 0.013 && v > us)) continue;
      if (log_d(v * inverse_alpha / (a / (us * us) + b)) <= poisson_log_chance(k, mean))
        return static_cast<std::uint64_t>(k);
    }
  }

  /// Number of successes in n <= 2^53 trials: waiting times for n min(p, 1-p) < 10, else BTRS (W. Hoermann,
  /// J. Statist. Comput. Simul. 46:101, 1993).
  PENFIELD_HD std::uint64_t binomial(std::uint64_t n, double p) {
    if (n == 0 || !(p > 0.0)) return 0;
    if (p >= 1.0) return n;
    return p > 0.5 ? n - binomial_of_rarer(n, 1.0 - p) : binomial_of_rarer(n, p);
  }

 private:
  __extension__ typedef unsigned __int128 Wide;  // nvcc takes no __extension__ before `using`

  PENFIELD_HD std::uint64_t binomial_of_rarer(std::uint64_t n, double p) {
    const auto trials = static_cast<double>(n);
    if (trials * p < 10.0) return binomial_by_gaps(n, p);
    const double spread = square_root(trials * p * (1.0 - p));
    const double b = 1.15 + 2.53 * spread;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double c = trials * p + 0.5;
    const double v_r = 0.92 - 4.2 / b;
    const double alpha = (2.83 + 5.1 / b) * spread;
    const double log_largest = binomial_log_chance(trials, floor_of((trials + 1.0) * p), p);
    for (;;) {
      const double u = uniform() - 0.5;
      const double v = uniform();
      const double us = 0.5 - (u < 0.0 ? -u : u);
      const double k = floor_of((2.0 * a / us + b) * u + c);
      if (us >= 0.07 && v <= v_r) return static_cast<std::uint64_t>(k);
      if (k < 0.0 || k > trials) continue;
      if (log_d(v * alpha / (a / (us * us) + b)) <= binomial_log_chance(trials, k, p) - log_largest)
        return static_cast<std::uint64_t>(k);
    }
  }

  PENFIELD_HD static double floor_of(double x) {
    if (!(x > -4503599627370496.0 && x < 4503599627370496.0)) return x;  // whole already
    const auto whole = static_cast<double>(static_cast<std::int64_t>(x));
    return whole > x ? whole - 1.0 : whole;
  }
  /// Waiting times between successes are geometric (Devroye 1986, X.4.3): exact, work proportional to n p.
  PENFIELD_HD std::uint64_t binomial_by_gaps(std::uint64_t n, double p) {
    const double log_q = log1p_d(-p);
    double position = 0.0;
    std::uint64_t successes = 0;
    for (;;) {
      position += floor_of(log_d(uniform()) / log_q) + 1.0;
      if (position > static_cast<double>(n)) return successes;
      ++successes;
    }
  }

  std::uint32_t seed_, stream_;
  std::uint64_t entity_, step_;
  std::uint32_t draw_ = 0;
  int used_ = 4;
  RandomBlock block_{};
};

}  // namespace penfield
