#include "host/run/study.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "host/body/touch_plan.hpp"
#include "host/build/build_network.hpp"
#include "host/clock/slow_steps.hpp"
#include "host/probe/fast_state.hpp"
#include "host/probe/map_probe.hpp"
#include "host/run/drugs.hpp"
#include "host/run/episode_batches.hpp"
#include "host/run/episodic_growth.hpp"
#include "host/run/field_values.hpp"
#include "host/run/influences.hpp"
#include "host/run/injury.hpp"
#include "host/run/loop_gain.hpp"
#include "host/run/measure.hpp"
#include "host/run/projected_weights.hpp"
#include "host/run/session_schedule.hpp"
#include "host/run/slow_weights.hpp"
#include "host/run/step_control.hpp"
#include "host/run/study_maps.hpp"
#include "host/run/study_state.hpp"
#include "host/run/zones.hpp"
#include "penfield/base/error.hpp"
#include "penfield/base/stop.hpp"

namespace penfield {

struct Study::Impl {
  Impl(const Scenario& s, Network& n, Engine& e)
      : scenario(s),
        network(n),
        engine(e),
        drug_times(s),
        drugs(s, n),
        injury(s, n),
        influences(s, n, injury),
        growth(s, n, injury, influences, result.records.raw.growth),
        batches(n, e, weights),
        control(s, n, batches),
        meter(s, n),
        slow_weights(s, n),
        recorder(s, n, batches, result.records) {
    for (const HomeostasisSpec& h : s.homeostasis) {
      Homeostat& made = homeostats.emplace_back(h, n);
      made.set_share(influences.share_of(made.population(), made.port()));
    }
    for (const StructureSpec& spec : s.structure)
      if (!grows_by_elements(spec)) rewirings.emplace_back(s, spec, n);
    for (std::uint32_t q = 0; q < s.projections.size(); ++q)
      if (s.projections[q].plasticity) weights.emplace_back(s, q, n);
    batches.watch(growth.watched());
    started.assign(s.timeline.size(), false);
    time_s = -s.clock.settle_s;
    // A sham run switches its event off; it is read against the same part.
    for (const EventSpec& event : s.timeline)
      if (event.kind == EventSpec::Kind::amputate && result.lost_part == readout::kNoPart)
        result.lost_part = part_index(s, event.part);
    lost.assign(s.body ? s.body->parts.size() : 0, false);
    const std::uint32_t probed = !s.probes.empty()    ? population_index(n, s.probes.front().of)
                                 : !rewirings.empty() ? rewirings.front().target()
                                 : growth.any()       ? growth.target()
                                                      : 0;
    zones = make_zones(s, n, probed, result.lost_part);
  }

  bool run(const Progress& progress, const std::function<bool()>& stop) {
    const double total_s = scenario.until_s + scenario.clock.settle_s;
    const auto told = [&] {
      if (progress) progress(time_s + scenario.clock.settle_s, total_s, result.spiking_s);
    };
    try {
      while (!reached(time_s, scenario.until_s)) {
        if (stop && stop()) return false;
        pass_milestones(told);
        macro_step();
        told();
      }
      pass_milestones(told);
      return true;
    } catch (const Interrupted&) {
      clear_touches(network);
      return false;  // the state is that before the macro step or probe that was left
    }
  }

  /// Snapshots, events and probes that are due now, in that order; a snapshot's map comes before the events
  /// of its time.
  template <class Told>
  void pass_milestones(const Told& told) {
    if (!half_settled && reached(time_s, -0.5 * scenario.clock.settle_s)) {
      // From here on structure turns over as it will in the intact network, so that settling ends in its
      // steady state.
      half_settled = true;
      for (Rewiring& r : rewirings) {
        r.take_snapshot(network, engine.rewirer());
        r.begin_baseline();
      }
    }
    if (!snapshot_taken && reached(time_s, 0.0)) {
      snapshot_taken = true;
      engine.download_held();
      for (Homeostat& h : homeostats) h.take_snapshot(network);
      for (Rewiring& r : rewirings) r.take_snapshot(network, engine.rewirer());
      for (const Rewiring& r : rewirings)
        if (is_lateral(r)) intact_origin = input_origin(network, r.projection(), zones, engine.rewirer());
      intact_inhibition = recent_inhibition;
      due_probe = DueProbe::intact;
    }
    probe_what_is_due(told);
    bool changed = false, fresh = false;
    for (std::size_t k = 0; k < scenario.timeline.size(); ++k) {
      const EventSpec& event = scenario.timeline[k];
      if (started[k] || !reached(time_s, event.from_s) || !reached(time_s, 0.0)) continue;
      started[k] = true;
      control.restart();
      if (event.kind == EventSpec::Kind::amputate && event.enabled) amputate(event);
      if (event.enabled) strike(k);
      changed = changed || is_abrupt(event);
      fresh = fresh || begins_short_steps(event);
    }
    if (fresh) {
      short_until_s = time_s + scenario.clock.short_for_s;
      for (ProjectedWeights& w : weights) w.forget();
      for (Homeostat& h : homeostats) h.forget_loop_gain();
      for (Rewiring& r : rewirings) r.forget();
      growth.forget();
    }
    if (changed || (!scenario.probes.empty() && probe_due(scenario.probes.front())))
      due_probe = DueProbe::later;
    probe_what_is_due(told);
  }

