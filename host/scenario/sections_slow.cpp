// The scenario's top level, the clock, the body, and what happens over days.
#include "host/scenario/sections.hpp"

namespace penfield {
namespace {

void visit_condition(Visitor& v, ConditionSpec& s) {
  v.number({"fraction", "", "share of the day; all shares sum to 1", true}, s.fraction, Bounds::above(0, 1));
  v.time({"heal", "", "spiking that is thrown away before each episode"}, s.heal_s, Bounds::within(0, 3600));
  v.time({"episode", "", "spiking that is measured"}, s.episode_s, Bounds::above(0, kDay_s));
  v.boolean({"touch", "", "body parts are touched"}, s.touch);
}

void visit_touch(Visitor& v, TouchSpec& s) {
  v.number({"amplitude_Hz", "Hz", "relay rate at the middle of a touch"}, s.amplitude_Hz,
           Bounds::within(0, 10000));
  v.number({"sigma_mm", "mm", "SD of the bump on the relay's sheet"}, s.sigma_mm,
           Bounds::above(0, kMaxLength_mm));
  v.number({"on_ms", "ms", "length of a touch"}, s.on_ms, Bounds::above(0, 1e6));
  v.number({"off_mean_ms", "ms", "mean of the exponential pause between touches of a part"}, s.off_mean_ms,
           Bounds::within(0, 1e6));
  v.choice({"places", "", "stratified: each round visits every cell of the part once, in random order"},
           s.stratified_places, {{"stratified", true}, {"random", false}});
}

void visit_part(Visitor& v, BodyPartSpec& s) {
  v.text({"name", "", "such as hand/D3", true}, s.name, TextKind::name);
  const auto within = Bounds::within(0, kMaxLength_mm);
  v.number({"x_mm", "mm", "left end of its territory on the sheets", true}, s.x_mm, within);
  v.number({"y_mm", "mm", "lower end", true}, s.y_mm, within);
  v.number({"width_mm", "mm", "", true}, s.width_mm, Bounds::above(0, kMaxLength_mm));
  v.number({"height_mm", "mm", "", true}, s.height_mm, Bounds::above(0, kMaxLength_mm));
  v.text({"source", "", "citation of its size"}, s.source, TextKind::free);
}

constexpr Alternative kProbes[] = {
    {"receptive_fields",
     "responses to touch of every place of the body: the map, and how well a few neurons tell which place it "
     "was; relays of a part that is gone are driven directly"},
};

constexpr Alternative kRecords[] = {
    {"spikes",
     "(neuron, step) of every spike of a population; episodic clock: those of the measured episodes"},
    {"traces", "state of single neurons over time; episodic clock: in the measured episodes"},
    {"rates", "mean rate of a population in bins; episodic clock: of the measured episodes"},
    {"weights", "weights of a projection; episodic clock: at the end, and after macro steps"},
    {"connectivity", "who connects to whom in a projection; episodic clock: as weights"},
};

}  // namespace

void visit_scenario(Visitor& v, Scenario& s) {
  v.version({"penfield", "", "version of this format", true}, 1);
  v.composed({"extends", "",
              "another scenario, below this one's folder, that this file changes: objects merge key by key, "
              "lists are replaced, null removes"},
             Value::Type::string, true);
  v.composed(
      {"override", "",
       "{path: value} for single values, also inside the lists of what it extends; paths as for --set"},
      Value::Type::object, false);
  v.text({"name", "", "what the run folder and report are called", true}, s.name, TextKind::name);
  v.text({"about", "", "what the scenario shows"}, s.about, TextKind::free);
  v.small_integer({"seed", "", "of all random draws"}, s.seed, 0, 0xffffffffu);
  v.number({"dt_ms", "ms", "length of a step"}, s.dt_ms, Bounds::above(0, 10));
  v.time({"until", "", "end of the run, in biological time", true}, s.until_s, Bounds::above(0, kLongest_s));
  if (v.enter({"clock", "", "raw: every step is simulated; episodic: short episodes carry days"}, true)) {
    visit_clock(v, s.clock);
    v.leave();
  }
  if (v.enter({"body", "", "body parts, their territories and touch"}, s.body.has_value())) {
    if (!s.body) s.body.emplace();
    visit_body(v, *s.body);
    v.leave();
  }
  struct Named {
    std::string name;
    SheetSpec sheet;
  };
  std::vector<Named> areas;
  for (const auto& [name, sheet] : s.areas) areas.push_back({name, sheet});
  v.named_list({"areas", "", "pieces of cortex or thalamus, each a sheet", true}, areas,
               [](Visitor& w, Named& a) { visit_sheet(w, a.sheet); });
  for (const Named& a : areas) s.areas[a.name] = a.sheet;
  v.list({"fields", "", "scalars over a sheet, which may vary with time and around injury"}, s.fields,
         visit_field);
  v.list_if_any({"effects", "", "what fields do beside guiding growth"}, s.effects, visit_effect);
  v.named_list({"populations", "", "neurons of one model, called AREA/NAME", true}, s.populations,
               visit_population, 65536);
  v.list({"projections", "", "synapses from one population to another"}, s.projections, visit_projection,
         1000000);
  v.list({"stimuli", "", "input from outside the network"}, s.stimuli, visit_stimulus, 65536);
  v.list({"modulators", "", "neuromodulators that plasticity rules read"}, s.modulators, visit_modulator, 64);
  v.list_if_any({"astrocytes", "", "glycogen, lactate and neuronal ATP over a sheet"}, s.astrocytes,
                visit_astrocytes, 64);
  v.list_if_any({"consolidation", "", "early parts of weights that decay unless energy makes them last"},
                s.consolidation, visit_consolidation);
  v.list_if_any({"normalisation", "", "summed weights that are kept or bounded, neuron by neuron"},
                s.normalisation, visit_normalisation);
  v.list({"homeostasis", "", "per-neuron factors on synaptic input that pull rates to their set-points"},
         s.homeostasis, visit_homeostasis);
  v.list({"structure", "", "structural plasticity by synaptic elements"}, s.structure, visit_structure);
  v.list({"timeline", "", "what happens when"}, s.timeline, visit_event);
  v.list({"probes", "", "measurements that change nothing"}, s.probes, visit_probe);
  v.list({"record", "", "state that is saved on a schedule"}, s.record, visit_record);
  if (v.enter({"watchdog", "", "when the run is stopped because its numbers broke"}, true)) {
    visit_watchdog(v, s.watchdog);
    v.leave();
  }
  if (v.enter({"energy", "", "what the network's activity costs"}, s.energy.has_value())) {
    if (!s.energy) s.energy.emplace();
    visit_energy(v, *s.energy);
    v.leave();
  }
}

void visit_clock(Visitor& v, ClockSpec& s) {
  v.choice({"mode", "", "raw: every step is simulated; episodic: episodes and macro steps"}, s.episodic,
           {{"raw", false}, {"episodic", true}});
  v.time({"macro_step", "", "episodic: biological time per step of the slow clock"}, s.macro_step_s,
         Bounds::above(0, 365 * kDay_s));
  v.time({"short_step", "", "episodic: macro step after every event"}, s.short_step_s,
         Bounds::above(0, 365 * kDay_s));
  v.time({"short_for", "", "episodic: how long after an event short steps last"}, s.short_for_s,
         Bounds::within(0, kLongest_s));
  v.time({"settle", "", "episodic: biological time of settling before time 0"}, s.settle_s,
         Bounds::within(0, kLongest_s));
  v.time({"settle_step", "", "episodic: macro step while settling"}, s.settle_step_s,
         Bounds::above(0, 365 * kDay_s));
  v.number(
      {"tolerance", "",
       "episodic: error of a macro step that its length is fitted to, from short_step at the start and after "
       "events up to macro_step; 0: the schedule alone"},
      s.tolerance, Bounds::within(0, 1));
  v.named_list({"conditions", "", "episodic: parts of the day, by name"}, s.conditions, visit_condition);
}

void visit_body(Visitor& v, BodySpec& s) {
  v.composed(
      {"file", "", "a file with this object, below the scenario's folder; keys given here override it"},
      Value::Type::string, true);
  v.text({"relay", "", "population of relays that the skin drives", true}, s.relay, TextKind::reference);
  v.list({"parts", "", "body parts", true}, s.parts, visit_part);
  if (v.enter({"touch", "", "an independent on/off process for each part"}, true)) {
    visit_touch(v, s.touch);
    v.leave();
  }
  v.number({"spontaneous_Hz", "Hz", "relay rate without touch"}, s.spontaneous_Hz, Bounds::within(0, 1000));
  v.number({"residual_spontaneous_Hz", "Hz", "rate of a relay whose part is gone"}, s.residual_spontaneous_Hz,
           Bounds::within(0, 1000));
}

void visit_homeostasis(Visitor& v, HomeostasisSpec& s) {
  v.text({"name", "", "what freeze events call it", true}, s.name, TextKind::name);
  v.text({"of", "", "population", true}, s.of, TextKind::reference);
  v.text({"port", "", "receptor whose input the factor multiplies", true}, s.port, TextKind::reference);
  v.number({"tau_s", "s", "time constant of ln(factor) for a rate at zero"}, s.tau_s,
           Bounds::above(0, kLongest_s));
  v.number({"loop_gain", "", "episodic: -d ln(rate) / d ln(factor) of the projected step"}, s.loop_gain,
           Bounds::above(0, 1000));
  v.time(
      {"loop_gain_every", "",
       "episodic: the loop gain is measured by small perturbations at the start, after events and so often; "
       "0 s: it is as given"},
      s.loop_gain_every_s, Bounds::within(0, 365 * kDay_s));
  v.number({"sensor_tau_s", "s", "raw: decay of the running mean of the rate, which begins at the set-point"},
           s.sensor_tau_s, Bounds::above(0, kLongest_s));
  v.time({"every", "", "raw: interval at which the factor moves"}, s.every_s, Bounds::above(0, kDay_s));
  v.boolean({"raises_rate", "", "the factor grows when the rate is low"}, s.raises_rate);
  v.number({"lower", "", "lower bound of the factor, relative to the intact state at time 0"}, s.lower,
           Bounds::within(0, 1e9));
  v.number({"upper", "", "upper bound of the factor"}, s.upper, Bounds::within(0, 1e9));
  v.boolean({"bounds_after_snapshot", "", "episodic: the bounds hold from time 0 on"},
            s.bounds_after_snapshot);
  v.number({"set_point_Hz", "Hz", "rate it aims at", true}, s.set_point_Hz, Bounds::above(0, 1000));
}

void visit_growth_curve(Visitor& v, GrowthCurveSpec& s) {
  static constexpr const char* kCurves[] = {"gaussian", "linear", "sigmoid"};
  const auto calcium = Bounds::within(0, 1e6);
  v.choice({"curve", "", "how elements change with calcium: nu times a curve that is 0 at eps"}, s.curve,
           kCurves);
  v.number({"rate_per_s", "1/s", "nu, elements per second; the sign of the rule"}, s.rate_per_s,
           Bounds::within(-1e6, 1e6));
  v.number({"eps", "", "calcium at which elements stay, the target", true}, s.eps, Bounds::above(0, 1e6));
  v.number({"eta", "", "gaussian: elements grow (nu > 0) between eta and eps"}, s.eta, calcium);
  v.number({"psi", "", "sigmoid: width of the step at eps"}, s.psi, Bounds::above(0, 1e6));
}

void visit_spines(Visitor& v, SpineSpec& s) {
  const auto rate = Bounds::within(0, 1e6);
  v.number({"day_s", "s", "simulated time that counts as a day; below 86400 time is compressed"}, s.day_s,
           Bounds::above(0, 86400));
  v.number({"formation_per_d", "1/d",
            "new labile spines per dendritic element; per spine, where \"dendritic\" is not given"},
           s.formation_per_d, rate);
  v.number({"stabilise_per_d", "1/d", "labile spines that become mature"}, s.stabilise_per_d, rate);
  v.number({"labile_loss_per_d", "1/d", "loss of labile spines"}, s.labile_loss_per_d, rate);
  v.number({"mature_loss_per_d", "1/d", "loss of mature spines"}, s.mature_loss_per_d, rate);
  v.number({"mature_weight", "", "relative weight from which a spine is mature, and that it then has"},
           s.mature_weight, Bounds::above(0, 1000));
  v.text({"modulator", "", "that formation and stabilisation wait for, together with activity"}, s.modulator,
         TextKind::reference);
  v.number({"formation_gain", "", "of formation: 1 + gain D c, c the target's calcium"}, s.formation_gain,
           rate);
  v.number({"stabilise_gain", "",
            "of stabilisation: 1 + gain D c_pre c_post, D the modulator's mean over the interval"},
           s.stabilise_gain, rate);
}

/// By elements or spines.
void visit_growth(Visitor& v, StructureSpec& s) {
  v.time({"every", "", "raw: interval at which synapses form and go"}, s.every_s, Bounds::above(0, kDay_s));
  v.number({"calcium_tau_s", "s", "decay of the calcium that spikes leave"}, s.calcium_tau_s,
           Bounds::above(0, kLongest_s));
  v.number({"calcium_beta", "", "calcium that a spike adds"}, s.calcium_beta, Bounds::above(0, 1e6));
  v.time({"baseline", "",
          "growth waits so long, and calcium is then relative to the neuron's own mean over the second "
          "half of it; 0 s: calcium as it is, from the start"},
         s.baseline_s, Bounds::within(0, kLongest_s));
  v.number({"vacant_tau_s", "s", "decay of elements that no synapse holds; 0: none"}, s.vacant_tau_s,
           Bounds::within(0, kLongest_s));
  const auto elements = [&](const Key& key, std::optional<GrowthCurveSpec>& curve) {
    if (!v.enter(key, curve.has_value())) return;
    if (!curve) curve.emplace();
    visit_growth_curve(v, *curve);
    v.leave();
  };
  elements({"axonal", "", "presynaptic elements of the sources"}, s.axonal);
  elements({"dendritic", "", "postsynaptic elements of the targets"}, s.dendritic);
  if (!v.enter({"spines", "", "raw: labile and mature spines instead of axonal elements"},
               s.spines.has_value()))
    return;
  if (!s.spines) s.spines.emplace();
  visit_spines(v, *s.spines);
  v.leave();
}

void visit_structure(Visitor& v, StructureSpec& s) {
  v.text({"name", "", "what freeze events call it"}, s.name, TextKind::name);
  v.text({"projection", "", "name of the projection", true}, s.projection, TextKind::reference);
  v.boolean({"burst_driver", "", "elements follow burst calcium, else the mean rate"}, s.burst_driver);
  v.number({"driver_tau_s", "s", "low-pass of the driver"}, s.driver_tau_s, Bounds::above(0, kLongest_s));
  v.number({"burst_tau_ms", "ms", "decay of the calcium that bursts add up in"}, s.burst_tau_ms,
           Bounds::above(0, 1e6));
  v.number({"dead_band", "", "relative deviation of the driver without effect"}, s.dead_band,
           Bounds::within(0, 10));
  const auto rate = Bounds::within(-1000, 1000);
  v.number({"dendrite_rate_per_d", "1/d", "postsynaptic elements per day at unit deficit"},
           s.dendrite_rate_per_d, rate);
  v.number({"axon_rate_per_d", "1/d", "presynaptic elements, relative, per day at unit deficit"},
           s.axon_rate_per_d, rate);
  v.number({"axon_relax_per_d", "1/d", "pull of presynaptic elements back to 1"}, s.axon_relax_per_d,
           Bounds::within(0, 1000));
  v.number({"axon_min", "", "least presynaptic elements, relative"}, s.axon_min, Bounds::within(0, 1000));
  v.number({"axon_max", "", "most presynaptic elements, relative"}, s.axon_max, Bounds::within(0, 1000));
  v.number({"hazard_per_d", "1/d", "loss of a synapse of weight 0"}, s.hazard_per_d, Bounds::within(0, 1000));
  v.number({"hazard_weight", "", "relative weight over which the loss falls"}, s.hazard_weight,
           Bounds::above(0, 1000));
  v.number({"hazard_deficit_gain", "", "how much too high a rate speeds the loss up"}, s.hazard_deficit_gain,
           Bounds::within(0, 1000));
  v.number({"formation_per_d", "1/d", "share of free postsynaptic elements that pair per day"},
           s.formation_per_d, Bounds::within(0, 1000));
  v.choice({"kernel", "", "how a partner's chance falls with distance"}, s.kernel.kind,
           {{"gaussian", KernelSpec::Kind::gaussian},
            {"exponential", KernelSpec::Kind::exponential},
            {"box", KernelSpec::Kind::box}});
  v.number({"sigma_mm", "mm", "gaussian: standard deviation; exponential: length constant; box: radius"},
           s.kernel.sigma_mm, Bounds::above(0, kMaxLength_mm));
  v.number({"new_weight", "", "of a new synapse, relative to weight_reference"}, s.new_weight,
           Bounds::within(0, 1000));
  v.number({"weight_reference", "port unit", "the weight that counts as 1"}, s.weight_reference,
           Bounds::within(-1e6, 1e6));
  v.number({"mature_weight", "", "relative weight that a new synapse grows to"}, s.mature_weight,
           Bounds::within(0, 1000));
  v.number({"maturation_tau_s", "s", "time constant of that growth; 0: never"}, s.maturation_tau_s,
           Bounds::within(0, kLongest_s));
  v.number({"cap_per_d", "1/d", "largest relative change of a neuron's synapses per day"}, s.cap_per_d,
           Bounds::above(0, 1000));
  v.number({"sum_limit", "", "of summed weight relative to time 0; 0 or less: none"}, s.sum_limit,
           Bounds::within(-1, 1000));
  v.text({"growth_field", "", "field at the source that a pairing succeeds with; 1 and above: always"},
         s.growth_field, TextKind::reference);
  visit_growth(v, s);
}

void visit_probe(Visitor& v, ProbeSpec& s) {
  v.choice({"probe", "", "what is measured", true}, s.probe, names_of(kProbes));
  for (const Alternative& a : kProbes)
    if (v.enter_case("probe", a, s.probe == a.name)) v.leave_case();
  v.text({"of", "", "cortical population", true}, s.of, TextKind::reference);
  v.time({"every", "", "interval of biological time; 0 s: only at the times of `at`"}, s.every_s,
         Bounds::within(0, kLongest_s));
  v.times({"at", "", "extra times"}, s.at_s, Bounds::within(0, kLongest_s));
  v.number({"site_spacing_mm", "mm", "grid of touched places"}, s.site_spacing_mm,
           Bounds::above(0, kMaxLength_mm));
  v.number({"touch_ms", "ms", "length of a touch"}, s.touch_ms, Bounds::above(0, 1e6));
  v.number({"rest_ms", "ms", "pause between touches"}, s.rest_ms, Bounds::within(0, 1e6));
  v.small_integer({"trials", "", "touches of each place"}, s.trials, 1, 100000);
  v.small_integer({"decoder_cells", "", "neurons that a decoder sees"}, s.decoder_cells, 1, 1000000);
  v.small_integer({"decoder_draws", "", "sets of neurons the decoding is averaged over"}, s.decoder_draws, 1,
                  1000000);
  v.number({"threshold_fraction", "", "of the median best baseline response: what counts as an answer"},
           s.threshold_fraction, Bounds::within(0, 10));
  v.number({"bin_mm", "mm", "bins of the map"}, s.bin_mm, Bounds::above(0, kMaxLength_mm));
}

void visit_watchdog(Visitor& v, WatchdogSpec& s) {
  v.number({"most_rate_Hz", "Hz", "mean rate of a population above which it is a run-away loop"},
           s.most_rate_Hz, Bounds::above(0, 1e6));
  v.number(
      {"saturation", "",
       "share of the rate that the refractory time allows (1/t_ref) above which a population's mean is a "
       "run-away loop; 1: never"},
      s.saturation, Bounds::above(0, 1));
  v.time(
      {"all_silent_for", "",
       "spiking time without one spike of any population, after activity and under random drive; 0: silence "
       "is allowed"},
      s.all_silent_for_s, Bounds::within(0, kLongest_s));
  v.list(
      {"populations", "", "other limits for some; of several that match, the last holds"}, s.populations,
      [](Visitor& w, WatchSpec& one) {
        w.text({"of", "", "population (a trailing * matches any ending)", true}, one.of, TextKind::reference);
        w.number({"most_rate_Hz", "Hz", "mean rate above which it is a run-away loop"}, one.most_rate_Hz,
                 Bounds::above(0, 1e6));
        w.time({"silent_for", "",
                "spiking time without a spike after which it counts as dead; absent: it "
                "may be silent"},
               one.silent_for_s, Bounds::above(0, kLongest_s));
      });
}

void visit_record(Visitor& v, RecordSpec& s) {
  v.choice({"what", "", "what is saved", true}, s.what, names_of(kRecords));
  v.text({"of", "", "population (a trailing * matches any ending) or projection", true}, s.of,
         TextKind::reference);
  v.time({"every", "",
          "rates: bin; traces: sampling; weights, connectivity: interval, of biological time in the episodic "
          "clock (below short_step: only the end)"},
         s.every_s, Bounds::above(0, kLongest_s));
  for (const Alternative& a : kRecords) {
    if (!v.enter_case("what", a, s.what == a.name)) continue;
    if (a.name == std::string_view("traces")) {
      v.texts({"columns", "", "state columns of the model; empty: all"}, s.columns);
      v.small_integer({"first", "", "first neuron"}, s.first, 0, 0xffffffffu);
      v.small_integer({"count", "", "number of neurons; 0: to the last"}, s.count, 0, 0xffffffffu);
    }
    v.leave_case();
  }
}

}  // namespace penfield
