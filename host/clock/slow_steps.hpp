#pragma once
// Steps of the slow clock: how a slow variable moves over H seconds of biological time, from the drift that
// short episodes showed. Pure functions of doubles, from our own numerics alone, so that macro steps have the
// same bits everywhere.
#include <cstddef>
#include <span>
#include <vector>

#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// (e^x - 1) / x, 1 at 0.
inline double exponential_mean(double x) {
  return x > -1e-9 && x < 1e-9 ? fused(0.5, x, 1.0) : expm1_d(x) / x;
}

inline double clamp_to(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

/// dx/dt = `drift` at the present x, with the slope -`relaxation_per_s` in x: the exact change over H,
///   drift (1 - exp(-b H)) / b.
/// For soft bounds, dw/dt = A (1 - w) - B w, drift is A - (A + B) w and b = A + B. b = 0: the linear step.
inline double exponential_change(double drift_per_s, double relaxation_per_s, double seconds) {
  return drift_per_s * seconds * exponential_mean(-relaxation_per_s * seconds);
}

/// Variance that white noise of `diffusion_per_s` (the variance a second without relaxation) leaves after H
/// seconds: D (1 - exp(-2 b H)) / (2 b), which grows with H and not with H squared.
inline double diffused_variance(double diffusion_per_s, double relaxation_per_s, double seconds) {
  return diffusion_per_s * seconds * exponential_mean(-2.0 * relaxation_per_s * seconds);
}

/// Two random numbers of a leap: a standard normal one and one even on (0, 1).
struct LeapDraw {
  double normal = 0.0, uniform = 0.5;
};
inline LeapDraw leap_draw(const RandomBlock& block) {
  return {normal_d(block.word[0], block.word[1]), uniform_d(block.word[2], block.word[3])};
}

/// From x to x + change + sqrt(variance) normal between two bounds that reflect. What the bound takes back on
/// the way is that of a Brownian bridge between the two ends, whose extreme has a distribution in closed
/// form: (a + b - sqrt((b - a)^2 - 2 V ln u)) / 2 is its minimum (Asmussen, Glynn & Pitman, Ann Appl Probab
/// 5:875, 1995). To clip the end alone would pile weights up on the bound that a leap of many short steps
/// leaves spread before it. The bound nearer to the way is followed; the other one clips.
inline double reflected_leap(double x, double change, double variance, double low, double high,
                             const LeapDraw& draw) {
  const double end = x + change + (variance > 0.0 ? square_root(variance) * draw.normal : 0.0);
  if (!(variance > 0.0)) return clamp_to(end, low, high);
  const double reach = square_root((end - x) * (end - x) - 2.0 * variance * log_d(draw.uniform));
  const double middle = 0.5 * (x + end);
  if (middle - low < high - middle) {
    const double least = middle - 0.5 * reach;
    return clamp_to(least < low ? end + (low - least) : end, low, high);
  }
  const double most = middle + 0.5 * reach;
  return clamp_to(most > high ? end - (most - high) : end, low, high);
}

/// Heun's predictor-corrector, of second order: x + H/2 (f(x) + f(x + H f(x))). rate(x, dx) fills [dx] from
/// [x], per second.
template <class Rate>
void heun_step(std::span<double> x, double seconds, Rate&& rate) {
  std::vector<double> first(x.size()), second(x.size()), ahead(x.begin(), x.end());
  rate(std::span<const double>(ahead), std::span<double>(first));
  for (std::size_t k = 0; k < x.size(); ++k) ahead[k] = fused(seconds, first[k], x[k]);
  rate(std::span<const double>(ahead), std::span<double>(second));
  for (std::size_t k = 0; k < x.size(); ++k) x[k] = fused(0.5 * seconds, first[k] + second[k], x[k]);
}

/// The error that one step of H seconds makes, from two of H/2: step(x, seconds) advances a copy. Of a method
/// of order p the two differ by 1 - 2^-p of the single step's error; the difference itself is returned, for
/// every variable. Where draws are in it, both ways must use the same.
template <class Step>
std::vector<double> doubling_error(std::span<const double> x, double seconds, Step&& step) {
  std::vector<double> whole(x.begin(), x.end()), halves = whole;
  step(std::span<double>(whole), seconds);
  step(std::span<double>(halves), 0.5 * seconds);
  step(std::span<double>(halves), 0.5 * seconds);
  for (std::size_t k = 0; k < whole.size(); ++k) whole[k] -= halves[k];
  return whole;
}

/// The next macro step after one of H whose error was `error`: H min(2, 0.9 sqrt(tolerance / error)), within
/// [least, most]. The root is that of steps whose local error grows with H squared (Hairer, Norsett & Wanner,
/// Solving Ordinary Differential Equations I, 2nd edition 1993, section II.4).
inline double next_step_s(double seconds, double error, double tolerance, double least_s, double most_s) {
  const double ratio = error > 0.0 ? 0.9 * square_root(tolerance / error) : 2.0;
  return clamp_to(seconds * (ratio < 2.0 ? ratio : 2.0), least_s, most_s);
}

}  // namespace penfield
