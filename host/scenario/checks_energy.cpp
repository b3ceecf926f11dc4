// Checks of energy, astrocytes, consolidation and normalisation.
#include <algorithm>

#include "host/scenario/catalogues.hpp"
#include "host/scenario/checks.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield {

void Checker::not_within_a_step(double every_s, const std::string& path) {
  if (dt_known_ && !s_.clock.episodic && every_s < 1e-3 * s_.dt_ms)
    report(path + ".every", "it would happen more than once a step", time_text(every_s),
           "at least " + number_text(s_.dt_ms) + " ms", "raise it, or lower dt_ms");
}

void Checker::check_energy() {
  if (s_.energy) {
    check_matches(s_.energy->of, populations_, "population", "energy.of");
    not_within_a_step(s_.energy->every_s, "energy");
    // All spikes so far are priced by the synapses that there are: growth in between would change the past.
    if (!s_.clock.episodic && s_.energy->mode == EnergySpec::Mode::budget && !s_.structure.empty())
      report("energy.mode",
             "a budget counts spikes at the synapses of the run's start, and these would change", "budget",
             "textbook", "remove the \"structure\", or set clock.mode to \"episodic\"");
  }
  for (std::size_t i = 0; i < s_.astrocytes.size(); ++i)
    check_astrocytes(s_.astrocytes[i], join_path("astrocytes", i));
  std::map<std::string, std::string> moved_by;  // projection: by what
  for (const StructureSpec& x : s_.structure) moved_by[x.projection] = "structure " + in_quotes(x.name);
  const auto claim = [&](const std::string& projection, const std::string& what, const std::string& path) {
    if (projection.empty()) return;
    const auto [before, first] = moved_by.try_emplace(projection, what);
    if (!first)
      report(path + ".projection",
             what + " would fight over the weights of " + in_quotes(projection) + " with " + before->second,
             "", "", "keep one of them, or give them different projections");
  };
  for (std::size_t i = 0; i < s_.consolidation.size(); ++i) {
    const ConsolidationSpec& c = s_.consolidation[i];
    const std::string path = join_path("consolidation", i);
    claim(c.projection, "consolidation " + in_quotes(c.name), path);
    check_weights_move(c.projection, "consolidation", path);
    not_within_a_step(c.every_s, path);
    if (!c.astrocytes.empty()) check_payer(c, path);
    if (!s_.clock.episodic && 5.0 * c.every_s > std::min(c.early_tau_s, c.late_tau_s))
      report(path + ".every", "weights would move in strides as long as its time constants",
             time_text(c.every_s), "at most " + time_text(0.2 * std::min(c.early_tau_s, c.late_tau_s)),
             "lower it");
  }
  for (std::size_t i = 0; i < s_.normalisation.size(); ++i) {
    const NormalisationSpec& n = s_.normalisation[i];
    const std::string path = join_path("normalisation", i);
    claim(n.projection, "normalisation " + in_quotes(n.name), path);
    check_weights_move(n.projection, "normalisation", path);
    not_within_a_step(n.every_s, path);
    if (n.sum < 0.0 && n.sum != -1.0)
      report(path + ".sum", "a summed weight is given by its size", number_text(n.sum),
             "at least 0, or -1 for what each neuron began with", "");
  }
}

void Checker::check_astrocytes(const AstrocyteSpec& a, const std::string& path) {
  known(a.area, areas_, "area", path + ".area");
  check_matches(a.released_by, populations_, "population", path + ".released_by");
  not_within_a_step(a.every_s, path);
  bool here = a.released_by.empty() || a.area.empty();
  for (const PopulationSpec& p : s_.populations)
    here = here || (matches_name(a.released_by, p.name) && area_of(p.name) == a.area);
  if (!here)
    report(path + ".released_by", "none of these populations lies in the area " + in_quotes(a.area),
           in_quotes(a.released_by), "", "name populations of that area");
  const SheetSpec* sheet = sheet_of(a.area);
  if (sheet != nullptr && a.bin_mm > 0.0 && sheet->width_mm / a.bin_mm * (sheet->height_mm / a.bin_mm) > 1e7)
    report(path + ".bin_mm", "the sheet would have more than ten million bins", number_text(a.bin_mm) + " mm",
           "", "take larger bins");
}

/// Weights of a projection are set from outside its rule.
void Checker::check_weights_move(const std::string& name, const char* what, const std::string& path) {
  if (!known(name, projections_, "projection", path + ".projection")) return;
  const std::size_t* const index = projections_.find(name);
  if (index == nullptr) return;
  const ProjectionSpec& p = s_.projections[*index];
  if (!p.plasticity) {
    report(path + ".projection", "the weights of " + in_quotes(name) + " never change", "", "",
           std::string("give it a \"plasticity\", or remove the ") + what);
    return;
  }
  const std::string& rule = p.plasticity->rule;
  if (plasticity_rule_index(rule) >= 0 && !weight_may_be_set(rule))
    report(path + ".projection",
           rule + " works the weights of " + in_quotes(name) + " out from a state of its own, and so " +
               what + " would fight over them with it",
           "", "", "choose a rule whose weights are all that it keeps, such as stdp_pair or stdp_triplet");
}

void Checker::check_payer(const ConsolidationSpec& c, const std::string& path) {
  std::vector<std::string> names;
  for (const AstrocyteSpec& a : s_.astrocytes) names.push_back(a.name);
  const auto payer = std::find(names.begin(), names.end(), c.astrocytes);
  if (payer == names.end()) {
    report(path + ".astrocytes", "there are no astrocytes " + in_quotes(c.astrocytes), "", "",
           suggestion(c.astrocytes, names));
    return;
  }
  const AstrocyteSpec& a = s_.astrocytes[static_cast<std::size_t>(payer - names.begin())];
  const std::size_t* const index = projections_.find(c.projection);
  if (index == nullptr || a.area.empty()) return;
  const std::string& to = s_.projections[*index].to;
  if (area_of(to) != a.area)
    report(path + ".astrocytes",
           "they lie in the area " + in_quotes(a.area) + ", but the targets in " + in_quotes(area_of(to)),
           in_quotes(c.astrocytes), "", "name astrocytes of the targets' area");
}

void Checker::check_effects(const ModulatorSpec& m, const std::string& path) {
  // Constants of models and rules follow the concentration in strides of a fiftieth of its decay.
  constexpr double kShortest_ms = 1000.0;
  const bool pulses = !m.pulses.empty() || m.random_rate_Hz > 0.0 || !m.rewards.empty();
  if (!m.effects.empty() && pulses && m.tau_ms < kShortest_ms)
    report(path + ".tau_ms",
           "its pulses pass too fast for effects, which change the constants of models and rules",
           number_text(m.tau_ms) + " ms", "at least " + number_text(kShortest_ms) + " ms",
           "lengthen it, or let a rule read the modulator (stdp_dopamine)");
  for (std::size_t i = 0; i < m.effects.size(); ++i) {
    const ModulatorSpec::Effect& e = m.effects[i];
    const std::string at = path + "." + join_path("effects", i);
    if (e.what.empty() || e.of.empty()) continue;
    check_target(e.what, e.of, at);
  }
}

}  // namespace penfield
