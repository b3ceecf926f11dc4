#include "host/run/raw_run.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "host/body/touch_plan.hpp"
#include "host/build/build_network.hpp"
#include "host/run/measure.hpp"
#include "host/run/raw_stimuli.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/numerics/fixed_point.hpp"

namespace penfield {

namespace {

constexpr double kMostRate_Hz = 500.0;
constexpr double kWatch_s = 0.1;  ///< how often the watch on non-finite state looks, at least

bool matches(const std::string& pattern, const std::string& name) {
  if (!pattern.empty() && pattern.back() == '*') return name.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0;
  return pattern == name;
}

/// Stops at the first state that is not finite, or at a population that runs away.
class Watch {
 public:
  void look(const Network& network, const Engine& engine) {
    const StepIndex now = engine.now();
    const double seconds = static_cast<double>(now - last_step_) * network.dt_ms * 1e-3;
    for (const auto& p : network.populations) {
      const auto columns = neuron_model_infos[p->view.model].columns;
      for (std::size_t c = 0; c < columns.size(); ++c) {
        if (columns[c].is_integer) continue;
        const auto* values = static_cast<const float*>(p->view.columns.column[c]);
        for (std::uint32_t i = 0; i < p->view.n; ++i)
          if (!(std::fabs(values[i]) <= 3.4e38f))
            throw Error(ExitCode::numerics, "the numbers broke: " + std::string(columns[c].key) + " of neuron " +
                                                std::to_string(i) + " of " + p->name + " is not finite before step " +
                                                std::to_string(now) + "; look at its input and parameters, or use a smaller dt_ms");
      }
      std::uint64_t spikes = 0;
      for (std::uint32_t i = 0; i < p->view.n; ++i) spikes += p->spike_count[i];
      const std::uint64_t before = p->view.index < counted_.size() ? counted_[p->view.index] : 0;
      if (counted_.size() <= p->view.index) counted_.resize(p->view.index + 1);
      counted_[p->view.index] = spikes;
      if (p->view.n == 0 || seconds < 0.02 || spikes < before) continue;
      const double rate_Hz = static_cast<double>(spikes - before) / p->view.n / seconds;
      if (rate_Hz > kMostRate_Hz)
        throw Error(ExitCode::numerics, "the numbers broke: population " + p->name + " fires at " + std::to_string(rate_Hz) +
                                            " Hz before step " + std::to_string(now) +
                                            ", a run-away loop; lower excitation or raise inhibition");
    }
    last_step_ = now;
  }

 private:
  StepIndex last_step_ = 0;
  std::vector<std::uint64_t> counted_;
};

/// Samples state columns of a neuron range.
void sample(const Scenario& scenario, const Network& network, const RecordSpec& spec, StepIndex step,
            std::vector<TraceRecord>& traces) {
  for (const auto& p : network.populations) {
    if (!matches(spec.of, p->name)) continue;
    const auto columns = neuron_model_infos[p->view.model].columns;
    const std::uint32_t count = spec.count == 0 ? p->view.n - std::min(spec.first, p->view.n) : spec.count;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (!spec.columns.empty() &&
          std::find(spec.columns.begin(), spec.columns.end(), columns[c].key) == spec.columns.end())
        continue;
      auto found = std::find_if(traces.begin(), traces.end(), [&](const TraceRecord& t) {
        return t.population == p->name && t.column == columns[c].key && t.first == spec.first && t.count == count;
      });
      if (found == traces.end()) {
        traces.push_back({p->name, columns[c].key, columns[c].unit, spec.first, count, {}, {}});
        found = traces.end() - 1;
      }
      const float rest = columns[c].relative_to_rest ? rest_mV(scenario, p->view.index) : 0.0f;
      found->time_ms.push_back(static_cast<double>(step) * network.dt_ms);
      for (std::uint32_t i = spec.first; i < spec.first + count && i < p->view.n; ++i) {
        const void* column = p->view.columns.column[c];
        found->values.push_back(columns[c].is_integer ? static_cast<float>(static_cast<const std::int32_t*>(column)[i])
                                                      : static_cast<const float*>(column)[i] + rest);
      }
    }
  }
}

/// Mean rates since the last bin's end, from the spike counters.
class RateBins {
 public:
  RateBins() = default;
  explicit RateBins(const RecordSpec& spec) : spec_(&spec) {}

