#pragma once
// The texts of a scenario that are not plain JSON values: times with units, random quantities, numbers.
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "host/scenario/scenario.hpp"
#include "penfield/connect/rule.hpp"
#include "penfield/connect/value_distribution.hpp"

namespace penfield {

/// Seconds of "6 h", "2 d 6 h", "100 ms", "-1 d"; units ms, s, min, h, d, wk, each at most once, larger
/// first. Nothing when it is malformed.
std::optional<double> parse_time(std::string_view text);

/// The shortest such text that parse_time reads back as the same double.
std::string time_text(double seconds);

/// The shortest decimal that reads back as the same double; no exponent between 1e-4 and 1e15.
std::string number_text(double value);

/// The double whose shortest text equals that of `value`: 0.1f gives 0.1 and not 0.100000001490116.
double widen(float value);

/// Does a pattern name it? A trailing * matches any ending.
bool matches_name(const std::string& pattern, const std::string& name);

/// `d`, drawn within `lower` and `upper` on top of its own bounds. A lognormal's mean is not 0.
ValueDistribution value_distribution(const Distribution& d,
                                     double lower = -std::numeric_limits<double>::infinity(),
                                     double upper = std::numeric_limits<double>::infinity());
/// The rule in the terms of penfield/connect.
Kernel::Shape kernel_shape(KernelSpec::Kind kind);
ConnectRule connect_rule(const RuleSpec& spec);

/// Why a distribution can never be met within `lower` and `upper` on top of its own bounds, or nothing.
std::optional<std::string> impossible(const Distribution& d, double lower, double upper);

}  // namespace penfield
