// Consolidation and normalisation under the leap of a macro step: what decays while it is learnt, and the
// errors that the step is judged by.
#include <cmath>
#include <vector>

#include "host/run/slow_weights.hpp"
#include "host/run/step_errors.hpp"
#include "test/support/catch.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

constexpr double kHour_s = 3600.0;

Scenario learning() {
  Scenario s = two_layers(40, 64, 15, constant(2.0), constant(2.0), 0.5);
  s.projections[0].plasticity = PlasticitySpec{
      "stdp_pair", {{"a_plus", 0.05}, {"a_minus", 0.03}, {"w_min", 0.0}, {"w_max", 5.0}}, false};
  return s;
}

Scenario consolidating(double threshold) {
  Scenario s = learning();
  ConsolidationSpec c;
  c.name = "lasting";
  c.projection = "all";
  c.early_tau_s = 2.0 * kHour_s;
  c.late_tau_s = 1.0 * kHour_s;
  c.threshold = threshold;
  s.consolidation = {c};
  return s;
}

Scenario normalising(bool divisive) {
  Scenario s = learning();
  NormalisationSpec n;
  n.name = "normalised";
  n.projection = "all";
  n.divisive = divisive;
  s.normalisation = {n};
  return s;
}

struct Weights {
  explicit Weights(const Scenario& s)
      : scenario(s), network(build_network(scenario, tiles_of(16))), slow(scenario, network) {}

  /// A macro step in which rules move synapse k of a tile by `learnt(k)`.
  template <class Learnt>
  StepErrors step(double seconds, const Learnt& learnt, bool frozen = false) {
    slow.begin_leap(network);
    for (SynapseTile& tile : network.projections[0]->tiles)
      for (std::size_t k = 0; k < tile.weight.size(); ++k) tile.weight[k] += static_cast<float>(learnt(k));
    std::vector<PoolRecord> pools;
    return slow.advance(
        network, {std::vector<float>(40), std::vector<float>(64)}, 0.0, seconds,
        [&](const std::string&) { return frozen; }, pools);
  }
  std::vector<double> all() const {
    std::vector<double> out;
    for (const SynapseTile& tile : network.projections[0]->tiles)
      out.insert(out.end(), tile.weight.begin(), tile.weight.end());
    return out;
  }

  Scenario scenario;
  Network network;
  SlowWeights slow;
};

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double most = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) most = std::max(most, std::fabs(a[k] - b[k]));
  return most;
}

}  // namespace

TEST_CASE("what a macro step learns decays and becomes lasting while it is learnt") {
  Weights one(consolidating(0.0));
  const double seconds = 12.0 * kHour_s, learnt = 1.2, d = learnt / seconds;
  const StepErrors errors = one.step(seconds, [&](std::size_t) { return learnt; });
  // de/dt = d - k e from e = 0, db/dt = e / tau_late.
  const double late = 1.0 / kHour_s, k = 0.5 / kHour_s + late;
  const double early = d / k * (1.0 - std::exp(-k * seconds));
  const double lasting = late / k * (learnt - early);
  for (const double w : one.all()) CHECK(w - 2.0 == Approx(early + lasting).epsilon(1e-5));
  const auto& parts = one.slow.consolidations[0].lasting();
  CHECK(static_cast<double>(parts[0][0]) - 2.0 == Approx(lasting).epsilon(1e-5));
  CHECK(errors.discretisation < 1e-9);  // exact where all is tagged
  CHECK(errors.change == Approx((learnt - early - lasting) / 5.0).epsilon(1e-4));

  // Half of it in half the time, twice, is the same; all of it before it decays would be a quarter less.
  Weights two(consolidating(0.0));
  for (int half = 0; half < 2; ++half) two.step(0.5 * seconds, [&](std::size_t) { return 0.5 * learnt; });
  CHECK(largest_difference(one.all(), two.all()) < 1e-5);

  Weights held(consolidating(0.0));
  held.step(
      seconds, [&](std::size_t) { return learnt; }, true);
  for (const double w : held.all()) CHECK(w == Approx(2.0 + learnt).epsilon(1e-6));
}

TEST_CASE("where a threshold is passed within a step, the strides' error is told") {
  Weights whole(consolidating(0.3));
  const double seconds = 3.0 * kHour_s;
  const auto learnt = [](std::size_t k) { return 0.2 + 0.05 * static_cast<double>(k % 15); };
  const StepErrors told = whole.step(seconds, learnt);
  Weights fine(consolidating(0.3));
  for (int n = 0; n < 200; ++n) fine.step(seconds / 200.0, [&](std::size_t k) { return learnt(k) / 200.0; });
  const double seen = largest_difference(whole.all(), fine.all()) / 5.0;
  CHECK(seen > 1e-5);
  CHECK(told.discretisation > 0.05 * seen);
  CHECK(told.discretisation < seen);  // a mean against a largest one, and half a stride's error against all
}

TEST_CASE("weights that meet a bound in a leap do not pass it") {
  Weights one(consolidating(0.01));
  one.step(6.0 * kHour_s, [](std::size_t k) { return k % 2 == 0 ? 3.0 : -2.0; });
  for (const double w : one.all()) {
    CHECK(w <= 5.0);
    CHECK(w >= 0.0);
  }
}

TEST_CASE("normalising once a step is judged against twice") {
  const bool divisive = GENERATE(true, false);
  CAPTURE(divisive);
  const auto learnt = [](std::size_t k) { return k % 3 == 0 ? 1.5 : 0.1; };
  Weights once(normalising(divisive)), twice(normalising(divisive));
  const StepErrors told = once.step(kHour_s, learnt);
  for (int half = 0; half < 2; ++half)
    twice.step(0.5 * kHour_s, [&](std::size_t k) { return 0.5 * learnt(k); });
  const std::vector<double> a = once.all(), b = twice.all();
  double apart2 = 0.0, judged = 0.0;
  std::size_t at = 0;
  const Projection& p = *once.network.projections[0];
  for (std::uint32_t t = 0; t < p.tiles.size(); ++t)
    for (const std::uint16_t code : p.tiles[t].code) {
      const double apart = (a[at] - b[at]) / 5.0;
      ++at;
      if ((tile_begin(once.network.populations[1]->view, t) + p.view.target_in_tile(code)) % 16 != 0)
        continue;
      apart2 += apart * apart;
      judged += 1.0;
    }
  REQUIRE(judged == 4.0 * 15.0);
  CHECK(told.discretisation == Approx(std::sqrt(apart2 / judged)).epsilon(1e-3).margin(1e-7));
  if (divisive) CHECK(told.discretisation > 1e-3);
  CHECK(told.change > 0.05);
  Weights idle(normalising(divisive));
  const StepErrors nothing = idle.step(kHour_s, [](std::size_t) { return 0.0; });
  CHECK(nothing.discretisation == 0.0);
  CHECK(nothing.change == 0.0);
}

}  // namespace penfield::test
