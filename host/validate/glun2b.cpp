// The share of GluN2B in NMDA receptors and the window of spike timing: pairs at 1 Hz under the rule whose
// calcium comes through these receptors. Protocol: figures 3C and 5C of Shouval, Bear & Cooper (2002), of
// which the latter varies the share of slow receptors, as here.
#include <algorithm>
#include <cmath>

#include "host/scenario/text_forms.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/pairing.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

namespace {

constexpr const char* kRule = "Shouval, Bear & Cooper, PNAS 99:10831 (2002); decays: Vicini et al. (1998)";
constexpr const char* kBand = "band of this project";
constexpr double kFirst = 0.25;  ///< of the efficacy: where the rule leaves it at rest
constexpr std::uint32_t kPairs = 100;
constexpr double kFrom_ms = -40.0, kTo_ms = 200.0;

/// Change of the efficacy by lag, a ms apart.
struct Window {
  std::vector<double> lag_ms, change;

  double largest() const {
    double most = 0.0;
    for (const double c : change) most = std::max(most, std::fabs(c));
    return most;
  }
  /// Span of the lags around the greatest potentiation with at least half of it.
  double half_width_ms() const {
    const auto peak = std::max_element(change.begin(), change.end());
    auto first = peak, last = peak;
    while (first != change.begin() && *(first - 1) >= 0.5 * *peak) --first;
    while (last + 1 != change.end() && *(last + 1) >= 0.5 * *peak) ++last;
    return lag_ms[static_cast<std::size_t>(last - change.begin())] -
           lag_ms[static_cast<std::size_t>(first - change.begin())] + 1.0;
  }
};

Window window_of(const ValidateOptions& options, double f_glun2b, const std::string& change = "",
                 double rate_Hz = 1.0) {
  Window w;
  for (double lag = kFrom_ms; lag <= kTo_ms; lag += 1.0) w.lag_ms.push_back(lag);
  PairingProtocol protocol;
  protocol.plasticity = R"({"calcium_nmda": {"f_glun2b": )" + number_text(f_glun2b) + change + "}}";
  protocol.first_weight = kFirst;
  protocol.rate_Hz = rate_Hz;
  protocol.num_pairs = kPairs;
  for (const double weight : weights_after_pairs(options, protocol, w.lag_ms))
    w.change.push_back(weight - kFirst);
  return w;
}

}  // namespace

ValidationReport validate_glun2b(const ValidateOptions& options) {
  ValidationReport report{"glun2b", {}, 0.0};
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };
  const Window low = window_of(options, 0.2), middle = window_of(options, 0.4),
               high = window_of(options, 0.6);
  const double width[] = {low.half_width_ms(), middle.half_width_ms(), high.half_width_ms()};
  const char* const shares[] = {"0.2", "0.4", "0.6"};
  for (int k = 0; k < 3; ++k)
    add(shown_row("half-width of potentiation, GluN2B " + std::string(shares[k]), "ms", {width[k]}, kRule));
  const auto ratio = [&](const std::string& name, double value) {
    return make_row(name, "", {value}, 1.3, 2.5, 0.0, kBand);
  };
  add(ratio("half-width, GluN2B 0.6 over 0.2", width[2] / width[0]));
  add(make_row("half-width grows from 0.2 over 0.4 to 0.6: lesser step", "ms",
               {std::min(width[1] - width[0], width[2] - width[1])}, 1.0, kOpenEnd, 0.0, kBand));
  const Window again = window_of(options, 0.2);
  add(make_row("equal shares: half-width over the other's", "", {again.half_width_ms() / width[0]}, 0.999,
               1.001, 0.0, kBand));
  add(knock_out(ratio("knock-out: equal shares", again.half_width_ms() / width[0])));
  const Window blocked = window_of(options, 0.6, R"(, "influx": 0.0002)");
  add(make_row("NMDA block (-90 %): largest change over control's", "", {blocked.largest() / high.largest()},
               0.0, 0.1, 0.0, kBand));
  // What the paper varies in its figure 5C: 0.25 to 0.75, its slow receptors decaying in 200 ms.
  const std::string paper = R"(, "tau_glun2b_ms": 200)";
  add(shown_row(
      "the paper's decay of 200 ms: half-width, 0.6 over 0.2", "",
      {window_of(options, 0.6, paper).half_width_ms() / window_of(options, 0.2, paper).half_width_ms()},
      kRule));
  return report;
}

}  // namespace penfield
