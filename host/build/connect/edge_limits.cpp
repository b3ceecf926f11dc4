#include "host/build/connect/edge_limits.hpp"

#include <cmath>
#include <cstdio>

#include "penfield/connect/delay.hpp"

namespace penfield {

namespace {

/// A float that was written as a whole number of steps in decimals may lie this far below it.
constexpr double kRounding = 1e-6;

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

}  // namespace

std::string index_problem(const char* what, std::uint64_t index, std::uint32_t size,
                          const std::string& shown) {
  if (index < size) return "";
  return std::string("the ") + what + " " + shown + " is outside its population of " + std::to_string(size) +
         " neurons; indices run from 0 to the size less 1";
}

std::string weight_problem(double weight, const EdgeLimits& limits, const std::string& shown) {
  if (!std::isfinite(weight)) return "the weight " + shown + " is not a finite number such as 0.5 or -1e-3";
  if (weight < limits.least_weight)
    return "the weight " + shown + " is below " + short_number(limits.least_weight) +
           (limits.least_weight == 0.0
                ? "; a conductance inhibits by its port's reversal potential: give its size"
                : "; check its unit");
  if (std::fabs(weight) > limits.largest_weight)
    return "the weight " + shown + " is larger than " + short_number(limits.largest_weight) +
           "; check its unit";
  // A weight at a bound, as a run wrote it, may be rounded to the other side.
  const double rounded = 1e-6 * (std::fabs(limits.w_min) + std::fabs(limits.w_max));
  if (std::isfinite(rounded) && (weight < limits.w_min - rounded || weight > limits.w_max + rounded))
    return "the weight " + shown + " is outside the bounds of the projection's rule, w_min " +
           short_number(limits.w_min) + " to w_max " + short_number(limits.w_max) +
           "; set them, or convert the weights";
  return "";
}

std::string delay_problem(double delay_ms, const EdgeLimits& limits, const std::string& shown) {
  if (!std::isfinite(delay_ms)) return "the delay " + shown + " is not a finite number such as 1.5";
  if (!(delay_ms > 0.0)) return "the delay " + shown + " ms is not above 0; a spike takes time";
  if (limits.dt_ms <= 0.0) return "";
  const std::string step = short_number(limits.dt_ms) + " ms";
  if (delay_ms < limits.dt_ms * (1.0 - kRounding))
    return "the delay " + shown + " ms is shorter than one step of " + step +
           "; lengthen it, or shorten dt_ms";
  if (!(delay_ms / limits.dt_ms + 0.5 < kMaxDelaySteps + 1.0))
    return "the delay " + shown + " ms is longer than " + std::to_string(kMaxDelaySteps) + " steps of " +
           step + "; shorten it, or lengthen dt_ms";
  return "";
}

std::string unit_problem(const std::string& unit, const EdgeLimits& limits) {
  if (unit.empty() || limits.weight_unit.empty() || unit == limits.weight_unit) return "";
  return "the weights are in " + unit + ", but the projection's port takes " + limits.weight_unit +
         "; convert them, or name another port";
}

}  // namespace penfield
