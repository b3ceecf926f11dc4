#pragma once
// Values drawn once per synapse: weights and delays.
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/philox.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

/// One value a synapse, in the unit of what is drawn (nS, pA, ms).
///   constant   `mean`
///   uniform    even on [lower, upper]
///   normal     mean `mean`, standard deviation `sd`; truncated to [lower, upper] where these are given
///   lognormal  of the value itself: mean `mean`, standard deviation `relative_sd` * |mean|; so
///              sigma_log^2 = log(1 + relative_sd^2) and mu_log = log|mean| - sigma_log^2 / 2. A negative
///              mean gives the mirror image (inhibitory weights). Truncated to [lower, upper] where these are
///              given.
/// Truncation is by drawing again, so mean and spread of a truncated distribution are not `mean` and `sd`.
struct ValueDistribution {
  enum class Kind { constant, uniform, normal, lognormal };
  Kind kind = Kind::constant;
  double mean = 0.0;
  double sd = 0.0;           ///< normal only
  double relative_sd = 0.0;  ///< lognormal only
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();

  static ValueDistribution constant(double value) { return {.kind = Kind::constant, .mean = value}; }
  static ValueDistribution uniform(double lower, double upper) {
    return {.kind = Kind::uniform, .mean = 0.5 * (lower + upper), .lower = lower, .upper = upper};
  }
  static ValueDistribution normal(double mean, double sd) {
    return {.kind = Kind::normal, .mean = mean, .sd = sd};
  }
  static ValueDistribution lognormal(double mean, double relative_sd) {
    return {.kind = Kind::lognormal, .mean = mean, .relative_sd = relative_sd};
  }
};

/// Which value of which synapse is drawn: the projection's number, the target's index in its population, and
/// the synapse's ordinal in the target's row.
struct SynapseKey {
  std::uint32_t projection_number = 0;
  std::uint32_t target = 0;
  std::uint32_t ordinal = 0;
};

namespace connect_detail {

/// The share of a standard normal between two deviations, by Simpson's rule over +-9 (error below 1e-9).
inline double normal_mass(double from, double to) {
  const double low = from > -9.0 ? from : -9.0;
  const double high = to < 9.0 ? to : 9.0;
  if (!(high > low)) return 0.0;
  constexpr int kIntervals = 512;
  const double step = (high - low) / kIntervals;
  double sum = 0.0;
  for (int i = 0; i <= kIntervals; ++i) {
    const double z = low + step * i;
    const double density = exp_d(-0.5 * z * z);
    sum += (i == 0 || i == kIntervals ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0)) * density;
  }
  return sum * step / 3.0 * 0.3989422804014327;  // 1 / sqrt(2 pi)
}

}  // namespace connect_detail

/// A ValueDistribution made ready for many draws. Needs validate() to have passed.
class ValueDrawer {
 public:
  explicit ValueDrawer(const ValueDistribution& distribution) : d_(distribution) {
    if (d_.kind != ValueDistribution::Kind::lognormal || d_.mean == 0.0) return;
    const double variance = log_d(1.0 + d_.relative_sd * d_.relative_sd);
    sigma_log_ = std::sqrt(variance);
    mu_log_ = log_d(d_.mean < 0.0 ? -d_.mean : d_.mean) - 0.5 * variance;
  }

  /// The value of a synapse; the same whenever and wherever it is drawn. `stream` is connect_weight or
  /// connect_delay.
  PENFIELD_HD double draw(std::uint32_t seed, Stream stream, const SynapseKey& key) const {
    if (is_constant()) return d_.mean;
    double value = 0.0;
    for (std::uint32_t attempt = 0; attempt < kMaxTries; ++attempt) {
      // The entity's upper 16 bits tell the tries apart.
      const std::uint64_t entity = (std::uint64_t{attempt} << 32) | key.target;
      const RandomBlock block =
          philox4x32(seed, static_cast<std::uint32_t>(stream), entity, key.projection_number, key.ordinal);
      value = from_bits(block.word[0], block.word[1]);
      if (value >= d_.lower && value <= d_.upper) return value;
    }
    // Reached with chance below 2e-9, as validate() asks for 2 % of draws within the bounds.
    return value < d_.lower ? d_.lower : d_.upper;
  }

  /// No draw lies outside [smallest(), largest()]: a normal of 52 bits is within 8.3 deviations.
  double smallest() const { return bound(true); }
  double largest() const { return bound(false); }
  /// The share of draws that lies within [lower, upper].
  double share_within(double lower, double upper) const {
    const double low = lower > d_.lower ? lower : d_.lower, high = upper < d_.upper ? upper : d_.upper;
    if (is_constant()) return d_.mean >= lower && d_.mean <= upper ? 1.0 : 0.0;
    if (!(high > low)) return 0.0;
    if (d_.kind == ValueDistribution::Kind::uniform) return (high - low) / (d_.upper - d_.lower);
    return mass(low, high) / mass(d_.lower, d_.upper);
  }

