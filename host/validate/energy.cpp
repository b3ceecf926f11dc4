// What spikes cost. The textbook's sum: a million cells at 5 Hz for an hour, 2 nJ a spike. The budget: shares
// of spikes, synapses and rest at 4 Hz, from the costs of single events that Attwell & Laughlin (2001) and
// Howarth et al. (2012) add up. Spikes and synaptic events are those that the simulation counted.
#include <cmath>
#include <cstdio>

#include "host/build/build_network.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/run/energy_meter.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"

namespace penfield {

namespace {

constexpr const char* kTextbook = "1e6 cells x 5 Hz x 3600 s x 2 nJ";
constexpr const char* kRodent = "Attwell & Laughlin, J Cereb Blood Flow Metab 21:1133 (2001)";
constexpr const char* kRevised = "Howarth, Gleeson & Attwell, J Cereb Blood Flow Metab 32:1222 (2012)";
constexpr double kHour_s = 3600.0;
constexpr double kPoints = 0.05;  ///< how far a share may lie from the published one

/// What a run of one population has counted.
struct Counted {
  readout::EnergyCounts counts;
  double time_s = 0.0, cells = 0.0;

  double rate_Hz() const { return counts.spikes / counts.cell_s; }
};

Counted run(const ValidateOptions& options, const std::string& name, std::vector<std::string> sets) {
  check_stop(options);
  const Scenario scenario =
      load_scenario((options.scenarios / "validation" / (name + ".json")).string(), sets);
  const RunCache cache(options.cache, scenario, "energy counts");
  Counted out;
  out.cells = scenario.populations[0].n;
  if (const auto kept = cache.find()) {
    const std::vector<double>& v = kept->at("counts");
    out.counts = {v.at(0), v.at(1), v.at(2), v.at(3), v.at(4)};
    out.time_s = v.at(5);
    return out;
  }
  Network network = build_network(scenario, build_options(DeviceChoice::automatic, options.threads));
  const EngineChoice choice = make_engine(network, DeviceChoice::automatic, options.threads);
  RawRun raw(scenario, network, *choice.engine);
  raw.run({}, [&] {
    check_stop(options);
    return false;
  });
  const readout::EnergySample& end = raw.records().energy.back();
  out.counts = end.populations.at(0);
  out.time_s = end.time_s;
  const readout::EnergyCounts& c = out.counts;
  cache.keep({{"counts", {c.spikes, c.releases, c.receptions, c.updates, c.cell_s, out.time_s}}});
  if (options.say) {
    char text[128];
    std::snprintf(text, sizeof text, "%s: %.0f spikes and %.0f synaptic events in %g s", name.c_str(),
                  c.spikes, c.releases, out.time_s);
    options.say(text);
  }
  return out;
}

/// The prices of a budget: those that a scenario has which names nothing but whose they are.
readout::EnergyCosts budget(const ValidateOptions& options, const char* figures) {
  const std::vector<std::string> sets = {std::string("energy.figures=\"") + figures + "\""};
  return energy_costs(
      *load_scenario((options.scenarios / "validation/energy_budget.json").string(), sets).energy);
}

/// Share of a term, in the order of readout::kEnergyTermNames.
double share(const readout::EnergyCosts& costs, const Counted& run, std::size_t term) {
  const readout::EnergyTerms terms = readout::energy_of(costs, run.counts);
  return terms[term] / readout::sum_of(terms);
}

enum Term : std::size_t { spikes, postsynaptic, release, recycling, rest };

}  // namespace

ValidationReport validate_energy(const ValidateOptions& options) {
  ValidationReport report{"energy", {}, 0.0};
  const auto add = [&](ValidationRow row) { report.rows.push_back(std::move(row)); };

  // An hour is the run's own length times a whole number: the rate is constant.
  const std::string until = options.quick ? "until=\"1 s\"" : "until=\"2 s\"";
  std::vector<double> hour_J;
  double counted = 0.0;
  for (const std::uint32_t seed : seeds_of(options, 5, 1)) {
    const Counted c = run(options, "energy_textbook", {"seed=" + std::to_string(seed), until});
    hour_J.push_back(2e-9 * c.counts.spikes * kHour_s / c.time_s);
    counted += c.counts.spikes;
  }
  const double mean_J = readout::mean(hour_J), seeds = static_cast<double>(hour_J.size());
  const double error_J = mean_J / std::sqrt(counted);  // of the mean: spikes are independent
  add(share_row("textbook: an hour of 1e6 cells at 5 Hz", "J", hour_J, 36.0, 1e-3,
                seeds < 5.0 ? 2.0 * error_J : 0.0, kTextbook));
  add(shown_row(
      "... standard error of the mean, from the spikes' number", "J", {error_J},
      "1 to 2 s were simulated, at 0.1 ms: a relay fires at most once in a step, which takes 0.025 %"));
  for (const double price_nJ : {0.06, 0.2}) {
    char name[64];
    std::snprintf(name, sizeof name, "knock-out: %g nJ a spike (%s)", price_nJ,
                  price_nJ < 0.1 ? "rodent" : "human");
    add(knock_out(share_row(name, "J", {mean_J * price_nJ / 2.0}, 36.0, 1e-3, 0.0, kTextbook)));
  }

  const Counted at_4 = run(options, "energy_budget", {});
  const Counted at_1 = run(options, "energy_budget", {"stimuli[0].poisson.rate_Hz=1"});
  const Counted sparse =
      run(options, "energy_budget", {"projections[recurrent].rule.fixed_out_degree.out_degree=1000"});
  add(shown_row("budget: rate of the cells", "Hz", {at_4.rate_Hz()}, "asked for: 4 Hz"));
  struct Published {
    const char* name;
    Term term;
    double share;
  };
  const auto judge = [&](const char* of, const char* figures, const char* source,
                         std::initializer_list<Published> all) {
    const readout::EnergyCosts costs = budget(options, figures);
    const auto row = [&](const std::string& name, const Counted& c, const Published& p) {
      return make_row(name, "", {share(costs, c, p.term)}, p.share - kPoints, p.share + kPoints, 0.0, source);
    };
    for (const Published& p : all) add(row(std::string(of) + ": share of " + p.name, at_4, p));
    return costs;
  };
  const Published rests{"rest", rest, 0.13}, ions{"postsynaptic ions", postsynaptic, 0.34};
  const readout::EnergyCosts rodent =
      judge("rodent", "attwell_laughlin_2001", kRodent,
            {{"spikes", spikes, 0.47}, ions, rests, {"recycling", recycling, 0.03}});
  add(shown_row("rodent: share of release", "", {share(rodent, at_4, release)}, "no share in the abstract"));
  const double per_cell_W = readout::sum_of(readout::energy_of(rodent, at_4.counts)) / at_4.counts.cell_s;
  add(share_row("rodent: a cell and its glia", "nW", {1e9 * per_cell_W}, 3.29e9 * 50e3 / 6.02214076e23 * 1e9,
                0.05, 0.0, "3.29e9 ATP/s at 4 Hz: BioNumbers 108672"));
  judge("revised", "howarth_2012", kRevised,
        {{"postsynaptic ions", postsynaptic, 0.50},
         {"spikes", spikes, 0.21},
         {"rest", rest, 0.20},
         {"release", release, 0.05},
         {"recycling", recycling, 0.04}});
  add(knock_out(make_row("knock-out: 1 Hz, rodent: share of rest", "", {share(rodent, at_1, rest)},
                         rests.share - kPoints, rests.share + kPoints, 0.0, kRodent)));
  add(knock_out(make_row("knock-out: 1,000 synapses, rodent: postsynaptic ions", "",
                         {share(rodent, sparse, postsynaptic)}, ions.share - kPoints, ions.share + kPoints,
                         0.0, kRodent)));
  return report;
}

}  // namespace penfield
