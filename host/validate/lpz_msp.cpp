// Repair by structural plasticity: the middle of a balanced sheet loses its afferents. Butz & van Ooyen (PLoS
// Comput Biol 9:e1003259, 2013) describe what follows: axons around the lesion sprout beyond their intact
// number and are pruned later; new synapses form at its rim first, and then from the rim towards the centre;
// rates come back. In a balanced network that takes opposite growth rules for excitatory and inhibitory
// cells, and for axons and dendrites (Sinha et al., eLife 2021, PMC8195387): with equal rules for all
// elements it fails.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <mutex>

#include "host/build/build_network.hpp"
#include "host/readout/spike_statistics.hpp"
#include "host/record/file.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/measure.hpp"
#include "host/run/raw_growth.hpp"
#include "host/run/raw_run.hpp"
#include "host/scenario/scenario_json.hpp"
#include "host/validate/entries.hpp"
#include "host/validate/line_chart.hpp"
#include "host/validate/rows.hpp"
#include "host/validate/run_cache.hpp"

namespace penfield {

namespace {

constexpr const char* kButz = "Butz & van Ooyen, PLoS Comput Biol 9:e1003259 (2013); band of this project";
constexpr const char* kSinha = "Sinha et al., eLife 2021, PMC8195387; band of this project";
constexpr std::uint32_t kExcitatory = 1;  ///< population S1/E
constexpr double kRim_mm = 0.125, kPeri_mm = 0.2, kFar_mm = 0.3;
constexpr double kLesion_s = 120.0, kWindow_s = 60.0;      ///< rates are means over a minute
constexpr double kAfter_s = 600.0, kQuickAfter_s = 300.0;  ///< of repair
constexpr std::size_t kSmooth = 10;                        ///< seconds

/// Of intact, for a rate that has come back; above, the network has run away, which is no repair either.
constexpr double kLeastRate = 0.8, kMostRate = 1.25, kMostDistance = 0.25;

enum Zone : std::size_t { centre, rim, peri, far, kZones };
enum class Rules { opposite, equal, half_as_fast };

struct Job {
  std::uint32_t seed;
  Rules rules;
};

/// By second of the run.
struct Curves {
  std::array<std::vector<double>, kZones> rate_Hz, axonal, dendritic, inhibitory,
      synapses;                         ///< mean over the zone's cells
  std::vector<double> centre_times_s;   ///< of new synapses of E to E since the lesion, ascending
  std::vector<double> centre_from_rim;  ///< [of centre_times_s] 1: its source lies in the rim

