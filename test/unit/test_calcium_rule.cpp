// The calcium rule's noise and cubic term against the moments and the slope of their equations.
#include <algorithm>
#include <cmath>

#include "penfield/base/field.hpp"
#include "penfield/model/plasticity/calcium.hpp"
#include "test/support/catch.hpp"
#include "test/support/spike_trains.hpp"

namespace penfield::test {

namespace {

/// One flux after the other: a presynaptic spike lifts calcium above both thresholds for 10 ms, then above
/// the lower one for 20 ms.
CalciumGraupner::Params two_phases() {
  auto p = defaults<CalciumGraupner::Params>();
  p.tau_ca_ms = 30.0f;
  p.theta_p = p.theta_d * std::exp(20.0f / 30.0f);
  p.c_pre = p.theta_p * std::exp(10.0f / 30.0f);
  p.tau_s = 2.0f;
  p.gamma_p = 140.0f;
  p.gamma_d = 60.0f;
  return p;
}

/// The efficacy so long after a presynaptic spike at step 1000, of the synapse between these cells.
float efficacy_after(const CalciumGraupner& rule, double ms, float rho, std::uint32_t source,
                     std::uint32_t target) {
  auto s = rule.first_values(rho);
  CalciumGraupner::Event e{};
  e.since_pre = e.since_post = kNoSpikeYet;
  e.at = 1000;
  e.source = source;
  e.target = target;
  rule.at_pre_spike(s, e);
  rule.weight_later(s, {1000, 1000 + std::llround(ms / kDt_ms), nullptr, source, target});
  return s.weight;
}

}  // namespace

TEST_CASE("noise of the calcium rule has the mean and variance of its equation") {
  auto p = two_phases();
  p.sigma = GENERATE(0.2f, 0.5f);  // so that none meets a bound
  auto constants = CalciumGraupner::derive(p, kDt_ms);
  for (const double ms : {4.0, 10.0, 25.0, 100.0}) {
    // The two moments, by small steps of their own equations.
    const double h = 1e-3, tau_ms = 1e3 * static_cast<double>(p.tau_s);
    double mean = 0.5, variance = 0.0;
    for (int n = 0; n < static_cast<int>(std::lround(std::min(ms, 30.0) / h)); ++n) {
      const double up = n * h < 10.0 ? static_cast<double>(p.gamma_p) : 0.0,
                   down = static_cast<double>(p.gamma_d);
      variance += h / tau_ms *
                  (-2.0 * (up + down) * variance +
                   (up > 0.0 ? 2.0 : 1.0) * static_cast<double>(p.sigma) * static_cast<double>(p.sigma));
      mean += h / tau_ms * (up * (1.0 - mean) - down * mean);
    }
    double sum = 0.0, squares = 0.0;
    constexpr std::uint32_t kSynapses = 40000;
    for (std::uint32_t k = 0; k < kSynapses; ++k) {
      constants.noise = {7, k % 4};
      const CalciumGraupner rule{constants};
      const double rho = static_cast<double>(efficacy_after(rule, ms, 0.5f, k / 200, k % 200));
      sum += rho;
      squares += (rho - mean) * (rho - mean);
    }
    CAPTURE(p.sigma, ms);
    // Four standard errors.
    CHECK(sum / kSynapses == Approx(mean).margin(4.0 * std::sqrt(variance / kSynapses) + 1e-4));
    CHECK(squares / kSynapses == Approx(variance).epsilon(4.0 * std::sqrt(2.0 / kSynapses) + 2e-3));
  }
}

TEST_CASE("noise of the calcium rule is the same however often it is looked at, and another one elsewhere") {
  auto p = two_phases();
  p.sigma = 0.5f;
  p.cubic = 1.0f;
  auto constants = CalciumGraupner::derive(p, kDt_ms);
  constants.noise = {7, 1};
  const CalciumGraupner rule{constants};
  const float once = efficacy_after(rule, 50.0, 0.5f, 3, 4);
  CHECK(efficacy_after(rule, 50.0, 0.5f, 3, 4) == once);
  CHECK(efficacy_after(rule, 50.0, 0.5f, 4, 3) != once);
  CHECK(efficacy_after(rule, 50.0, 0.5f, 3, 5) != once);
  constants.noise.seed = 8;
  CHECK(efficacy_after(CalciumGraupner{constants}, 50.0, 0.5f, 3, 4) != once);
  constants.noise = {7, 2};
  CHECK(efficacy_after(CalciumGraupner{constants}, 50.0, 0.5f, 3, 4) != once);
}

TEST_CASE("the cubic term of the calcium rule draws efficacies apart, with and without events") {
  auto p = defaults<CalciumGraupner::Params>();
  p.cubic = GENERATE(1.0f, 3.0f);
  const CalciumGraupner rule{CalciumGraupner::derive(p, kDt_ms)};
  for (const double start : {0.0, 0.1, 0.45, 0.5, 0.55, 0.8, 1.0})
    for (const double minutes : {0.01, 1.0, 20.0, 600.0}) {
      double rho = start;
      const int steps = 200000;
      const double h = 60.0 * minutes / steps * static_cast<double>(p.cubic) / static_cast<double>(p.tau_s);
      for (int n = 0; n < steps; ++n) {
        const auto slope = [](double x) { return -x * (1.0 - x) * (0.5 - x); };
        rho += h * slope(rho + 0.5 * h * slope(rho));
      }
      // At once, and in pieces, by a spike whose calcium stays below the thresholds.
      auto s = rule.first_values(static_cast<float>(start)), pieces = s;
      const auto end = std::llround(60e3 * minutes / kDt_ms);
      rule.weight_later(s, {0, end, nullptr});
      CalciumGraupner::Event e{};
      e.since_pre = e.since_post = kNoSpikeYet;
      e.at = end / 3;
      rule.at_pre_spike(pieces, e);
      rule.weight_later(pieces, {e.at, end, nullptr});
      CAPTURE(start, minutes);
      CHECK(s.weight == Approx(rho).margin(2e-5));
      CHECK(pieces.weight == Approx(rho).margin(2e-5));
    }
}

}  // namespace penfield::test
