#include "host/run/raw_records.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "host/run/measure.hpp"
#include "host/run/raw_stimuli.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/model/neuron/catalogue.hpp"

namespace penfield {

namespace {

bool of_projections(const RecordSpec& spec) { return spec.what == "weights" || spec.what == "connectivity"; }

/// What a flush changes, saved when made and put back when it goes.
class FlushUndo {
 public:
  FlushUndo(Network& network, Engine& engine)
      : network_(network), engine_(engine), times_(engine.flush_times()) {
    for (const StateArray& a : arrays()) saved_.emplace_back(a.data, a.data + a.bytes);
  }
  ~FlushUndo() {
    std::size_t k = 0;
    for (const StateArray& a : arrays()) std::memcpy(a.data, saved_[k++].data(), a.bytes);
    engine_.set_flush_times(times_);
    engine_.upload();
  }
  FlushUndo(const FlushUndo&) = delete;
  FlushUndo& operator=(const FlushUndo&) = delete;

 private:
  std::vector<StateArray> arrays() {
    std::vector<StateArray> all, out;
    for (auto& p : network_.populations) p->list_arrays(all);
    for (auto& p : network_.projections)
      if (p->view.rule >= 0) p->list_arrays(all);
    for (const StateArray& a : all)
      if (a.kind == ArrayKind::fast || a.kind == ArrayKind::slow) out.push_back(a);
    return out;
  }

  Network& network_;
  Engine& engine_;
  FlushTimes times_;
  std::vector<std::vector<std::byte>> saved_;
};

template <class T>
void reorder(std::vector<T>& values, const std::vector<std::uint32_t>& order) {
  std::vector<T> out(values.size());
  for (std::size_t k = 0; k < order.size(); ++k) out[k] = values[order[k]];
  values = std::move(out);
}

}  // namespace

SynapseRecord read_projection(const Scenario& scenario, const Network& network, std::uint32_t number,
                              StepIndex now) {
  const Projection& p = *network.projections[number];
  const PopulationView& target = network.populations[p.view.target]->view;
  SynapseRecord out;
  out.projection = p.name;
  out.weight_unit = scenario.projections[number].weight_unit;
  out.time_s = static_cast<double>(now) * network.dt_ms * 1e-3;
  out.source_population = p.view.source;
  out.target_population = p.view.target;
  for (std::uint32_t t = 0; t < p.tiles.size(); ++t)
    p.for_each_synapse(t, [&](const Projection::Synapse& s) {
      out.source.push_back(s.source);
      out.target.push_back(tile_begin(target, t) + s.target);
      out.weight.push_back(s.weight);
      out.delay_ms.push_back(static_cast<float>(s.delay * network.dt_ms));
    });
  // Sources ascend within a tile already, and equal pairs keep their order.
  std::vector<std::uint32_t> order(out.source.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return out.target[a] < out.target[b]; });
  reorder(out.source, order);
  reorder(out.target, order);
  reorder(out.weight, order);
  reorder(out.delay_ms, order);
  // Ranks own ranges of targets, in order.
  collect_values(*network.ranks, out.source);
  collect_values(*network.ranks, out.target);
  collect_values(*network.ranks, out.weight);
  collect_values(*network.ranks, out.delay_ms);
  return out;
}

bool record_matches(const std::string& of, const std::string& name) { return matches_name(of, name); }

std::uint64_t count_spikes(const Population& population) {
  std::uint64_t spikes = 0;
  for (std::uint32_t i = 0; i < population.view.n; ++i) spikes += population.spike_count[i];
  return spikes;
}

