#include "test/support/catch.hpp"
#include "test/validation/short_run.hpp"

using namespace penfield;

TEST_CASE("Brunel's asynchronous irregular state, one second of it") {
  const NetworkState state = test::short_run({"brunel_ai", 1, 0.5, 1.5});
  const double error_Hz = state.rate_error_Hz();
  CHECK(error_Hz < 1.0);
  CHECK(state.mean_Hz() > 37.6 * 0.97 - error_Hz);
  CHECK(state.mean_Hz() < 37.6 * 1.03 + error_Hz);
  CHECK(state.mean_cv() == Approx(0.43).margin(0.05 + state.cv_error()));
  // One kind of input, so one rate in both populations.
  CHECK(state.populations[0].mean_Hz == Approx(state.populations[1].mean_Hz).epsilon(0.02));
}

TEST_CASE("the reset to 10 mV is what gives that rate") {
  const NetworkState state = test::short_run({"brunel_ai_reset_0", 1, 0.5, 1.0});
  const double error_Hz = state.rate_error_Hz();
  CHECK(state.mean_Hz() == Approx(32.1).margin(32.1 * 0.03 + error_Hz));
}
