// Four regimes of a sparse random network: N. Brunel, J. Comput. Neurosci. 8:183 (2000), model A with V_reset
// 10 mV. Rates and irregularity of two regimes are those of independent simulations of this very definition;
// the other two have to show what names them.
#include <algorithm>
#include <cmath>

#include "host/readout/spike_statistics.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/network_runs.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

namespace {

constexpr const char* kSource = "Brunel, J Comput Neurosci 8:183 (2000), simulated independently";
constexpr const char* kRegime = "Brunel, J Comput Neurosci 8:183 (2000), section 5";

constexpr double kFrom_s = 0.5, kUntil_s = 2.5;

/// What one regime gave over seeds.
struct Regime {
  std::vector<double> rate_Hz, cv, synchrony, peak_Hz, peak_over_rate, rate_error_Hz, cv_error;
};

Regime run_regime(const ValidateOptions& options, const std::string& scenario,
                  const std::vector<std::uint32_t>& seeds) {
  Regime out;
  for (std::uint32_t seed : seeds) {
    const NetworkState state = run_network(options, {scenario, seed, kFrom_s, kUntil_s});
    const PopulationState& e = state.populations.front();
    out.rate_Hz.push_back(state.mean_Hz());
    out.cv.push_back(state.mean_cv());
    out.synchrony.push_back(e.synchrony);
    out.peak_Hz.push_back(e.peak_Hz);
    out.peak_over_rate.push_back(e.peak_Hz / e.mean_Hz);
    out.rate_error_Hz.push_back(state.rate_error_Hz());
    out.cv_error.push_back(state.cv_error());
  }
  return out;
}

}  // namespace

ValidationReport validate_brunel4(const ValidateOptions& options) {
  ValidationReport report{"brunel4", {}, 0.0};
  const auto seeds = seeds_of(options, 5, 1);
  const auto run = [&](const char* scenario) { return run_regime(options, scenario, seeds); };
  const auto widen = [&](const std::vector<double>& errors) {
    return options.quick ? readout::mean(errors) : 0.0;
  };
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };

  const Regime ai = run("brunel_ai");
  add(share_row("AI (g 5, eta 2): rate", "Hz", ai.rate_Hz, 37.6, 0.03, widen(ai.rate_error_Hz), kSource));
  add(make_row("AI: CV of intervals", "", ai.cv, 0.38, 0.48, widen(ai.cv_error), kSource));
  const Regime fast = run("brunel_si_fast");
  add(share_row("SI fast (g 6, eta 4): rate", "Hz", fast.rate_Hz, 58.5, 0.03, widen(fast.rate_error_Hz),
                kSource));
  add(make_row("SI fast: CV of intervals", "", fast.cv, 0.74, 0.84, widen(fast.cv_error), kSource));
  // The peak is read on a grid of 2 Hz.
  add(make_row("SI fast: peak of the population rate's spectrum", "Hz", fast.peak_Hz, 178.0, 192.0, 0.0,
               kSource));
  add(make_row("SI fast: that peak over the rate of a cell", "", fast.peak_over_rate, 2.0, kOpenEnd, 0.0,
               kRegime));
  const Regime slow = run("brunel_si_slow");
  add(make_row("SI slow (g 4.5, eta 0.9): synchrony, 1 ms bins", "", slow.synchrony, 1.0, kOpenEnd, 0.0,
               kRegime));
  add(make_row("SI slow: peak of the spectrum", "Hz", slow.peak_Hz, 10.0, 60.0, 0.0, kRegime));
  add(make_row("SI slow: that peak over the rate of a cell", "", slow.peak_over_rate, 2.0, kOpenEnd, 0.0,
               kRegime));
  add(make_row("SI slow: CV of intervals", "", slow.cv, 0.5, 1.5, 0.0, kRegime));
  const Regime regular = run("brunel_sr");
  add(make_row("SR (g 3, eta 2): CV of intervals", "", regular.cv, 0.0, 0.1, 0.0, kRegime));
  add(make_row("SR: peak of the spectrum over the rate of a cell", "", regular.peak_over_rate, 0.95, 1.05,
               0.0, kRegime));
  add(make_row("SR: synchrony, 1 ms bins", "", regular.synchrony, 0.5, kOpenEnd, 0.0, kRegime));
  std::vector<double> steadier;
  for (std::size_t k = 0; k < seeds.size(); ++k)
    steadier.push_back(ai.synchrony[k] /
                       std::min({fast.synchrony[k], slow.synchrony[k], regular.synchrony[k]}));
  add(make_row("AI: synchrony over the least of the others", "", steadier, 0.0, 0.9, 0.0, kRegime));

  const Regime reset = run("brunel_ai_reset_0");
  add(share_row("V_reset 0 mV at g 5, eta 2: rate", "Hz", reset.rate_Hz, 32.1, 0.03,
                widen(reset.rate_error_Hz), kSource));
  add(make_row("V_reset 0 mV: CV of intervals", "", reset.cv, 0.12, 0.22, widen(reset.cv_error), kSource));
  add(knock_out(share_row("knock-out: the AI rate without the reset to 10 mV", "Hz", reset.rate_Hz, 37.6,
                          0.03, 0.0, kSource)));
  return report;
}

}  // namespace penfield
