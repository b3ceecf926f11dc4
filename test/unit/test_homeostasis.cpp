#include "host/run/homeostasis.hpp"

#include <cmath>
#include <vector>

#include "host/build/build_network.hpp"
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

Network network_of(const HomeostasisSpec& h) {
  Scenario s;
  s.areas["A"] = {1.0, 1.0, false};
  s.populations = {population_spec("A/cells", "iaf_psc_exp", kNeurons)};
  s.homeostasis = {h};
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
  Network network = network_of(h);
  Homeostat homeostat(h, network);
  REQUIRE(homeostat.port() == (raises ? 0u : 1u));
  homeostat.advance(network, rates({4.0f, 0.0f, 2.0f, 8.0f, 400.0f}), 12 * kHour_s);
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
  Network network = network_of(h);
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
    homeostat.advance(network, rates(rate), step_h * kHour_s);
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
  Network network = network_of(h);
  Homeostat homeostat(h, network);
  auto& gain = network.populations[0]->factor[0];
  const Measures silent = rates(std::vector<float>(kNeurons, 0.0f));
  const Measures loud = rates(std::vector<float>(kNeurons, 100.0f));
  for (int k = 0; k < 30; ++k) homeostat.advance(network, silent, 48 * kHour_s);
  if (from_snapshot) {
    REQUIRE(gain[0] > 100.0f);
  } else {
    REQUIRE(gain[0] == 1.5f);
  }
  gain.fill(2.0f);
  homeostat.take_snapshot(network);
  REQUIRE(homeostat.intact() == std::vector<float>(kNeurons, 2.0f));
  for (int k = 0; k < 30; ++k) homeostat.advance(network, silent, 48 * kHour_s);
  REQUIRE(gain[3] == 3.0f);
  for (int k = 0; k < 30; ++k) homeostat.advance(network, loud, 48 * kHour_s);
  REQUIRE(gain[3] == 1.6f);
}

TEST_CASE("a homeostat of an unknown population is refused") {
  HomeostasisSpec h = spec_of(true);
  const Network network = network_of(h);
  h.of = "A/other";
  const Thrown thrown = thrown_by([&] { Homeostat(h, network); });
  REQUIRE(thrown.code == ExitCode::internal);
  REQUIRE(thrown.says("A/other"));
}

}  // namespace penfield::test
