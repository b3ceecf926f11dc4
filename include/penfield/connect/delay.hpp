#pragma once
// Delays of synapses, in whole steps.
#include <cstdint>
#include <optional>
#include <string>

#include "penfield/connect/value_distribution.hpp"

namespace penfield {

/// A synapse's delay: `base_ms` drawn once a synapse, plus the way over the conduction velocity.
struct DelayRule {
  ValueDistribution base_ms = ValueDistribution::constant(1.0);
  double velocity_mm_per_ms = 0.0;  ///< 0: distance adds nothing
};

inline constexpr std::uint32_t kMaxDelaySteps = 65535;

/// A delay in ms as steps of dt_ms: to the nearest (halves up), at least one, at most kMaxDelaySteps.
PENFIELD_HD inline std::uint16_t delay_steps(double delay_ms, double dt_ms) {
  const double steps = delay_ms / dt_ms + 0.5;
  if (!(steps >= 1.0)) return 1;
  return steps >= kMaxDelaySteps ? static_cast<std::uint16_t>(kMaxDelaySteps)
                                 : static_cast<std::uint16_t>(steps);
}

/// The delays of one projection. Needs validate() to have passed.
class DelayDrawer {
 public:
  DelayDrawer() : DelayDrawer(DelayRule{}, 1.0) {}
  DelayDrawer(const DelayRule& rule, double dt_ms)
      : base_(rule.base_ms), velocity_mm_per_ms_(rule.velocity_mm_per_ms), dt_ms_(dt_ms) {}

  PENFIELD_HD bool uses_distance() const { return velocity_mm_per_ms_ > 0.0; }

  /// The delay in steps, 1 to 65535, of one synapse that spans distance_mm (unused where uses_distance() is
  /// false).
  PENFIELD_HD std::uint16_t draw(std::uint32_t seed, const SynapseKey& key, double distance_mm) const {
    return delay_steps(base_.draw(seed, Stream::connect_delay, key) + travel_ms(distance_mm), dt_ms_);
  }

  /// No delay is shorter or longer than these, given the largest distance that a synapse may span.
  std::uint16_t smallest() const { return delay_steps(base_.smallest(), dt_ms_); }
  std::uint16_t largest(double largest_distance_mm) const {
    return delay_steps(base_.largest() + travel_ms(largest_distance_mm), dt_ms_);
  }

 private:
  PENFIELD_HD double travel_ms(double distance_mm) const {
    return uses_distance() ? distance_mm / velocity_mm_per_ms_ : 0.0;
  }

  ValueDrawer base_;
  double velocity_mm_per_ms_;
  double dt_ms_;
};

/// The problem with the delays (problem, why, what to do), or nothing; `largest_distance_mm` bounds what a
/// synapse may span. Single draws below half a step become one step; a rule that is meant to give nothing
/// else is refused.
inline std::optional<std::string> validate(const DelayRule& rule, double dt_ms, double largest_distance_mm) {
  if (std::optional<std::string> problem = validate(rule.base_ms)) return problem;
  if (!(rule.velocity_mm_per_ms >= 0.0 && rule.velocity_mm_per_ms <= 1.0e9)) {
    return "the conduction velocity is " + std::to_string(rule.velocity_mm_per_ms) +
           " mm/ms; give a positive one, or none where distance adds no delay";
  }
  if (rule.base_ms.mean < 0.0) {
    return "the delay is " + std::to_string(rule.base_ms.mean) + " ms in the mean; a delay is not negative";
  }
  if (rule.velocity_mm_per_ms == 0.0 && rule.base_ms.mean < 0.5 * dt_ms) {
    return "the delay is " + std::to_string(rule.base_ms.mean) +
           " ms in the mean, less than half a step of " + std::to_string(dt_ms) +
           " ms; a spike takes at least one step, so lengthen it or shorten dt_ms";
  }
  const double travel_ms =
      rule.velocity_mm_per_ms > 0.0 ? largest_distance_mm / rule.velocity_mm_per_ms : 0.0;
  const double longest_ms = ValueDrawer(rule.base_ms).largest() + travel_ms;
  if (!(longest_ms / dt_ms + 0.5 < kMaxDelaySteps + 1.0)) {
    return "delays can reach " + std::to_string(longest_ms) + " ms, more than " +
           std::to_string(kMaxDelaySteps) + " steps of " + std::to_string(dt_ms) +
           " ms; bound them above, or lengthen dt_ms";
  }
  return std::nullopt;
}

}  // namespace penfield
