// The cortical microcircuit of T. C. Potjans and M. Diesmann, Cereb. Cortex 24:785 (2014): 77,169 cells, 0.3
// G synapses, parameters of INM-6/microcircuit-PD14-model. The published rates are those of the Poisson
// background, which is what is judged; the constant background of equal mean gives other rates (L4E 6 %
// lower, L5E 5 % higher) and is only shown.
//
// A reference file (--reference) holds distributions over neurons from another simulator, as JSON:
//   {"measured_s": 900, "populations": {"L23E": {"rate_Hz": [one number a neuron], "cv_isi": [...]}, ...}}
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/readout/spike_statistics.hpp"
#include "host/record/file.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/network_runs.hpp"
#include "host/validate/rows.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

namespace {

constexpr const char* kSource =
    "Potjans & Diesmann, Cereb Cortex 24:785 (2014); rates of INM-6/microcircuit-PD14-model";
constexpr const char* kModel = "INM-6/microcircuit-PD14-model, figures";
constexpr std::size_t kNumPopulations = 8;
constexpr double kFullBudget_s = 0.0,
                 kQuickBudget_s = 330.0;  // wall time of the quick form's main run, building included
// The table below is of 15 min. Runs of a minute know each rate worse, which blurs two seeds alike; shorter
// ones are not held against it.
constexpr double kComparableTime_s = 60.0;

/// What is published about one population.
struct Published {
  const char* name;
  double rate_Hz;
  double share;           ///< of the rate: half the band's width
  double ks_rate, ks_cv;  ///< KS distance between seeds, 15 min
  double cv_mode;
};
constexpr Published kPublished[kNumPopulations] = {
    {"L23E", 0.903, 0.08, 0.02, 0.01, 0.95}, {"L23I", 2.965, 0.05, 0.02, 0.02, 0.90},
    {"L4E", 4.414, 0.05, 0.01, 0.01, 0.90},  {"L4I", 5.876, 0.05, 0.01, 0.01, 0.90},
    {"L5E", 7.569, 0.05, 0.02, 0.02, 0.85},  {"L5I", 8.633, 0.08, 0.03, 0.03, 0.80},
    {"L6E", 1.105, 0.08, 0.02, 0.01, 0.95},  {"L6I", 7.829, 0.05, 0.02, 0.02, 0.85}};
constexpr double kWeightedRate_Hz = 3.24;
constexpr double kWeightedShare = 0.03;

struct Reference {
  double measured_s = 0.0;
  std::vector<double> rate_Hz[kNumPopulations], cv[kNumPopulations];
};

Reference read_reference(const std::filesystem::path& path) {
  try {
    const auto json = nlohmann::json::parse(read_text_file(path, std::uint64_t{512} << 20));
    Reference out;
    out.measured_s = json.at("measured_s").get<double>();
    for (std::size_t p = 0; p < kNumPopulations; ++p) {
      const auto& population = json.at("populations").at(kPublished[p].name);
      out.rate_Hz[p] = population.at("rate_Hz").get<std::vector<double>>();
      out.cv[p] = population.at("cv_isi").get<std::vector<double>>();
    }
    return out;
  } catch (const nlohmann::json::exception& e) {
    throw Error(ExitCode::input_file,
                "not a reference for pd14 (" + path.string() + "): " + e.what() +
                    "; it needs measured_s and, for each of the eight populations, rate_Hz and cv_isi");
  }
}

std::string text(const char* pattern, double value) {
  char out[96];
  std::snprintf(out, sizeof out, pattern, value);
  return out;
}

using Runs = std::vector<NetworkState>;

std::vector<double> over_seeds(const Runs& runs, const std::function<double(const NetworkState&)>& f) {
  std::vector<double> out;
  for (const NetworkState& run : runs) out.push_back(f(run));
  return out;
}

void add_rates(const ValidateOptions& options, const Runs& runs, ValidationReport& report) {
  for (std::size_t p = 0; p < kNumPopulations; ++p) {
    const auto rates = over_seeds(runs, [p](const NetworkState& r) { return r.populations[p].mean_Hz; });
    const auto errors =
        over_seeds(runs, [p](const NetworkState& r) { return rate_error_Hz(r.populations[p]); });
    report.rows.push_back(share_row(runs.front().populations[p].name + " rate", "Hz", rates,
                                    kPublished[p].rate_Hz, kPublished[p].share,
                                    options.quick ? readout::mean(errors) : 0.0, kSource));
  }
  const auto mean = over_seeds(runs, [](const NetworkState& r) { return r.mean_Hz(); });
  const auto errors = over_seeds(runs, [](const NetworkState& r) { return r.rate_error_Hz(); });
  report.rows.push_back(share_row("rate over all cells", "Hz", mean, kWeightedRate_Hz, kWeightedShare,
                                  options.quick ? readout::mean(errors) : 0.0, kSource));
  const auto correlation = over_seeds(runs, [](const NetworkState& r) {
    double largest = 0.0;
    for (const PopulationState& q : r.populations) largest = std::max(largest, std::fabs(q.correlation));
    return largest;
  });
  report.rows.push_back(
      make_row("mean pair correlation, largest population", "", correlation, 0.0, 0.01, 0.0, kModel));
}

void add_irregularity(const Runs& runs, ValidationReport& report) {
  for (std::size_t p = 0; p < kNumPopulations; ++p) {
    const auto modes = over_seeds(runs, [p](const NetworkState& r) { return r.populations[p].mode_cv; });
    report.rows.push_back(shown_row(runs.front().populations[p].name + " mode of CV", "", modes,
                                    text("%.2f read off the model's figure", kPublished[p].cv_mode)));
  }
}

/// Distances to the next seed, and to a reference.
void add_distances(const Runs& runs, const Reference* reference, ValidationReport& report) {
  const double measured_s = runs.front().measured_s;
  const auto add = [&](const std::string& name, std::vector<double> values, double table, bool comparable,
                       const std::string& why) {
    ValidationRow row = make_row(name, "", std::move(values), 0.0, 2.0 * table, 0.0, kModel);
    row.judged = comparable;
    if (!comparable) row.note = why;
    report.rows.push_back(std::move(row));
  };
  for (std::size_t p = 0; p < kNumPopulations; ++p) {
    const std::string& name = runs.front().populations[p].name;
    std::vector<double> rates, cvs;
    for (std::size_t k = 1; k < runs.size(); ++k) {
      rates.push_back(
          readout::ks_distance(runs[k - 1].populations[p].rate_Hz, runs[k].populations[p].rate_Hz));
      cvs.push_back(readout::ks_distance(runs[k - 1].populations[p].cv, runs[k].populations[p].cv));
    }
    const bool long_enough = measured_s >= kComparableTime_s - 1.0;
    const std::string why = text("the table is of 15 min, this run measured %.3g s", measured_s);
    if (!rates.empty()) {
      add(name + " KS of rates between seeds", rates, kPublished[p].ks_rate, long_enough, why);
      add(name + " KS of CVs between seeds", cvs, kPublished[p].ks_cv, long_enough, why);
    }
    if (reference == nullptr) continue;
    const bool same = std::fabs(reference->measured_s - measured_s) < 0.05 * measured_s;
    const std::string apart =
        text("the reference measured %.3g s", reference->measured_s) + text(", this run %.3g s", measured_s);
    add(name + " KS of rates to the reference",
        over_seeds(runs,
                   [&](const NetworkState& r) {
                     return readout::ks_distance(r.populations[p].rate_Hz, reference->rate_Hz[p]);
                   }),
        kPublished[p].ks_rate, same, apart);
    add(name + " KS of CVs to the reference",
        over_seeds(runs,
                   [&](const NetworkState& r) {
                     return readout::ks_distance(r.populations[p].cv, reference->cv[p]);
                   }),
        kPublished[p].ks_cv, same, apart);
  }
}

/// With inhibition weaker by a quarter it is another network. The quick form knocks out a tenth of it, whose
/// rates are not those of the whole: it is judged by the intact tenth.
void add_weak_inhibition(const ValidateOptions& options, ValidationReport& report) {
  NetworkProtocol weak{options.quick ? "pd14_tenth_weak_inhibition" : "pd14_weak_inhibition", 1, 0.3, 2.3};
  weak.may_run_away = true;
  double published_Hz = kWeightedRate_Hz;
  std::string source = kSource;
  if (options.quick) {
    published_Hz = run_network(options, {"pd14_tenth", 1, 0.3, 2.3}).mean_Hz();
    source = "a tenth of the cells and synapses: the same tenth, intact";
  }
  report.rows.push_back(knock_out(share_row("knock-out: inhibition g -3, rate over all cells", "Hz",
                                            {run_network(options, weak).mean_Hz()}, published_Hz,
                                            kWeightedShare, 0.0, source)));
}

}  // namespace

