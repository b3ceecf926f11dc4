// What is made of noisy changes: drifts, their reliability, and leaps that do not widen a distribution.
#include <cmath>
#include <vector>

#include "host/clock/drift.hpp"
#include "host/clock/slow_steps.hpp"
#include "test/support/catch.hpp"

using namespace penfield;

namespace {

constexpr double kBatch_s = 0.5, kEpisode_s = kBatch_s * kDriftBatches;

double normal(std::uint64_t entity, std::uint64_t step) {
  return leap_draw(philox4x32(7, 98, entity, step)).normal;
}

struct Synapse {
  Covariates rates;
  double drift_per_s = 0.0;
  DriftEstimate seen;
};

/// Cells of different rates; drifts follow them and differ by `own_sd` beside, and diffusion is what it is.
std::vector<Synapse> made_up(double own_sd, double diffusion_per_s, std::uint64_t day = 0) {
  std::vector<Synapse> all(20000);
  for (std::size_t k = 0; k < all.size(); ++k) {
    Synapse& s = all[k];
    const double pre = 5.0 + 2.0 * std::sin(0.37 * static_cast<double>(k)),
                 post = 4.0 + std::cos(1.7 * static_cast<double>(k));
    s.rates = {pre * post, pre};
    s.drift_per_s = 4e-7 * pre * post - 1.1e-6 * pre + own_sd * normal(k, 1);
    BatchSums sums;
    for (std::uint64_t b = 0; b < kDriftBatches; ++b) {
      const double change =
          s.drift_per_s * kBatch_s + std::sqrt(diffusion_per_s * kBatch_s) * normal(k, 100 + 50 * day + b);
      sums.sum += static_cast<float>(change);
      sums.squares += static_cast<float>(change * change);
    }
    add_condition(s.seen, drift_of(sums, kDriftBatches, kBatch_s), 1.0);
  }
  return all;
}

/// What an episode says once an earlier one of the same synapses is known: only what lasts counts as theirs.
DriftGroups groups_of(const std::vector<Synapse>& all, const std::vector<Synapse>& before) {
  DriftMemory memory;
  std::vector<double> earlier(all.size(), 0.0);
  DriftGroups groups(2, 1.0);
  for (const std::vector<Synapse>* episode : {&before, &all}) {
    groups = DriftGroups(2, 1.0);
    for (std::size_t k = 0; k < all.size(); ++k)
      groups.add(k % 2, (*episode)[k].rates, (*episode)[k].seen.drift_per_s);
    groups.solve(memory);
    for (std::size_t k = 0; k < all.size(); ++k) {
      const Synapse& s = (*episode)[k];
      const double rest = groups.residual(k % 2, s.rates, s.seen.drift_per_s);
      groups.add_residual(k % 2, k % 2, s.rates, rest, s.seen.error2, earlier[k]);
      earlier[k] = rest;
    }
    groups.finish();
    memory = groups.memory();
  }
  return groups;
}

double sd_of(const std::vector<double>& x) {
  double sum = 0.0, squares = 0.0;
  for (const double v : x) sum += v;
  const double mean = sum / static_cast<double>(x.size());
  for (const double v : x) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(x.size()));
}

}  // namespace

TEST_CASE("batches give the drift, the variance of that, and the diffusion") {
  BatchSums sums;
  for (const float change : {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f, 8.0f}) {
    sums.sum += change;
    sums.squares += change * change;
  }
  const DriftEstimate d = drift_of(sums, 8, 2.0);
  REQUIRE(d.drift_per_s == Approx(2.25));
  REQUIRE(d.diffusion_per_s == Approx(3.0));
  REQUIRE(d.error2 == Approx(6.0 / (8.0 * 4.0)));
  DriftEstimate day;
  add_condition(day, d, 0.5);
  add_condition(day, {1.0, 0.5, 2.0}, 0.5);
  REQUIRE(day.drift_per_s == Approx(1.625));
  REQUIRE(day.diffusion_per_s == Approx(2.5));
  REQUIRE(day.error2 == Approx(0.25 * 0.1875 + 0.125));
}