RawRecorders::RawRecorders(const Scenario& scenario, Network& network, Engine& engine)
    : scenario_(scenario),
      network_(network),
      engine_(engine),
      meter_(scenario, network),
      meter_interval_(
          std::max<StepIndex>(1, steps_of(scenario.energy ? scenario.energy->every_s : 1.0, scenario.dt_ms))),
      end_(steps_of(scenario.until_s, scenario.dt_ms)) {
  for (const RecordSpec& spec : scenario.record) {
    if (spec.what == "spikes") continue;
    Recorder r;
    r.spec = &spec;
    r.interval = std::max<StepIndex>(1, steps_of(spec.every_s, scenario.dt_ms));
    if (of_projections(spec)) {
      for (std::uint32_t q = 0; q < network.projections.size(); ++q)
        if (record_matches(spec.of, network.projections[q]->name)) r.of.push_back(q);
    } else {
      for (std::uint32_t q = 0; q < network.populations.size(); ++q)
        if (record_matches(spec.of, network.populations[q]->name)) r.of.push_back(q);
    }
    r.counted.assign(r.of.size(), 0);
    recorders_.push_back(std::move(r));
  }
}

StepIndex RawRecorders::next(StepIndex now, StepIndex none) const {
  StepIndex step = none;
  for (const Recorder& r : recorders_) step = std::min(step, (now / r.interval + 1) * r.interval);
  if (meter_.on()) step = std::min(step, (now / meter_interval_ + 1) * meter_interval_);
  return step;
}

bool RawRecorders::meters(StepIndex step) const {
  return meter_.on() && (step % meter_interval_ == 0 || step == end_);
}

bool RawRecorders::samples_neurons(StepIndex step) const {
  return meters(step) || std::any_of(recorders_.begin(), recorders_.end(), [&](const Recorder& r) {
           return !of_projections(*r.spec) && step % r.interval == 0;
         });
}

void RawRecorders::record(StepIndex step, RawRecords& records) {
  if (meters(step))
    records.energy.push_back(meter_.count(static_cast<double>(step) * network_.dt_ms * 1e-3, records.deaths));
  for (Recorder& r : recorders_) {
    if (step % r.interval != 0) continue;
    if (r.spec->what == "traces") sample_traces(scenario_, network_, *r.spec, r.of, step, records.traces);
    if (r.spec->what == "rates") close_bin(r, step, records.rates);
    if (!of_projections(*r.spec)) continue;
    for (SynapseRecord& s : read_synapses(scenario_, network_, engine_, r.of))
      records.synapses.push_back(std::move(s));
  }
}

void RawRecorders::archive(StateArchive& a) {
  a.list("recorders", recorders_, [](StateArchive& s, Recorder& r) { s.value("counted", r.counted); });
}

void sample_traces(const Scenario& scenario, const Network& network, const RecordSpec& spec,
                   const std::vector<std::uint32_t>& of, StepIndex step, std::vector<TraceRecord>& traces) {
  for (std::uint32_t q : of) {
    const Population& p = *network.populations[q];
    const auto columns = neuron_model_infos[p.view.model].columns;
    const std::uint32_t first = std::min(spec.first, p.view.n);
    const std::uint32_t count = spec.count == 0 ? p.view.n - first : std::min(spec.count, p.view.n - first);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (!spec.columns.empty() &&
          std::find(spec.columns.begin(), spec.columns.end(), columns[c].key) == spec.columns.end())
        continue;
      auto found = std::find_if(traces.begin(), traces.end(), [&](const TraceRecord& t) {
        return t.population == p.name && t.column == columns[c].key && t.first == first && t.count == count;
      });
      if (found == traces.end()) {
        traces.push_back({p.name, columns[c].key, columns[c].unit, first, count, {}, {}});
        found = traces.end() - 1;
      }
      const double time_ms = static_cast<double>(step) * network.dt_ms;
      if (!found->time_ms.empty() && found->time_ms.back() == time_ms)
        continue;  // two recorders of the same neurons
      const float rest = columns[c].relative_to_rest ? rest_mV(scenario, q) : 0.0f;
      found->time_ms.push_back(time_ms);
      const void* column = p.view.columns.column[c];
      for (std::uint32_t i = first; i < first + count; ++i)
        found->values.push_back(columns[c].is_integer
                                    ? static_cast<float>(static_cast<const std::int32_t*>(column)[i])
                                    : static_cast<const float*>(column)[i] + rest);
    }
  }
}

