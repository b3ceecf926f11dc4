// Silent and recovered bins, fronts, shifts and speeds where the answer is known.
#include <algorithm>
#include <cmath>

#include "host/readout/fronts.hpp"
#include "host/readout/map_study.hpp"
#include "host/readout/territory.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/synthetic_map.hpp"

using namespace penfield;
using namespace penfield::readout;
using penfield::test::GaussianMap;
using penfield::test::RampMap;
using penfield::test::thrown_by;

namespace {

MapProbe ramp(double left_mm, double right_mm, double middle_Hz = 0.0) {
  return RampMap{left_mm, right_mm, middle_Hz}.probe();
}

MapStudy ramp_study() {
  MapStudy study = make_map_study(RampMap{}.probe(), 1);
  set_after_lesion(study, ramp(0.2, 0.2));
  return study;
}

}  // namespace

TEST_CASE("right after the lesion nothing has moved", "[readout]") {
  const MapStudy study = ramp_study();
  CHECK(num_set(study.territory) == 44);  // 22 columns, two rows
  CHECK(study.territory == study.rectangle);
  CHECK(num_set(study.silent) == 36);  // two columns on either side answered a neighbour already
  const MapReadout now = read_map(study, ramp(0.2, 0.2), true);
  CHECK(now.recovery.recovered_share == 0.0);
  CHECK(now.recovery.share == Approx(4.0 / 22.0));
  CHECK(now.recovery.baseline_overlap == Approx(4.0 / 22.0));
  CHECK(now.border_shift_mm == Approx(0.0).margin(1e-6));
  CHECK(now.recovered_share_interpolated == Approx(0.0).margin(1e-6));
  CHECK(now.share_interpolated == Approx(0.4 / 2.2));
  CHECK(now.kept_winner_share == 1.0);
  CHECK(now.areas.silent_mm2 == Approx(1.8 * 0.2));
  CHECK(std::isnan(now.topography));
  CHECK(now.direct_response_Hz == 0.0);
}

TEST_CASE("a front that moved by 0.33 mm is found between the bins", "[readout]") {
  const MapStudy study = ramp_study();
  const MapReadout now = read_map(study, ramp(0.53, 0.43), true);
  CHECK(now.fronts.left_mm == Approx(0.53));
  CHECK(now.fronts.right_mm == Approx(0.43));
  CHECK_FALSE(now.fronts.met);
  CHECK(now.border_shift_mm == Approx(0.5 * (0.33 + 0.23)));
  CHECK(now.recovered_share_interpolated == Approx((0.33 + 0.23) / (2.2 - 0.4)));
  CHECK(now.share_interpolated == Approx(0.96 / 2.2));
  // Bin centres at 0.25, 0.35 and 0.45 mm on the left, 0.25 and 0.35 mm on the right.
  CHECK(now.recovery.recovered_share == Approx(5.0 / 18.0));
  CHECK(now.recovery.share == Approx(9.0 / 22.0));
  CHECK(now.topography == 1.0);
  // 40 Hz/mm: theta x 0.7 lies 0.09 mm further in, theta x 1.4 0.12 mm further out.
  REQUIRE(now.thresholds.size() == 3);
  CHECK(now.thresholds[0].share == Approx((6.0 + 5.0) / 22.0));
  CHECK(now.thresholds[1].share == Approx(9.0 / 22.0));
  CHECK(now.thresholds[2].share == Approx((4.0 + 3.0) / 22.0));
}

TEST_CASE("fronts that meet stop at their middle, and fronts may retreat", "[readout]") {
  const MapStudy study = ramp_study();
  const MapReadout full = read_map(study, ramp(1.7, 0.9), true);
  CHECK(full.fronts.met);
  CHECK(full.fronts.left_mm == Approx(1.5));
  CHECK(full.fronts.right_mm == Approx(0.7));
  CHECK(full.border_shift_mm == Approx(0.9));
  CHECK(full.recovered_share_interpolated == 1.0);
  CHECK(full.share_interpolated == Approx(1.0));
  CHECK(full.recovery.recovered_share == 1.0);
  // D2 wins up to the middle of both crossings, 1.5 mm; the nearer neighbour would win up to 1.1 mm: four
  // columns of the eighteen silent ones prefer the further one.
  CHECK(full.topography == Approx(14.0 / 18.0));

  const MapReadout back = read_map(study, ramp(-0.3, 0.1), true);
  CHECK(back.fronts.left_mm == Approx(-0.3));
  CHECK(back.border_shift_mm == Approx(0.5 * (-0.5 - 0.1)));
  CHECK(back.recovered_share_interpolated == 0.0);
  CHECK(back.kept_winner_share == Approx(41.0 / 44.0));  // three columns of D2 fell silent
}

