// Checks of structural plasticity: what either clock needs of it.
#include <algorithm>
#include <cmath>

#include "host/scenario/checks.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield {

void Checker::check_structure(const StructureSpec& x, const std::string& path) {
  known(x.projection, projections_, "projection", path + ".projection");
  known(x.growth_field, fields_, "field", path + ".growth_field");
  for (const StructureSpec& other : s_.structure) {
    if (&other == &x) break;
    if (other.projection == x.projection && !x.projection.empty())
      report(path + ".projection", "the projection is rewired twice", in_quotes(x.projection), "",
             "remove one of the two, or name another projection");
  }
  if (x.axon_min > x.axon_max)
    report(path + ".axon_min", "axon_min lies above axon_max", number_text(x.axon_min),
           "at most " + number_text(x.axon_max), "swap them");
  if (x.weight_reference == 0.0)
    report(path + ".weight_reference", "no weight is relative to 0", "0", "",
           "give the mean weight of the intact projection");
  const std::size_t* index = projections_.find(x.projection);
  if (index == nullptr) return;
  const ProjectionSpec& projection = s_.projections[*index];
  const std::size_t* population = populations_.find(projection.from);
  if (population == nullptr || populations_.find(projection.to) == nullptr) return;
  const SheetSpec *from = sheet_of(area_of(projection.from)), *to = sheet_of(area_of(projection.to));
  if (from != nullptr && to != nullptr &&
      (from->width_mm != to->width_mm || from->height_mm != to->height_mm || from->periodic != to->periodic))
    report(path + ".projection",
           "partners are found by distance, but source and target lie on different sheets",
           projection.from + " to " + projection.to, "",
           "name a projection within one sheet, or give both areas the same sheet");
  for (std::size_t i = 0; i < s_.timeline.size(); ++i)
    if (s_.timeline[i].kind == EventSpec::Kind::mask_formation && !s_.populations[*population].somatotopic)
      report(join_path("timeline", i) + ".event",
             "a mask on synapses of " + in_quotes(projection.from) + ", whose neurons belong to no body part",
             "", "", "set its \"somatotopic\"");
  const std::size_t* field = fields_.find(x.growth_field);
  if (field != nullptr && s_.fields[*field].area != area_of(projection.from))
    report(path + ".growth_field", "the field lies on another area's sheet",
           in_quotes(s_.fields[*field].area), area_of(projection.from),
           "give the field the area of " + in_quotes(projection.from));
  if (s_.clock.episodic)
    check_episodic_structure(x, projection, path);
  else
    check_raw_structure(x, projection, path);
}

/// A population that the projections of both join; null: there is none.
const std::string* Checker::shared_population(const StructureSpec& a, const StructureSpec& b) const {
  const std::size_t *of_a = projections_.find(a.projection), *of_b = projections_.find(b.projection);
  if (of_a == nullptr || of_b == nullptr) return nullptr;
  const ProjectionSpec &p = s_.projections[*of_a], &q = s_.projections[*of_b];
  for (const std::string* end : {&p.from, &p.to})
    if (*end == q.from || *end == q.to) return end;
  return nullptr;
}

void Checker::check_episodic_structure(const StructureSpec& x, const ProjectionSpec& projection,
                                       const std::string& path) {
  if (x.spines) refuse_in_clock(path + ".spines", "spine kinetics, which wait for single spikes,");
  if (x.axonal || x.dendritic) {
    check_elements(x, path);
    check_rewired(x, projection, path);
    return;
  }
  for (const StructureSpec& other : s_.structure) {
    if (&other == &x) break;
    const std::string* shared = shared_population(x, other);
    if (shared != nullptr && other.burst_tau_ms != x.burst_tau_ms)
      report(path + ".burst_tau_ms",
             "cells of " + in_quotes(*shared) + " have one burst calcium, which " + in_quotes(other.name) +
                 " reads too",
             number_text(x.burst_tau_ms), number_text(other.burst_tau_ms) + ", as there",
             "give both the same");
  }
}

