#include "host/run/raw_run.hpp"

#include <algorithm>
#include <utility>

#include "host/run/field_values.hpp"
#include "host/run/measure.hpp"
#include "host/run/raw_growth.hpp"
#include "host/run/raw_homeostasis.hpp"
#include "host/run/raw_injury.hpp"
#include "host/run/raw_modulators.hpp"
#include "host/run/raw_slow_weights.hpp"
#include "host/run/raw_stimuli.hpp"
#include "host/run/raw_watch.hpp"
#include "penfield/base/error.hpp"
#include "penfield/base/stop.hpp"

namespace penfield {

namespace {

/// What happens to a population by its name while it runs would happen to the first instance's alone.
void require_constant(const Scenario& s) {
  using Kind = StimulusSpec::Kind;
  std::string what;
  for (const StimulusSpec& stimulus : s.stimuli)
    if (stimulus.kind == Kind::step_current || stimulus.kind == Kind::spikes || stimulus.from_s > 0.0 ||
        stimulus.to_s >= 0.0 || !stimulus.rate_schedule.empty())
      what = "a stimulus to " + stimulus.to + " that changes in time";
  for (const ModulatorSpec& m : s.modulators)
    if (!m.pulses.empty() || m.random_rate_Hz > 0.0 || !m.rewards.empty())
      what = "a modulator with pulses, " + m.name + ",";
  for (const EventSpec& e : s.timeline)
    if (e.enabled) {
      const bool drug = e.kind == EventSpec::Kind::drug;
      what = drug ? "a drug that acts on " + e.of : "an event of the timeline";
    }
  if (!s.effects.empty()) what = "an effect of the field " + s.effects.front().field;
  for (const PopulationSpec& p : s.populations)
    if (const FieldSpec* f = find_field(s, p.tonic_field);
        f != nullptr && (f->course.kind != CourseSpec::Kind::steady || f->injury_amplitude != 0.0))
      what = "a field of tonic inhibition that varies, " + f->name + ",";
  for (const HomeostasisSpec& h : s.homeostasis) what = "homeostasis of " + h.of;
  if (s.energy) what = "an energy section";
  for (const AstrocyteSpec& a : s.astrocytes) what = "astrocytes, " + a.name + ",";
  for (const ConsolidationSpec& c : s.consolidation) what = "consolidation of " + c.projection;
  for (const NormalisationSpec& n : s.normalisation) what = "normalisation of " + n.projection;
  for (const StructureSpec& x : s.structure) what = "structural plasticity of " + x.projection;
  if (s.body) what = "a body that is touched";
  for (const RecordSpec& r : s.record)
    if (r.what != "spikes") what = "a record of " + r.what;
  if (!what.empty())
    throw Error(ExitCode::scenario, "scenario " + s.name + " has " + what +
                                        ", which would reach only the first of networks side by side: leave "
                                        "it out, or run each network alone");
}

}  // namespace

struct RawRun::Impl {
  Impl(const Scenario& s, Network& n, Engine& e)
      : scenario(s),
        network(n),
        engine(e),
        injury(s, n, e),
        stimuli(s, n, e, injury),
        modulators(s, n, e),
        homeostasis(s, n, e, injury),
        slow_weights(s, n, e, records.pools),
        growth(s, n, e, injury, records.growth),
        recorders(s, n, e),
        watch(s, n) {
    if (n.instances > 1) require_constant(s);
    records.spikes_of.assign(n.populations.size(), false);
    // All instances by the names of the first.
    const std::size_t own = n.populations.size() / n.instances;
    for (const RecordSpec& r : s.record)
      for (std::size_t k = 0; k < n.populations.size(); ++k)
        if (r.what == "spikes" && record_matches(r.of, n.populations[k % own]->name))
          records.spikes_of[k] = true;
    seen = records.spikes_of;
    modulators.require(seen);
    e.record_spikes(seen);
  }

  /// The next stretch ends where anything is due: an event strikes, a stimulus switches, gains move, synapses
  /// grow, a recorder samples, the watch looks.
  StepIndex next_stop(StepIndex end) {
    const StepIndex now = engine.now();
    const StepIndex looked_at = std::min({end, watch.next(now), recorders.next(now, end)});
    const StepIndex held = injury.prepare(looked_at);
    if (injury.struck()) after_injury(now);
    return stimuli.prepare(
        modulators.prepare(growth.prepare(slow_weights.prepare(homeostasis.prepare(held)))));
  }

