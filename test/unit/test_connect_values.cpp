// Values drawn once a synapse: moments, truncation, refusals, delays.
#include <cmath>
#include <limits>
#include <vector>

#include "penfield/connect/delay.hpp"
#include "test/support/catch.hpp"
#include "test/support/statistics.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

constexpr std::uint32_t kNumValues = 40000;

std::vector<double> values_of(const ValueDistribution& distribution) {
  const ValueDrawer drawer(distribution);
  std::vector<double> values;
  for (std::uint32_t i = 0; i < kNumValues; ++i) {
    values.push_back(drawer.draw(3, Stream::connect_weight, {2, i / 200, i % 200}));
    REQUIRE((values.back() >= drawer.smallest() && values.back() <= drawer.largest()));
  }
  return values;
}

double normal_cumulative(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double sd_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double sum = 0.0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace

TEST_CASE("constant, uniform and normal values", "[connect]") {
  for (const double v : values_of(ValueDistribution::constant(-1.5))) REQUIRE(v == -1.5);
  CHECK(kolmogorov_smirnov_p(values_of(ValueDistribution::uniform(-2.0, 6.0)),
                             [](double x) { return (x + 2.0) / 8.0; }) > kAbsurd);
  CHECK(kolmogorov_smirnov_p(values_of(ValueDistribution::normal(87.8, 8.78)),
                             [](double x) { return normal_cumulative((x - 87.8) / 8.78); }) > kAbsurd);
}

TEST_CASE("lognormal has the mean and relative spread asked for, and a mirror image", "[connect]") {
  const ValueDistribution positive = ValueDistribution::lognormal(0.4, 0.3);
  const double sigma = std::sqrt(std::log(1.09));
  const double mu = std::log(0.4) - 0.5 * sigma * sigma;
  const auto cumulative = [&](double x) { return normal_cumulative((std::log(x) - mu) / sigma); };
  std::vector<double> values = values_of(positive);
  CHECK(kolmogorov_smirnov_p(values, cumulative) > kAbsurd);
  CHECK(mean_of(values) == Approx(0.4).epsilon(0.01));
  CHECK(sd_of(values) == Approx(0.12).epsilon(0.03));
  const std::vector<double> mirrored = values_of(ValueDistribution::lognormal(-0.4, 0.3));
  for (std::size_t i = 0; i < values.size(); ++i) REQUIRE(mirrored[i] == -values[i]);
}

TEST_CASE("truncation keeps the shape within the bounds", "[connect]") {
  ValueDistribution d = ValueDistribution::normal(1.0, 2.0);
  d.lower = 0.0;
  d.upper = 2.5;
  CHECK_FALSE(validate(d));
  const double low = normal_cumulative(-0.5);
  const double high = normal_cumulative(0.75);
  CHECK(kolmogorov_smirnov_p(values_of(d), [&](double x) {
          return (normal_cumulative((x - 1.0) / 2.0) - low) / (high - low);
        }) > kAbsurd);
  // The narrowest that is allowed is still met by drawing, never by piling up at a bound.
  d.lower = 1.0 + 2.0 * 2.05;
  d.upper = std::numeric_limits<double>::infinity();
  CHECK_FALSE(validate(d));
  double at_bound = 0.0;
  for (const double v : values_of(d)) at_bound += v == d.lower ? 1.0 : 0.0;
  CHECK(at_bound == 0.0);
}

TEST_CASE("a value depends on its synapse alone, and streams and projections differ", "[connect]") {
  const ValueDrawer drawer(ValueDistribution::normal(0.0, 1.0));
  const double value = drawer.draw(3, Stream::connect_weight, {2, 7, 11});
  CHECK(ValueDrawer(ValueDistribution::normal(0.0, 1.0)).draw(3, Stream::connect_weight, {2, 7, 11}) ==
        value);
  CHECK(draw(ValueDistribution::normal(0.0, 1.0), 3, Stream::connect_weight, {2, 7, 11}) == value);
  CHECK(drawer.draw(4, Stream::connect_weight, {2, 7, 11}) != value);
  CHECK(drawer.draw(3, Stream::connect_delay, {2, 7, 11}) != value);
  CHECK(drawer.draw(3, Stream::connect_weight, {3, 7, 11}) != value);
  CHECK(drawer.draw(3, Stream::connect_weight, {2, 8, 11}) != value);
  CHECK(drawer.draw(3, Stream::connect_weight, {2, 7, 12}) != value);
}

TEST_CASE("distributions that cannot be met are refused with the reason", "[connect]") {
  const auto says = [](const ValueDistribution& d, const char* part) {
    return validate(d).value_or("").find(part) != std::string::npos;
  };
  ValueDistribution d = ValueDistribution::normal(1.0, 0.1);
  CHECK_FALSE(validate(d));
  d.lower = 2.0;
  d.upper = 1.0;
  CHECK(says(d, "above the upper bound"));
  d.upper = 3.0;
  CHECK(says(d, "only 0.0"));
  d.lower = NAN;
  CHECK(says(d, "lower bound"));
  d = ValueDistribution::normal(1.0, -1.0);
  CHECK(says(d, "sd is -1"));
  d = ValueDistribution::normal(INFINITY, 1.0);
  CHECK(says(d, "mean is not a finite number"));
  d = ValueDistribution::constant(1.0);
  d.upper = 0.5;
  CHECK(says(d, "every value would be 1.0"));
  d = ValueDistribution::lognormal(1.0, 0.2);
  CHECK_FALSE(validate(d));
  d.upper = -1.0;
  CHECK(says(d, "only 0.0"));
  d = ValueDistribution::lognormal(-1.0, 0.2);
  d.upper = 0.0;
  CHECK_FALSE(validate(d));
  d.lower = 0.0;
  CHECK(says(d, "only 0.0"));
  CHECK(says(ValueDistribution::lognormal(1.0, -0.2), "relative_sd"));
  d = ValueDistribution{};
  d.kind = ValueDistribution::Kind::uniform;
  CHECK(says(d, "finite lower and upper bound"));
}

TEST_CASE("delays round to the nearest step and are at least one", "[connect]") {
  CHECK(delay_steps(1.5, 0.1) == 15);
  CHECK(delay_steps(0.14, 0.1) == 1);
  CHECK(delay_steps(0.16, 0.1) == 2);
  CHECK(delay_steps(0.25, 0.125) == 2);
  CHECK(delay_steps(0.0625 * 3, 0.125) == 2);  // halves go up
  CHECK(delay_steps(0.0, 0.1) == 1);
  CHECK(delay_steps(-3.0, 0.1) == 1);
  CHECK(delay_steps(1e300, 0.1) == 65535);
}

TEST_CASE("delays of a base and a velocity", "[connect]") {
  DelayRule rule;
  rule.base_ms = ValueDistribution::constant(1.0);
  rule.velocity_mm_per_ms = 0.3;
  CHECK_FALSE(validate(rule, 0.1, 5.0));
  const DelayDrawer drawer(rule, 0.1);
  CHECK(drawer.uses_distance());
  CHECK(drawer.draw(1, {0, 0, 0}, 0.0) == 10);
  CHECK(drawer.draw(1, {0, 0, 0}, 0.6) == 30);
  CHECK(drawer.smallest() == 10);
  CHECK(drawer.largest(3.0) == 110);
  DelayRule spread;
  spread.base_ms = ValueDistribution::normal(1.5, 0.75);
  const DelayDrawer spread_drawer(spread, 0.1);
  double sum = 0.0;
  for (std::uint32_t i = 0; i < 20000; ++i) {
    const std::uint16_t steps = spread_drawer.draw(1, {0, i, 0}, 0.0);
    REQUIRE((steps >= spread_drawer.smallest() && steps <= spread_drawer.largest(0.0)));
    sum += steps;
  }
  CHECK(spread_drawer.smallest() == 1);
  CHECK(sum / 20000 == Approx(15.0).epsilon(0.03));
}

TEST_CASE("delays that cannot be are refused with the reason", "[connect]") {
  const auto says = [](const DelayRule& rule, double distance_mm, const char* part) {
    return validate(rule, 0.1, distance_mm).value_or("").find(part) != std::string::npos;
  };
  DelayRule rule;
  rule.base_ms = ValueDistribution::constant(0.02);
  CHECK(says(rule, 0.0, "less than half a step"));
  rule.velocity_mm_per_ms = 1.0;
  CHECK_FALSE(validate(rule, 0.1, 1.0));
  CHECK(says(rule, 7000.0, "more than 65535 steps"));
  rule.velocity_mm_per_ms = -1.0;
  CHECK(says(rule, 1.0, "conduction velocity"));
  rule.velocity_mm_per_ms = 0.0;
  rule.base_ms = ValueDistribution::constant(-1.0);
  CHECK(says(rule, 0.0, "not negative"));
  rule.base_ms = ValueDistribution::normal(6000.0, 100.0);
  CHECK(says(rule, 0.0, "more than 65535 steps"));
  rule.base_ms.upper = 6500.0;
  CHECK_FALSE(validate(rule, 0.1, 0.0));
}