  /// Only the counts: the specification is the scenario's.
  void archive(StateArchive& a) { a.value("before", before_); }

  void close(const Network& network, std::vector<RateRecord>& rates) {
    for (const auto& p : network.populations) {
      if (!matches(spec_->of, p->name)) continue;
      std::uint64_t spikes = 0;
      for (std::uint32_t i = 0; i < p->view.n; ++i) spikes += p->spike_count[i];
      auto found = std::find_if(rates.begin(), rates.end(), [&](const RateRecord& r) {
        return r.population == p->name && r.bin_s == spec_->every_s;
      });
      if (found == rates.end()) {
        rates.push_back({p->name, spec_->every_s, {}});
        found = rates.end() - 1;
      }
      if (before_.size() <= p->view.index) before_.resize(p->view.index + 1);
      const std::uint64_t n = std::max<std::uint32_t>(1, p->view.n);
      found->rate_Hz.push_back(static_cast<double>(spikes - before_[p->view.index]) / static_cast<double>(n) /
                               spec_->every_s);
      before_[p->view.index] = spikes;
    }
  }

 private:
  const RecordSpec* spec_ = nullptr;
  std::vector<std::uint64_t> before_;
};

}  // namespace

SynapseRecord read_synapses(const Scenario& scenario, Network& network, Engine& engine, std::uint32_t projection) {
  // A flush brings pending plasticity up to date. What it changed (weights, marks, flush times) is put back, so that the
  // run goes on as if nobody had looked.
  engine.download();
  std::vector<std::vector<std::byte>> saved;
  for (const StateArray& a : network.arrays())
    if (a.kind == ArrayKind::fast || a.kind == ArrayKind::slow) saved.emplace_back(a.data, a.data + a.bytes);
  const FlushTimes flushes = engine.flush_times();
  engine.flush();
  engine.download();
  SynapseRecord out;
  const Projection& p = *network.projections[projection];
  const PopulationView& target = network.populations[p.view.target]->view;
  out.projection = p.name;
  out.weight_unit = scenario.projections[projection].weight_unit;
  out.time_s = static_cast<double>(engine.now()) * network.dt_ms * 1e-3;
  out.source_population = p.view.source;
  out.target_population = p.view.target;
  for (std::uint32_t t = 0; t < p.tiles.size(); ++t) {
    const SynapseTile& tile = p.tiles[t];
    for (std::uint32_t s = tile.source_begin; s < tile.source_end; ++s)
      for (std::uint32_t k = tile.offset[s - tile.source_begin]; k < tile.offset[s - tile.source_begin + 1]; ++k) {
        out.source.push_back(s);
        out.target.push_back(tile_begin(target, t) + tile.target[k]);
        out.weight.push_back(tile.weight.empty()
                                 ? from_fixed(tile.weight_q[k] * (1 << p.view.weight_shift), p.view.scale_log2)
                                 : tile.weight[k]);
        const int delay = p.view.min_delay + (tile.delay_extra.empty() ? 0 : tile.delay_extra[k]);
        out.delay_ms.push_back(static_cast<float>(delay * network.dt_ms));
      }
  }
  std::size_t k = 0;
  for (const StateArray& a : network.arrays())
    if (a.kind == ArrayKind::fast || a.kind == ArrayKind::slow) {
      std::copy(saved[k].begin(), saved[k].end(), a.data);
      ++k;
    }
  engine.set_flush_times(flushes);
  engine.upload();
  return out;
}