ValidationReport validate_pd14(const ValidateOptions& options) {
  ValidationReport report{"pd14", {}, 0.0};
  Reference reference;
  if (!options.reference.empty()) reference = read_reference(options.reference);
  Runs runs;
  for (std::uint32_t seed : seeds_of(options, 10, 1)) {
    NetworkProtocol protocol{"pd14_poisson", seed, 0.5, options.quick ? 10.5 : 60.5};
    protocol.wall_budget_s = options.quick ? kQuickBudget_s : kFullBudget_s;
    runs.push_back(run_network(options, protocol));
  }
  add_rates(options, runs, report);
  add_weak_inhibition(options, report);
  report.rows.push_back(make_row("peak resident memory", "GB",
                                 over_seeds(runs, [](const NetworkState& r) { return r.peak_GB; }), 0.0, 6.0,
                                 0.0, "what a laptop has to spare"));
  report.rows.push_back(
      shown_row("wall time over simulated time", "",
                over_seeds(runs, [](const NetworkState& r) { return r.real_time_factor(); }),
                text("measured %.3g s", runs.front().measured_s) + " after 0.5 s that were discarded"));
  add_irregularity(runs, report);
  add_distances(runs, options.reference.empty() ? nullptr : &reference, report);
  if (!options.quick) {
    const NetworkState constant = run_network(options, {"pd14", 1, 0.5, 10.5});
    for (std::size_t p = 0; p < kNumPopulations; ++p)
      report.rows.push_back(shown_row(constant.populations[p].name + " rate, constant background", "Hz",
                                      {constant.populations[p].mean_Hz},
                                      text("%.4g Hz with Poisson background", kPublished[p].rate_Hz)));
  }
  return report;
}

}  // namespace penfield
