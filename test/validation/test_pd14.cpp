#include <cmath>

#include "host/readout/spike_statistics.hpp"
#include "test/support/catch.hpp"
#include "test/validation/short_run.hpp"

using namespace penfield;

TEST_CASE("a tenth of the cortical microcircuit has the rates that other simulators find") {
  const NetworkState state = test::short_run({"pd14_tenth", 1, 0.5, 4.5});
  // Rates of one run of this definition (tenth of the cells and in-degrees, weights and drive adjusted) in
  // independent simulators. Both runs scatter with their wiring, by the scatter of rates over cells, and over
  // time.
  const double observed_Hz[] = {0.48, 2.13, 4.0, 5.04, 6.7, 7.8, 0.84, 7.03};
  REQUIRE(state.populations.size() == 8);
  for (std::size_t p = 0; p < 8; ++p) {
    const PopulationState& population = state.populations[p];
    const double wiring_Hz = readout::standard_error(population.rate_Hz);
    const double time_Hz = readout::standard_error(population.block_Hz);
    const double error_Hz = std::sqrt(2.0 * (wiring_Hz * wiring_Hz + time_Hz * time_Hz));
    INFO(population.name << ": " << population.mean_Hz << " Hz, " << observed_Hz[p]
                         << " Hz observed, error of the difference " << error_Hz << " Hz");
    CHECK(std::fabs(population.mean_Hz - observed_Hz[p]) < 3.0 * error_Hz);
    CHECK(error_Hz < 0.1 * observed_Hz[p]);
    CHECK(std::fabs(population.correlation) < 0.01);
  }
}

TEST_CASE("weaker inhibition makes it another network") {
  NetworkProtocol weak{"pd14_tenth_weak_inhibition", 1, 0.3, 1.8};
  weak.may_run_away = true;
  const NetworkState knocked = test::short_run(weak);
  const NetworkState intact = test::short_run({"pd14_tenth", 1, 0.3, 1.8});
  // Outside the 3 % that the validation grants the rate over all cells; every inhibitory population, whose
  // own inhibition went, fires more.
  CHECK_FALSE((knocked.mean_Hz() > 0.97 * intact.mean_Hz() && knocked.mean_Hz() < 1.03 * intact.mean_Hz()));
  for (std::size_t p = 1; p < 8; p += 2) {
    INFO(intact.populations[p].name);
    CHECK(knocked.populations[p].mean_Hz > 1.03 * intact.populations[p].mean_Hz);
  }
}