 private:
  static constexpr std::uint32_t kMaxTries = 1024;
  static constexpr double kMostDeviations = 9.0;

  PENFIELD_HD bool is_constant() const {
    switch (d_.kind) {
      case ValueDistribution::Kind::constant: return true;
      case ValueDistribution::Kind::uniform: return d_.lower == d_.upper;
      case ValueDistribution::Kind::normal: return d_.sd == 0.0;
      case ValueDistribution::Kind::lognormal: break;
    }
    return d_.mean == 0.0 || d_.relative_sd == 0.0;
  }

  PENFIELD_HD double from_deviation(double z) const {
    if (d_.kind == ValueDistribution::Kind::normal) return d_.mean + d_.sd * z;
    const double size = exp_d(mu_log_ + sigma_log_ * z);
    return d_.mean < 0.0 ? -size : size;
  }

  PENFIELD_HD double from_bits(std::uint32_t high, std::uint32_t low) const {
    if (d_.kind == ValueDistribution::Kind::uniform)
      return d_.lower + (d_.upper - d_.lower) * uniform_d(high, low);
    return from_deviation(normal_d(high, low));
  }

  /// Of a normal or lognormal that is not truncated, the share within [lower, upper].
  double mass(double lower, double upper) const {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (d_.kind == ValueDistribution::Kind::normal)
      return connect_detail::normal_mass((lower - d_.mean) / d_.sd, (upper - d_.mean) / d_.sd);
    const double low = d_.mean < 0.0 ? -upper : lower, high = d_.mean < 0.0 ? -lower : upper;
    if (!(high > 0.0)) return 0.0;
    const auto deviation = [this](double value) { return (log_d(value) - mu_log_) / sigma_log_; };
    return connect_detail::normal_mass(low > 0.0 ? deviation(low) : -kInfinity,
                                       high < kInfinity ? deviation(high) : kInfinity);
  }

  double bound(bool smallest) const {
    if (is_constant()) return d_.mean;
    if (d_.kind == ValueDistribution::Kind::uniform) return smallest ? d_.lower : d_.upper;
    const bool mirrored = d_.kind == ValueDistribution::Kind::lognormal && d_.mean < 0.0;
    const double extreme = from_deviation(smallest == mirrored ? kMostDeviations : -kMostDeviations);
    if (smallest) return extreme > d_.lower ? extreme : d_.lower;
    return extreme < d_.upper ? extreme : d_.upper;
  }

  ValueDistribution d_;
  double mu_log_ = 0.0;
  double sigma_log_ = 0.0;

  friend std::optional<std::string> validate(const ValueDistribution& d);
};

/// One draw: as ValueDrawer, for callers that draw few.
inline double draw(const ValueDistribution& distribution, std::uint32_t seed, Stream stream,
                   const SynapseKey& key) {
  return ValueDrawer(distribution).draw(seed, stream, key);
}

/// The problem with a distribution (problem, why, what to do), or nothing.
inline std::optional<std::string> validate(const ValueDistribution& d) {
  const auto finite = [](double value) { return value - value == 0.0; };
  const auto text = [](double value) { return std::to_string(value); };
  if (!finite(d.mean)) return std::string("the mean is not a finite number; give one");
  if (!(finite(d.sd) && d.sd >= 0.0))
    return "sd is " + text(d.sd) + "; it has to be a finite number, 0 or more";
  if (!(d.relative_sd >= 0.0 && d.relative_sd <= 100.0)) {
    return "relative_sd is " + text(d.relative_sd) + "; it is the standard deviation over the mean, 0 to 100";
  }
  if (!(d.lower <= d.upper)) {
    return "the lower bound " + text(d.lower) + " is above the upper bound " + text(d.upper) +
           ", so no value can be drawn; swap or widen them";
  }
  if (d.kind == ValueDistribution::Kind::uniform) {
    if (finite(d.lower) && finite(d.upper)) return std::nullopt;
    return std::string("a uniform distribution needs a finite lower and upper bound");
  }
  const ValueDrawer drawer(d);
  if (drawer.is_constant()) {
    if (d.mean >= d.lower && d.mean <= d.upper) return std::nullopt;
    return "every value would be " + text(d.mean) + ", outside the bounds " + text(d.lower) + " to " +
           text(d.upper) + "; widen the bounds";
  }
  const double share = drawer.mass(d.lower, d.upper);
  if (share >= 0.02) return std::nullopt;
  return "only " + text(100.0 * share) + " % of values drawn with mean " + text(d.mean) +
         " would lie within the bounds " + text(d.lower) + " to " + text(d.upper) +
         ", at least 2 % are needed; widen the bounds or move the mean";
}

}  // namespace penfield