/// Growth by elements, on either clock.
void Checker::check_elements(const StructureSpec& x, const std::string& path) {
  if (!x.spines && !(x.axonal && x.dendritic))
    report(path,
           std::string("structural plasticity ") +
               (s_.clock.episodic ? "by a growth curve of calcium" : "on the raw clock") +
               " needs elements of both sides",
           "", "",
           std::string("add ") + (x.axonal ? "" : "\"axonal\": {\"eps\": ...}") +
               (!x.axonal && !x.dendritic ? " and " : "") +
               (x.dendritic ? "" : "\"dendritic\": {\"eps\": ...}") + ", or \"spines\"");
  for (const auto& [key, curve] : {std::pair{".axonal", &x.axonal}, {".dendritic", &x.dendritic}}) {
    if (!*curve || (*curve)->curve != "gaussian" || (*curve)->eta != (*curve)->eps) continue;
    report(path + key + ".eta", "eta and eps are the two ends of a gaussian curve, and equal",
           number_text((*curve)->eta), "below or above eps " + number_text((*curve)->eps),
           "below: elements grow where calcium is too low; above: where it is too high");
  }
  if (x.maturation_tau_s > 0.0)
    report(path + ".maturation_tau_s", "synapses that elements form do not mature over days",
           number_text(x.maturation_tau_s) + " s", "0 s", "remove it");
}

void Checker::check_raw_structure(const StructureSpec& x, const ProjectionSpec& projection,
                                  const std::string& path) {
  check_elements(x, path);
  if (x.spines && x.axonal)
    report(path + ".axonal", "spines take any source, whatever axonal elements there are", "", "",
           "remove \"axonal\", or \"spines\"");
  constexpr double kIntervals = 5.0;  // a calcium that all but decays between two looks is a count of spikes
  if (dt_known_ && x.every_s < 1e-3 * s_.dt_ms)
    report(path + ".every", "synapses would change more than once a step", time_text(x.every_s),
           "at least " + number_text(s_.dt_ms) + " ms", "raise it, or lower dt_ms");
  if (kIntervals * x.every_s > x.calcium_tau_s)
    report(path + ".calcium_tau_s", "the time constant has to be at least five times \"every\"",
           number_text(x.calcium_tau_s) + " s", "at least " + number_text(kIntervals * x.every_s) + " s",
           "raise it, or lower \"every\"");
  if (x.baseline_s > 0.0 && x.baseline_s < 2.0 * x.every_s)
    report(path + ".baseline", "calcium is looked at once in every \"every\", and has no mean so soon",
           time_text(x.baseline_s), "0 s, or at least " + time_text(2.0 * x.every_s), "lengthen it");
  if (x.spines) check_spines(*x.spines, path + ".spines", x.new_weight);
  check_rewired(x, projection, path);
}

void Checker::check_spines(const SpineSpec& x, const std::string& path, double new_weight) {
  if (new_weight >= x.mature_weight)
    report(path + ".mature_weight", "new spines would be mature at once", number_text(x.mature_weight),
           "above new_weight " + number_text(new_weight), "raise it, or lower new_weight");
  if (!x.modulator.empty()) {
    known(x.modulator, modulators_, "modulator", path + ".modulator");
  } else if (x.formation_gain > 0.0 || x.stabilise_gain > 0.0) {
    report(path + ".modulator", "a gain on a modulator, but none is named", "", "",
           "name one of the section \"modulators\", or remove formation_gain and stabilise_gain");
  }
}

/// What the rewired projection may be, and have.
void Checker::check_rewired(const StructureSpec& x, const ProjectionSpec& projection,
                            const std::string& path) {
  if (!projection.plasticity) return;
  const PlasticitySpec& learnt = *projection.plasticity;
  if (plasticity_rule_index(learnt.rule) < 0) return;  // that was reported before
  if (num_states_of_rule(learnt.rule) > 0)
    return report(path + ".projection",
                  "synapses of " + in_quotes(x.projection) + " keep state of " + learnt.rule +
                      ", which rewiring cannot carry along",
                  "", "",
                  "choose a rule without state: stdp_pair, stdp_weight_dependent, stdp_power_law, ...");
  if (x.spines)
    report(path + ".spines", "the class of a spine is its weight, and " + learnt.rule + " moves it", "", "",
           "remove the plasticity of " + in_quotes(x.projection) + ", or \"spines\"");
  const auto lower = learnt.params.find("w_min"), upper = learnt.params.find("w_max");
  if (lower == learnt.params.end() || upper == learnt.params.end()) return;
  const double weight = x.new_weight * x.weight_reference;
  if (weight < lower->second || weight > upper->second)
    report(path + ".new_weight", "a new synapse would lie outside the bounds of the plasticity rule",
           number_text(weight),
           "w_min " + number_text(lower->second) + " to w_max " + number_text(upper->second),
           "move new_weight or weight_reference, or set w_min and w_max");
}

}  // namespace penfield
