#include "host/run/homeostasis.hpp"

#include <cmath>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/run/rate_loop.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr std::uint32_t kNeurons = 5;
constexpr double kHour_s = 3600.0;

HomeostasisSpec spec_of(bool raises_rate) {
  HomeostasisSpec h;
  h.name = "scaling";
  h.of = "A/cells";
  h.port = raises_rate ? "excitatory" : "inhibitory";
  h.tau_s = 48 * kHour_s;
  h.loop_gain = 3.0;
  h.raises_rate = raises_rate;
  h.set_point_Hz = 4.0;
  return h;
}

Network network_of(const std::vector<HomeostasisSpec>& homeostasis) {
  Scenario s;
  s.areas["A"] = {1.0, 1.0, false};
  s.populations = {population_spec("A/cells", "iaf_psc_exp", kNeurons)};
  s.homeostasis = homeostasis;
  return build_network(s, {});
}

Measures rates(const std::vector<float>& rate_Hz) {
  Measures m;
  m.rate_Hz = {rate_Hz};
  return m;
}

}  // namespace

TEST_CASE("a homeostat moves its gain against the error of the rate and leaves it at the set-point") {
  const bool raises = GENERATE(true, false);
  const HomeostasisSpec h = spec_of(raises);
  Network network = network_of({h});
  Homeostat homeostat(h, network);
  REQUIRE(homeostat.port() == (raises ? 0u : 1u));
  RateLoop({&homeostat}).advance(network, rates({4.0f, 0.0f, 2.0f, 8.0f, 400.0f}), 12 * kHour_s);
  const auto& gain = network.populations[0]->factor[homeostat.port()];
  REQUIRE(network.populations[0]->factor[1 - homeostat.port()].empty());
  const double sign = raises ? 1.0 : -1.0;
  const double step = (1.0 - std::exp(-3.0 * 12 / 48)) / 3.0;
  const double errors[] = {0.0, 1.0, 0.5, -1.0, -3.0};  // the last one is the bound on what one burst may do
  for (std::uint32_t i = 0; i < kNeurons; ++i)
    REQUIRE(gain[i] == Approx(std::exp(sign * errors[i] * step)).epsilon(1e-6));
}

TEST_CASE(
    "a loop that answers with the assumed gain relaxes as the exact solution, whatever the macro step") {
  // r = rho0 g^(s G): ln g' = s (1 - r / rho0) / tau, near the set-point a decay with rate G / tau.
  const bool raises = GENERATE(true, false);
  const double step_h = GENERATE(0.1, 6.0, 48.0, 480.0);
  CAPTURE(raises, step_h);
  const HomeostasisSpec h = spec_of(raises);
  Network network = network_of({h});
  Homeostat homeostat(h, network);
  auto& gain = network.populations[0]->factor[homeostat.port()];
  gain.fill(1.01f);
  const double start = std::log(1.01);
  const double sign = raises ? 1.0 : -1.0;
  double hours = 0.0;
  for (int k = 0; k < 5; ++k) {
    std::vector<float> rate(kNeurons);
    for (std::uint32_t i = 0; i < kNeurons; ++i)
      rate[i] = static_cast<float>(4.0 * std::exp(sign * 3.0 * std::log(static_cast<double>(gain[i]))));
    RateLoop({&homeostat}).advance(network, rates(rate), step_h * kHour_s);
    hours += step_h;
    const double expected = start * std::exp(-3.0 * hours / 48.0);
    REQUIRE(std::abs(std::log(static_cast<double>(gain[0])) - expected) < 0.03 * start);
  }
}

TEST_CASE("bounds are relative to the intact gains, and hold from the snapshot on") {
  HomeostasisSpec h = spec_of(true);
  h.lower = 0.8;
  h.upper = 1.5;
  const bool from_snapshot = GENERATE(true, false);
  h.bounds_after_snapshot = from_snapshot;
  Network network = network_of({h});
  Homeostat homeostat(h, network);
  auto& gain = network.populations[0]->factor[0];
  const Measures silent = rates(std::vector<float>(kNeurons, 0.0f));
  const Measures loud = rates(std::vector<float>(kNeurons, 100.0f));
  for (int k = 0; k < 30; ++k) RateLoop({&homeostat}).advance(network, silent, 48 * kHour_s);
  if (from_snapshot) {
    REQUIRE(gain[0] > 100.0f);
  } else {
    REQUIRE(gain[0] == 1.5f);
  }
  gain.fill(2.0f);
  homeostat.take_snapshot(network);
  REQUIRE(homeostat.intact() == std::vector<float>(kNeurons, 2.0f));
  for (int k = 0; k < 30; ++k) RateLoop({&homeostat}).advance(network, silent, 48 * kHour_s);
  REQUIRE(gain[3] == 3.0f);
  for (int k = 0; k < 30; ++k) RateLoop({&homeostat}).advance(network, loud, 48 * kHour_s);
  REQUIRE(gain[3] == 1.6f);
}