TEST_CASE("reliability is the share of the scatter between synapses that is not noise") {
  const double diffusion = 1e-9, noise = diffusion / kEpisode_s;  // variance of a drift's estimate
  for (const double ratio : {0.0, 0.3, 1.0, 10.0}) {
    const double sd = std::sqrt(ratio * noise);
    const DriftGroups groups = groups_of(made_up(sd, diffusion), made_up(sd, diffusion, 1));
    CAPTURE(ratio);
    REQUIRE(groups.reliability(0) == Approx(ratio / (1.0 + ratio)).margin(0.07));
    REQUIRE(groups.expected(0, {20.0, 5.0}) == Approx(4e-7 * 20.0 - 1.1e-6 * 5.0).margin(5e-7));
    REQUIRE(groups.expected(1, {0.0, 0.0}) == 0.0);  // a silent cell moves nothing
  }
}

TEST_CASE("a leap of hours from seconds does not widen the weights, which a multiplied change does") {
  const double own_sd = GENERATE(0.0, 2e-7, 2e-5);
  const double diffusion = 1e-9, seconds = 6 * 3600.0;
  const std::vector<Synapse> all = made_up(own_sd, diffusion);
  const DriftGroups groups = groups_of(all, made_up(own_sd, diffusion, 1));
  std::vector<double> exact, leapt, multiplied;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const Synapse& s = all[k];
    const double m = groups.expected(k % 2, s.rates) +
                     groups.reliability(k % 2) * groups.residual(k % 2, s.rates, s.seen.drift_per_s) +
                     std::sqrt(groups.own_variance(k % 2) * (1.0 - groups.reliability(k % 2))) * normal(k, 5);
    const double spread = std::sqrt(diffused_variance(s.seen.diffusion_per_s, 0.0, seconds));
    exact.push_back(s.drift_per_s * seconds + std::sqrt(diffusion * seconds) * normal(k, 3));
    leapt.push_back(exponential_change(m, 0.0, seconds) + spread * normal(k, 4));
    multiplied.push_back(s.seen.drift_per_s * seconds);
  }
  CAPTURE(own_sd, sd_of(exact), sd_of(leapt), sd_of(multiplied));
  // What is left is the noise of the group's plane.
  REQUIRE(sd_of(leapt) / sd_of(exact) == Approx(1.0).epsilon(0.1));
  REQUIRE(sd_of(multiplied) / sd_of(exact) > (own_sd < 1e-5 ? 5.0 : 1.2));
}

TEST_CASE("sums are the same in any order, over any ranks and of any threads") {
  const std::vector<Synapse> all = made_up(1e-7, 1e-9);
  DriftGroups forward(1, 1.0), half(1, 1.0), other(1, 1.0), joined(1, 1.0);
  std::vector<DriftGroups> parts(3, joined);
  for (std::size_t k = 0; k < all.size(); ++k) {
    forward.add(0, all[k].rates, all[k].seen.drift_per_s);
    const std::size_t back = all.size() - 1 - k;
    (back % 3 == 0 ? half : other).add(0, all[back].rates, all[back].seen.drift_per_s);
    parts[k % 3].add(0, all[k].rates, all[k].seen.drift_per_s);
  }
  joined.join(parts);
  joined.join(parts);  // what has been joined is not there a second time
  const auto sum = half.line_words(), more = other.line_words();
  for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += more[k];
  forward.solve();
  half.solve();
  joined.solve();
  REQUIRE(forward.expected(0, {17.0, 3.0}) == joined.expected(0, {17.0, 3.0}));
  REQUIRE(joined.count(0) == all.size());
  REQUIRE(forward.expected(0, {17.0, 3.0}) == half.expected(0, {17.0, 3.0}));
  REQUIRE(half.count(0) == all.size());
}