  /// Left in the middle, a probe is still due, and what led to it has happened once.
  template <class Told>
  void probe_what_is_due(const Told& told) {
    const bool due = due_probe != DueProbe::none && !scenario.probes.empty();
    if (due) probe(due_probe == DueProbe::intact);
    due_probe = DueProbe::none;
    if (due) told();
  }

  /// Drugs, fields and what else acts on cells are as at that time from now on.
  void dose(double at_s) {
    if (influences.any()) engine.download_held();
    if (influences.any() && influences.set(at_s)) {
      network.bind();
      engine.upload();
    }
    for (Rewiring& r : rewirings) {
      if (influences.varies(r.spec().growth_field))
        r.set_growth_field(influences.field_at(*find_field(scenario, r.spec().growth_field),
                                               *network.populations[r.source()], at_s));
      r.set_speed(influences.speed_of(r.spec().name, *network.populations[r.target()], at_s));
    }
    if (!drug_times.any() || !drugs.differ(at_s)) return;
    engine.download();
    drugs.set(at_s);
    engine.upload();
  }

  /// An infarct, or a projection that is cut.
  void strike(std::size_t event) {
    if (!injury.strikes(event)) return;
    engine.download();
    if (injury.strike(event, time_s)) after_injury();
  }

  void after_injury() {
    network.bind();
    engine.upload();
    tell_of_the_dead();
    growth.count_again();
    for (ProjectedWeights& w : weights) w.forget();
    meter.rewired();
  }
  /// Within the cells that maps are read from?
  bool is_lateral(const Rewiring& r) const {
    return r.source() == zones.population && r.target() == zones.population;
  }
  void tell_of_the_dead() {
    for (Rewiring& r : rewirings) r.set_dead(injury.dead(r.source()), injury.dead(r.target()));
    for (Homeostat& h : homeostats) h.set_dead(injury.dead(h.population()));
    leave_out(zones, injury.dead(zones.population));
    meter.set_dead(injury.dead_by_population());
  }

  void amputate(const EventSpec& event) {
    lost[part_index(scenario, event.part)] = true;
    engine.download_held();
    lose_skin(scenario, network, event.part, injury);
    engine.upload();
  }

  bool probe_due(const ProbeSpec& spec) const {
    return (result.maps.empty() || !reached(result.maps.back().time_s, time_s)) &&
           probe_falls_at(scenario, spec, time_s);
  }

  void probe(bool intact) {
    if (!intact) dose(time_s);  // the intact map comes before what happens at its time
    const ProbeSpec& spec = scenario.probes.front();
    const std::vector<std::uint32_t> decoded =
        decoded_parts(result.lost_part, static_cast<std::uint32_t>(lost.size()));
    MapProbeResult probed =
        run_map_probe(scenario, network, engine, spec, lost, decoded, decoded.empty() ? 0 : result.lost_part);
    probed.map = living_map(std::move(probed.map), injury.dead(zones.population));
    const std::uint32_t lost_part = result.lost_part == readout::kNoPart ? 0 : result.lost_part;
    if (intact) result.map = readout::make_map_study(probed.map, lost_part, spec.threshold_fraction);
    const bool lesioned = std::find(lost.begin(), lost.end(), true) != lost.end();
    if (!intact && lesioned && !after_lesion) {
      readout::set_after_lesion(result.map, probed.map);
      after_lesion = true;
    }
    result.maps.push_back(read_map_point(scenario, result.map, result.lost_part, lesioned, zones, probed));
    result.maps.back().time_s = time_s;
    result.maps.back().intact = intact;
    result.spiking_s += probed.spiking_s;
  }

