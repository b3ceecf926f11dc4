#include "host/run/study_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "host/run/session_progress.hpp"
#include "host/run/study_output.hpp"

namespace penfield {

namespace {

constexpr double kHour_s = 3600.0, kDay_s = 86400.0, kWeek_s = 7.0 * kDay_s;

bool is_lost(const Scenario& scenario, const std::string& part) {
  return std::any_of(scenario.timeline.begin(), scenario.timeline.end(), [&](const EventSpec& e) {
    return e.kind == EventSpec::Kind::amputate && e.enabled && e.part == part;
  });
}

bool has_infarct(const Scenario& scenario) {
  return std::any_of(scenario.timeline.begin(), scenario.timeline.end(),
                     [](const EventSpec& e) { return e.kind == EventSpec::Kind::infarct; });
}

std::string label_of(const MapPoint& m) {
  if (m.intact) return "intact";
  const double weeks = m.time_s / kWeek_s;
  if (weeks >= 1.0 && std::fabs(weeks - std::round(weeks)) < 1e-6)
    return "week " + std::to_string(static_cast<long>(std::round(weeks)));
  return m.time_s < 1.0 ? "0 h" : time_point_text(m.time_s);
}

void add_maps(ReportData& data, const Scenario& scenario, const StudyResult& result) {
  const readout::BinGrid& grid = result.map.baseline.grid;
  const std::string& of = scenario.probes.front().of;
  data.sheet.area = of.substr(0, of.find('/'));
  data.sheet.num_x = grid.num_x;
  data.sheet.num_y = grid.num_y;
  data.sheet.bin_mm = grid.bin_mm;
  data.sheet.width_mm = grid.width_mm;
  data.sheet.height_mm = grid.height_mm;
  data.sheet.threshold_Hz = result.map.theta_Hz;
  for (const readout::Part& p : result.map.parts)
    data.parts.push_back({p.name, "", p.x_mm, p.y_mm, p.width_mm, p.height_mm, is_lost(scenario, p.name)});
  for (const MapPoint& m : result.maps) {
    ReportFrame frame;
    frame.time_s = m.time_s;
    frame.label = label_of(m);
    frame.intact = m.intact;
    for (std::uint32_t w : m.winner)
      frame.winner.push_back(w == readout::kSilentBin  ? kReportSilent
                             : w == readout::kEmptyBin ? kReportNoNeurons
                                                       : static_cast<std::int16_t>(w));
    frame.best_response_Hz = m.best_response_Hz;
    data.frames.push_back(std::move(frame));
  }
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g %%", 100.0 * share);
  return text;
}

/// `scale` times a member over the points of a run.
template <class Point>
ReportSeries series(const std::string& name, const std::vector<Point>& points, double Point::*member,
                    double scale = 1.0) {
  ReportSeries s;
  s.name = name;
  for (const Point& p : points) {
    s.time_s.push_back(p.time_s);
    s.value.push_back(scale * p.*member);
  }
  return s;
}

template <class Point>
ReportCurve& add_curve(ReportData& data, const std::string& name, const std::string& unit,
                       const std::string& meaning, const std::vector<Point>& points, double Point::*member,
                       double scale = 1.0) {
  const ReportSeries s = series(name, points, member, scale);
  ReportCurve curve;
  curve.name = name;
  curve.unit = unit;
  curve.meaning = meaning;
  curve.time_s = s.time_s;
  curve.value = s.value;
  data.curves.push_back(std::move(curve));
  return data.curves.back();
}

ReportBand to_band(const readout::Band& band, double from_s, double to_s) {
  return {band.low, band.high, band.source, from_s, to_s};
}

/// What a study shows whose map loses no part: an infarct, disuse, another field.
void add_spared_curves(ReportData& data, const StudyResult& result) {
  const auto& maps = result.maps;
  ReportCurve area;
  area.unit = "% of intact";
  area.meaning =
      "Area where the part answers best, over that of the intact map; dead cortex counts in neither.";
  for (std::size_t part = 0; part < result.map.parts.size(); ++part) {
    ReportSeries s;
    s.name = result.map.parts[part].name;
    for (const MapPoint& m : maps) {
      s.time_s.push_back(m.time_s);
      s.value.push_back(100.0 * m.spared_share[part]);
    }
    if (part > 0) {
      area.comparisons.push_back(std::move(s));
      continue;
    }
    area.name = "Area of each part";
    area.own = s.name;
    area.time_s = s.time_s;
    area.value = s.value;
  }
  area.beside_map = true;
  data.curves.push_back(std::move(area));
  add_curve(data, "Bins that keep their winner", "%", "Stability of the map.", maps,
            &MapPoint::kept_winner_share, 100.0);
  add_curve(data, "Overlap", "%", "Bins that answer two parts or more.", maps, &MapPoint::overlap, 100.0);
  add_curve(data, "Receptive field", "mm2", "Skin that drives a neuron at half its best response or more.",
            maps, &MapPoint::field_mm2);
}

void add_map_curves(ReportData& data, const StudyResult& result) {
  if (result.lost_part == readout::kNoPart) return add_spared_curves(data, result);
  const auto& maps = result.maps;
  const auto fast = readout::unmask_fast_bands(unmask_fast_values(result));
  ReportCurve& recovered =
      add_curve(data, "Recovered share of the silent area", "%",
                "Of the territory that fell silent with the loss, how much answers another body part.", maps,
                &MapPoint::recovered_share, 100.0);
  recovered.bands.push_back(to_band(fast[0], 0.0, 6.0 * kHour_s));
  ReportCurve& share =
      add_curve(data, "Share of the old territory near its borders", "%",
                "Of the lost part's territory within 1.5 mm of its borders, how much answers another part.",
                maps, &MapPoint::share_near_border, 100.0);
  share.comparisons.push_back(series("whole territory", maps, &MapPoint::share, 100.0));
  ReportCurve& shift = add_curve(data, "Border shift", "mm",
                                 "How far the neighbours' responses have moved into the territory.", maps,
                                 &MapPoint::border_shift_mm);
  shift.bands.push_back(to_band(fast[1], 0.0, 6.0 * kHour_s));
  ReportCurve& decode = add_curve(
      data, "Decoding of the lost part", "%",
      "How often a reader of a few territory cells still names the lost part when its relay is driven.", maps,
      &MapPoint::decode_lost_part, 100.0);
  decode.comparisons.push_back(series("all parts", maps, &MapPoint::decode_accuracy, 100.0));
  decode.comparisons.push_back(series("chance", maps, &MapPoint::decode_chance, 100.0));
  decode.beside_map = true;
  add_curve(data, "Response of the old territory to the lost part", "Hz",
            "Spikes that drive of the lost part's relay still calls up in its old territory.", maps,
            &MapPoint::direct_response_Hz);
  add_curve(data, "Topography of the recovered bins", "%",
            "How many recovered bins answer the nearer neighbour.", maps, &MapPoint::topography, 100.0);
  add_curve(data, "Bins elsewhere that keep their winner", "%",
            "Stability of the map outside the lost territory.", maps, &MapPoint::kept_winner_share, 100.0);
  add_curve(data, "Overlap", "%", "Bins that answer two parts or more.", maps, &MapPoint::overlap, 100.0);
  ReportCurve& field =
      add_curve(data, "Receptive field", "mm2",
                "Skin that drives a neuron at half its best response or more.", maps, &MapPoint::field_mm2);
  field.comparisons.push_back(series("old territory", maps, &MapPoint::field_territory_mm2));
}

/// Of the cortex that lost its input, or lies around an infarct.
void add_zone_curves(ReportData& data, const Scenario& scenario, const StudyResult& result, bool hurt) {
  const auto& steps = result.steps;
  const std::string zone = hurt ? "cortex within 1 mm of the infarct" : "the old territory";
  ReportCurve& rate =
      add_curve(data, "Rate of " + zone, "Hz", "Mean rate of the probed population's cells there.", steps,
                &StepPoint::zone_rate_Hz);
  rate.comparisons.push_back(series(hurt ? "1 to 2 mm" : "neighbours", steps, &StepPoint::neighbour_rate_Hz));
  rate.comparisons.push_back(series("far cortex", steps, &StepPoint::far_rate_Hz));
  if (!scenario.homeostasis.empty()) {
    add_curve(data, "Inhibition of " + zone, "% of intact",
              "Inhibitory input there: weights times source rates times gains.", steps,
              &StepPoint::inhibition, 100.0);
    add_curve(data, "Excitatory gain of " + zone, "% of intact", "Mean synaptic scaling factor there.", steps,
              &StepPoint::excitatory_gain, 100.0);
  }
  if (!scenario.structure.empty()) {
    ReportCurve& turnover =
        add_curve(data, "Synapse turnover in " + zone, "1/week",
                  "Synapses formed and deleted over twice their number.", steps, &StepPoint::turnover_zone);
    turnover.comparisons.push_back(series("far cortex", steps, &StepPoint::turnover_far));
    ReportCurve& net = add_curve(data, "New synapses per cell from outside " + zone, "",
                                 "Lateral synapses on a cell there, against the intact network.", steps,
                                 &StepPoint::net_outside_per_cell);
    net.comparisons.push_back(series("from inside", steps, &StepPoint::net_inside_per_cell));
  }
  if (hurt) {
    ReportCurve dead;
    dead.name = "Dead cells";
    dead.meaning = "The infarct's core, and what its rim loses.";
    for (const StepPoint& p : steps) {
      dead.time_s.push_back(p.time_s);
      dead.value.push_back(static_cast<double>(p.dead));
    }
    data.curves.push_back(std::move(dead));
  }
}

/// Of a study that has no such place.
void add_synapse_curves(ReportData& data, const std::vector<StepPoint>& steps) {
  ReportCurve changes;
  changes.name = "Synapses formed";
  changes.unit = "1/d";
  changes.meaning = "By all structures, and those that they deleted.";
  changes.own = "formed";
  ReportSeries deleted{"deleted", {}, {}};
  for (const StepPoint& p : steps) {
    const double days = p.step_s / kDay_s;
    changes.time_s.push_back(p.time_s);
    changes.value.push_back(static_cast<double>(p.formed) / days);
    deleted.time_s.push_back(p.time_s);
    deleted.value.push_back(static_cast<double>(p.deleted) / days);
  }
  changes.comparisons.push_back(std::move(deleted));
  data.curves.push_back(std::move(changes));
}

void add_step_curves(ReportData& data, const Scenario& scenario, const StudyResult& result) {
  const auto& steps = result.steps;
  const bool hurt = has_infarct(scenario);
  if (hurt || result.lost_part != readout::kNoPart)
    add_zone_curves(data, scenario, result, hurt);
  else if (!scenario.structure.empty())
    add_synapse_curves(data, steps);
  ReportCurve& error = add_curve(data, "Error of the macro steps", "%",
                                 "One step against two halves: the slow process that errs most.", steps,
                                 &StepPoint::error, 100.0);
  error.comparisons.push_back(series("episodes' uncertainty", steps, &StepPoint::error_statistical, 100.0));
  add_curve(data, "Acceleration of the macro steps", "", "Their length over the spiking that measured them.",
            steps, &StepPoint::acceleration);
  for (std::size_t p = 0; p < scenario.populations.size(); ++p) {
    ReportSeries s;
    s.name = scenario.populations[p].name;
    for (const StepPoint& point : steps) {
      if (p >= point.rate_Hz.size()) continue;
      s.time_s.push_back(point.time_s);
      s.value.push_back(point.rate_Hz[p]);
    }
    data.rates_Hz.push_back(std::move(s));
  }
}

void add_verdicts(ReportData& data, const Scenario& scenario, const StudyResult& result) {
  std::vector<readout::Band> bands = readout::unmask_fast_bands(unmask_fast_values(result));
  for (readout::Band& band : readout::sprout_8wk_bands(sprout_8wk_values(scenario, result)))
    bands.push_back(std::move(band));
  for (const readout::Band& band : bands) {
    ReportVerdict v;
    v.name = band.name;
    v.unit = band.unit;
    v.value = band.value;
    v.low = band.low;
    v.high = band.high;
    v.outcome = std::isnan(band.value)   ? ReportOutcome::not_measured
                : readout::in_band(band) ? ReportOutcome::pass
                                         : ReportOutcome::fail;
    v.source = band.source;
    v.note =
        std::isnan(band.value) ? "needs a longer run or the knock-out run: penfield validate" : "one seed";
    data.verdicts.push_back(std::move(v));
  }
}

void add_run(ReportData& data, const Scenario& scenario, const StudyResult& result, const Manifest& m) {
  ReportRun& run = data.run;
  run.scenario = scenario.name;
  run.seed = m.seed;
  if (!m.devices.empty()) {
    run.engine = m.devices.front().kind;
    run.device = m.devices.front().name;
  }
  run.dt_ms = m.dt_ms;
  run.clock_mode = m.acceleration.mode;
  run.acceleration = m.acceleration.factor;
  run.biological_s = result.biological_s;
  run.wall_s = 0.0;
  for (const TimingEntry& t : m.timings)
    if (t.what != "output") run.wall_s += t.seconds;  // not known yet when the page is first written
  run.finished = m.state == RunState::finished;
  if (!run.finished)
    run.state = m.message.empty() ? "not finished: at " + time_point_text(result.biological_s) + " of " +
                                        time_point_text(scenario.until_s)
                                  : m.message;
  run.program_version = m.program_version;
  run.started_utc = m.started_utc;
  char text[32];
  for (const DigestEntry& d : m.digests) {
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(d.value));
    data.digests.push_back({d.phase, text});
  }
}

}  // namespace

