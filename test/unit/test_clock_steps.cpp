// Steps of the slow clock against solutions that are known.
#include <array>
#include <cmath>

#include "host/clock/slow_steps.hpp"
#include "test/support/catch.hpp"

using namespace penfield;

namespace {

/// x' = -0.3 x - 2 y, y' = 2 x - 0.3 y from (1, 0): a turning decay.
constexpr double kDamping = 0.3, kTurn = 2.0;
void turning_decay(std::span<const double> x, std::span<double> dx) {
  dx[0] = -kDamping * x[0] - kTurn * x[1];
  dx[1] = kTurn * x[0] - kDamping * x[1];
}

/// Distance from the exact solution after one second in `steps` steps.
template <class Step>
double error_of(int steps, Step&& step) {
  std::array<double, 2> x = {1.0, 0.0};
  for (int k = 0; k < steps; ++k) step(std::span<double>(x), 1.0 / steps);
  const double size = std::exp(-kDamping);
  return std::hypot(x[0] - size * std::cos(kTurn), x[1] - size * std::sin(kTurn));
}

const auto heun = [](std::span<double> x, double seconds) { heun_step(x, seconds, turning_decay); };
const auto euler = [](std::span<double> x, double seconds) {
  std::array<double, 2> dx{};
  turning_decay(x, dx);
  for (std::size_t k = 0; k < x.size(); ++k) x[k] += seconds * dx[k];
};

LeapDraw draw(std::uint64_t entity, std::uint64_t step) { return leap_draw(philox4x32(5, 99, entity, step)); }

}  // namespace

TEST_CASE("the predictor-corrector is of second order, and one evaluation a step is not") {
  for (int steps = 16; steps <= 256; steps *= 4) {
    CAPTURE(steps);
    REQUIRE(std::log2(error_of(steps, heun) / error_of(2 * steps, heun)) == Approx(2.0).margin(0.1));
    REQUIRE(std::log2(error_of(steps, euler) / error_of(2 * steps, euler)) == Approx(1.0).margin(0.3));
  }
}

TEST_CASE("the exponential step solves soft bounds exactly, however long it is") {
  const double a = GENERATE(0.0, 2e-5, 3e-3), b = GENERATE(1e-5, 4e-4), w0 = GENERATE(0.0, 0.3, 1.0);
  for (const double hours : {0.1, 1.0, 12.0, 1000.0}) {
    const double h = 3600.0 * hours, at_rest = a / (a + b);
    const double exact = at_rest + (w0 - at_rest) * std::exp(-(a + b) * h);
    CAPTURE(a, b, w0, hours);
    REQUIRE(w0 + exponential_change(a * (1.0 - w0) - b * w0, a + b, h) == Approx(exact).margin(1e-12));
  }
  REQUIRE(exponential_change(2e-3, 0.0, 100.0) == Approx(0.2));
}

TEST_CASE("diffusion leaves the spread of the exact Ornstein-Uhlenbeck process, in one leap or in many") {
  const double b = 1e-3, d = 2e-6, h = 3000.0;
  REQUIRE(diffused_variance(d, b, h) == Approx(d * (1.0 - std::exp(-2.0 * b * h)) / (2.0 * b)));
  REQUIRE(diffused_variance(d, 0.0, h) == Approx(d * h));
  double in_many = 0.0;
  for (int k = 0; k < 30; ++k)
    in_many = in_many * std::exp(-2.0 * b * h / 30.0) + diffused_variance(d, b, h / 30.0);
  REQUIRE(in_many == Approx(diffused_variance(d, b, h)));
}

TEST_CASE("before a bound that reflects, a leap leaves the layer that small steps leave") {
  // Drift m towards the bound at 0 and diffusion D: the steady state is exponential with mean D / (2 |m|).
  const double drift = -1e-3, diffusion = 1e-4, mean = 0.5 * diffusion / 1e-3;
  const double seconds = GENERATE(1.0, 30.0, 300.0);
  constexpr int kCells = 2000;
  double sum = 0.0, squares = 0.0;
  for (int cell = 0; cell < kCells; ++cell) {
    double x = 0.02;
    for (int k = 0; k < static_cast<int>(1500.0 / seconds); ++k)
      x = reflected_leap(x, drift * seconds, diffusion * seconds, 0.0, 10.0,
                         draw(static_cast<std::uint64_t>(cell), static_cast<std::uint64_t>(k)));
    REQUIRE(x >= 0.0);
    sum += x;
    squares += x * x;
  }
  CAPTURE(seconds);
  REQUIRE(sum / kCells == Approx(mean).epsilon(0.08));
  REQUIRE(std::sqrt(squares / kCells - sum * sum / kCells / kCells) == Approx(mean).epsilon(0.1));
}

TEST_CASE("both bounds hold and mirror each other; without noise the end alone counts") {
  REQUIRE(reflected_leap(0.5, 0.2, 0.0, 0.0, 1.0, {}) == 0.7);
  REQUIRE(reflected_leap(0.5, -2.0, 0.0, 0.0, 1.0, {}) == 0.0);
  for (std::uint64_t k = 0; k < 100; ++k) {
    const LeapDraw up = draw(1, k), down{-up.normal, up.uniform};
    const double low = reflected_leap(0.05, -0.02, 0.01, 0.0, 1.0, down);
    const double high = reflected_leap(0.95, 0.02, 0.01, 0.0, 1.0, up);
    REQUIRE(low == Approx(1.0 - high).margin(1e-12));
    REQUIRE(high <= 1.0);
  }
}

TEST_CASE("doubling a step finds its error") {
  const std::array<double, 2> x = {1.0, 0.0};
  for (const double h : {0.1, 0.05}) {
    const std::vector<double> found = doubling_error(std::span<const double>(x), h, heun);
    std::array<double, 2> once = x;
    heun(std::span<double>(once), h);
    const double made = std::hypot(once[0] - std::exp(-kDamping * h) * std::cos(kTurn * h),
                                   once[1] - std::exp(-kDamping * h) * std::sin(kTurn * h));
    REQUIRE(std::hypot(found[0], found[1]) / made == Approx(0.75).epsilon(0.05));
  }
}

TEST_CASE(
    "the next step goes by the root of tolerance over error, doubles at most, and stays within its ends") {
  REQUIRE(next_step_s(100.0, 0.04, 0.01, 1.0, 1e9) == Approx(45.0));
  REQUIRE(next_step_s(100.0, 0.0, 0.01, 1.0, 1e9) == 200.0);
  REQUIRE(next_step_s(100.0, 1e-9, 0.01, 1.0, 150.0) == 150.0);
  REQUIRE(next_step_s(100.0, 1e9, 0.01, 30.0, 150.0) == 30.0);
}
