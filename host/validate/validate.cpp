#include "host/validate/validate.hpp"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/readout/spike_statistics.hpp"
#include "host/validate/entries.hpp"

namespace penfield {

bool ValidationReport::pass() const {
  bool any = false;
  for (const ValidationRow& r : rows) {
    if (!r.judged) continue;
    if (!r.pass) return false;
    any = true;
  }
  return any;
}

const std::vector<ValidationEntry>& validations() {
  static const std::vector<ValidationEntry> entries = {
      {"pd14", "cortical microcircuit, 77,169 cells and 0.3 G synapses: rates by population",
       "10 x 60 s of it: 90 min; quick 3 min", validate_pd14},
      {"brunel4", "four regimes of a sparse random network", "2 min; quick 30 s", validate_brunel4},
      {"coba", "a conductance-based network that keeps itself going", "10 s; quick 5 s", validate_coba},
      {"stdp_rules", "triplet and calcium rules under 60 pairs", "1 min", validate_stdp_rules},
      {"distal_reward", "one synapse of 80,000 is rewarded seconds later", "10 min; quick 2 min",
       validate_distal_reward},
      {"glun2b", "GluN2B share of NMDA receptors and the window of spike timing", "1 min", validate_glun2b},
      {"istdp_balance", "inhibitory plasticity balances a recurrent network in half an hour",
       "10 min; quick 3 min", validate_istdp_balance},
      {"scaling48h", "synaptic scaling: two days of silence, and the loss of half the afferents",
       "4 min; quick 1 min", validate_scaling48h},
      {"homeo_window", "how fast synaptic scaling has to be, and may be, beside triplet STDP",
       "25 min; quick 8 min", validate_homeo_window},
      {"hmm_ladder", "the episodic clock against exact solutions and runs of every step",
       "60 min; quick 1 min", validate_hmm_ladder},
      {"hmm_bounds", "the episodic clock where a homeostat lies at its bound", "3 min; quick 2 min",
       validate_hmm_bounds},
      {"energy", "what spikes cost: the textbook's sum, and published budgets", "2 min; quick 20 s",
       validate_energy},
      {"lactate", "change that lasts a day needs lactate", "3 min; quick 1 min", validate_lactate},
      {"lpz_msp", "a lesion of afferents is repaired by structural plasticity of every kind of element",
       "10 min; quick 2 min", validate_lpz_msp},
      {"spines", "spines form, become stable and go through two weeks of training and rest",
       "10 min; quick 2 min", validate_spines},
      {"unmask_fast", "six hours after the loss of a digit", "7 min; quick 2 min", validate_unmask_fast},
      {"sprout_8wk", "eight weeks after the loss of a digit", "50 min; quick 8 min", validate_sprout_8wk},
      {"dorsal_column", "22 months after a hand's dorsal columns were cut", "20 min; quick 4 min",
       validate_dorsal_column},
      {"period", "a finger's cortex inactivated while plasticity is open, closing or shut",
       "20 min; quick 4 min", validate_period},
      {"stroke_rehab", "twelve weeks after an infarct, with and without training", "25 min; quick 5 min",
       validate_stroke_rehab},
      {"premotor", "the hand in premotor cortex after a large infarct of M1", "30 min; quick 6 min",
       validate_premotor},
      {"rehab_window", "training after an infarct, begun early or late", "25 min; quick 5 min",
       validate_rehab_window},
      {"tonic_gaba", "tonic inhibition after an infarct, lowered early or late", "15 min; quick 3 min",
       validate_tonic_gaba},
  };
  return entries;
}

namespace {

std::string number(double v) {
  char text[32];
  if (std::isnan(v)) return "-";
  if (std::isinf(v)) return v > 0.0 ? "inf" : "-inf";
  std::snprintf(text, sizeof text, std::fabs(v) >= 1000.0 ? "%.0f" : "%.4g", v);
  return text;
}

std::string band_text(const ValidationRow& r) {
  if (r.low == 0.0 && r.high == 0.0) return "";
  std::string out = r.knock_out ? "must miss " : "band ";
  out += std::isinf(r.high) ? "at least " + number(r.low - r.widened_by)
                            : number(r.low - r.widened_by) + " to " + number(r.high + r.widened_by);
  if (r.widened_by > 0.0) out += " (widened by two standard errors, " + number(r.widened_by) + ")";
  return out;
}

}  // namespace

std::string validation_table(const ValidationReport& report) {
  char line[128];
  std::snprintf(line, sizeof line, "%s: %s (%.0f s)\n", report.name.c_str(), report.pass() ? "pass" : "FAIL",
                report.wall_s);
  std::string out = line;
  for (const ValidationRow& r : report.rows) {
    const char* verdict = !r.judged ? "shown" : r.pass ? "pass" : "FAIL";
    std::snprintf(line, sizeof line, "  %-5s  %-52.52s %9s %-4.4s", verdict, r.name.c_str(),
                  number(readout::mean(r.values)).c_str(), r.unit.c_str());
    out += line;
    const std::string band = band_text(r);
    if (!band.empty()) out += "  " + band;
    if (!r.note.empty()) out += (band.empty() ? "  " : "; ") + r.note;
    out += "\n";
    if (r.values.size() < 2) continue;
    out += "         by seed:";
    for (double v : r.values) out += " " + number(v);
    out += "\n";
  }
  return out;
}

std::string validation_json(const std::vector<ValidationReport>& reports) {
  using Json = nlohmann::ordered_json;
  const auto finite = [](double v) { return std::isfinite(v) ? Json(v) : Json(); };
  Json all = Json::array();
  for (const ValidationReport& report : reports) {
    Json rows = Json::array();
    for (const ValidationRow& r : report.rows) {
      Json values = Json::array();
      for (double v : r.values) values.push_back(finite(v));
      rows.push_back({{"name", r.name},
                      {"unit", r.unit},
                      {"mean", finite(readout::mean(r.values))},
                      {"values", values},
                      {"low", finite(r.low)},
                      {"high", finite(r.high)},
                      {"widened_by", finite(r.widened_by)},
                      {"knock_out", r.knock_out},
                      {"judged", r.judged},
                      {"pass", r.pass},
                      {"source", r.source},
                      {"note", r.note}});
    }
    all.push_back(
        {{"name", report.name}, {"wall_s", report.wall_s}, {"pass", report.pass()}, {"rows", rows}});
  }
  return all.dump(1);
}

}  // namespace penfield