namespace {

/// Synapses that there are, and what forms and goes.
void add_growth_curves(ReportData& data, const GrowthRecord& r) {
  ReportCurve synapses;
  synapses.name = "Synapses of " + r.structure;
  synapses.meaning = "What structural plasticity leaves of them, interval by interval.";
  synapses.time_s = r.time_s;
  synapses.value = r.synapses;
  data.curves.push_back(std::move(synapses));
  ReportCurve changes;
  changes.name = "Changes of " + r.structure;
  changes.unit = "synapses";
  changes.meaning = "Synapses formed in each interval, and those deleted.";
  changes.time_s = r.time_s;
  changes.value = r.formed;
  changes.own = "formed";
  changes.comparisons.push_back({"deleted", r.time_s, r.deleted});
  data.curves.push_back(std::move(changes));
}

/// What astrocytes and neurons have, over what they had at first.
void add_pool_curves(ReportData& data, const PoolRecord& r) {
  if (r.time_s.empty()) return;
  const auto relative = [](std::vector<double> values) {
    const double first = values.front();
    for (double& v : values) v = first > 0.0 ? v / first : v;
    return values;
  };
  ReportCurve curve;
  curve.name = "Pools of " + r.astrocytes;
  curve.unit = "of the first";
  curve.meaning = "Glycogen of astrocytes, lactate outside cells and ATP of neurons, means over the sheet.";
  curve.time_s = r.time_s;
  curve.value = relative(r.atp_mM);
  curve.own = "ATP";
  curve.comparisons.push_back({"lactate", r.time_s, relative(r.lactate_mM)});
  curve.comparisons.push_back({"glycogen", r.time_s, relative(r.glycogen_mM)});
  data.curves.push_back(std::move(curve));
}

}  // namespace

