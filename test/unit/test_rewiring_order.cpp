// How elements and drivers converge as macro steps become short.
#include <cmath>

#include "test/support/catch.hpp"
#include "test/support/rewired_sheet.hpp"

namespace penfield::test {

TEST_CASE("elements that follow a rate are of second order in the step, at one episode a step") {
  Scenario s = sheet();
  StructureSpec& spec = s.structure[0];
  spec.driver_tau_s = 2.0 * kDay_s;
  spec.dendrite_rate_per_d = 3.0;
  spec.axon_rate_per_d = -0.5;
  spec.axon_relax_per_d = 0.8;
  spec.formation_per_d = 0.0;
  const double end_d = 4.0;
  struct Elements {
    double dendritic, axonal;
  };
  const auto elements = [&](int steps, bool corrected) {
    Sheet one(s);
    const double step_d = end_d / steps;
    for (int k = 0; k < steps; ++k) {
      Measures m;
      m.rate_Hz = {all_at(static_cast<float>(10.0 - 4.0 * std::sin(step_d * k)))};
      if (!corrected) one.rewiring.forget();
      one.rewiring.observe(m, step_d * kDay_s);
      one.advance(step_d);
    }
    return Elements{static_cast<double>(one.rewiring.dendritic()[7]),
                    static_cast<double>(one.rewiring.axonal()[7])};
  };
  // The driver goes by rate over the two days: D' = (r - D) / 2, r - 10 = -4 sin t, and so on.
  const auto exact = [&] {
    double d = 0.0, z = kInDegree, a = 1.0;
    constexpr int n = 400000;
    for (int k = 0; k < n; ++k) {
      const double h = end_d / n, t = h * (k + 0.5);
      const double middle = d + 0.5 * h * (-4.0 * std::sin(t) - d) / 2.0;
      z += h * 3.0 * -middle / 10.0;
      a += h * (-0.5 * -middle / 10.0 + 0.8 * (1.0 - a));
      d += h * (-4.0 * std::sin(t) - middle) / 2.0;
    }
    return Elements{z, a};
  }();
  const auto off = [&](int steps, bool corrected) {
    const Elements e = elements(steps, corrected);
    return Elements{std::fabs(e.dendritic - exact.dendritic), std::fabs(e.axonal - exact.axonal)};
  };
  const Elements coarse = off(8, true), fine = off(16, true), once = off(32, false), twice = off(64, false);
  CAPTURE(coarse.dendritic, fine.dendritic, coarse.axonal, fine.axonal, once.dendritic, twice.dendritic);
  CHECK(coarse.dendritic / fine.dendritic == Approx(4.0).epsilon(0.25));
  CHECK(coarse.axonal / fine.axonal > 3.0);
  CHECK(once.dendritic / twice.dendritic == Approx(2.0).epsilon(0.25));
  CHECK(coarse.dendritic < 0.3 * off(8, false).dendritic);
}

TEST_CASE("axons under a constant drive end where they do, whatever the step") {
  Scenario s = sheet();
  s.structure[0].axon_rate_per_d = -0.5;
  s.structure[0].axon_relax_per_d = 0.8;
  s.structure[0].formation_per_d = 0.0;
  const double step_d = GENERATE(0.01, 0.5, 2.0);
  Sheet one(s);
  one.observe(all_at(6.0f));  // a deficit of 0.4
  const int steps = static_cast<int>(std::lround(2.0 / step_d));
  for (int k = 0; k < steps; ++k) one.advance(step_d);
  CHECK(one.rewiring.axonal()[0] == Approx(1.0 - 0.2 * (1.0 - std::exp(-1.6)) / 0.8).epsilon(1e-4));
}

}  // namespace penfield::test
