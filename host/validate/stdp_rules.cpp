// Rules of spike-timing-dependent plasticity under pairing protocols: 60 pairs at one synapse. The numbers
// are those of the published equations solved independently of this code; a rule that follows
// the equations meets them. Lags are those at the synapse, for calcium those between the two cells.
#include <cmath>

#include "host/validate/entries.hpp"
#include "host/validate/ltp_threshold.hpp"
#include "host/validate/pairing.hpp"
#include "host/validate/rows.hpp"

namespace penfield {

namespace {

constexpr const char* kTriplet =
    "Pfister & Gerstner, J Neurosci 26:9673 (2006), table 4, solved independently";
constexpr const char* kCalcium =
    "Graupner & Brunel, PNAS 109:3991 (2012), cortical fit, solved independently";
constexpr double kBand = 0.01;            ///< share
constexpr double kCalciumDelay_ms = 4.6;  ///< their D is 4.6098 ms

std::string triplet(const std::string& change = "") {
  return R"({"stdp_triplet": {"w_min": -10, "w_max": 10)" + change + "}}";
}
std::string calcium(const std::string& change = "") { return R"({"calcium_graupner": {)" + change + "}}"; }

}  // namespace

ValidationReport validate_stdp_rules(const ValidateOptions& options) {
  ValidationReport report{"stdp_rules", {}, 0.0};
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };

  const auto change = [&](const std::string& rule, double rate_Hz, double lag_ms) {
    return weight_after_pairs(options, {rule, 0.0, rate_Hz, lag_ms, 0.0, 60});
  };
  const struct {
    const char* name;
    double rate_Hz, lag_ms, expected;
  } triplets[] = {{"triplet, +10 ms at 10 Hz: change", 10.0, 10.0, 0.132},
                  {"triplet, +10 ms at 20 Hz: change", 20.0, 10.0, 0.247},
                  {"triplet, -10 ms at 10 Hz: change", 10.0, -10.0, -0.334},
                  {"triplet, -10 ms at 20 Hz: change", 20.0, -10.0, -0.352}};
  for (const auto& t : triplets) {
    ValidationRow row = make_row(t.name, "", {change(triplet(), t.rate_Hz, t.lag_ms)},
                                 t.expected - kBand * std::fabs(t.expected),
                                 t.expected + kBand * std::fabs(t.expected), 0.0, kTriplet);
    row.note.clear();
    add(row);
  }
  const std::string pairs_alone = R"(, "a3_plus": 0, "a3_minus": 0)";
  add(knock_out(share_row("knock-out: no triplet terms, +10 ms at 20 Hz", "",
                          {change(triplet(pairs_alone), 20.0, 10.0)}, 0.247, kBand, 0.0, kTriplet)));
  const auto nearest = change(triplet(R"(, "nearest": 1)"), 20.0, 10.0);
  add(knock_out(share_row("knock-out: nearest spike alone, +10 ms at 20 Hz", "", {nearest}, 0.247, kBand, 0.0,
                          kTriplet)));

  const auto efficacy = [&](const std::string& rule, double rate_Hz, double lag_ms) {
    return weight_after_pairs(options, {rule, 0.5, rate_Hz, lag_ms, kCalciumDelay_ms, 60});
  };
  const struct {
    const char *name, *blocked;
    double rate_Hz, expected;
  } calciums[] = {{"calcium, +10 ms at 1 Hz: efficacy from 0.5",
                   "calcium block (-90 %), 1 Hz: change over control", 1.0, 0.515},
                  {"calcium, +10 ms at 20 Hz: efficacy from 0.5",
                   "calcium block (-90 %), 20 Hz: change over control", 20.0, 0.552},
                  {"calcium, +10 ms at 50 Hz: efficacy from 0.5",
                   "calcium block (-90 %), 50 Hz: change over control", 50.0, 0.677}};
  const std::string blocked = R"("c_pre": 0.05617539, "c_post": 0.123964)";
  for (const auto& c : calciums) {
    const double after = efficacy(calcium(), c.rate_Hz, 10.0);
    ValidationRow row = share_row(c.name, "", {after}, c.expected, kBand, 0.0, kCalcium);
    row.note.clear();
    add(row);
    const double rest = std::fabs(efficacy(calcium(blocked), c.rate_Hz, 10.0) - 0.5) / std::fabs(after - 0.5);
    add(make_row(c.blocked, "", {rest}, 0.0, 0.1, 0.0, "band of this project"));
  }
  const double low = efficacy(calcium(), 1.0, -10.0), high = efficacy(calcium(), 50.0, -10.0);
  add(make_row("calcium, -10 ms at 1 Hz: efficacy from 0.5", "", {low}, 0.0, 0.5, 0.0, kCalcium));
  add(shown_row("calcium, -10 ms at 50 Hz: efficacy from 0.5", "", {high}, "joins that of +10 ms"));
  add(knock_out(share_row("knock-out: no potentiation, +10 ms at 50 Hz", "",
                          {efficacy(calcium(R"("gamma_p": 0)"), 50.0, 10.0)}, 0.677, kBand, 0.0, kCalcium)));

  const char* sliding = "sliding threshold: Bienenstock et al., J Neurosci 2:32 (1982); band of this project";
  const auto threshold_Hz = [&](const std::string& change, double before_Hz) {
    return ltp_threshold_Hz(options, R"({"bcm": {"eta": 0.001, "w_min": -10, "w_max": 10)" + change + "}}",
                            before_Hz);
  };
  const std::string frozen = R"(, "tau_th_s": 1e9)";
  const double at_rest_Hz = threshold_Hz("", 5.0), frozen_Hz = threshold_Hz(frozen, 5.0);
  add(shown_row("BCM, an hour at 5 Hz: threshold of potentiation", "Hz", {at_rest_Hz}, "pairs, +10 ms"));
  add(make_row("... an hour at 10 Hz: threshold, of that", "", {threshold_Hz("", 10.0) / at_rest_Hz}, 1.2,
               kOpenEnd, 0.0, sliding));
  add(knock_out(make_row("knock-out: frozen threshold", "", {threshold_Hz(frozen, 10.0) / frozen_Hz}, 1.2,
                         kOpenEnd, 0.0, sliding)));
  return report;
}

}  // namespace penfield
