#include "test/support/catch.hpp"
#include "test/validation/short_run.hpp"

using namespace penfield;

TEST_CASE("the conductance-based network keeps itself going") {
  const NetworkState state = test::short_run({"coba", 1, 0.5, 2.5});
  // One seed of a chaotic network: the band of the mean over seeds, widened by a quarter.
  CHECK(state.populations[0].mean_Hz > 14.1);
  CHECK(state.populations[0].mean_Hz < 22.9);
  CHECK(state.populations[0].mean_cv > 1.4);
  CHECK(state.populations[0].mean_cv < 2.0);
  CHECK(state.populations[0].last_Hz > 5.0);
  const NetworkState half = test::short_run({"coba_half_inhibition", 1, 0.5, 1.0});
  CHECK(half.populations[0].mean_Hz > 30.0);
}
