#include "host/run/episode_records.hpp"

#include <algorithm>
#include <cmath>

#include "host/run/measure.hpp"
#include "host/run/raw_output.hpp"

namespace penfield {

namespace {

constexpr double kTolerance_s = 1e-3;  // biological times are far coarser
constexpr double kDay_s = 86400.0;

std::vector<std::uint32_t> matching(const RecordSpec& spec, const Network& network) {
  std::vector<std::uint32_t> out;
  for (const auto& p : network.populations)
    if (record_matches(spec.of, p->name)) out.push_back(p->view.index);
  return out;
}

bool of_synapses(const RecordSpec& spec) { return spec.what == "weights" || spec.what == "connectivity"; }

}  // namespace

EpisodeRecorder::EpisodeRecorder(const Scenario& scenario, Network& network, Engine& engine,
                                 EpisodeRecords& records)
    : ForwardingEngine(engine), scenario_(scenario), network_(network), records_(records) {
  records_.raw.spikes_of.assign(network.populations.size(), false);
  for (const RecordSpec& spec : scenario.record) {
    if (spec.what == "spikes")
      for (std::uint32_t p : matching(spec, network)) records_.raw.spikes_of[p] = true;
    if (spec.what != "traces" && spec.what != "rates") continue;
    Sampler s;
    s.spec = &spec;
    s.interval = std::max<StepIndex>(1, steps_of(spec.every_s, scenario.dt_ms));
    s.of = matching(spec, network);
    s.counted.assign(s.of.size(), 0);
    if (spec.what == "rates")
      for (std::uint32_t p : s.of) {
        s.rates.push_back(records_.rates.size());
        records_.rates.push_back({network.populations[p]->name, {}, {}, {}});
      }
    samplers_.push_back(std::move(s));
  }
}

void EpisodeRecorder::begin(double from_s, double to_s) {
  from_s_ = from_s;
  to_s_ = to_s;
  runs_ = 0;
  num_episodes_ = records_.episodes.size();
  num_spikes_ = records_.raw.spikes.size();
  num_bins_.clear();
  for (const EpisodeRates& r : records_.rates) num_bins_.push_back(r.rate_Hz.size());
  num_samples_.clear();
  for (const TraceRecord& t : records_.raw.traces) num_samples_.push_back(t.time_ms.size());
}

void EpisodeRecorder::cancel() {
  records_.episodes.resize(num_episodes_);
  records_.raw.spikes.resize(num_spikes_);
  for (std::size_t k = 0; k < records_.rates.size(); ++k)
    for (std::vector<double>* v :
         {&records_.rates[k].end_ms, &records_.rates[k].bin_ms, &records_.rates[k].rate_Hz})
      v->resize(num_bins_[k]);
  records_.raw.traces.resize(num_samples_.size());
  for (std::size_t k = 0; k < num_samples_.size(); ++k) {
    TraceRecord& t = records_.raw.traces[k];
    const std::size_t width = t.time_ms.empty() ? 0 : t.values.size() / t.time_ms.size();
    t.time_ms.resize(num_samples_[k]);
    t.values.resize(num_samples_[k] * width);
  }
  engine_.take_spikes();
  engine_.record_spikes(std::vector<bool>(network_.populations.size(), false));
}

bool EpisodeRecorder::due(double every_s) const {
  if (to_s_ < -kTolerance_s) return false;
  if (from_s_ < -kTolerance_s) return true;  // the intact network, at the end of settling
  return std::floor((to_s_ + kTolerance_s) / every_s) > std::floor((from_s_ + kTolerance_s) / every_s);
}

void EpisodeRecorder::end() {
  std::vector<std::uint32_t> projections;
  for (std::uint32_t q = 0; q < network_.projections.size(); ++q)
    for (const RecordSpec& spec : scenario_.record)
      // An interval below every macro step asks for the end alone, which the results hold anyway.
      if (of_synapses(spec) && spec.every_s >= scenario_.clock.short_step_s && due(spec.every_s) &&
          record_matches(spec.of, network_.projections[q]->name)) {
        projections.push_back(q);
        break;
      }
  if (projections.empty()) return;
  for (SynapseRecord& s : read_synapses(scenario_, network_, engine_, projections)) {
    s.time_s = to_s_;
    records_.raw.synapses.push_back(std::move(s));
  }
}

void EpisodeRecorder::run(StepIndex num_steps) {
  const std::uint64_t run = runs_++;
  const bool spikes = std::find(records_.raw.spikes_of.begin(), records_.raw.spikes_of.end(), true) !=
                      records_.raw.spikes_of.end();
  if (run % 2 == 0 || (!spikes && samplers_.empty())) return engine_.run(num_steps);
  run_episode(num_steps, static_cast<std::uint32_t>(run / 2));
}

void EpisodeRecorder::run_episode(StepIndex num_steps, std::uint32_t condition) {
  const StepIndex begin = engine_.now(), end = begin + num_steps;
  records_.episodes.push_back({from_s_, condition, begin, num_steps});
  engine_.record_spikes(records_.raw.spikes_of);
  for (Sampler& s : samplers_) {
    std::fill(s.counted.begin(), s.counted.end(), 0);  // measure() has just cleared the counters
    s.bin_begin = begin;
  }
  while (engine_.now() < end) {
    StepIndex next = end;
    for (const Sampler& s : samplers_)
      next = std::min(next, begin + ((engine_.now() - begin) / s.interval + 1) * s.interval);
    engine_.run(next - engine_.now());
    if (!samplers_.empty()) engine_.download_neurons();
    for (Sampler& s : samplers_)
      if ((next - begin) % s.interval == 0 || next == end) sample(s, next);
  }
  const std::vector<Spike> taken = engine_.take_spikes();
  records_.raw.spikes.insert(records_.raw.spikes.end(), taken.begin(), taken.end());
  engine_.record_spikes(std::vector<bool>(network_.populations.size(), false));
}

void EpisodeRecorder::sample(Sampler& s, StepIndex step) {
  if (s.spec->what == "traces") {
    sample_traces(scenario_, network_, *s.spec, s.of, step, records_.raw.traces);
    return;
  }
  const double bin_ms = static_cast<double>(step - s.bin_begin) * scenario_.dt_ms;
  for (std::size_t k = 0; k < s.of.size(); ++k) {
    const Population& p = *network_.populations[s.of[k]];
    const std::uint64_t spikes = count_spikes(p);
    EpisodeRates& rates = records_.rates[s.rates[k]];
    rates.end_ms.push_back(static_cast<double>(step) * scenario_.dt_ms);
    rates.bin_ms.push_back(bin_ms);
    rates.rate_Hz.push_back(static_cast<double>(spikes - s.counted[k]) /
                            std::max<std::uint32_t>(1, p.view.n) / bin_ms * 1e3);
    s.counted[k] = spikes;
  }
  s.bin_begin = step;
}

void archive(StateArchive& a, EpisodeSpan& span) {
  auto& [biological_s, condition, begin, steps] = span;
  a.value("biological_s", biological_s);
  a.value("condition", condition);
  a.value("begin", begin);
  a.value("steps", steps);
}

void archive(StateArchive& a, EpisodeRates& rates) {
  auto& [population, end_ms, bin_ms, rate_Hz] = rates;
  a.value("population", population);
  a.value("end_ms", end_ms);
  a.value("bin_ms", bin_ms);
  a.value("rate_Hz", rate_Hz);
}

void archive(StateArchive& a, EpisodeRecords& records) {
  a.list("episodes", records.episodes, [](StateArchive& inner, EpisodeSpan& span) { archive(inner, span); });
  a.list("episode_rates", records.rates,
         [](StateArchive& inner, EpisodeRates& rates) { archive(inner, rates); });
  archive(a, records.raw);
}

void add_episode_results(const Scenario& scenario, const EpisodeRecords& records, Results& results) {
  Results raw = raw_results(scenario, records.raw);
  for (Dataset& d : raw.datasets) results.datasets.push_back(std::move(d));
  for (SpikeSet& s : raw.spikes) results.spikes.push_back(std::move(s));
  if (records.episodes.empty()) return;
  const auto add = [&](const std::string& path, std::vector<std::uint64_t> shape, Values values,
                       const char* unit, const std::string& meaning, const char* axis) {
    results.datasets.push_back({path, std::move(shape), std::move(values), unit, meaning, {axis}});
  };
  std::vector<double> begin_ms, length_ms, biological_d;
  std::vector<std::string> condition;
  for (const EpisodeSpan& e : records.episodes) {
    begin_ms.push_back(static_cast<double>(e.begin) * scenario.dt_ms);
    length_ms.push_back(static_cast<double>(e.steps) * scenario.dt_ms);
    biological_d.push_back(e.biological_s / kDay_s);
    condition.push_back(scenario.clock.conditions.at(e.condition).name);
  }
  const std::uint64_t n = records.episodes.size();
  add("/rates/episodes/begin", {n}, begin_ms, "ms", "spiking time at which the measured episode begins",
      "episode");
  add("/rates/episodes/length", {n}, length_ms, "ms", "length of the measured episode", "episode");
  add("/rates/episodes/time", {n}, biological_d, "d", "biological time at the start of its macro step",
      "episode");
  add("/rates/episodes/condition", {n}, condition, "1", "condition of the day", "episode");
  for (std::size_t k = 0; k < records.rates.size(); ++k) {
    const EpisodeRates& r = records.rates[k];
    std::string path = "/rates/episodes/" + std::to_string(k) + "_" + r.population;
    std::replace(path.begin() + sizeof("/rates/episodes/") - 1, path.end(), '/', '_');
    const std::uint64_t bins = r.rate_Hz.size();
    add(path + "/rate", {bins}, r.rate_Hz, "Hz", "mean rate of " + r.population + " in bins of the episodes",
        "bin");
    add(path + "/end", {bins}, r.end_ms, "ms", "spiking time at which the bin ends", "bin");
    add(path + "/length", {bins}, r.bin_ms, "ms", "length of the bin", "bin");
  }
}

}  // namespace penfield
