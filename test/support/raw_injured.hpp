#pragma once
// A raw run with all that injures, blocks, stimulates and varies: cells that die at once and in a rim,
// synapses that learn, grow and are cut, skin, fields and a homeostat on the port that a field acts on.
#include <string>

#include "test/support/small_network.hpp"

namespace penfield::test {

inline EventSpec event_of(EventSpec::Kind kind, double from_s, double to_s = -1.0) {
  EventSpec e;
  e.kind = kind;
  e.from_s = from_s;
  e.to_s = to_s;
  return e;
}

inline EventSpec infarct_at(double at_s, double x_mm, double y_mm, double radius_mm) {
  EventSpec e = event_of(EventSpec::Kind::infarct, at_s);
  e.area = "A";
  e.x_mm = x_mm;
  e.y_mm = y_mm;
  e.radius_mm = radius_mm;
  return e;
}

/// Pulses of 2 ms at 100 Hz into a disc, five a train.
inline EventSpec trains_at(double from_s, double to_s, const std::string& of) {
  EventSpec e = event_of(EventSpec::Kind::stimulate, from_s, to_s);
  e.of = of;
  e.x_mm = 1.5;
  e.y_mm = 0.5;
  e.radius_mm = 0.4;
  e.current_pA = 2000.0;
  e.train.pulse_ms = 2.0;
  e.train.rate_Hz = 100.0;
  e.train.pulses = 5;
  e.train.trains_every_s = 0.2;
  return e;
}

inline ProjectionSpec project(const std::string& name, const std::string& from, const std::string& to,
                              const std::string& port, const std::string& rule = "") {
  ProjectionSpec p;
  p.name = name;
  p.from = from;
  p.to = to;
  p.port = port;
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = 12;
  p.weight = port == "inhibitory" ? constant(-20.0) : uniform(5.0, 30.0);
  p.delay.base_ms = uniform(1.0, 6.0);
  if (!rule.empty()) p.plasticity = PlasticitySpec{rule, {{"w_max", 60.0}}, false};
  return p;
}

/// Cells that a current makes fire evenly at some 40 Hz, with synapses that are felt.
inline Scenario steady(double until_s = 0.5) {
  Scenario s;
  s.dt_ms = 1.0;
  s.until_s = until_s;
  s.areas["A"] = {2.0, 1.0, false};
  s.populations = {population_spec("A/E", "iaf_psc_exp", 100)};
  s.populations[0].initial_v_m_mV = uniform(-70.0, -56.0);
  s.projections = {project("static", "A/E", "A/E", "excitatory"),
                   project("learns", "A/E", "A/E", "excitatory", "stdp_pair")};
  for (ProjectionSpec& p : s.projections) p.weight = constant(3.0);
  StimulusSpec dc;
  dc.kind = StimulusSpec::Kind::dc;
  dc.to = "A/E";
  dc.current_pA = 500.0;
  s.stimuli = {dc};
  RecordSpec spikes;
  spikes.what = "spikes";
  spikes.of = "A/*";
  s.record = {spikes};
  return s;
}

inline GrowthCurveSpec linear_growth(double rate_per_s, double eps) {
  GrowthCurveSpec c;
  c.curve = "linear";
  c.rate_per_s = rate_per_s;
  c.eps = eps;
  return c;
}

inline void add_timeline(Scenario& s) {
  using Kind = EventSpec::Kind;
  EventSpec infarct = infarct_at(0.7003, 0.6, 0.5, 0.2);
  infarct.penumbra_mm = 0.35;
  infarct.blood_share = 0.0;
  infarct.reperfusion_tau_s = 5.0;
  infarct.lethal_debt_s = 1.0;
  EventSpec cut = event_of(Kind::cut, 1.6);
  cut.what = "with state";
  EventSpec block = event_of(Kind::block, 0.4, 0.455);
  block.of = "A/I";
  block.x_mm = 1.0;
  block.y_mm = 0.5;
  block.radius_mm = 0.5;
  EventSpec nerve = event_of(Kind::cut_afferents, 0.3, 0.9);
  nerve.part = "left";
  nerve.regrowth_tau_s = 0.5;
  EventSpec use = event_of(Kind::use, 0.55, 1.35);
  use.part = "right";
  use.gain = 3.0;
  EventSpec drug = event_of(Kind::scale_field, 1.05);
  drug.what = "phasic";
  drug.gain = 0.5;
  EventSpec loss = event_of(Kind::amputate, 1.9);
  loss.part = "right";
  s.timeline = {infarct, cut, block, trains_at(0.2, 1.43, "A/E"), nerve, use, drug, loss};
}

inline void add_fields(Scenario& s) {
  FieldSpec phasic{"phasic", "A", 1.0, {{0.5, 0.5, 0.4, -0.6}}};
  phasic.course.kind = CourseSpec::Kind::points;
  phasic.course.points = {{0.0, 0.0}, {1.0, 1.0}, {2.0, 0.3}};
  FieldSpec growth{"growth", "A", 0.4, {}};
  growth.injury_amplitude = 0.6;
  growth.injury_sigma_mm = 0.4;
  growth.course.kind = CourseSpec::Kind::growth;
  growth.course.peak_s = 0.5;
  s.fields = {phasic, growth};
  EffectSpec gain;
  gain.kind = EffectSpec::Kind::gain;
  gain.field = "phasic";
  gain.of = "A/E";
  gain.port = "excitatory";
  EffectSpec current;
  current.field = "growth";
  current.of = "A/*";
  current.current_pA = 40.0;
  current.of = "A/E";
  s.effects = {gain, current};
}

inline Scenario raw_injured() {
  Scenario s;
  s.name = "raw_injured";
  s.seed = 4;
  s.dt_ms = 1.0;
  s.until_s = 2.5;
  s.areas["A"] = {2.0, 1.0, false};
  s.populations = {population_spec("A/relay", "relay", 60), population_spec("A/E", "iaf_psc_exp", 120),
                   population_spec("A/I", "iaf_psc_exp", 50),
                   population_spec("A/R", "iaf_cond_receptors", 40)};
  s.populations[0].somatotopic = true;
  s.populations[3].params["g_tonic_nS"] = 6.0;
  s.populations[3].tonic_field = "phasic";
  for (PopulationSpec& p : s.populations) p.initial_v_m_mV = uniform(-70.0, -56.0);
  BodySpec body;
  body.relay = "A/relay";
  body.spontaneous_Hz = 8.0;
  body.residual_spontaneous_Hz = 2.0;
  body.parts = {{"left", 0.0, 0.0, 1.0, 1.0, ""}, {"right", 1.0, 0.0, 1.0, 1.0, ""}};
  s.body = body;
  s.projections = {project("afferents", "A/relay", "A/E", "excitatory", "stdp_pair"),
                   project("static", "A/E", "A/I", "excitatory"),
                   project("with state", "A/E", "A/E", "excitatory", "stdp_triplet"),
                   project("inhibition", "A/I", "A/E", "inhibitory"),
                   project("grows", "A/E", "A/E", "excitatory", "stdp_pair")};
  for (const char* to : {"A/E", "A/I"}) {
    StimulusSpec noise;
    noise.kind = StimulusSpec::Kind::noise;
    noise.to = to;
    noise.current_pA = 900.0;
    StimulusSpec dc;
    dc.kind = StimulusSpec::Kind::dc;
    dc.to = to;
    dc.current_pA = 330.0;
    s.stimuli.push_back(noise);
    s.stimuli.push_back(dc);
  }
  StimulusSpec drive;
  drive.kind = StimulusSpec::Kind::dc;
  drive.to = "A/R";
  drive.current_pA = 330.0;
  s.stimuli.push_back(drive);
  HomeostasisSpec h;
  h.name = "scaling";
  h.of = "A/E";
  h.port = "excitatory";
  h.tau_s = 4.0;
  h.sensor_tau_s = 1.0;
  h.every_s = 0.05;
  h.set_point_Hz = 10.0;
  s.homeostasis = {h};
  StructureSpec r;
  r.name = "growth";
  r.projection = "grows";
  r.growth_field = "growth";
  r.weight_reference = 20.0;
  r.kernel.sigma_mm = 0.4;
  r.every_s = 0.1;
  r.calcium_tau_s = 0.5;
  r.calcium_beta = 0.1;
  r.axonal = linear_growth(-25.0, 1.0);
  r.dendritic = linear_growth(25.0, 1.0);
  s.structure = {r};
  add_fields(s);
  add_timeline(s);
  return s;
}

}  // namespace penfield::test