void add_history_curves(ReportData& data, const RawRecords& records) {
  for (const GrowthRecord& r : records.growth) add_growth_curves(data, r);
  for (const PoolRecord& r : records.pools) add_pool_curves(data, r);
}

void add_energy_curves(ReportData& data, const Scenario& scenario,
                       const std::vector<readout::EnergySample>& samples) {
  if (!scenario.energy || samples.empty()) return;
  const readout::EnergyCosts costs = energy_costs(*scenario.energy);
  const std::vector<bool> counted = energy_counted(scenario);
  ReportCurve power;
  power.name = "Power";
  power.unit = "W";
  power.meaning = "What spikes, synapses, rest and learning take.";
  readout::EnergyTerms before{};
  double before_s = 0.0;
  std::vector<ReportSeries> parts(before.size());
  for (const readout::EnergySample& sample : samples) {
    const readout::EnergyTerms now = readout::energy_of(costs, sample, counted);
    const double length_s = sample.time_s - before_s;
    if (length_s > 0.0) {
      power.time_s.push_back(sample.time_s);
      power.value.push_back((readout::sum_of(now) - readout::sum_of(before)) / length_s);
      for (std::size_t k = 0; k < parts.size(); ++k) {
        parts[k].time_s.push_back(sample.time_s);
        parts[k].value.push_back((now[k] - before[k]) / length_s);
      }
    }
    before = now;
    before_s = sample.time_s;
  }
  for (std::size_t k = 0; k < parts.size(); ++k) {
    if (before[k] == 0.0) continue;
    parts[k].name = readout::kEnergyTermNames[k];
    power.comparisons.push_back(std::move(parts[k]));
  }
  data.curves.push_back(std::move(power));
  data.facts.push_back({"energy", energy_summary(scenario, samples)});
}