  void after_injury(StepIndex now) {
    growth.count_again();
    std::vector<std::uint64_t> dead = injury.injury().dead_by_population();
    if (dead !=
        (records.deaths.empty() ? std::vector<std::uint64_t>(dead.size(), 0) : records.deaths.back().dead))
      records.deaths.push_back({static_cast<double>(now) * scenario.dt_ms * 1e-3, std::move(dead)});
  }

  void look(StepIndex step, StepIndex end) {
    const bool watching = watch.due(step) || step == end;
    if (watching || recorders.samples_neurons(step)) engine.download_neurons();
    if (watching) {
      const bool whole = step == end || watch.whole_due(network, step);
      watch.look(network, step, whole && engine.in_place());
      if (whole) {
        StateArchive slow = finite_check(step);
        archive(slow);
      }
    }
    take_spikes();
    recorders.record(step, records);
  }

  void archive(StateArchive& a) {
    injury.archive(a);
    stimuli.archive(a);
    modulators.archive(a);
    homeostasis.archive(a);
    slow_weights.archive(a);
    growth.archive(a);
    recorders.archive(a);
    a.value("early_spikes", early_spikes);
    const std::size_t structures = records.growth.size(), fields = records.pools.size();
    penfield::archive(a, records);
    if (injury.any()) penfield::archive(a, records.deaths);
    if (records.growth.size() != structures)
      throw Error(ExitCode::input_file, "the checkpoint tells of the growth of " +
                                            std::to_string(records.growth.size()) + " structures, not of " +
                                            std::to_string(structures) +
                                            ": it is damaged; start anew with another --out");
    if (records.pools.size() != fields)
      throw Error(ExitCode::input_file, "the checkpoint tells of " + std::to_string(records.pools.size()) +
                                            " fields of astrocytes, not of " + std::to_string(fields) +
                                            ": it is damaged; start anew with another --out");
  }

  void take_spikes() {
    std::vector<Spike> taken = std::exchange(early_spikes, {});
    const std::vector<Spike> late = engine.take_spikes();
    taken.insert(taken.end(), late.begin(), late.end());
    modulators.observe(taken);
    if (seen != records.spikes_of)
      std::erase_if(taken, [&](const Spike& spike) { return !records.spikes_of[spike.population]; });
    if (sink) {
      sink(taken);
    } else {
      records.spikes.insert(records.spikes.end(), taken.begin(), taken.end());
    }
  }

  const Scenario& scenario;
  Network& network;
  Engine& engine;
  RawInjury injury;  ///< before what asks it
  RawStimuli stimuli;
  RawModulators modulators;
  RawHomeostasis homeostasis;
  RawRecords records;
  RawSlowWeights slow_weights;
  RawGrowth growth;
  RawRecorders recorders;
  RawWatch watch;
  std::vector<Spike> early_spikes;  ///< of a stretch that a stop cut in two
  std::vector<bool> seen;  ///< [population] whose spikes are taken: those recorded, and those rewards need
  SpikeSink sink;
};

RawRun::RawRun(const Scenario& scenario, Network& network, Engine& engine)
    : impl_(std::make_unique<Impl>(scenario, network, engine)) {}
RawRun::~RawRun() = default;
const RawRecords& RawRun::records() const { return impl_->records; }
const SlowWeights& RawRun::slow_weights() const { return impl_->slow_weights.state(); }
const RawGrowth& RawRun::growth() const { return impl_->growth; }
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
    try {
      r.engine.run(until - r.engine.now());
    } catch (const Interrupted&) {
      // A whole number of steps is done, and what is due next is found again from the step reached. The
      // stretch's spikes belong to the log once it is whole, so that logs do not depend on stops.
      const std::vector<Spike> taken = r.engine.take_spikes();
      r.early_spikes.insert(r.early_spikes.end(), taken.begin(), taken.end());
      r.engine.download();
      return false;
    }
    r.look(until, end);
    if (progress) progress(static_cast<double>(until) * r.scenario.dt_ms * 1e-3, r.scenario.until_s);
  }
  r.engine.download();
  return true;
}

void RawRun::archive(StateArchive& a) { impl_->archive(a); }

}  // namespace penfield
