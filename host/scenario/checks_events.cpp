// Checks of fields, their effects and the timeline.
#include <algorithm>
#include <cmath>

#include "host/scenario/catalogues.hpp"
#include "host/scenario/checks.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/model/neuron/concept.hpp"
#include "penfield/model/plasticity/concept.hpp"

namespace penfield {
namespace {

/// What drugs act on, over all models and rules.
std::vector<std::string> all_drug_targets() {
  std::set<std::string> all;
  for (const auto* tables : {&neuron_tables(), &plasticity_tables()})
    for (const ModelTable& table : *tables) all.insert(table.drug_targets.begin(), table.drug_targets.end());
  return {all.begin(), all.end()};
}

}  // namespace

bool Checker::loses_a_part() const {
  return std::any_of(s_.timeline.begin(), s_.timeline.end(),
                     [](const EventSpec& e) { return e.kind == EventSpec::Kind::amputate; });
}

void Checker::check_event(const EventSpec& e, const std::string& path) {
  using Kind = EventSpec::Kind;
  const bool at = e.kind == Kind::amputate || e.kind == Kind::infarct || e.kind == Kind::cut;
  if (until_known_ && e.from_s > s_.until_s)
    report(path + (at ? ".at" : ".from"), "the event lies after the end of the run", time_text(e.from_s),
           "at most " + time_text(s_.until_s), "move it, or lengthen \"until\"");
  if (e.to_s >= 0.0 && e.to_s <= e.from_s)
    report(path + ".to", "the event ends before it starts", time_text(e.to_s), "after " + time_text(e.from_s),
           "swap \"from\" and \"to\"");
  switch (e.kind) {
    case Kind::amputate: known(e.part, parts_, "body part", path + ".part"); break;
    case Kind::freeze:
      known(e.what, frozen_, "homeostat, structure, consolidation, normalisation or plastic projection",
            path + ".what");
      if (!s_.clock.episodic && projections_.find(e.what) != nullptr)
        refuse_in_clock(path + ".what", "a freeze of a rule that learns spike by spike");
      break;
    case Kind::mask_formation:
      known(e.part, parts_, "body part", path + ".part");
      if (s_.structure.empty())
        report(path + ".event", "a mask on the formation of synapses, but nothing forms any", "", "",
               "add a \"structure\", or remove the event");
      break;
    case Kind::drug: check_drug(e, path); break;
    case Kind::cut_afferents:
      known(e.part, parts_, "body part", path + ".part");
      if (e.to_s < 0.0 && e.regrowth_tau_s > 0.0)
        report(path + ".regrowth_tau_s", "what never begins to grow back has no time constant",
               number_text(e.regrowth_tau_s), "", "say with \"to\" when it begins, or remove this key");
      break;
    case Kind::stimulate: check_train(e, path); [[fallthrough]];
    case Kind::block: check_disc(e, path); break;
    case Kind::infarct: check_infarct(e, path); break;
    case Kind::cut:
      known(e.what, projections_, "projection", path + ".what");
      for (const ConsolidationSpec& c : s_.consolidation)
        if (c.projection == e.what && !e.what.empty())
          report(path + ".what", "a projection whose weights are consolidated cannot be cut",
                 in_quotes(e.what), "",
                 "remove " + in_quotes(c.name) + " from \"consolidation\", or the event");
      break;
    case Kind::use:
      check_matches(e.part, parts_, "body part", path + ".part");
      if (s_.clock.episodic && std::none_of(s_.clock.conditions.begin(), s_.clock.conditions.end(),
                                            [](const ConditionSpec& c) { return c.touch; }))
        report(path + ".event", "parts are used, but no condition of the day has touch", "", "",
               "give a condition of the clock \"touch\": true");
      break;
    case Kind::scale_field:
      if (known(e.what, fields_, "field", path + ".what") && !is_used(e.what))
        report(path + ".what", "nothing follows the field that is scaled", in_quotes(e.what), "",
               "name the field in \"effects\", as a \"growth_field\" or as a \"tonic_field\"");
      break;
  }
  if (!e.enabled) return;
  for (const EventSpec& other : s_.timeline) {
    if (&other == &e) break;
    if (other.enabled) check_against(e, other, path);
  }
  check_there(e, path);
}

/// A name, or a pattern, that something has to answer to.
bool Checker::check_matches(const std::string& name, const Names& names, const char* what,
                            const std::string& path) {
  if (name.empty()) return false;
  const std::vector<std::string>& all = names.all();
  if (std::any_of(all.begin(), all.end(), [&](const std::string& n) { return matches_name(name, n); }))
    return true;
  report(
      path,
      (name.back() == '*' ? "nothing matches " : "there is no " + std::string(what) + " ") + in_quotes(name),
      "", "", suggestion(name, all));
  return false;
}

/// Does a field that varies reach anything?
bool Checker::is_used(const std::string& field) const {
  return std::any_of(s_.effects.begin(), s_.effects.end(),
                     [&](const EffectSpec& x) { return x.field == field; }) ||
         std::any_of(s_.structure.begin(), s_.structure.end(),
                     [&](const StructureSpec& x) { return x.growth_field == field; }) ||
         std::any_of(s_.populations.begin(), s_.populations.end(),
                     [&](const PopulationSpec& x) { return x.tonic_field == field; });
}

/// A disc on the sheets of the populations that it is for.
void Checker::check_disc(const EventSpec& e, const std::string& path) {
  if (!check_matches(e.of, populations_, "population", path + ".of")) return;
  for (const PopulationSpec& p : s_.populations) {
    if (!matches_name(e.of, p.name)) continue;
    if (e.radius_mm > 0.0 || e.sigma_mm > 0.0 || e.width_mm > 0.0 || e.height_mm > 0.0)
      check_on_sheet(area_of(p.name), e, path);
    if (e.kind == EventSpec::Kind::stimulate && has_relays(p))
      report(path + ".of", "relays have no membrane that a current could move", in_quotes(p.name), "",
             "name a population of neurons");
  }
}

/// Pulses of a current, in whole steps.
void Checker::check_train(const EventSpec& e, const std::string& path) {
  const PulseTrainSpec& t = e.train;
  if (e.sigma_mm > 0.0 && e.radius_mm > 0.0)
    report(path + ".sigma_mm", "a current that falls off as a Gaussian has no disc", number_text(e.sigma_mm),
           "", "remove radius_mm, or sigma_mm");
  if (!(t.pulse_ms > 0.0)) {
    if (t.rate_Hz > 0.0 || t.pulses > 1 || t.trains_every_s > 0.0)
      report(path + ".pulse_ms", "a train of pulses that have no length", "0", "above 0 ms",
             "give it, or remove rate_Hz, pulses and trains_every");
    return;
  }
  if (s_.clock.episodic)
    return refuse_in_clock(path + ".pulse_ms", "a train of pulses, whose times an episode does not hold,");
  if (t.pulses > 1 && !(t.rate_Hz > 0.0))
    return report(path + ".rate_Hz", "several pulses, and no rate at which they come", number_text(t.rate_Hz),
                  "above 0 Hz", "give it, or remove \"pulses\"");
  if (!dt_known_) return;
  const auto pulse = std::llround(t.pulse_ms / s_.dt_ms);
  const std::string dt = number_text(s_.dt_ms) + " ms";
  if (pulse < 1)
    return report(path + ".pulse_ms", "a pulse shorter than half a step, which would never come",
                  number_text(t.pulse_ms) + " ms", "at least dt_ms " + dt, "lengthen it, or lower dt_ms");
  // Pulses begin in whole steps, so that some follow each other sooner than others by one.
  const double interval = t.pulses > 1 ? 1e3 / t.rate_Hz / s_.dt_ms : 0.0;
  if (t.pulses > 1 && static_cast<double>(pulse) + 1.0 > std::floor(interval + 1e-6))
    return report(path + ".rate_Hz", "pulses of " + number_text(t.pulse_ms) + " ms would run into each other",
                  number_text(t.rate_Hz) + " Hz",
                  "at most " + number_text(1e3 / (static_cast<double>(pulse + 1) * s_.dt_ms)) +
                      " Hz, a pulse and one step of " + dt + " apart",
                  "lower it, or shorten pulse_ms");
  const double train_s = 1e-3 * s_.dt_ms * (interval * (t.pulses - 1.0) + static_cast<double>(pulse) + 1.0);
  if (t.trains_every_s > 0.0 && t.trains_every_s + 1e-9 < train_s)
    report(path + ".trains_every", "a train would begin before the last one has ended",
           time_text(t.trains_every_s), "at least " + number_text(train_s) + " s",
           "lengthen it, or take fewer pulses");
}

/// What the raw clock alone asks of an event.
void Checker::check_raw_event(const EventSpec& e, const std::string& path) {
  using Kind = EventSpec::Kind;
  constexpr double kUsual_s = 1.0;
  if (e.kind == Kind::mask_formation) return refuse_in_clock(path + ".event", "this event");
  if (dt_known_ && e.to_s > e.from_s &&
      std::llround(1e3 * e.to_s / s_.dt_ms) == std::llround(1e3 * e.from_s / s_.dt_ms))
    report(path + ".to", "the event would not last a step", time_text(e.to_s),
           "at least " + number_text(s_.dt_ms) + " ms after \"from\"", "move it, or lower dt_ms");
  if (e.kind == Kind::infarct && e.penumbra_mm > 0.0 && e.from_s < kUsual_s)
    report(path + ".at", "cells of the rim live by the rates that they had before, which nobody knows yet",
           time_text(e.from_s), "at least " + time_text(kUsual_s),
           "let it come later, or remove penumbra_mm");
  // All spikes so far are priced by the synapses that there are.
  if ((e.kind == Kind::infarct || e.kind == Kind::cut) && e.enabled && s_.energy &&
      s_.energy->mode == EnergySpec::Mode::budget)
    report(path + ".event", "the energy budget counts spikes at the synapses of the run's start, and some go",
           "", "", "set energy.mode to \"textbook\", or clock.mode to \"episodic\"");
}

void Checker::check_on_sheet(const std::string& area, const EventSpec& e, const std::string& path) {
  if (!(e.radius_mm > 0.0) && (e.width_mm > 0.0 || e.height_mm > 0.0))
    report(path + ".radius_mm", "a rectangle whose corners are not rounded", number_text(e.radius_mm),
           "above 0", "give radius_mm, however small: the rectangle grows by it on all sides");
  const SheetSpec* sheet = sheet_of(area);
  if (sheet != nullptr && sheet->periodic)
    report(path + (e.sigma_mm > 0.0 ? ".sigma_mm" : ".radius_mm"),
           "a disc on a sheet without edges, such as that of " + in_quotes(area), "", "",
           "set the area's \"edge\" to \"open\"");
  if (sheet == nullptr || (e.x_mm <= sheet->width_mm && e.y_mm <= sheet->height_mm)) return;
  report(path + ".x_mm", "the disc's middle lies off the sheet of " + in_quotes(area),
         number_text(e.x_mm) + ", " + number_text(e.y_mm) + " mm",
         "up to " + number_text(sheet->width_mm) + ", " + number_text(sheet->height_mm) + " mm",
         "move it onto the sheet");
}

void Checker::check_infarct(const EventSpec& e, const std::string& path) {
  if (!known(e.area, areas_, "area", path + ".area")) return;
  check_on_sheet(e.area, e, path);
  if (std::none_of(s_.populations.begin(), s_.populations.end(),
                   [&](const PopulationSpec& p) { return area_of(p.name) == e.area && p.n > 0; }))
    report(path + ".area", "the area has no cells that could die", in_quotes(e.area), "",
           "name an area with a population");
  for (const ConsolidationSpec& c : s_.consolidation)
    if (const std::size_t* k = projections_.find(c.projection);
        k != nullptr &&
        (area_of(s_.projections[*k].from) == e.area || area_of(s_.projections[*k].to) == e.area))
      report(path + ".area", "cells would die whose weights are consolidated", in_quotes(c.projection), "",
             "remove " + in_quotes(c.name) + " from \"consolidation\", or the event");
}

void Checker::check_field(const FieldSpec& f, const std::string& path) {
  known(f.area, areas_, "area", path + ".area");
  if (f.course.kind == CourseSpec::Kind::points && f.course.points.empty() &&
      !faults_.concern(path + ".points"))
    report(path + ".points", "a course without points", "", "at least one", "add [\"0 d\", 1]");
  const bool hurt = std::any_of(s_.timeline.begin(), s_.timeline.end(), [&](const EventSpec& e) {
    return e.kind == EventSpec::Kind::infarct && e.area == f.area;
  });
  if (f.injury_amplitude != 0.0 && !hurt)
    report(path + ".injury_amplitude", "the field answers injury, and nothing injures " + in_quotes(f.area),
           number_text(f.injury_amplitude), "", "add an infarct there to the timeline, or remove this key");
}

void Checker::check_effect(const EffectSpec& x, const std::string& path) {
  using Kind = EffectSpec::Kind;
  const std::size_t* field =
      known(x.field, fields_, "field", path + ".field") ? fields_.find(x.field) : nullptr;
  const auto same_area = [&](const std::string& population, const std::string& at) {
    if (field == nullptr || s_.fields[*field].area == area_of(population)) return;
    report(at, "the field lies on another area's sheet", in_quotes(s_.fields[*field].area),
           area_of(population), "give the field the area of " + in_quotes(population));
  };
  if (x.kind == Kind::speed) {
    for (const StructureSpec& s : s_.structure)
      if (const std::size_t* k = projections_.find(s.projection); s.name == x.what && k != nullptr) {
        if (s.axonal || s.dendritic)
          report(path + ".what", "growth by elements has the speed of its curves", in_quotes(x.what), "",
                 "change rate_per_s, or name a structure without them");
        return same_area(s_.projections[*k].to, path + ".what");
      }
    for (const ProjectionSpec& p : s_.projections)
      if (p.name == x.what && p.plasticity) return same_area(p.to, path + ".what");
    if (!x.what.empty())
      report(path + ".what",
             "there is no structure and no projection with plasticity called " + in_quotes(x.what), "", "",
             suggestion(x.what, frozen_.all()));
    return;
  }
  if (!check_matches(x.of, populations_, "population", path + ".of")) return;
  for (const PopulationSpec& p : s_.populations) {
    if (!matches_name(x.of, p.name)) continue;
    same_area(p.name, path + ".of");
    if (x.kind == Kind::gain) check_port(p, x.port, "", path);
    if (x.kind == Kind::current && has_relays(p))
      report(path + ".of", "relays have no membrane that a current could move", in_quotes(p.name), "",
             "name a population of neurons");
  }
}

void Checker::check_drug(const EventSpec& e, const std::string& path) {
  if (e.to_s < 0.0 && e.washout_tau_s > 0.0)
    report(path + ".washout_tau_s", "a drug that never goes does not wash out", number_text(e.washout_tau_s),
           "", "say with \"to\" when it is withdrawn, or remove this key");
  if (e.what.empty() || e.of.empty()) return;
  if (e.what == kSodium && !(e.gain > 0.0 && e.gain <= 1.0))
    report(path + ".gain", "sodium channels can be blocked in part, and no drug opens more of them",
           number_text(e.gain), "above 0, at most 1", "give the share of channels that are left");
  const bool transport = std::any_of(std::begin(kLactateTargets), std::end(kLactateTargets),
                                     [&](const char* t) { return e.what == t; });
  if (transport) {
    check_matches(e.of, populations_, "population", path + ".of");
    const bool any = std::any_of(s_.astrocytes.begin(), s_.astrocytes.end(), [&](const AstrocyteSpec& a) {
      return std::any_of(s_.populations.begin(), s_.populations.end(), [&](const PopulationSpec& p) {
        return area_of(p.name) == a.area && matches_name(e.of, p.name);
      });
    });
    if (!any)
      report(path + ".what", "no astrocytes lie in an area of " + in_quotes(e.of), in_quotes(e.what), "",
             "add \"astrocytes\" to the area, or name another population");
    return;
  }
  if (modulators_.find(e.what) != nullptr) {
    check_modulator_drug(e, path);
    return;
  }
  check_target(e.what, e.of, path);
}

/// A blocker or agonist of a modulator: it acts on what the modulator does to these populations.
void Checker::check_modulator_drug(const EventSpec& e, const std::string& path) {
  check_matches(e.of, populations_, "population", path + ".of");
  const ModulatorSpec& m = s_.modulators[*modulators_.find(e.what)];
  const bool acts = std::any_of(s_.populations.begin(), s_.populations.end(), [&](const PopulationSpec& p) {
    return matches_name(e.of, p.name) &&
           (std::any_of(m.effects.begin(), m.effects.end(),
                        [&](const ModulatorSpec::Effect& f) { return matches_name(f.of, p.name); }) ||
            std::any_of(s_.projections.begin(), s_.projections.end(), [&](const ProjectionSpec& q) {
              return q.to == p.name && q.plasticity && q.plasticity->modulator == m.name;
            }));
  });
  // A drug scales what the modulator does.
  const bool present = m.baseline > 0.0 || !m.pulses.empty() || m.random_rate_Hz > 0.0 || !m.rewards.empty();
  if (!present)
    report(path + ".what",
           "a drug scales what the modulator does, and there is never any of " + in_quotes(e.what),
           "baseline 0, no pulses", "", "give the modulator a baseline, pulses or rewards");
  if (!acts)
    report(path + ".of", in_quotes(e.what) + " does nothing to " + in_quotes(e.of), "", "",
           "name populations that its \"effects\" or a rule that reads it reach");
}

/// `what` is something that the models of populations `of`, or rules onto them, list.
void Checker::check_target(const std::string& what, const std::string& of, const std::string& path) {
  std::vector<std::string> targets = all_drug_targets();
  std::erase(targets, kOwnModulator);  // it goes by the modulator's own name
  if (std::find(targets.begin(), targets.end(), what) == targets.end()) {
    for (const char* target : kLactateTargets) targets.emplace_back(target);
    for (const ModulatorSpec& m : s_.modulators) targets.push_back(m.name);
    report(path + ".what",
           "no model has the receptor or channel " + in_quotes(what) + ", and no modulator is called so", "",
           joined(targets), suggestion(what, targets));
    return;
  }
  const PopulationSpec* lacks = nullptr;
  bool has = false;
  for (const PopulationSpec& p : s_.populations) {
    if (!matches_name(of, p.name)) continue;
    const auto knows = [&](const ModelTable* table) {
      return table != nullptr && std::find(table->drug_targets.begin(), table->drug_targets.end(), what) !=
                                     table->drug_targets.end();
    };
    bool here = knows(find_table(neuron_tables(), p.model));
    for (const ProjectionSpec& projection : s_.projections)
      if (projection.to == p.name && projection.plasticity)
        here = here || knows(find_table(plasticity_tables(), projection.plasticity->rule));
    has = has || here;
    if (!here) lacks = &p;
  }
  if (has) return;
  if (lacks == nullptr) {
    check_matches(of, populations_, "population", path + ".of");
    return;
  }
  const ModelTable* table = find_table(neuron_tables(), lacks->model);
  if (table == nullptr) return;  // that was reported before
  report(path + ".of",
         "the model " + lacks->model + " of " + in_quotes(lacks->name) + " has no " + in_quotes(what) +
             ", nor has a plasticity rule onto it",
         "", table->drug_targets.empty() ? "" : joined(table->drug_targets),
         "name another population, or give it a model with that receptor (penfield describe lists them)");
}

}  // namespace penfield
