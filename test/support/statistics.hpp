#pragma once
// Tests of distributions. Seeds are fixed, so a test that passes always passes; the thresholds only say that
// what was drawn is not absurd for what it should be.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace penfield::test {

/// P(X >= statistic) of a chi-square variable: the upper regularised incomplete gamma function (Press et al.
/// 2007, Numerical Recipes, section 6.2).
inline double chi_square_tail(double statistic, double degrees) {
  const double a = 0.5 * degrees;
  const double x = 0.5 * statistic;
  if (x <= 0.0) return 1.0;
  const double front = std::exp(-x + a * std::log(x) - std::lgamma(a));
  if (x < a + 1.0) {
    double term = 1.0 / a;
    double sum = term;
    for (double n = a + 1.0; term > sum * 1e-15; n += 1.0) sum += term *= x / n;
    return 1.0 - front * sum;
  }
  double b = x + 1.0 - a;
  double c = 1e300;
  double d = 1.0 / b;
  double h = d;
  for (int i = 1; i < 1000; ++i) {
    const double an = -i * (i - a);
    b += 2.0;
    d = 1.0 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (std::abs(d * c - 1.0) < 1e-15) break;
  }
  return front * h;
}

/// The chance of counts at least as far from the expected ones, for a multinomial; neighbouring cells are
/// joined until each expects 8 or more.
inline double chi_square_p(const std::vector<double>& observed, const std::vector<double>& expected) {
  double statistic = 0.0;
  double seen = 0.0;
  double hoped = 0.0;
  int cells = 0;
  double left = 0.0;
  for (const double e : expected) left += e;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    seen += observed[i];
    hoped += expected[i];
    left -= expected[i];
    if ((hoped < 8.0 || left < 8.0) && i + 1 < expected.size()) continue;
    if (hoped <= 0.0) continue;
    statistic += (seen - hoped) * (seen - hoped) / hoped;
    seen = hoped = 0.0;
    ++cells;
  }
  return cells < 2 ? 1.0 : chi_square_tail(statistic, cells - 1);
}

/// Counts of the values 0..size-1 against chances that sum to 1.
template <class Chance>
double chi_square_of_counts(const std::vector<double>& observed, Chance&& chance) {
  double total = 0.0;
  for (const double o : observed) total += o;
  std::vector<double> expected;
  for (std::size_t i = 0; i < observed.size(); ++i) expected.push_back(total * chance(i));
  return chi_square_p(observed, expected);
}

/// The chance of a Kolmogorov-Smirnov distance at least as large, for a continuous distribution function.
template <class Cumulative>
double kolmogorov_smirnov_p(std::vector<double> values, Cumulative&& cumulative) {
  std::sort(values.begin(), values.end());
  const double n = static_cast<double>(values.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double f = cumulative(values[i]);
    distance = std::max({distance, f - static_cast<double>(i) / n, (static_cast<double>(i) + 1.0) / n - f});
  }
  const double lambda = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
  if (lambda < 0.2) return 1.0;
  double sum = 0.0;
  for (int k = 1; k < 100; ++k) sum += (k % 2 == 1 ? 2.0 : -2.0) * std::exp(-2.0 * k * k * lambda * lambda);
  return sum;
}

inline double binomial_chance(double n, double k, double p) {
  if (p <= 0.0 || p >= 1.0) return (p <= 0.0) == (k == 0.0) ? 1.0 : 0.0;
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
                  (n - k) * std::log1p(-p));
}

/// Below this a fixed-seed test fails: far from anything a correct generator shows in some hundred tests.
inline constexpr double kAbsurd = 1e-4;

}  // namespace penfield::test
