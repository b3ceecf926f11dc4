#include "host/run/raw_run.hpp"

#include <algorithm>

#include "host/run/measure.hpp"
#include "host/run/raw_stimuli.hpp"
#include "host/run/raw_watch.hpp"

namespace penfield {

struct RawRun::Impl {
  Impl(const Scenario& s, Network& n, Engine& e)
      : scenario(s), network(n), engine(e), stimuli(s, n, e), recorders(s, n, e) {
    records.spikes_of.assign(n.populations.size(), false);
    for (const RecordSpec& r : s.record)
      for (const auto& p : n.populations)
        if (r.what == "spikes" && record_matches(r.of, p->name)) records.spikes_of[p->view.index] = true;
    e.record_spikes(records.spikes_of);
  }

  /// The next stretch ends where anything is due: a stimulus switches, a recorder samples, the watch looks.
  StepIndex next_stop(StepIndex end) {
    const StepIndex now = engine.now();
    return stimuli.prepare(std::min({end, watch.next(now), recorders.next(now, end)}));
  }

  void look(StepIndex step, StepIndex end) {
    const bool watching = watch.due(step) || step == end;
    if (watching || recorders.samples_neurons(step)) engine.download_neurons();
    if (watching) watch.look(network, step);
    std::vector<Spike> taken = engine.take_spikes();
    if (sink) {
      sink(taken);
    } else {
      records.spikes.insert(records.spikes.end(), taken.begin(), taken.end());
    }
    recorders.record(step, records);
  }

  const Scenario& scenario;
  Network& network;
  Engine& engine;
  RawStimuli stimuli;
  RawRecorders recorders;
  RawWatch watch;
  RawRecords records;
  SpikeSink sink;
};

RawRun::RawRun(const Scenario& scenario, Network& network, Engine& engine)
    : impl_(std::make_unique<Impl>(scenario, network, engine)) {}
RawRun::~RawRun() = default;
const RawRecords& RawRun::records() const { return impl_->records; }
void RawRun::send_spikes(SpikeSink sink) { impl_->sink = std::move(sink); }

bool RawRun::run(const RawProgress& progress, const std::function<bool()>& stop) {
  Impl& r = *impl_;
  const StepIndex end = steps_of(r.scenario.until_s, r.scenario.dt_ms);
  r.engine.download_neurons();
  r.watch.begin(r.network, r.engine.now());
  while (r.engine.now() < end) {
    if (stop && stop()) {
      r.engine.download();
      return false;
    }
    const StepIndex until = r.next_stop(end);
    r.engine.run(until - r.engine.now());
    r.look(until, end);
    if (progress) progress(static_cast<double>(until) * r.scenario.dt_ms * 1e-3, r.scenario.until_s);
  }
  r.engine.download();
  return true;
}

void RawRun::archive(StateArchive& a) {
  impl_->stimuli.archive(a);
  impl_->recorders.archive(a);
  penfield::archive(a, impl_->records);
}

}  // namespace penfield
