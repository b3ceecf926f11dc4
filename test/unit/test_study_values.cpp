// The few numbers that a study is judged by, from made-up curves.
#include <cmath>

#include "host/run/study_output.hpp"
#include "test/support/catch.hpp"

using namespace penfield;

namespace {

constexpr double kDay_s = 86400.0, kWeek_s = 7.0 * kDay_s;

MapPoint map_of(double time_s, double recovered, double front_mm) {
  MapPoint m;
  m.time_s = time_s;
  m.recovered_share = recovered;
  m.filled_share = recovered;
  m.share_near_border = 0.2 + 0.8 * recovered;
  m.front_mm = front_mm;
  m.border_shift_mm = front_mm;
  m.decode_lost_part = 0.75;
  return m;
}

/// Eight weeks in steps of a day after six hours: unmasking wins back `unmasked` of the territory, structure
/// another tenth every week.
StudyResult made_up(double unmasked) {
  StudyResult result;
  MapPoint intact = map_of(0.0, 0.0, 0.0);
  intact.intact = true;
  intact.decode_lost_part = 1.0;
  result.maps.push_back(intact);
  result.maps.push_back(map_of(0.0, 0.0, 0.0));
  result.maps.push_back(map_of(kAcute_s, unmasked, 0.3));
  for (int week = 1; week <= 8; ++week)
    result.maps.push_back(map_of(week * kWeek_s, std::min(1.0, unmasked + 0.1 * week), 0.3 + 0.1 * week));
  StepPoint acute;
  acute.time_s = kAcute_s;
  acute.step_s = kAcute_s;
  acute.inhibition = 0.6;
  result.steps.push_back(acute);
  for (int day = 1; day <= 56; ++day) {
    StepPoint p;
    p.time_s = day * kDay_s;
    p.step_s = day == 1 ? kDay_s - kAcute_s : kDay_s;
    p.zone_rate_Hz = day > 49 ? 2.7 : 1.0;
    p.formed = 1;
    p.formed_responsive = day == 9 ? 0.92 : 0.99;
    p.turnover_far = 0.1;
    p.turnover_zone = day <= 28 ? 0.3 : 0.1;
    p.net_outside_per_cell = day;
    p.net_inside_per_cell = day <= 14 ? -1.0 : day;
    result.steps.push_back(p);
  }
  return result;
}

Scenario with_set_point() {
  Scenario scenario;
  HomeostasisSpec scaling;
  scaling.raises_rate = true;
  scaling.set_point_Hz = 3.0;
  scenario.homeostasis.push_back(scaling);
  return scenario;
}

}  // namespace

TEST_CASE("six hours after the loss are read from the map and the step that end there") {
  const readout::UnmaskFastValues fast = unmask_fast_values(made_up(0.4));
  CHECK(fast.recovered_share == 0.4);
  CHECK(fast.border_shift_mm == 0.3);
  CHECK(fast.inhibition_change_percent == Approx(-40.0));
  StudyResult early = made_up(0.4);
  early.maps.resize(2);
  CHECK(std::isnan(unmask_fast_values(early).recovered_share));
}

TEST_CASE("eight weeks are read at the end, over the last week, and over the first four") {
  const StudyResult result = made_up(0.2);
  const readout::Sprout8wkValues slow = sprout_8wk_values(with_set_point(), result);
  CHECK(slow.share == Approx(1.0));
  CHECK(slow.decoding_ratio == Approx(0.75));
  CHECK(slow.territory_rate_ratio == Approx(0.9));
  CHECK(slow.turnover_ratio == Approx(3.0));
  CHECK(turnover_ratio(result, 8.0 * kWeek_s) < 2.1);
  CHECK(slow.responsive_donor_share == Approx(0.92));
  CHECK(slow.front_mm_per_week == Approx(0.1).epsilon(0.05));
}

TEST_CASE("half filled is half of what unmasking left silent") {
  // 0.4 won back at once leaves 0.6; half of that has filled at 0.7, in week 3, when half of the gain is
  // inside.
  CHECK(sprout_8wk_values(with_set_point(), made_up(0.4)).net_outside_share == Approx(0.5));
  // 0.7 at once: 0.85 is reached in week 2, when all of the gain still comes from outside.
  CHECK(sprout_8wk_values(with_set_point(), made_up(0.7)).net_outside_share == Approx(1.0));
}

TEST_CASE("rates that swing from step to step are told of, those of events are not") {
  Scenario scenario;
  StudyResult result = made_up(0.5);
  REQUIRE(result.steps.size() >= 10);
  CHECK(episode_warning(scenario, result).empty());
  for (std::size_t k = 0; k < 5; ++k) result.steps[k].rate_change = 0.9;  // right after an event
  CHECK(episode_warning(scenario, result).empty());
  for (StepPoint& p : result.steps) p.rate_change = 0.4;
  const std::string told = episode_warning(scenario, result);
  CHECK(told.find("change by 40 % from one macro step") != std::string::npos);
  CHECK(told.find("loop_gain_every") != std::string::npos);
  result.steps.resize(9);
  CHECK(episode_warning(scenario, result).empty());
}
