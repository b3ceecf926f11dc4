// Bins, thresholds, winners and the classical map numbers on maps known in closed form.
#include <cmath>

#include "host/readout/bin_map.hpp"
#include "host/readout/map_measures.hpp"
#include "host/readout/map_study.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/synthetic_map.hpp"

using namespace penfield;
using namespace penfield::readout;
using penfield::test::GaussianMap;
using penfield::test::RampMap;
using penfield::test::thrown_by;

TEST_CASE("grids of decimal lengths have whole numbers of bins", "[readout]") {
  const BinGrid grid = make_grid(14.1, 1.0, 0.1);
  CHECK(grid.num_x == 141);
  CHECK(grid.num_y == 10);
  CHECK(bin_of(grid, 14.1f, 1.0f) == grid.num_bins() - 1);
  const BinGrid ragged = make_grid(1.05, 0.1, 0.1);
  CHECK(ragged.num_x == 11);
  CHECK(ragged.area_mm2(10) == Approx(0.005));
  CHECK(thrown_by([] { make_grid(1.0, 1.0, 0.0); }).code == ExitCode::internal);
  CHECK(thrown_by([&] { bin_of(grid, -0.1, 0.0); }).code == ExitCode::internal);
  CHECK(thrown_by([&] { bin_of(grid, 0.0, 1.2); }).says("outside its sheet"));
}

TEST_CASE("a bin's response is the mean over neurons at the part's best site", "[readout]") {
  MapProbe probe;
  probe.bin_mm = 1.0;
  probe.sheet_width_mm = 3.0;
  probe.sheet_height_mm = 1.0;
  probe.parts = {{"a", 0, 0, 1, 1}, {"b", 1, 0, 1, 1}, {"no sites", 2, 0, 1, 1}};
  probe.sites = {{0, 0.2f, 0.5f}, {0, 0.8f, 0.5f}, {1, 1.5f, 0.5f}};
  probe.num_neurons = 3;
  probe.x_mm = {0.1f, 0.9f, 1.5f};
  probe.y_mm = {0.5f, 0.5f, 0.5f};
  // Best sites differ between the two neurons of bin 0: the bin's best site is the one with the best mean.
  probe.response_Hz = {10, 4, 1, /**/ 2, 6, 5, /**/ 0, 0, 0};
  probe.spontaneous_Hz = {1, 1, 2};
  const BinMap map = bin_map(probe);
  CHECK(map.response(0, 0) == 5.0);
  CHECK(map.response(0, 1) == 2.0);
  CHECK(map.response(0, 2) == 0.0);
  CHECK(map.response(1, 0) == -2.0);
  CHECK(map.empty(2));
  CHECK(best_part(map, 1) == 2);
  CHECK(best_part(map, 0, 0) == 1);
  CHECK(best_part(map, 2) == kNoPart);
  CHECK(response_threshold_Hz(map, 0.3) == Approx(0.3 * 2.5));  // median of 5 and 0
  CHECK(winner_map(map, 2.5) == std::vector<std::uint32_t>{0, kSilentBin, kEmptyBin});
  CHECK(winner_map(map, 2.0, 0) == std::vector<std::uint32_t>{1, kSilentBin, kEmptyBin});
  CHECK(winner_map(map, 0.0)[0] == kSilentBin);
  probe.response_Hz.pop_back();
  CHECK(thrown_by([&] { bin_map(probe); }).code == ExitCode::internal);
}

TEST_CASE("neighbours share rows", "[readout]") {
  const std::vector<Part> parts = {{"left", 0, 0, 1, 1},
                                   {"middle", 1, 0, 1, 1},
                                   {"above", 0.2, 1, 1, 1},
                                   {"far", 3, 0, 1, 1},
                                   {"right", 2, 0, 1, 1}};
  CHECK(neighbours(parts, 1).left == 0);
  CHECK(neighbours(parts, 1).right == 4);
  CHECK(neighbours(parts, 0).left == kNoPart);
  CHECK(neighbours(parts, 2).right == kNoPart);
}

TEST_CASE("overlap, areas and centres of the ramp map", "[readout]") {
  const BinMap map = bin_map(RampMap{}.probe());
  const double theta_Hz = response_threshold_Hz(map);
  CHECK(theta_Hz == Approx(12.0));
  const std::vector<std::uint32_t> winner = winner_map(map, theta_Hz);
  const MapAreas areas = map_areas(map.grid, winner, 3);
  for (const double area_mm2 : areas.part_mm2) CHECK(area_mm2 == Approx(2.2 * 0.2));
  CHECK(areas.silent_mm2 == 0.0);
  // The outer parts reach theta 0.2 mm and 17 Hz 0.075 mm inside: two columns and one column on either side
  // of 66.
  CHECK(overlap_share(map, theta_Hz, theta_Hz) == Approx(4.0 / 66.0));
  CHECK(overlap_share(map, theta_Hz, 17.0) == Approx(2.0 / 66.0));
  CHECK(overlap_share(map, theta_Hz, theta_Hz, 1) == 0.0);
  CHECK(centre_of_gravity(map, 1).x_mm == Approx(3.3));
  CHECK(centre_of_gravity(map, 1).y_mm == Approx(0.1));
  CHECK(centre_of_gravity(map, 0, 39.0).x_mm == Approx(0.5 * 1.7));  // 40 Hz up to 0.7 mm before 12 Hz
  CHECK(std::isnan(centre_of_gravity(map, 1, 100.0).x_mm));
  CHECK(mean_response_Hz(map, rectangle_territory(map, {"D3", 2.2, 0.0, 2.2, 0.2}), 1) == Approx(40.0));
}

TEST_CASE("a receptive field is the skin above half of the best response", "[readout]") {
  // Sites 0.6 mm apart stand for 2.2 x 0.2 / 3 mm2. With s = 0.4 mm half of the peak is at 0.471 mm: a neuron
  // on a site answers that site alone, a neuron between two answers both.
  const MapProbe probe = GaussianMap{}.probe();
  const ReceptiveFields fields = receptive_fields(probe, 12.0);
  const double site_mm2 = 2.2 * 0.2 / 3.0;
  CHECK(fields.area_mm2[4 * 5] == Approx(site_mm2));        // x = 0.55 mm, on the first site
  CHECK(fields.area_mm2[4 * 7] == Approx(2.0 * site_mm2));  // x = 0.75 mm, 0.25 and 0.35 mm from two
  const ReceptiveFields none = receptive_fields(probe, 100.0);
  CHECK(none.num_responding == 0);
  CHECK(std::isnan(none.mean_mm2));
  const BinMap map = bin_map(probe);
  BinMask one(map.grid.num_bins(), 0);
  one[5] = 1;
  CHECK(mean_field_mm2(fields, probe, map.grid, one) == Approx(site_mm2));
}
