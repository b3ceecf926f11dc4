// The decoder against accuracies known in closed form.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "host/readout/decoding.hpp"
#include "penfield/numerics/distributions.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"

using namespace penfield;
using namespace penfield::readout;
using penfield::test::thrown_by;

namespace {

/// Two labels; every cell answers label 1 with `distance` standard deviations more, independent normal noise.
Trials two_normals(std::uint32_t num_trials, std::uint32_t num_cells, double distance) {
  constexpr double kSd = 3.0;
  Trials trials;
  trials.num_trials = num_trials;
  trials.num_cells = num_cells;
  trials.group = {0, 1};
  RandomSequence random(7, 1000u, 0, 0);
  for (std::uint32_t t = 0; t < num_trials; ++t) {
    trials.label.push_back(t % 2);
    for (std::uint32_t c = 0; c < num_cells; ++c) {
      trials.counts.push_back(static_cast<float>(20.0 + kSd * (distance * (t % 2) + random.normal())));
    }
  }
  return trials;
}

Decoding decode_all(const Trials& trials, std::uint32_t num_cells, const DecoderSettings& settings) {
  std::vector<std::uint32_t> cells(num_cells);
  std::iota(cells.begin(), cells.end(), 0u);
  return decode(trials, cells, settings);
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace

TEST_CASE("accuracy of two normal classes is Phi(d'/2)", "[readout]") {
  for (const double distance : {0.0, 1.0, 2.0}) {
    const Trials trials = two_normals(4000, 4, distance);
    const Decoding one = decode_all(trials, 4, {1, 8, 10, 1});
    CHECK(one.accuracy == Approx(normal_cdf(0.5 * distance)).margin(0.012));
    // Four independent cells: d' grows as their root.
    const Decoding four = decode_all(trials, 4, {4, 1, 10, 1});
    CHECK(four.accuracy == Approx(normal_cdf(0.5 * 2.0 * distance)).margin(0.015));
    CHECK(four.chance == Approx(0.5));
    CHECK(four.sd_over_draws == 0.0);
  }
}

TEST_CASE("leaving one out does not peek", "[readout]") {
  // Counts are alike for both labels; a decoder that saw the trial itself would beat chance with few trials.
  const Trials trials = two_normals(40, 8, 0.0);
  const Decoding blind = decode_all(trials, 8, {4, 60, 0, 3});
  CHECK(blind.accuracy < 0.62);
}

TEST_CASE("silent cells, groups of labels, and the confusion", "[readout]") {
  // Three sites; the first two belong to one part and look alike, the third differs. One cell is silent
  // throughout.
  Trials trials;
  trials.num_cells = 2;
  trials.group = {0, 0, 1};
  for (std::uint32_t t = 0; t < 18; ++t) {
    trials.label.push_back(t % 3);
    trials.counts.push_back(t % 3 == 2 ? 9.0f : 1.0f);
    trials.counts.push_back(0.0f);
  }
  trials.num_trials = 18;
  const Decoding both = decode_all(trials, 2, {2, 5, 0, 1});
  CHECK(both.accuracy == 1.0);
  CHECK(both.group_accuracy == std::vector<double>{1.0, 1.0});
  CHECK(both.confusion == std::vector<double>{1.0, 0.0, 0.0, 1.0});
  // Naming each of three labels equally often: 2/3 of 2/3 and 1/3 of 1/3.
  CHECK(both.chance == Approx(5.0 / 9.0));
  const std::vector<std::uint32_t> silent_cell = {1};
  const Decoding nothing = decode(trials, silent_cell, {4, 1, 3, 1});
  CHECK(nothing.cells_used == 1);
  CHECK(nothing.group_accuracy[0] == 1.0);  // ties go to the first label
  CHECK(nothing.group_accuracy[1] == 0.0);
}

TEST_CASE("subsets depend on seed and draw only", "[readout]") {
  const Trials trials = two_normals(60, 30, 1.0);
  const Decoding a = decode_all(trials, 30, {4, 20, 0, 1});
  const Decoding b = decode_all(trials, 30, {4, 20, 0, 1});
  const Decoding longer = decode_all(trials, 30, {4, 25, 0, 1});
  const Decoding other = decode_all(trials, 30, {4, 20, 0, 2});
  CHECK(a.draw_accuracy == b.draw_accuracy);
  CHECK(std::equal(a.draw_accuracy.begin(), a.draw_accuracy.end(), longer.draw_accuracy.begin()));
  CHECK(a.draw_accuracy != other.draw_accuracy);
  CHECK(a.sd_over_draws > 0.0);
}

TEST_CASE("the decoder refuses arrays that contradict each other", "[readout]") {
  Trials trials = two_normals(10, 2, 1.0);
  const std::vector<std::uint32_t> none, beyond = {2};
  CHECK(thrown_by([&] { decode(trials, none, {}); }).says("no cells"));
  CHECK(thrown_by([&] { decode(trials, beyond, {}); }).says("was not recorded"));
  CHECK(thrown_by([&] { decode_all(trials, 2, {2, 1, 1, 1}); }).says("one fold"));
  trials.group.push_back(1);
  CHECK(thrown_by([&] { decode_all(trials, 2, {}); }).says("fewer than two"));
  trials.group = {0};
  CHECK(thrown_by([&] { decode_all(trials, 2, {}); }).says("no group"));
  trials.counts.pop_back();
  CHECK(thrown_by([&] { decode_all(trials, 2, {}); }).code == ExitCode::internal);
}
