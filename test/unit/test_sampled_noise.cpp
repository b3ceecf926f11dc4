// White noise on a threshold against the rate in continuous time.
#include <cmath>
#include <cstdio>

#include "host/build/build_network.hpp"
#include "host/scenario/scenario_json.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"

namespace penfield {

namespace {

constexpr double kTau_ms = 15.0, kTheta_mV = 15.0, kReset_mV = 2.0, kRefractory_ms = 2.0, kMean_mV = 10.0,
                 kSd_mV = 3.0, kCapacitance_pF = 250.0;

/// Mean rate of a leaky integrate-and-fire neuron on white noise: A. J. F. Siegert, Phys. Rev. 81:617 (1951).
double siegert_Hz() {
  const double sigma = std::sqrt(2.0) * kSd_mV;
  const double from = (kReset_mV - kMean_mV) / sigma, to = (kTheta_mV - kMean_mV) / sigma;
  constexpr int kParts = 20000;
  double sum = 0.0;
  for (int k = 0; k < kParts; ++k) {
    const double u = from + (to - from) * (k + 0.5) / kParts;
    sum += std::exp(u * u) * (1.0 + std::erf(u));
  }
  const double wait_ms = kTau_ms * std::sqrt(M_PI) * sum * (to - from) / kParts;
  return 1000.0 / (kRefractory_ms + wait_ms);
}

/// The same from 4,000 cells over 10 s, the first 0.2 s left out.
double simulated_Hz(double dt_ms, const char* crossings) {
  // SD of the potential = SD of the current's mean over 1 ms / C * sqrt(tau / 2).
  const double sd_pA = kSd_mV * kCapacitance_pF / std::sqrt(kTau_ms / 2.0);
  char text[1024];
  std::snprintf(
      text, sizeof text,
      R"({"penfield": 1, "name": "noise", "seed": 1, "dt_ms": %g, "until": "10 s", "clock": {"mode": "raw"},
          "areas": {"A": {"sheet_mm": [1, 1]}},
          "populations": {"A/E": {"model": "iaf_psc_exp", "n": 4000, "params": {"c_m_pF": %g, "tau_m_ms": %g,
              "e_l_mV": -65, "v_th_mV": %g, "v_reset_mV": %g, "t_ref_ms": %g, "i_e_pA": %g}}},
          "stimuli": [{"noise": {"to": "A/E", "sd_pA": %.9g, "crossings": "%s"}}]})",
      dt_ms, kCapacitance_pF, kTau_ms, -65.0 + kTheta_mV, -65.0 + kReset_mV, kRefractory_ms,
      kMean_mV * kCapacitance_pF / kTau_ms, sd_pA, crossings);
  const Scenario scenario = parse_scenario(text, "noise", ".", {});
  Network network = build_network(scenario, BuildOptions{});
  const auto engine = cpu::make_cpu_engine(network, {});
  const auto steps = [&](double seconds) { return static_cast<StepIndex>(seconds * 1000.0 / dt_ms + 0.5); };
  engine->run(steps(0.2));
  network.populations[0]->spike_count.fill(0);
  engine->run(steps(9.8));
  double spikes = 0.0;
  for (std::uint32_t count : network.populations[0]->spike_count) spikes += count;
  return spikes / (9.8 * 4000.0);
}

}  // namespace

TEST_CASE("continuous crossings: the rate of continuous time, at any step") {
  const double exact_Hz = siegert_Hz();
  CHECK(exact_Hz > 5.0);
  CHECK(exact_Hz < 20.0);
  CHECK(simulated_Hz(1.0, "continuous") == Approx(exact_Hz).epsilon(0.02));
  CHECK(simulated_Hz(0.2, "continuous") == Approx(exact_Hz).epsilon(0.01));
  // Tested at the steps alone the rate hangs on the step.
  CHECK(simulated_Hz(1.0, "at_steps") < 0.85 * exact_Hz);
  CHECK(simulated_Hz(0.2, "at_steps") < 0.95 * exact_Hz);
}

}  // namespace penfield