  void macro_step() {
    const double step = control.limit_s(scheduled_step_s(scenario, drug_times, time_s, short_until_s));
    dose(time_s + 0.5 * step);
    measure_loop_gains(step);
    const Measures measures = measure_or_go_back(step);
    result.checks.add(batches.spikes());
    // Before the host's copies begin to change.
    if (injury.may_kill() || growth.any()) engine.download();
    result.spiking_s += measures.spiking_s;
    StepPoint point;
    point.time_s = time_s + step;
    point.step_s = step;
    describe_rates(measures, zones, point);
    if (meter.on() && reached(time_s, 0.0))
      meter.append(result.records.raw.energy, measures.rate_Hz, step, point.time_s);
    TileRewirer* const card = engine.rewirer();
    recent_inhibition = inhibitory_input(scenario, network, zones, measures, card);
    point.inhibition =
        snapshot_taken && intact_inhibition > 0.0 ? recent_inhibition / intact_inhibition : 1.0;
    point.acceleration = step / (measures.spiking_s + std::exchange(perturbed_s, 0.0));
    StepErrors judged;
    const auto frozen = [&](const std::string& name) { return is_frozen(scenario, name, time_s); };
    for (ProjectedWeights& w : weights) w.put_back(network);
    slow_weights.begin_leap(network);
    for (ProjectedWeights& w : weights) {
      const Population& cells = *network.populations[network.projections[w.projection()]->view.target];
      judged.join(w.leap(network, step, macro, frozen(w.name()),
                         influences.speed_of(w.name(), cells, time_s + 0.5 * step)));
    }
    judged.join(
        slow_weights.advance(network, measures.rate_Hz, time_s, step, frozen, result.records.raw.pools));
    for (const RateLoop& loop : rate_loops(homeostats, frozen)) {
      judged.join(
          homeostat_errors(loop, network, measures, step, rate_error(batches.spikes(), loop.population())));
      loop.advance(network, measures, step);
    }
    for (const Homeostat& h : homeostats)
      if (h.spec().raises_rate) point.excitatory_gain = gain_in_territory(network, h, zones);
    for (Rewiring& r : rewirings) {
      r.observe(measures, step);
      if (frozen(r.spec().name)) continue;
      judged.join(r.step_errors(measures, step, rate_error(batches.spikes(), r.target())));
      const RewiringCounts counts = r.advance(
          network, step, macro, formation_mask(scenario, *network.populations[r.source()], time_s), card);
      point.formed += counts.formed;
      point.deleted += counts.deleted;
      if (counts.formed + counts.deleted > 0) meter.rewired();
      if (is_lateral(r)) describe_rewiring(network, r, zones, intact_origin, step, point, card);
    }
    const EpisodicGrowth::Step grown = growth.advance(measures, batches.spikes(), time_s, step, frozen);
    judged.join(grown.errors);
    point.formed += grown.formed;
    point.deleted += grown.deleted;
    if (grown.formed + grown.deleted > 0) meter.rewired();
    // While the network settles there is no intact one to hold synapses against.
    if (!snapshot_taken) point.net_outside_per_cell = point.net_inside_per_cell = 0.0;
    if (injury.advance(measures, step)) after_injury();
    point.dead = injury.num_dead();
    network.bind();
    engine.upload();
    ++macro;
    time_s += step;
    result.biological_s = time_s;
    control.judge(judged, measures, step);
    point.error = judged.discretisation;
    point.error_statistical = judged.statistical;
    point.change = judged.change;
    point.rate_change = judged.rate_change;
    result.steps.push_back(std::move(point));
    recorder.end();
  }

  /// Episodes change the fast state alone. Where one is left or breaks, it is what it was before the first.
  Measures measure_or_go_back(double step) {
    const FastCopy before(network, engine, true);
    recorder.begin(time_s, time_s + step);
    struct GoBack {
      Impl& study;
      const FastCopy& before;
      int unwinding = std::uncaught_exceptions();
      ~GoBack() {
        if (std::uncaught_exceptions() == unwinding) return;
        try {
          study.recorder.cancel();
          clear_touches(study.network);
          before.restore(study.engine);
        } catch (const Error&) {
          // A card that is lost: its error is on its way.
        }
      }
    };
    const GoBack guard{*this, before};
    return measure(scenario, network, recorder, macro, &batches, influences.use(time_s + 0.5 * step));
  }

  /// How steeply rates answer homeostats, where that is due: of all or, left in the middle, of none.
  void measure_loop_gains(double step) {
    std::vector<LoopGainPoint> measured;
    double spiking_s = 0.0;
    for (std::uint32_t k = 0; k < homeostats.size(); ++k) {
      const Homeostat& h = homeostats[k];
      if (!h.loop_gain_is_due(time_s) || is_frozen(scenario, h.spec().name, time_s)) continue;
      const LoopGain found =
          measure_loop_gain(scenario, network, engine, h, macro, influences.use(time_s + 0.5 * step));
      measured.push_back({time_s, k, found.gain, found.standard_error, is_usable(found)});
      spiking_s += found.spiking_s;
    }
    for (const LoopGainPoint& point : measured)
      homeostats[point.homeostat].set_loop_gain(point.used ? point.gain : 0.0, time_s);
    result.loop_gains.insert(result.loop_gains.end(), measured.begin(), measured.end());
    result.spiking_s += spiking_s;
    perturbed_s += spiking_s;
  }