ReportData study_report(const Scenario& scenario, const StudyResult& result, const Manifest& manifest) {
  ReportData data;
  data.title = scenario.name;
  data.result = study_summary(scenario, result);
  add_run(data, scenario, result, manifest);
  std::uint64_t neurons = 0;
  for (const PopulationSpec& p : scenario.populations) neurons += p.n;
  data.facts.push_back({"neurons", std::to_string(neurons)});
  char text[64];
  std::snprintf(text, sizeof text, "%.0f s, in %zu macro steps and %zu maps", result.spiking_s,
                result.steps.size(), result.maps.size());
  data.facts.push_back({"simulated spiking", text});
  for (std::uint32_t k = 0; k < scenario.homeostasis.size(); ++k) {
    const auto latest = std::find_if(result.loop_gains.rbegin(), result.loop_gains.rend(),
                                     [k](const LoopGainPoint& g) { return g.homeostat == k; });
    if (latest == result.loop_gains.rend()) continue;
    std::snprintf(text, sizeof text, "%.2f +- %.2f at %s", latest->gain, latest->standard_error,
                  time_point_text(latest->time_s).c_str());
    data.facts.push_back({"measured loop gain of " + scenario.homeostasis[k].name, text});
  }
  if (!result.maps.empty() && !scenario.probes.empty()) {
    add_maps(data, scenario, result);
    add_map_curves(data, result);
  }
  if (!result.steps.empty()) add_step_curves(data, scenario, result);
  if (scenario.clock.episodic) {
    add_energy_curves(data, scenario, result.records.raw.energy);
    add_history_curves(data, result.records.raw);
  }
  if (result.lost_part != readout::kNoPart) add_verdicts(data, scenario, result);
  data.settings = scenario.canonical_json;
  if (scenario.clock.episodic)
    data.notes.push_back(
        {false,
         "Slow changes are advanced in macro steps from what short spiking episodes show; the figure "
         "called acceleration is biological time over simulated spiking. One macro step errs by " +
             percent(mean_step_error(result)) +
             " of a slow variable in the mean: one step against two halves, and what the episodes leave "
             "uncertain."});
  const std::string warning = episode_warning(scenario, result);
  if (!warning.empty()) data.notes.push_back({true, warning});
  return data;
}

}  // namespace penfield
