// A network of conductance-based cells that keeps itself going: T. P. Vogels and L. F. Abbott, J. Neurosci.
// 25:10786 (2005), with the values of benchmark 1 of R. Brette et al., J. Comput. Neurosci. 23:349 (2007).
// Fifty milliseconds of Poisson input (300 Hz onto every cell, with the weight of its excitatory synapses)
// start it; nothing drives it afterwards.
#include <algorithm>

#include "host/validate/entries.hpp"
#include "host/validate/network_runs.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

ValidationReport validate_coba(const ValidateOptions& options) {
  ValidationReport report{"coba", {}, 0.0};
  const char* source = "Brette et al., J Comput Neurosci 23:349 (2007), benchmark 1";
  const double until_s = options.quick ? 2.5 : 5.5;
  std::vector<double> e_Hz, i_Hz, cv, last_Hz, half_Hz;
  for (std::uint32_t seed : seeds_of(options, 10, 5)) {
    const NetworkState state = run_network(options, {"coba", seed, 0.5, until_s});
    e_Hz.push_back(state.populations[0].mean_Hz);
    i_Hz.push_back(state.populations[1].mean_Hz);
    cv.push_back(state.populations[0].mean_cv);
    last_Hz.push_back(state.populations[0].last_Hz);
    NetworkProtocol half{"coba_half_inhibition", seed, 0.5, 1.5};
    half.may_run_away = true;
    const NetworkState knocked = run_network(options, half);
    half_Hz.push_back(knocked.ran_away() ? knocked.mean_Hz() : knocked.populations[0].mean_Hz);
  }
  report.rows.push_back(make_row("rate of excitatory cells", "Hz", e_Hz, 15.0, 22.0, 0.0, source));
  report.rows.push_back(make_row("CV of intervals of excitatory cells", "", cv, 1.4, 2.0, 0.0, source));
  // Chaotic single runs are compared as distributions; but every one of them has to go on.
  ValidationRow alive = make_row("rate in the last tenth, least of the seeds", "Hz",
                                 {last_Hz.empty() ? 0.0 : *std::min_element(last_Hz.begin(), last_Hz.end())},
                                 5.0, 50.0, 0.0, source);
  alive.note = "keeps itself going for " + std::string(options.quick ? "2" : "5") + " s in every seed";
  report.rows.push_back(alive);
  report.rows.push_back(
      shown_row("rate of inhibitory cells", "Hz", i_Hz, "18 to 20 Hz in independent simulations"));
  report.rows.push_back(
      knock_out(make_row("knock-out: inhibition halved, rate", "Hz", half_Hz, 15.0, 22.0, 0.0, source)));
  return report;
}

}  // namespace penfield