TEST_CASE("a Gaussian map moved by a known distance", "[readout]") {
  // Part of the response at theta: 12 Hz would be 0.3 of 40 Hz, but the best responses lie below 40 Hz.
  MapStudy study = make_map_study(GaussianMap{}.probe(), 1);
  set_after_lesion(study, GaussianMap{0.4, 0.0, false}.probe());
  const double reach_mm = GaussianMap{}.reach_mm(study.theta_Hz / 40.0);
  CHECK(study.intact_fronts.left_mm == Approx(1.7 + reach_mm - 2.2).margin(0.002));
  CHECK(study.intact_fronts.right_mm == Approx(study.intact_fronts.left_mm).margin(1e-6));
  for (const double shift_mm : {0.1, 0.17, 0.3}) {
    const MapReadout now = read_map(study, GaussianMap{0.4, shift_mm, false}.probe(), true);
    CHECK(now.border_shift_mm == Approx(shift_mm).margin(0.003));
  }
}

TEST_CASE("a part at the end of the body has one border", "[readout]") {
  const MapStudy study = make_map_study(RampMap{}.probe(), 0);
  CHECK(std::isnan(study.intact_fronts.left_mm));
  CHECK(study.intact_fronts.mean_mm() == study.intact_fronts.right_mm);
  const MapReadout now = read_map(study, RampMap{}.probe(), true);
  CHECK(now.border_shift_mm == 0.0);
  CHECK(now.recovered_share_interpolated == 0.0);
  CHECK(std::isnan(now.topography));
}

TEST_CASE("a silent network has no winners, no fronts inside, and no threshold", "[readout]") {
  MapProbe probe = RampMap{}.probe();
  std::fill(probe.response_Hz.begin(), probe.response_Hz.end(), 3.0f);
  const MapStudy study = make_map_study(probe, 1);
  CHECK(study.theta_Hz == 0.0);
  CHECK(num_set(study.territory) == 0);
  const MapReadout now = read_map(study, probe, false);
  CHECK(std::isnan(now.recovery.share));
  CHECK(std::isnan(now.overlap));
  CHECK(now.fronts.left_mm == Approx(0.05 - 2.2));
}

TEST_CASE("a part near its borders, and misfits", "[readout]") {
  const MapStudy study = ramp_study();
  const BinMask near = near_border(study.baseline.grid, study.rectangle, study.parts[1], 0.3);
  CHECK(num_set(near) == 2 * 2 * 3);
  MapProbe other = RampMap{}.probe();
  other.bin_mm = 0.2;
  CHECK(thrown_by([&] { read_map(study, other, true); }).says("does not fit"));
  CHECK(thrown_by([&] { make_map_study(other, 3); }).code == ExitCode::internal);
}

TEST_CASE("front speed is fitted until 80 % are filled", "[readout]") {
  std::vector<FrontSample> samples;
  for (int week = 0; week <= 8; ++week) {
    const double filled = week < 6 ? 0.1 * week + 0.25 : 1.0;
    // A core that lights up at once after week 5 would double the speed.
    samples.push_back({7.0 * week, week < 6 ? 0.3 + 0.12 * week : 1.1, filled});
  }
  const FrontFit fit = fit_front(samples);
  CHECK(fit.num_samples == 6);
  CHECK(fit.speed_mm_per_week == Approx(0.12));
  CHECK(fit.intercept_mm == Approx(0.3));
  CHECK(fit.residual_mm == Approx(0.0).margin(1e-12));
  CHECK(fit_front(samples, 7.0).num_samples == 5);
  CHECK(std::isnan(fit_front({samples[0]}).speed_mm_per_week));
  CHECK(std::isnan(fit_front({}).speed_mm_per_week));
}
