// Bands and the scoring rule: mean in the band and 4 of 5 seeds in the band widened by 25 %.
#include <cmath>
#include <limits>

#include "host/readout/bands.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"

using namespace penfield;
using namespace penfield::readout;
using penfield::test::thrown_by;

namespace {

constexpr double kOpen = std::numeric_limits<double>::infinity();

std::vector<Band> seeds(double low, double high, const std::vector<double>& values) {
  std::vector<Band> bands;
  for (const double value : values) bands.push_back({"share", value, low, high, "%", "here"});
  return bands;
}

}  // namespace

TEST_CASE("bands widen by a quarter", "[readout]") {
  const Band two_sided = widened({"a", 0, 10, 50, "", ""});
  CHECK(two_sided.low == Approx(5.0));
  CHECK(two_sided.high == Approx(55.0));
  const Band floor = widened({"a", 0, 40, kOpen, "", ""});
  CHECK(floor.low == Approx(30.0));
  CHECK(floor.high == kOpen);
  CHECK(widened({"a", 0, -kOpen, -8, "", ""}).high == Approx(-6.0));
}

TEST_CASE("a verdict needs the mean and four of five seeds", "[readout]") {
  const Verdict good = verdict(seeds(15, 50, {20, 30, 40, 45, 12}));
  CHECK(good.pass);
  CHECK(good.mean == Approx(29.4));
  CHECK(good.num_in_band == 4);
  CHECK(good.num_in_widened == 5);
  CHECK(good.min == 12.0);
  CHECK(good.max == 45.0);
  CHECK(verdict(seeds(15, 50, {20, 30, 40, 45, 0})).pass);         // one outlier
  CHECK_FALSE(verdict(seeds(15, 50, {20, 30, 40, 0, 0})).pass);    // two
  CHECK_FALSE(verdict(seeds(15, 50, {51, 51, 51, 51, 51})).pass);  // all in the widened band, the mean is not
  CHECK_FALSE(verdict(seeds(15, 50, {20, 30, 40, 45})).pass);      // too few seeds
  CHECK_FALSE(verdict(seeds(15, 50, {20, 30, 40, 45, kNotMeasured})).pass);
  CHECK(verdict(seeds(15, 50, {20, 30, 40, 45, 20, 20, 20, 20, 70, 70})).num_in_widened == 8);
  CHECK(thrown_by([] { verdict({}); }).code == ExitCode::internal);
  std::vector<Band> mixed = seeds(1, 2, {1, 1});
  mixed[1].high = 3.0;
  CHECK(thrown_by([&] { verdict(mixed); }).code == ExitCode::internal);
}

TEST_CASE("the two scenarios score a run inside their bands", "[readout]") {
  std::vector<std::vector<Band>> fast, late;
  for (int seed = 0; seed < 5; ++seed) {
    const double off = 0.01 * seed;
    fast.push_back(unmask_fast_bands({0.3 + off, 0.4 + off, -50.0, -0.01}));
    late.push_back(sprout_8wk_bands({1.0, 0.15, 3.0, 1.05, 0.85, 0.45, 0.74, 0.97}));
  }
  REQUIRE(verdicts(fast).size() == 4);
  REQUIRE(verdicts(late).size() == 8);
  for (const Verdict& v : verdicts(fast)) CHECK(v.pass);
  for (const Verdict& v : verdicts(late)) CHECK(v.pass);
  for (const Band& band : fast[0]) CHECK_FALSE(band.source.empty());
  for (const Band& band : late[0]) CHECK_FALSE(band.source.empty());
  // Without the knock-out run its band is not passed, the others are.
  CHECK_FALSE(in_band(unmask_fast_bands({0.3, 0.4, -50.0, kNotMeasured})[3]));
  CHECK_FALSE(in_band(sprout_8wk_bands({1.0, 0.15, 3.0, 1.05, 0.85, 0.7, 0.74, 0.97})[5]));
  CHECK(verdicts({}).empty());
  fast[1].pop_back();
  CHECK_THROWS_AS(verdicts(fast), Error);
}