TEST_CASE("planes and reliability are those of the latest episodes together") {
  DriftMemory memory;
  double last = 0.0;
  for (std::uint64_t day = 0; day < 12; ++day) {
    const std::vector<Synapse> all = made_up(0.0, 1e-9, day);
    DriftGroups groups(1, 1.0);
    for (const Synapse& s : all) groups.add(0, s.rates, s.seen.drift_per_s);
    groups.solve(memory);
    for (const Synapse& s : all)
      groups.add_residual(0, 0, s.rates, groups.residual(0, s.rates, s.seen.drift_per_s), s.seen.error2, 0.0);
    groups.finish();
    memory = groups.memory();
    const Covariates x{20.0, 9.0};
    last = std::abs(groups.expected(0, x) - (4e-7 * x.product - 1.1e-6 * x.source));
  }
  CAPTURE(last);
  REQUIRE(last < 2e-7);
  REQUIRE(memory.groups[0].count > 6.0 * 20000.0);
}

TEST_CASE("what a class of groups now differs by is not averaged over episodes") {
  // Two groups, each a class of its own; in the second episode the drifts of the other one double.
  constexpr int kEach = 3000;
  DriftMemory memory;
  DriftGroups groups(2, 1.0, 64, 2);
  for (const double slope : {1e-6, 2e-6}) {
    groups = DriftGroups(2, 1.0, 64, 2);
    const auto drift = [&](std::size_t group, const Covariates& x) {
      return (group == 0 ? 1e-6 : slope) * x.product;
    };
    const auto for_each = [&](auto&& f) {
      for (int k = 0; k < 2 * kEach; ++k) {
        const double rate_Hz = 1.0 + 0.01 * (k % 500);
        f(static_cast<std::size_t>(k % 2), Covariates{rate_Hz * rate_Hz, rate_Hz});
      }
    };
    for_each([&](std::size_t g, const Covariates& x) { groups.add(g, x, drift(g, x)); });
    groups.solve(memory);
    for_each([&](std::size_t g, const Covariates& x) {
      groups.add_residual(g, 0, x, groups.residual(g, x, drift(g, x)), 0.0, 0.0);
    });
    groups.finish();
    memory = groups.memory();
  }
  const Covariates x{25.0, 5.0};
  CHECK(groups.expected(0, x) == Approx(1e-6 * 25.0).epsilon(0.01));
  CHECK(groups.expected(1, x) == Approx(2e-6 * 25.0).epsilon(0.01));
}

TEST_CASE("a group too small for numbers of its own takes those of all") {
  const std::vector<Synapse> all = made_up(0.0, 1e-9);
  DriftGroups groups(2, 1.0);
  for (std::size_t k = 0; k < all.size(); ++k)
    groups.add(k < 40 ? 0 : 1, all[k].rates, all[k].seen.drift_per_s);
  groups.solve();
  REQUIRE(groups.expected(0, {20.0, 5.0}) == Approx(groups.expected(1, {20.0, 5.0})).epsilon(0.05));
}

TEST_CASE("the error of a group's mean holds what its synapses have in common") {
  // Eight batches in which all of a thousand synapses move alike: the mean is as uncertain as one of them.
  const double common[] = {0.1, 0.3, 0.2, 0.0, 0.1, 0.5, 0.2, 0.2};
  std::vector<ExactSum> sums(kDriftBatches);
  BatchSums one;
  for (std::uint32_t b = 0; b < kDriftBatches; ++b) {
    for (int k = 0; k < 1000; ++k) sums[b].add(common[b]);
    one.sum += static_cast<float>(common[b]);
    one.squares += static_cast<float>(common[b] * common[b]);
  }
  const DriftEstimate mean = mean_of_batches(sums, 1000, 0.5), alone = drift_of(one, kDriftBatches, 0.5);
  REQUIRE(mean.drift_per_s == Approx(alone.drift_per_s));
  REQUIRE(mean.error2 == Approx(alone.error2));
}
