// Zones, rates, series, turnover and the origin of new synapses.
#include <cmath>

#include "host/readout/rates.hpp"
#include "host/readout/synapses.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"

using namespace penfield;
using namespace penfield::readout;
using penfield::test::thrown_by;

namespace {

const std::vector<Part> kParts = {
    {"D1", 0, 0, 1, 1}, {"D2", 1, 0, 1, 1}, {"D3", 2, 0, 1, 1}, {"D4", 3, 0, 1, 1}, {"palm", 4, 0, 2, 1}};

struct Pairs {
  std::vector<std::uint32_t> source, target;
  SynapseList list() const { return {source, target}; }
};

}  // namespace

TEST_CASE("zones and their rates", "[readout]") {
  const std::vector<float> x = {0.5f, 1.5f, 2.0f, 2.9f, 3.5f, 4.2f, 5.5f}, y(7, 0.5f);
  const std::vector<Zone> zone = zones(kParts, 2, x, y, 1.5);
  CHECK(zone == std::vector<Zone>{Zone::far, Zone::neighbour, Zone::territory, Zone::territory,
                                  Zone::neighbour, Zone::between, Zone::far});
  const std::vector<float> rate = {4.0f, 1.0f, 0.0f, 2.0f, 3.0f, 9.0f, 6.0f};
  const std::vector<ZoneRate> rates = rates_by_zone(rate, zone);
  const ZoneRate& territory = rates[static_cast<std::size_t>(Zone::territory)];
  CHECK(territory.num_neurons == 2);
  CHECK(territory.mean_Hz == 1.0);
  CHECK(territory.median_Hz == 1.0);
  CHECK(territory.sd_Hz == Approx(std::sqrt(2.0)));
  CHECK(territory.silent_share == 0.5);
  CHECK(rates[static_cast<std::size_t>(Zone::far)].mean_Hz == 5.0);
  CHECK(std::isnan(rates[static_cast<std::size_t>(Zone::between)].sd_Hz));
  CHECK(std::isnan(rates_by_zone({}, {})[0].mean_Hz));
  const std::vector<float> short_rate = {1.0f};
  CHECK(thrown_by([&] { rates_by_zone(short_rate, zone); }).code == ExitCode::internal);
}

TEST_CASE("changes, windows and pairs", "[readout]") {
  const std::vector<float> intact = {2.0f, 2.0f, 100.0f}, now = {1.0f, 1.4f, 1.0f};
  const std::vector<std::uint8_t> mask = {1, 1, 0}, nobody = {0, 0, 0};
  CHECK(change_percent(now, intact, mask) == Approx(-40.0));
  CHECK(std::isnan(change_percent(now, intact, nobody)));
  const std::vector<double> days = {48, 49, 50, 56}, rates = {100, 1, 2, 3};
  CHECK(window_mean(days, rates, 56.0, 7.0) == Approx(2.5));
  CHECK(std::isnan(window_mean(days, rates, 10.0, 7.0)));
  CHECK(last_before_filled({0.1, 0.3, 0.5, 0.4}, {9, 8, 7, 6}, 0.5) == 8.0);
  CHECK(std::isnan(last_before_filled({0.6}, {1.0}, 0.5)));
  const std::vector<double> run = {1.0, 0.9, 0.8}, knock_out = {0.5, 0.6, 0.8};
  const PairedDifference difference = paired_difference(run, knock_out);
  CHECK(difference.mean == Approx(0.8 / 3.0));
  CHECK(difference.num_positive == 2);
  CHECK(difference.num_negative == 0);
}

TEST_CASE("turnover of the territory against the far zone", "[readout]") {
  const std::vector<Zone> zone = {Zone::territory, Zone::territory, Zone::far};
  const std::vector<std::uint32_t> formed = {10, 20, 5}, deleted = {10, 8, 3}, before = {80, 80, 80},
                                   after = {80, 92, 82};
  const std::vector<Turnover> turnover = turnover_by_zone(formed, deleted, before, after, zone, 14.0);
  CHECK(turnover[0].formed == 30);
  CHECK(turnover[0].per_week == Approx(0.5 * 48.0 / (2.0 * 166.0)));
  CHECK(turnover[static_cast<std::size_t>(Zone::far)].per_week == Approx(0.5 * 8.0 / (2.0 * 81.0)));
  CHECK(turnover_ratio(turnover) == Approx((48.0 / 166.0) / (8.0 / 81.0)));
  CHECK(std::isnan(turnover[static_cast<std::size_t>(Zone::neighbour)].per_week));
}

TEST_CASE("net gain and gross formation differ", "[readout]") {
  // Neurons 0 and 1 lie outside, 2 and 3 inside; synapses onto 0 and 1 do not count.
  const std::vector<float> x = {0.0f, 1.0f, 2.0f, 3.0f};
  const std::vector<std::uint8_t> inside = {0, 0, 1, 1};
  const std::vector<float> intact_driver = {2.0f, 2.0f, 2.0f, 2.0f}, driver = {2.0f, 1.0f, 1.5f, 0.2f};
  const std::vector<std::uint8_t> responsive = responsive_donors(driver, intact_driver);
  CHECK(responsive == std::vector<std::uint8_t>{1, 0, 1, 0});
  const Pairs intact{{2, 3, 3, 0, 0}, {3, 2, 2, 2, 1}};
  // One of the two 3 -> 2 went and came back as 2 -> 3: local turnover. Two 1 -> 2 and one 0 -> 3 are new
  // from outside.
  const Pairs now{{0, 1, 1, 2, 2, 3, 0, 1}, {3, 2, 2, 3, 3, 2, 2, 0}};
  const SynapseOrigin origin = synapse_origin(intact.list(), now.list(), x, x, inside, inside, responsive);
  CHECK(origin.num_targets == 2);
  CHECK(origin.net_outside_per_cell == Approx(1.5));
  CHECK(origin.net_inside_per_cell == Approx(0.0));
  CHECK(origin.net_outside_share == 1.0);
  CHECK(origin.num_new == 4);
  CHECK(origin.new_outside_share == Approx(0.75));
  CHECK(origin.new_responsive_share == Approx(0.5));
  CHECK(origin.new_mean_distance_mm == Approx((3.0 + 1.0 + 1.0 + 1.0) / 4.0));

  const SynapseOrigin same = synapse_origin(now.list(), now.list(), x, x, inside, inside, responsive);
  CHECK(same.num_new == 0);
  CHECK(std::isnan(same.net_outside_share));
  CHECK(std::isnan(same.new_outside_share));
  const Pairs wrong{{9}, {2}};
  CHECK(thrown_by([&] {
          synapse_origin(wrong.list(), now.list(), x, x, inside, inside, responsive);
        }).says("beyond its population"));
}