struct RawRun::Impl {
  Impl(const Scenario& s, Network& n, Engine& e) : scenario(s), network(n), engine(e), stimuli(s, n, e) {
    records.spikes_of.assign(n.populations.size(), false);
    for (const RecordSpec& r : s.record) {
      bins.emplace_back(r);
      if (r.what != "spikes") continue;
      for (const auto& p : n.populations)
        if (matches(r.of, p->name)) records.spikes_of[p->view.index] = true;
    }
    e.record_spikes(records.spikes_of);
  }

  StepIndex interval(const RecordSpec& r) const {
    return std::max<StepIndex>(1, steps_of(r.every_s, scenario.dt_ms));
  }

  /// The next stretch ends where anything is due: a stimulus switches, a recorder samples, the watch looks.
  StepIndex next_stop(StepIndex end) {
    const StepIndex now = engine.now();
    StepIndex until = std::min(end, now + std::max<StepIndex>(1, steps_of(kWatch_s, scenario.dt_ms)));
    for (const RecordSpec& r : scenario.record)
      if (r.what != "spikes") until = std::min(until, (now / interval(r) + 1) * interval(r));
    return stimuli.prepare(until);
  }

  void record(StepIndex step) {
    const std::vector<Spike> taken = engine.take_spikes();
    records.spikes.insert(records.spikes.end(), taken.begin(), taken.end());
    for (std::size_t k = 0; k < scenario.record.size(); ++k) {
      const RecordSpec& r = scenario.record[k];
      if (r.what == "spikes" || step % interval(r) != 0) continue;
      if (r.what == "traces") sample(scenario, network, r, step, records.traces);
      if (r.what == "rates") bins[k].close(network, records.rates);
      if (r.what == "weights" || r.what == "connectivity")
        for (std::uint32_t q = 0; q < network.projections.size(); ++q)
          if (matches(r.of, network.projections[q]->name))
            records.synapses.push_back(read_synapses(scenario, network, engine, q));
    }
  }

  const Scenario& scenario;
  Network& network;
  Engine& engine;
  RawStimuli stimuli;
  Watch watch;
  std::vector<RateBins> bins;
  RawRecords records;
};

RawRun::RawRun(const Scenario& scenario, Network& network, Engine& engine)
    : impl_(std::make_unique<Impl>(scenario, network, engine)) {}
RawRun::~RawRun() = default;
RawRecords& RawRun::records() { return impl_->records; }

bool RawRun::run(const RawProgress& progress, const std::function<bool()>& stop) {
  Impl& r = *impl_;
  const StepIndex end = steps_of(r.scenario.until_s, r.scenario.dt_ms);
  while (r.engine.now() < end) {
    if (stop && stop()) return false;
    const StepIndex until = r.next_stop(end);
    r.engine.run(until - r.engine.now());
    r.engine.download();
    r.watch.look(r.network, r.engine);
    r.record(until);
    if (progress) progress(static_cast<double>(until) * r.scenario.dt_ms * 1e-3, r.scenario.until_s);
  }
  return true;
}

void RawRun::archive(StateArchive& a) {
  Impl& r = *impl_;
  r.stimuli.archive(a);
  a.list("bins", r.bins, [](StateArchive& s, RateBins& b) { b.archive(s); });
  a.value("spikes", r.records.spikes);
  a.list("traces", r.records.traces, [](StateArchive& s, TraceRecord& t) {
    s.value("population", t.population);
    s.value("column", t.column);
    s.value("unit", t.unit);
    s.value("first", t.first);
    s.value("count", t.count);
    s.value("time_ms", t.time_ms);
    s.value("values", t.values);
  });
  a.list("rates", r.records.rates, [](StateArchive& s, RateRecord& t) {
    s.value("population", t.population);
    s.value("bin_s", t.bin_s);
    s.value("rate_Hz", t.rate_Hz);
  });
  a.list("synapses", r.records.synapses, [](StateArchive& s, SynapseRecord& t) {
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
}

}  // namespace penfield
