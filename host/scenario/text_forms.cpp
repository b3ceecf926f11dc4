#include "host/scenario/text_forms.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace penfield {
namespace {

struct TimeUnit {
  std::string_view name;
  double seconds;
};

// Larger first. Milliseconds divide instead, so that "7 ms" is the double nearest to 0.007.
constexpr std::array<TimeUnit, 6> kTimeUnits{
    {{"wk", 604800.0}, {"d", 86400.0}, {"h", 3600.0}, {"min", 60.0}, {"s", 1.0}, {"ms", 0.0}}};

double to_seconds(double value, const TimeUnit& unit) {
  return unit.seconds > 0.0 ? value * unit.seconds : value / 1000.0;
}

}  // namespace

std::optional<double> parse_time(std::string_view text) {
  const auto skip = [&] {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  };
  skip();
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  double total = 0.0;
  std::size_t next_unit = 0;
  do {
    double value = 0.0;
    const auto result =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (result.ec != std::errc() || text.front() == '-' || !std::isfinite(value)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
    skip();
    std::size_t letters = 0;
    while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
    std::size_t unit = next_unit;
    while (unit < kTimeUnits.size() && kTimeUnits[unit].name != text.substr(0, letters)) ++unit;
    if (unit == kTimeUnits.size()) return std::nullopt;
    total += to_seconds(value, kTimeUnits[unit]);
    next_unit = unit + 1;
    text.remove_prefix(letters);
    skip();
  } while (!text.empty());
  if (!std::isfinite(total)) return std::nullopt;
  return negative && total != 0.0 ? -total : total;
}

std::string time_text(double seconds) {
  for (const TimeUnit& unit : kTimeUnits) {
    const double value = unit.seconds > 0.0 ? seconds / unit.seconds : seconds * 1000.0;
    if (unit.name == "wk" || (value != std::floor(value)) || (value == 0.0 && unit.name != "s")) continue;
    const std::string text = number_text(value) + " " + std::string(unit.name);
    if (parse_time(text) == seconds) return text;
  }
  // Fixed notation, as parse_time reads no exponent; long for extreme values only.
  std::array<char, 400> buffer;
  const auto result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), seconds, std::chars_format::fixed);
  return std::string(buffer.data(), result.ptr) + " s";
}

bool matches_name(const std::string& pattern, const std::string& name) {
  if (pattern.empty() || pattern.back() != '*') return pattern == name;
  return name.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0;
}

std::string number_text(double value) {
  std::array<char, 400> buffer;
  const double size = std::fabs(value);
  const bool plain = value == 0.0 || (size >= 1e-4 && size < 1e15);
  const auto result =
      plain ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed)
            : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), result.ptr);
}

double widen(float value) {
  std::array<char, 64> buffer;
  const auto text = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  double out = 0.0;
  std::from_chars(buffer.data(), text.ptr, out);
  return out;
}

std::optional<std::string> impossible(const Distribution& d, double lower, double upper) {
  using Kind = Distribution::Kind;
  if ((d.kind == Kind::normal || d.kind == Kind::lognormal) && d.b < 0.0)
    return "the standard deviation is negative; give its size";
  if (d.kind == Kind::lognormal && d.a == 0.0)
    return "the mean of a lognormal is 0; both numbers are those of the value itself, not of its logarithm";
  if (d.kind == Kind::uniform && d.a > d.b) return "the lower end lies above the upper; swap them";
  if (d.lower && d.upper && *d.lower > *d.upper) return "min lies above max; swap them";
  return validate(value_distribution(d, lower, upper));
}

ValueDistribution value_distribution(const Distribution& d, double lower, double upper) {
  using Kind = Distribution::Kind;
  ValueDistribution out;
  out.mean = d.a;
  out.lower = std::max(lower, d.lower.value_or(lower));
  out.upper = std::min(upper, d.upper.value_or(upper));
  switch (d.kind) {
    case Kind::constant: break;
    case Kind::normal:
      out.kind = ValueDistribution::Kind::normal;
      out.sd = d.b;
      break;
    case Kind::lognormal:
      out.kind = ValueDistribution::Kind::lognormal;
      out.relative_sd = d.b / std::fabs(d.a);
      break;
    case Kind::uniform:
      out.kind = ValueDistribution::Kind::uniform;
      out.mean = 0.5 * (d.a + d.b);
      out.lower = std::max(out.lower, d.a);
      out.upper = std::min(out.upper, d.b);
      break;
  }
  return out;
}

Kernel::Shape kernel_shape(KernelSpec::Kind kind) {
  switch (kind) {
    case KernelSpec::Kind::gaussian: break;
    case KernelSpec::Kind::exponential: return Kernel::Shape::exponential;
    case KernelSpec::Kind::box: return Kernel::Shape::box;
  }
  return Kernel::Shape::gaussian;
}

ConnectRule connect_rule(const RuleSpec& spec) {
  ConnectRule rule;
  using K = ConnectRule::Kind;
  switch (spec.kind) {
    case RuleSpec::Kind::one_to_one: rule.kind = K::one_to_one; break;
    case RuleSpec::Kind::all_to_all: rule.kind = K::all_to_all; break;
    case RuleSpec::Kind::fixed_probability: rule.kind = K::fixed_probability; break;
    case RuleSpec::Kind::fixed_in_degree: rule.kind = K::fixed_in_degree; break;
    case RuleSpec::Kind::fixed_out_degree: rule.kind = K::fixed_out_degree; break;
    case RuleSpec::Kind::fixed_total_number: rule.kind = K::fixed_total_number; break;
    case RuleSpec::Kind::distance_probability: rule.kind = K::distance_probability; break;
    case RuleSpec::Kind::distance_in_degree: rule.kind = K::distance_in_degree; break;
    case RuleSpec::Kind::topographic: rule.kind = K::topographic; break;
    case RuleSpec::Kind::file: rule.kind = K::explicit_list; break;
  }
  rule.probability = spec.probability;
  rule.in_degree = static_cast<std::uint32_t>(spec.count);
  rule.out_degree = static_cast<std::uint32_t>(spec.count);
  rule.total = spec.count;
  rule.kernel.shape = kernel_shape(spec.kernel.kind);
  rule.kernel.sigma_mm = spec.kernel.sigma_mm;
  rule.kernel.cutoff_mm = spec.kernel.cutoff_mm;
  rule.kernel.peak = spec.probability;
  rule.allow_self = spec.allow_self;
  rule.allow_multapses = spec.allow_multapses;
  return rule;
}

}  // namespace penfield