  /// A state of another timeline on the same network: time starts anew, what was lost stays lost.
  void branch(StateArchive& a) {
    const StudyResult mine = result;  // what the constructor made of this scenario
    archive_all(a);
    const bool past_zero = snapshot_taken;
    injury.shift(time_s);
    for (Homeostat& h : homeostats) h.shift_time(time_s);
    influences.restart(time_s);
    network.bind();
    engine.upload();
    result = mine;
    started.assign(scenario.timeline.size(), false);
    time_s = 0.0;
    short_until_s = -1.0;
    control.restart();
    half_settled = true;
    snapshot_taken = after_lesion = false;
    due_probe = DueProbe::none;
    intact_origin = {};
    intact_inhibition = 0.0;
    // Drivers before an event are no measure of what the neuron is used to now.
    if (past_zero && std::find(lost.begin(), lost.end(), true) != lost.end())
      for (Rewiring& r : rewirings) r.begin_baseline();
  }

  /// All members below but what the constructor derives from the scenario.
  void archive_all(StateArchive& a) {
    a.within("study");
    a.value("clock_s", time_s);
    a.value("short_until_s", short_until_s);
    a.value("perturbed_s", perturbed_s);
    control.archive(a);
    a.value("macro", macro);
    a.value("due_probe", due_probe);
    a.value("half_settled", half_settled);
    a.value("snapshot_taken", snapshot_taken);
    a.value("after_lesion", after_lesion);
    a.value("started", started);
    a.value("lost", lost);
    a.value("intact_inside_per_cell", intact_origin.inside_per_cell);
    a.value("intact_outside_per_cell", intact_origin.outside_per_cell);
    a.value("intact_inhibition", intact_inhibition);
    a.value("recent_inhibition", recent_inhibition);
    for (Homeostat& h : homeostats) h.archive(a);
    for (Rewiring& r : rewirings) r.archive(a);
    for (ProjectedWeights& w : weights) w.archive(a);
    growth.archive(a);
    slow_weights.archive(a, network);
    drugs.archive(a);
    injury.archive(a);
    influences.archive(a);
    if (a.reading()) tell_of_the_dead();
    penfield::archive(a, result);
  }

  const Scenario& scenario;
  Network& network;
  Engine& engine;
  std::vector<Homeostat> homeostats;
  std::vector<Rewiring> rewirings;
  std::vector<ProjectedWeights> weights;
  DrugTimes drug_times;
  Drugs drugs;
  Injury injury;
  Influences influences;  ///< after what it looks at
  StudyZones zones;
  InputOrigin intact_origin;
  double intact_inhibition = 0.0, recent_inhibition = 0.0;
  double time_s = 0.0, short_until_s = -1.0, perturbed_s = 0.0;  ///< perturbed: spiking for loop gains
  std::uint64_t macro = 0;
  bool half_settled = false, snapshot_taken = false, after_lesion = false;
  enum class DueProbe : std::uint8_t { none, intact, later };
  DueProbe due_probe = DueProbe::none;
  std::vector<bool> started, lost;
  StudyResult result;
  EpisodicGrowth growth;   ///< of the result's records
  EpisodeBatches batches;  ///< next to the engine: the recorder tells episodes by their runs
  StepControl control;     ///< of the batches
  EnergyMeter meter;
  SlowWeights slow_weights;
  EpisodeRecorder recorder;
};

Study::Study(const Scenario& scenario, Network& network, Engine& engine)
    : impl_(std::make_unique<Impl>(scenario, network, engine)) {}
Study::~Study() = default;

bool Study::run(const Progress& progress, const std::function<bool()>& stop) {
  return impl_->run(progress, stop);
}
const StudyResult& Study::result() const { return impl_->result; }

void Study::archive(StateArchive& a) {
  impl_->archive_all(a);
  if (!a.reading()) return;
  impl_->influences.resume();
  impl_->network.bind();
  impl_->engine.upload();
}
void Study::branch(StateArchive& a) { impl_->branch(a); }
double Study::time_s() const { return impl_->time_s; }
bool Study::settled() const { return reached(impl_->time_s, 0.0) && !impl_->snapshot_taken; }

}  // namespace penfield