  RunNumbers pack() const;
  static Curves of(const RunNumbers& n);
};

RunNumbers Curves::pack() const {
  RunNumbers n;
  for (std::size_t z = 0; z < kZones; ++z) {
    const std::string zone = std::to_string(z);
    n["rate" + zone] = rate_Hz[z];
    n["axonal" + zone] = axonal[z];
    n["dendritic" + zone] = dendritic[z];
    n["inhibitory" + zone] = inhibitory[z];
    n["synapses" + zone] = synapses[z];
  }
  n["centre_times"] = centre_times_s;
  n["centre_from_rim"] = centre_from_rim;
  return n;
}

Curves Curves::of(const RunNumbers& n) {
  Curves c;
  for (std::size_t z = 0; z < kZones; ++z) {
    const std::string zone = std::to_string(z);
    c.rate_Hz[z] = n.at("rate" + zone);
    c.axonal[z] = n.at("axonal" + zone);
    c.dendritic[z] = n.at("dendritic" + zone);
    c.inhibitory[z] = n.at("inhibitory" + zone);
    c.synapses[z] = n.at("synapses" + zone);
  }
  c.centre_times_s = n.at("centre_times");
  c.centre_from_rim = n.at("centre_from_rim");
  return c;
}

/// [cell] by how far it lies inside or outside the border of the lost part; kZones: in no zone.
std::vector<std::size_t> zones_of(const Scenario& scenario, const Population& cells) {
  const BodyPartSpec& lost = scenario.body->parts.at(0);
  std::vector<std::size_t> out;
  for (std::uint32_t i = 0; i < cells.view.n; ++i) {
    const double x = static_cast<double>(cells.x_mm[i]) - lost.x_mm,
                 y = static_cast<double>(cells.y_mm[i]) - lost.y_mm;
    const double outside = std::max({-x, x - lost.width_mm, -y, y - lost.height_mm});
    out.push_back(outside < -kRim_mm    ? centre
                  : outside < 0.0       ? rim
                  : outside <= kPeri_mm ? peri
                  : outside >= kFar_mm  ? far
                                        : kZones);
  }
  return out;
}

template <class Values>
void add_means(const std::vector<std::size_t>& zone, const Values& values,
               std::array<std::vector<double>, kZones>& to) {
  std::array<double, kZones> sum{}, n{};
  for (std::size_t i = 0; i < zone.size(); ++i) {
    if (zone[i] == kZones) continue;
    sum[zone[i]] += static_cast<double>(values[i]);
    n[zone[i]] += 1.0;
  }
  for (std::size_t z = 0; z < kZones; ++z) to[z].push_back(sum[z] / n[z]);
}

Curves simulate(const ValidateOptions& options, const Scenario& scenario) {
  Network network = build_network(scenario, build_options(DeviceChoice::cpu, 1));
  EngineChoice choice = make_engine(network, DeviceChoice::cpu, 1);
  const std::vector<std::size_t> zone = zones_of(scenario, *network.populations[kExcitatory]);
  Curves out;
  std::vector<std::uint32_t> spikes(zone.size(), 0);
  RawRun raw(scenario, network, *choice.engine);
  raw.send_spikes([&](const std::vector<Spike>& all) {
    for (const Spike& s : all) ++spikes[s.neuron];
  });
  const RawGrowth& growth = raw.growth();
  std::size_t seen = 0;
  const auto look = [&] {
    check_stop(options);
    const GrowthRecord& record = growth.records().at(0);
    if (record.time_s.size() == seen) return false;
    seen = record.time_s.size();
    add_means(zone, spikes, out.rate_Hz);
    std::fill(spikes.begin(), spikes.end(), 0u);
    add_means(zone, growth.axonal(0).elements(), out.axonal);
    add_means(zone, growth.dendritic(0).elements(), out.dendritic);
    add_means(zone, growth.dendritic(1).elements(), out.inhibitory);
    add_means(zone, growth.dendritic(0).synapses(), out.synapses);
    const double now_s = record.time_s.back();
    if (now_s <= kLesion_s) return false;
    for (const FormedSynapse& f : growth.latest(0).formed) {
      if (zone[f.target] != centre) continue;
      out.centre_times_s.push_back(now_s - kLesion_s);
      out.centre_from_rim.push_back(zone[f.source] == rim ? 1.0 : 0.0);
    }
    return false;
  };
  raw.run({}, look);
  return out;
}

struct Outcome {
  double intact_Hz = 0.0;              ///< of the lesioned zone, in the minute before
  double lost = 0.0, recovered = 0.0;  ///< its rate, of that: right afterwards; in the last minute
  double distance = 0.0;               ///< of the last from 1: silence and run-away alike are no repair
  double overshoot = 0.0,
         kept = 0.0;         ///< axonal elements around it: peak over intact; share of that at the end
  double rim_first_s = 0.0;  ///< half of the centre's gain of inputs after half of the rim's
  double inwards = 0.0;      ///< of new synapses onto the centre from the rim: later half minus first
};

double mean_between(const std::vector<double>& v, double from_s, double to_s) {
  double sum = 0.0, n = 0.0;
  for (std::size_t k = 0; k < v.size(); ++k) {
    const double t = static_cast<double>(k + 1);
    if (t <= from_s || t > to_s) continue;
    sum += v[k];
    n += 1.0;
  }
  return sum / n;
}

/// When, after the lesion, excitatory inputs a cell have come half the way from their fewest to their most.
double half_gained_s(const std::vector<double>& synapses) {
  const auto lesion = synapses.begin() + static_cast<std::ptrdiff_t>(kLesion_s);
  const auto most = std::max_element(lesion, synapses.end());
  const auto fewest = std::min_element(lesion, most + 1);
  const double half = 0.5 * (*fewest + *most);
  return static_cast<double>(std::find_if(fewest, most, [&](double n) { return n >= half; }) - lesion);
}

Outcome read(const Curves& c, const std::array<double, 2>& cells) {
  Outcome out;
  const auto end_s = static_cast<double>(c.rate_Hz[0].size());
  const auto in_zone = [&](double from_s, double to_s) {
    return (cells[0] * mean_between(c.rate_Hz[centre], from_s, to_s) +
            cells[1] * mean_between(c.rate_Hz[rim], from_s, to_s)) /
           (cells[0] + cells[1]);
  };
  out.intact_Hz = in_zone(kLesion_s - kWindow_s, kLesion_s);
  out.lost = in_zone(kLesion_s, kLesion_s + 10.0) / out.intact_Hz;
  out.recovered = in_zone(end_s - kWindow_s, end_s) / out.intact_Hz;
  out.distance = std::fabs(out.recovered - 1.0);
  const double intact = mean_between(c.axonal[peri], kLesion_s - kWindow_s, kLesion_s);
  double peak = 0.0;
  for (double t = kLesion_s + static_cast<double>(kSmooth); t <= end_s; t += 1.0)
    peak = std::max(peak, mean_between(c.axonal[peri], t - static_cast<double>(kSmooth), t));
  out.overshoot = peak / intact;
  out.kept = (mean_between(c.axonal[peri], end_s - kWindow_s, end_s) - intact) / (peak - intact);
  out.rim_first_s = half_gained_s(c.synapses[centre]) - half_gained_s(c.synapses[rim]);
  const std::size_t half = c.centre_from_rim.size() / 2;
  double early = 0.0, late = 0.0;
  for (std::size_t k = 0; k < 2 * half; ++k) (k < half ? early : late) += c.centre_from_rim[k];
  out.inwards = half > 0 ? (late - early) / static_cast<double>(half) : std::nan("");
  return out;
}

std::vector<std::string> settings(const Job& job, double after_s) {
  const bool slow = job.rules == Rules::half_as_fast;
  char until[48];
  std::snprintf(until, sizeof until, "until=\"%g s\"", kLesion_s + after_s * (slow ? 2.0 : 1.0));
  std::vector<std::string> sets = {"seed=" + std::to_string(job.seed), until};
  for (const char* structure : {"excitatory", "inhibitory"})
    for (const char* kind : {"axonal", "dendritic"}) {
      const std::string path = std::string("structure[") + structure + "]." + kind;
      if (slow) sets.push_back(path + ".rate_per_s=0.25");
      // The rule of excitatory dendrites for all: grow below the set-point.
      if (job.rules == Rules::equal) sets.push_back(path + ".eta=0");
    }
  return sets;
}

const char* name_of(Rules rules) {
  return rules == Rules::opposite ? "opposite rules" : rules == Rules::equal ? "equal rules" : "half as fast";
}

struct Result {
  Curves curves;
  Outcome outcome;
};

Result run(const ValidateOptions& options, const Job& job, std::mutex& saying) {
  check_stop(options);
  const Scenario scenario = load_scenario((options.scenarios / "validation" / "lpz_msp.json").string(),
                                          settings(job, options.quick ? kQuickAfter_s : kAfter_s));
  const RunCache cache(options.cache, scenario, "lpz_msp");
  const auto kept = cache.find();
  Result result;
  result.curves = kept ? Curves::of(*kept) : simulate(options, scenario);
  if (!kept) cache.keep(result.curves.pack());
  const double side_mm = scenario.body->parts.at(0).width_mm, inner_mm = side_mm - 2.0 * kRim_mm;
  result.outcome = read(result.curves, {inner_mm * inner_mm, side_mm * side_mm - inner_mm * inner_mm});
  const Outcome& o = result.outcome;
  const std::lock_guard<std::mutex> lock(saying);
  if (!options.say) return result;
  char text[256];
  std::snprintf(
      text, sizeof text,
      "seed %u, %s%s: %.3g Hz intact, then %.3g of it, %.3g at the end; axons around x%.3g, of which %.2g "
      "stays; rim %.3g s before the centre",
      job.seed, name_of(job.rules), kept ? " (kept from an earlier run)" : "", o.intact_Hz, o.lost,
      o.recovered, o.overshoot, o.kept, o.rim_first_s);
  options.say(text);
  return result;
}

void draw(const ValidateOptions& options, const Curves& c) {
  if (options.cache.empty()) return;
  static constexpr const char* kNames[] = {"centre", "rim", "around", "far away"};
  static constexpr const char* kColours[] = {"#c8553d", "#e9a23b", "#2f7f75", "#8d99a6"};
  const auto panel = [&](const char* title, const char* label,
                         const std::array<std::vector<double>, kZones>& of, bool relative) {
    ChartPanel out{title, label, {}, relative ? 1.0 : 0.0, "lesion", kLesion_s};
    for (std::size_t z = 0; z < kZones; ++z) {
      ChartCurve curve{kNames[z], kColours[z], {}, {}};
      const double unit = relative ? mean_between(of[z], kLesion_s - kWindow_s, kLesion_s) : 1.0;
      for (std::size_t k = kSmooth; k <= of[z].size(); k += kSmooth) {
        curve.x.push_back(static_cast<double>(k));
        curve.y.push_back(mean_between(of[z], static_cast<double>(k - kSmooth), static_cast<double>(k)) /
                          unit);
      }
      out.curves.push_back(std::move(curve));
    }
    return out;
  };
  write_file_atomically(
      options.cache / "lpz_msp.svg",
      line_chart_svg(
          "Repair of a lesion by structural plasticity",
          "Means over excitatory cells by zone; elements relative to the minute before the lesion. Seed 1.",
          "time, s (elements grow much faster than in cortex)",
          {panel("Rate", "Hz", c.rate_Hz, false), panel("Axonal elements", "of intact", c.axonal, true),
           panel("Dendritic elements for excitation", "of intact", c.dendritic, true),
           panel("Dendritic elements for inhibition", "of intact", c.inhibitory, true)}));
}

}  // namespace

ValidationReport validate_lpz_msp(const ValidateOptions& options) {
  ValidationReport report{"lpz_msp", {}, 0.0};
  std::vector<Job> jobs;
  for (const std::uint32_t seed : seeds_of(options, 5, 1))
    for (const Rules rules : {Rules::opposite, Rules::equal}) jobs.push_back({seed, rules});
  if (!options.quick) jobs.push_back({1, Rules::half_as_fast});
  std::vector<Result> results(jobs.size());
  std::mutex saying;
  spread_over_cores(options, jobs.size(), [&](std::size_t k) { results[k] = run(options, jobs[k], saying); });
  draw(options, results.front().curves);
  const auto row = [&](const char* name, const char* unit, Rules rules, double Outcome::*what, double low,
                       double high, const char* source) {
    std::vector<double> values;
    for (std::size_t k = 0; k < jobs.size(); ++k)
      if (jobs[k].rules == rules) values.push_back(results[k].outcome.*what);
    return make_row(name, unit, values, low, high, 0.0, source);
  };
  using O = Outcome;
  auto& rows = report.rows;
  rows.push_back(row("rate of the lesioned zone right afterwards, of intact", "", Rules::opposite, &O::lost,
                     0.0, 0.5, "band of this project"));
  rows.push_back(
      row("... in the last minute", "", Rules::opposite, &O::recovered, kLeastRate, kMostRate, kSinha));
  rows.push_back(
      row("... distance of that from 1", "", Rules::opposite, &O::distance, 0.0, kMostDistance, kSinha));
  rows.push_back(row("axonal elements around it: peak, of intact", "", Rules::opposite, &O::overshoot, 1.05,
                     kOpenEnd, kButz));
  rows.push_back(
      row("... share of the overshoot that stays", "", Rules::opposite, &O::kept, -kOpenEnd, 0.5, kButz));
  rows.push_back(row("half of the new inputs: the centre's after the rim's", "s", Rules::opposite,
                     &O::rim_first_s, 5.0, kOpenEnd, kButz));
  rows.push_back(row("... onto the centre from the rim: later minus earlier half", "", Rules::opposite,
                     &O::inwards, 0.05, kOpenEnd, kButz));
  rows.push_back(knock_out(row("knock-out: equal rules, distance of that from 1", "", Rules::equal,
                               &O::distance, 0.0, kMostDistance, kSinha)));
  if (options.quick) return report;
  rows.push_back(row("half as fast, one seed: rate in the last minute", "", Rules::half_as_fast,
                     &O::recovered, kLeastRate, kMostRate, kSinha));
  rows.push_back(row("... axonal elements around it: peak, of intact", "", Rules::half_as_fast, &O::overshoot,
                     1.05, kOpenEnd, kButz));
  rows.push_back(
      row("... share of the overshoot that stays", "", Rules::half_as_fast, &O::kept, -kOpenEnd, 0.5, kButz));
  return report;
}

}  // namespace penfield