void RawRecorders::close_bin(Recorder& r, StepIndex step, std::vector<RateRecord>& rates) const {
  const double bin_s = static_cast<double>(r.interval) * network_.dt_ms * 1e-3;
  for (std::size_t k = 0; k < r.of.size(); ++k) {
    const Population& p = *network_.populations[r.of[k]];
    auto found = std::find_if(rates.begin(), rates.end(), [&](const RateRecord& rate) {
      return rate.bin_s == bin_s && rate.population == p.name;
    });
    if (found == rates.end()) {
      rates.push_back({p.name, bin_s, {}});
      found = rates.end() - 1;
    }
    if (static_cast<StepIndex>(found->rate_Hz.size()) >= step / r.interval)
      continue;  // two recorders of the same bins
    const std::uint64_t spikes = count_spikes(p);
    found->rate_Hz.push_back(static_cast<double>(spikes - r.counted[k]) /
                             std::max<std::uint32_t>(1, p.view.n) / bin_s);
    r.counted[k] = spikes;
  }
}

std::vector<SynapseRecord> read_synapses(const Scenario& scenario, Network& network, Engine& engine,
                                         const std::vector<std::uint32_t>& projections) {
  std::vector<SynapseRecord> out;
  const auto read = [&] {
    for (std::uint32_t q : projections) out.push_back(read_projection(scenario, network, q, engine.now()));
  };
  const bool plastic = std::any_of(projections.begin(), projections.end(),
                                   [&](std::uint32_t q) { return network.projections[q]->view.rule >= 0; });
  if (!plastic) {
    engine.download_held();
    const BorrowedSynapses borrowed(network);
    for (std::uint32_t q : projections) network.projections[q]->fetch();
    read();
    return out;
  }
  engine.download();
  const FlushUndo undo(network, engine);
  engine.flush();
  engine.download();
  read();
  return out;
}

void archive(StateArchive& a, RawRecords& records) {
  if (a.looking()) return;
  a.value("spikes", records.spikes);
  a.list("traces", records.traces, [](StateArchive& s, TraceRecord& t) {
    s.value("population", t.population);
    s.value("column", t.column);
    s.value("unit", t.unit);
    s.value("first", t.first);
    s.value("count", t.count);
    s.value("time_ms", t.time_ms);
    s.value("values", t.values);
  });
  a.list("rates", records.rates, [](StateArchive& s, RateRecord& t) {
    s.value("population", t.population);
    s.value("bin_s", t.bin_s);
    s.value("rate_Hz", t.rate_Hz);
  });
  a.list("synapses", records.synapses, [](StateArchive& s, SynapseRecord& t) {
    s.value("projection", t.projection);
    s.value("weight_unit", t.weight_unit);
    s.value("time_s", t.time_s);
    s.value("source_population", t.source_population);
    s.value("target_population", t.target_population);
    s.value("source", t.source);
    s.value("target", t.target);
    s.value("weight", t.weight);
    s.value("delay_ms", t.delay_ms);
  });
  archive(a, records.energy);
  a.list("growth", records.growth, [](StateArchive& s, GrowthRecord& r) { archive_history(s, r); });
  a.list("pools", records.pools, [](StateArchive& s, PoolRecord& r) { archive_history(s, r); });
}

void archive(StateArchive& a, std::vector<DeathSample>& deaths) {
  a.list("deaths", deaths, [](StateArchive& s, DeathSample& d) {
    s.value("time_s", d.time_s);
    s.value("dead", d.dead);
  });
}

void archive(StateArchive& a, std::vector<readout::EnergySample>& samples) {
  a.list("energy", samples, [](StateArchive& s, readout::EnergySample& e) {
    s.value("time_s", e.time_s);
    s.value("counts", e.populations);
  });
}

}  // namespace penfield
