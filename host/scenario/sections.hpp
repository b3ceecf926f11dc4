#pragma once
// The keys of every section: name, unit, bounds, meaning; the default is the spec's initial value. The one
// place where a key is defined: reader, canonical dump, schema and describe all walk these.
#include "host/scenario/visitor.hpp"

namespace penfield {

template <std::size_t N>
std::vector<const char*> names_of(const Alternative (&all)[N]) {
  std::vector<const char*> names;
  for (const Alternative& a : all) names.push_back(a.name);
  return names;
}

/// Longest time and length that a key takes.
inline constexpr double kDay_s = 86400.0, kLongest_s = 100 * 365.25 * kDay_s, kMaxLength_mm = 1000.0;

/// Units that a synaptic weight can have: those of the ports of all neuron models.
inline constexpr const char* kWeightUnits[] = {"pA", "nS", "mV", "Hz"};

void visit_scenario(Visitor& v, Scenario& s);

void visit_clock(Visitor& v, ClockSpec& s);
void visit_body(Visitor& v, BodySpec& s);
void visit_sheet(Visitor& v, SheetSpec& s);
void visit_population(Visitor& v, PopulationSpec& s);
void visit_projection(Visitor& v, ProjectionSpec& s);
void visit_stimulus(Visitor& v, StimulusSpec& s);
void visit_modulator(Visitor& v, ModulatorSpec& s);
void visit_homeostasis(Visitor& v, HomeostasisSpec& s);
void visit_structure(Visitor& v, StructureSpec& s);
void visit_field(Visitor& v, FieldSpec& s);
void visit_effect(Visitor& v, EffectSpec& s);
void visit_event(Visitor& v, EventSpec& s);
/// As a scenario writes it: "infarct".
const char* event_name(EventSpec::Kind kind);
void visit_probe(Visitor& v, ProbeSpec& s);
void visit_record(Visitor& v, RecordSpec& s);
void visit_watchdog(Visitor& v, WatchdogSpec& s);
void visit_energy(Visitor& v, EnergySpec& s);
void visit_astrocytes(Visitor& v, AstrocyteSpec& s);
void visit_consolidation(Visitor& v, ConsolidationSpec& s);
void visit_normalisation(Visitor& v, NormalisationSpec& s);
/// Flat keys `kernel`, `sigma_mm`, `cutoff_mm` of the object that is being visited.
void visit_kernel(Visitor& v, KernelSpec& s);

}  // namespace penfield