namespace {

GainPull pull(double error, double tau_s, double loop_gain, double sign, double low, double high) {
  return {1.0, low, high, error, sign / tau_s, loop_gain / tau_s, false};
}

/// The same loop in many small steps.
void stepped(std::vector<GainPull>& pulls, double seconds, int steps) {
  const double h = seconds / steps;
  std::vector<double> log_gain(pulls.size(), 0.0);
  for (int n = 0; n < steps; ++n) {
    double corrected = 0.0;
    for (std::size_t k = 0; k < pulls.size(); ++k) {
      const double moved = log_gain[k] + pulls[k].speed_per_s * pulls[k].error * h;
      if (moved > std::log(pulls[k].high) || moved < std::log(pulls[k].low)) continue;
      log_gain[k] = moved;
      corrected += pulls[k].loop_per_s * pulls[k].error * h;
    }
    for (GainPull& p : pulls) p.error -= corrected;
  }
  for (std::size_t k = 0; k < pulls.size(); ++k) pulls[k].gain = std::exp(log_gain[k]);
}

void check_against_small_steps(const std::vector<GainPull>& start, double seconds) {
  std::vector<GainPull> exact = start, small = start;
  relax(exact, seconds);
  stepped(small, seconds, 200000);
  for (std::size_t k = 0; k < start.size(); ++k) {
    CAPTURE(k, exact[k].gain, small[k].gain);
    CHECK(std::log(exact[k].gain) == Approx(std::log(small[k].gain)).margin(2e-5).epsilon(2e-4));
  }
}

}  // namespace

TEST_CASE("homeostats of one rate correct its error once between them") {
  const double far = 1e9;
  SECTION("each by its share, a fast one nearly all") {
    std::vector<GainPull> both{pull(-1.0, 3000, 8, -1, 0, far), pull(-1.0, 172800, 3, 1, 0, far)};
    relax(both, 86400.0);
    // Shares are G/tau; what both have corrected together is the whole error.
    const double of_first = 8.0 / 3000, of_second = 3.0 / 172800;
    CHECK(8 * std::log(both[0].gain) == Approx(of_first / (of_first + of_second)));
    CHECK(-3 * std::log(both[1].gain) == Approx(of_second / (of_first + of_second)));
  }
  SECTION("one at its bound leaves the error to the other, from the moment when it gets there") {
    check_against_small_steps({pull(1.0, 3000, 8, -1, 0.95, far), pull(1.0, 20000, 3, 1, 0, far)}, 86400.0);
    check_against_small_steps({pull(1.0, 3000, 8, -1, 0.95, far), pull(1.0, 20000, 3, 1, 0, 1.1)}, 86400.0);
    check_against_small_steps({pull(1.0, 3000, 8, -1, 1.0, far), pull(1.0, 20000, 3, 1, 0, far)}, 9000.0);
  }
  SECTION("with set-points of their own") {
    check_against_small_steps({pull(0.5, 3000, 2, -1, 0, far), pull(-0.2, 9000, 3, 1, 0, far)}, 20000.0);
    check_against_small_steps({pull(0.5, 3000, 2, -1, 0.5, far), pull(-0.2, 9000, 3, 1, 0.3, far)}, 20000.0);
  }
  SECTION("at a bound and pushed away from it, it is free") {
    check_against_small_steps({pull(-1.0, 3000, 8, -1, 1.0, far), pull(-1.0, 20000, 3, 1, 0, 1.0)}, 5000.0);
  }
}

TEST_CASE("a step of two homeostats brings a rate that answers both to the set-point, not past it") {
  // Each alone takes the error off; both one after the other would turn it round.
  HomeostasisSpec fast = spec_of(false), slow = spec_of(true);
  fast.name = "inhibition";
  fast.tau_s = 3000.0;
  fast.loop_gain = 8.0;
  Network network = network_of({fast, slow});
  std::vector<Homeostat> homeostats{Homeostat(fast, network), Homeostat(slow, network)};
  const auto& of_inhibition = network.populations[0]->factor[1];
  const auto& of_excitation = network.populations[0]->factor[0];
  const auto rate_Hz = [&] {  // what the loop gains say, for cells that began at 4.4 Hz
    return 4.4 * std::exp(3.0 * std::log(static_cast<double>(of_excitation[0])) -
                          8.0 * std::log(static_cast<double>(of_inhibition[0])));
  };
  const auto step = [&](const std::string& frozen) {
    const std::vector<float> now(kNeurons, static_cast<float>(rate_Hz()));
    for (const RateLoop& loop : rate_loops(homeostats, [&](const std::string& n) { return n == frozen; }))
      loop.advance(network, rates(now), 24 * kHour_s);
  };
  SECTION("both") {
    step("");
    CHECK(rate_Hz() == Approx(4.0).epsilon(0.01));
    CHECK(of_excitation[0] > 0.998f);
  }
  SECTION("a frozen one leaves it to the other") {
    step("inhibition");
    CHECK(of_inhibition[0] == 1.0f);
    CHECK(of_excitation[0] == Approx(std::exp(-0.1 * (1.0 - std::exp(-1.5)) / 3.0)).epsilon(1e-6));
  }
}

TEST_CASE("a homeostat of an unknown population is refused") {
  HomeostasisSpec h = spec_of(true);
  const Network network = network_of({h});
  h.of = "A/other";
  const Thrown thrown = thrown_by([&] { Homeostat(h, network); });
  REQUIRE(thrown.code == ExitCode::internal);
  REQUIRE(thrown.says("A/other"));
}

}  // namespace penfield::test
