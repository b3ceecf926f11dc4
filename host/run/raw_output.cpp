#include "host/run/raw_output.hpp"

#include <algorithm>
#include <cstdio>

#include "host/record/file.hpp"
#include "host/record/hdf5.hpp"
#include "host/record/log.hpp"
#include "host/report/report.hpp"
#include "host/run/study_output.hpp"
#include "host/run/study_report.hpp"

namespace penfield {

namespace {

void archive(StateArchive& a, SynapseRecord& s) {
  auto& [projection, weight_unit, time_s, source_population, target_population, source, target, weight,
         delay_ms] = s;
  a.value("projection", projection);
  a.value("weight_unit", weight_unit);
  a.value("time_s", time_s);
  a.value("source_population", source_population);
  a.value("target_population", target_population);
  a.value("source", source);
  a.value("target", target);
  a.value("weight", weight);
  a.value("delay_ms", delay_ms);
}

void archive(StateArchive& a, TraceRecord& t) {
  auto& [population, column, unit, first, count, time_ms, values] = t;
  a.value("population", population);
  a.value("column", column);
  a.value("unit", unit);
  a.value("first", first);
  a.value("count", count);
  a.value("time_ms", time_ms);
  a.value("values", values);
}

void archive(StateArchive& a, RateRecord& r) {
  auto& [population, bin_s, rate_Hz] = r;
  a.value("population", population);
  a.value("bin_s", bin_s);
  a.value("rate_Hz", rate_Hz);
}

/// The samples of a trace from `from` on.
TraceRecord tail(const TraceRecord& t, std::size_t from) {
  TraceRecord out = t;
  const std::size_t width = t.time_ms.empty() ? 0 : t.values.size() / t.time_ms.size();
  out.time_ms.erase(out.time_ms.begin(), out.time_ms.begin() + static_cast<std::ptrdiff_t>(from));
  out.values.erase(out.values.begin(), out.values.begin() + static_cast<std::ptrdiff_t>(from * width));
  return out;
}

template <class T>
void extend(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// Puts a piece behind the record it belongs to.
void join(std::vector<TraceRecord>& traces, const TraceRecord& piece) {
  for (TraceRecord& t : traces)
    if (t.population == piece.population && t.column == piece.column && t.first == piece.first &&
        t.count == piece.count) {
      extend(t.time_ms, piece.time_ms);
      extend(t.values, piece.values);
      return;
    }
  traces.push_back(piece);
}
void join(std::vector<RateRecord>& rates, const RateRecord& piece) {
  for (RateRecord& r : rates)
    if (r.population == piece.population && r.bin_s == piece.bin_s) return extend(r.rate_Hz, piece.rate_Hz);
  rates.push_back(piece);
}

/// Appends what is new in each history; [history] so many intervals of it are in the log.
template <class History, class Write>
void append_new(std::vector<History> const& all, std::vector<std::size_t>& logged, const Write& write) {
  logged.resize(all.size(), 0);
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (length_of(all[k]) == logged[k]) continue;
    History fresh = tail_of(all[k], logged[k]);
    write([&](StateArchive& a) { archive_history(a, fresh); });
    logged[k] = length_of(all[k]);
  }
}

template <class History>
void join_read(StateArchive& a, std::vector<History>& all) {
  History piece;
  archive_history(a, piece);
  join_history(all, piece);
}

std::string flat(std::string name) {
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

}  // namespace

RawLog::RawLog(const RawRecords& logged)
    : spikes_(logged.spikes.size()),
      synapses_(logged.synapses.size()),
      energy_(logged.energy.size()),
      deaths_(logged.deaths.size()) {
  for (const TraceRecord& t : logged.traces) traces_.push_back(t.time_ms.size());
  for (const RateRecord& r : logged.rates) rates_.push_back(r.rate_Hz.size());
  for (const GrowthRecord& r : logged.growth) growth_.push_back(length_of(r));
  for (const PoolRecord& r : logged.pools) pools_.push_back(length_of(r));
}

void RawLog::append(RunLogWriter& log, const RawRecords& records, StepIndex step) {
  const auto write = [&](FrameType type, auto&& fill) {
    StateArchive a;
    fill(a);
    log.append(static_cast<std::uint32_t>(type), step, a.written());
  };
  if (records.spikes.size() > spikes_)
    write(FrameType::spikes, [&](StateArchive& a) {
      std::vector<Spike> fresh(records.spikes.begin() + static_cast<std::ptrdiff_t>(spikes_),
                               records.spikes.end());
      a.value("spikes", fresh);
    });
  spikes_ = records.spikes.size();
  traces_.resize(records.traces.size(), 0);
  for (std::size_t k = 0; k < records.traces.size(); ++k) {
    if (records.traces[k].time_ms.size() == traces_[k]) continue;
    TraceRecord fresh = tail(records.traces[k], traces_[k]);
    write(FrameType::trace, [&](StateArchive& a) { archive(a, fresh); });
    traces_[k] = records.traces[k].time_ms.size();
  }
  rates_.resize(records.rates.size(), 0);
  for (std::size_t k = 0; k < records.rates.size(); ++k) {
    if (records.rates[k].rate_Hz.size() == rates_[k]) continue;
    RateRecord fresh = records.rates[k];
    fresh.rate_Hz.erase(fresh.rate_Hz.begin(),
                        fresh.rate_Hz.begin() + static_cast<std::ptrdiff_t>(rates_[k]));
    write(FrameType::rate, [&](StateArchive& a) { archive(a, fresh); });
    rates_[k] = records.rates[k].rate_Hz.size();
  }
  append_new(records.growth, growth_, [&](auto&& fill) { write(FrameType::growth, fill); });
  append_new(records.pools, pools_, [&](auto&& fill) { write(FrameType::pools, fill); });
  for (; synapses_ < records.synapses.size(); ++synapses_) {
    SynapseRecord copy = records.synapses[synapses_];
    write(FrameType::synapses, [&](StateArchive& a) { archive(a, copy); });
  }
  if (records.energy.size() > energy_)
    write(FrameType::energy, [&](StateArchive& a) {
      std::vector<readout::EnergySample> fresh(records.energy.begin() + static_cast<std::ptrdiff_t>(energy_),
                                               records.energy.end());
      penfield::archive(a, fresh);
    });
  energy_ = records.energy.size();
  if (records.deaths.size() > deaths_)
    write(FrameType::deaths, [&](StateArchive& a) {
      std::vector<DeathSample> fresh(records.deaths.begin() + static_cast<std::ptrdiff_t>(deaths_),
                                     records.deaths.end());
      penfield::archive(a, fresh);
    });
  deaths_ = records.deaths.size();
}

RawRecords read_raw_log(const std::filesystem::path& path, double dt_ms, double* time_s) {
  RawRecords out;
  RunLogReader reader(path);
  LogFrame frame;
  *time_s = 0.0;
  while (reader.next(&frame)) {
    *time_s = static_cast<double>(frame.step) * dt_ms * 1e-3;
    StateArchive a(frame.payload, "frame at byte " + std::to_string(frame.offset) + " of " + path.string());
    switch (static_cast<FrameType>(frame.type)) {
      case FrameType::spikes: {
        std::vector<Spike> spikes;
        a.value("spikes", spikes);
        extend(out.spikes, spikes);
        break;
      }
      case FrameType::trace: {
        TraceRecord t;
        archive(a, t);
        join(out.traces, t);
        break;
      }
      case FrameType::rate: {
        RateRecord r;
        archive(a, r);
        join(out.rates, r);
        break;
      }
      case FrameType::synapses: archive(a, out.synapses.emplace_back()); break;
      case FrameType::energy: {
        std::vector<readout::EnergySample> samples;
        penfield::archive(a, samples);
        extend(out.energy, samples);
        break;
      }
      case FrameType::deaths: {
        std::vector<DeathSample> deaths;
        penfield::archive(a, deaths);
        extend(out.deaths, deaths);
        break;
      }
      case FrameType::growth: join_read(a, out.growth); break;
      case FrameType::pools: join_read(a, out.pools); break;
      default: continue;
    }
    a.finish();
  }
  return out;
}

/// Cells that have died, of all populations, each time that some did.
void add_deaths(std::vector<Dataset>& datasets, const Scenario& scenario,
                const std::vector<DeathSample>& deaths) {
  if (deaths.empty()) return;
  std::vector<double> time_s;
  std::vector<std::uint64_t> dead;
  std::vector<std::string> names;
  for (const PopulationSpec& p : scenario.populations) names.push_back(p.name);
  for (const DeathSample& d : deaths) {
    time_s.push_back(d.time_s);
    extend(dead, d.dead);
  }
  const std::uint64_t times = deaths.size(), populations = names.size();
  datasets.push_back({"/injury/time", {times}, time_s, "s", "when cells died", {"time (s)"}});
  datasets.push_back(
      {"/injury/populations", {populations}, names, "1", "names of the populations", {"population"}});
  datasets.push_back({"/injury/dead",
                      {times, populations},
                      dead,
                      "1",
                      "cells that have died since the run began",
                      {"time (s)", "population"}});
}

Results raw_results(const Scenario& scenario, const RawRecords& records) {
  Results out;
  std::vector<SpikeSet> sets(scenario.populations.size());
  for (const Spike& s : records.spikes) {
    sets.at(s.population).node_ids.push_back(s.neuron);
    // The step's end, when the threshold is seen to be crossed.
    sets[s.population].timestamps_ms.push_back(static_cast<double>(s.step + 1) * scenario.dt_ms);
  }
  for (std::size_t p = 0; p < sets.size(); ++p) {
    sets[p].population = scenario.populations[p].name;
    const bool recorded = p < records.spikes_of.size() && records.spikes_of[p];
    if (recorded || !sets[p].node_ids.empty()) out.spikes.push_back(std::move(sets[p]));
  }
  for (const RateRecord& r : records.rates) {
    const std::string name =
        "/rates/" + flat(r.population) + "_" + std::to_string(r.bin_s).substr(0, 8) + "_s";
    out.datasets.push_back({name,
                            {r.rate_Hz.size()},
                            r.rate_Hz,
                            "Hz",
                            "mean rate of " + r.population + " in consecutive bins",
                            {"bin of " + std::to_string(r.bin_s) + " s"}});
  }
  for (const TraceRecord& t : records.traces) {
    const std::string name = "/traces/" + flat(t.population) + "/" + t.column + "_" + std::to_string(t.first);
    const std::uint64_t n = t.time_ms.size(), width = n == 0 ? 0 : t.values.size() / n;
    out.datasets.push_back({name,
                            {n, width},
                            t.values,
                            t.unit.empty() ? "1" : t.unit,
                            t.column + " of " + t.population + " from neuron " + std::to_string(t.first),
                            {"time (ms)", "neuron"}});
    out.datasets.push_back({name + "_time", {n}, t.time_ms, "ms", "sampling times", {"time (ms)"}});
  }
  add_datasets(out.datasets, records.growth);
  add_datasets(out.datasets, records.pools);
  for (std::size_t k = 0; k < records.synapses.size(); ++k) {
    const SynapseRecord& s = records.synapses[k];
    const std::string name = "/weights/" + flat(s.projection) + "/" + std::to_string(k);
    const std::uint64_t n = s.source.size();
    std::vector<std::uint64_t> source(s.source.begin(), s.source.end()),
        target(s.target.begin(), s.target.end());
    out.datasets.push_back(
        {name + "/time", {}, std::vector<double>{s.time_s}, "s", "when the synapses were read", {}});
    out.datasets.push_back({name + "/source", {n}, source, "1", "presynaptic neuron", {"synapse"}});
    out.datasets.push_back({name + "/target", {n}, target, "1", "postsynaptic neuron", {"synapse"}});
    out.datasets.push_back({name + "/weight",
                            {n},
                            s.weight,
                            s.weight_unit.empty() ? "1" : s.weight_unit,
                            "weight",
                            {"synapse"}});
    out.datasets.push_back({name + "/delay", {n}, s.delay_ms, "ms", "delay", {"synapse"}});
  }
  add_deaths(out.datasets, scenario, records.deaths);
  extend(out.datasets, energy_datasets(scenario, records.energy));
  return out;
}

std::string raw_summary(const Scenario& scenario, const RawRecords& records, double time_s) {
  std::vector<std::uint64_t> spikes(scenario.populations.size(), 0);
  for (const Spike& s : records.spikes) ++spikes.at(s.population);
  char text[128];
  std::snprintf(text, sizeof text, "%.4g s simulated.", time_s);
  std::string out = text;
  for (std::size_t p = 0; p < spikes.size(); ++p) {
    if (spikes[p] == 0 || scenario.populations[p].n == 0 || time_s <= 0.0) continue;
    std::snprintf(text, sizeof text, " %s: %llu spikes, %.3g Hz.", scenario.populations[p].name.c_str(),
                  static_cast<unsigned long long>(spikes[p]),
                  static_cast<double>(spikes[p]) / scenario.populations[p].n / time_s);
    out += text;
  }
  for (std::size_t p = 0; !records.deaths.empty() && p < scenario.populations.size(); ++p) {
    const std::uint64_t dead = records.deaths.back().dead.at(p);
    if (dead == 0) continue;
    out += " " + scenario.populations[p].name + ": " + std::to_string(dead) + " of " +
           std::to_string(scenario.populations[p].n) + " cells are dead.";
  }
  if (records.spikes.empty() && scenario.record.empty())
    out += " Nothing was recorded: the scenario has no \"record\".";
  const std::string energy = energy_summary(scenario, records.energy);
  return out + (energy.empty() ? "" : " ") + energy;
}

/// Of the populations that lost any.
void add_death_curves(ReportData& data, const Scenario& scenario, const std::vector<DeathSample>& deaths) {
  for (std::size_t p = 0; !deaths.empty() && p < scenario.populations.size(); ++p) {
    if (deaths.back().dead.at(p) == 0) continue;
    ReportCurve curve;
    curve.name = "Dead cells of " + scenario.populations[p].name;
    curve.meaning = "The infarct's core, and what its rim loses.";
    for (const DeathSample& d : deaths) {
      curve.time_s.push_back(d.time_s);
      curve.value.push_back(static_cast<double>(d.dead.at(p)));
    }
    data.curves.push_back(std::move(curve));
  }
}

ReportData raw_report(const Scenario& scenario, const RawRecords& records, double time_s,
                      const Manifest& manifest) {
  StudyResult nothing;
  nothing.spiking_s = nothing.biological_s = time_s;
  ReportData data = study_report(scenario, nothing, manifest);
  data.result = raw_summary(scenario, records, time_s);
  for (const RateRecord& r : records.rates) {
    ReportSeries s;
    s.name = r.population;
    for (std::size_t k = 0; k < r.rate_Hz.size(); ++k) {
      s.time_s.push_back(static_cast<double>(k + 1) * r.bin_s);
      s.value.push_back(r.rate_Hz[k]);
    }
    data.rates_Hz.push_back(std::move(s));
  }
  add_energy_curves(data, scenario, records.energy);
  add_history_curves(data, records);
  add_death_curves(data, scenario, records.deaths);
  return data;
}

void write_raw_results(const std::filesystem::path& folder, const Scenario& scenario,
                       const RawRecords& records, const Manifest& manifest) {
  if (!hdf5_available()) {
    log_warning(
        "no results.h5: this program was built without HDF5 (Debian: libhdf5-dev); the results are in "
        "run.log");
    return;
  }
  Results results = raw_results(scenario, records);
  results.scenario_json = scenario.canonical_json;
  results.manifest_json = manifest_json(manifest);
  write_results(folder / "results.h5", std::move(results));
}

void write_raw_report(const std::filesystem::path& folder, const Scenario& scenario,
                      const RawRecords& records, double time_s, const Manifest& manifest) {
  write_file_atomically(folder / "report.html", make_report(raw_report(scenario, records, time_s, manifest)));
}

void write_raw_outputs(const std::filesystem::path& folder, const Scenario& scenario,
                       const RawRecords& records, double time_s, const Manifest& manifest) {
  write_raw_results(folder, scenario, records, manifest);
  write_raw_report(folder, scenario, records, time_s, manifest);
}

}  // namespace penfield
