// Checks of homeostasis, structure, fields, probes and recorders.
#include <algorithm>
#include <cmath>
#include <string_view>

#include "host/scenario/catalogues.hpp"
#include "host/scenario/checks.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/model/neuron/concept.hpp"
#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield {

void Checker::check_slow() {
  std::set<std::string> frozen, fields, events;
  std::map<std::pair<std::string, std::string>, std::string> gain_of;  // population and port: whose
  for (std::size_t i = 0; i < s_.homeostasis.size(); ++i) {
    const HomeostasisSpec& h = s_.homeostasis[i];
    const std::string path = join_path("homeostasis", i);
    unique(frozen, h.name, "homeostat or structure", path + ".name");
    if (const PopulationSpec* of = population(h.of, path + ".of")) check_port(*of, h.port, "", path);
    if (h.lower > h.upper)
      report(path + ".lower", "the lower bound lies above the upper", number_text(h.lower),
             "at most " + number_text(h.upper), "swap them");
    const auto [before, first] = gain_of.try_emplace({h.of, h.port}, h.name);
    if (!first && !h.of.empty())
      report(path + ".port",
             "two homeostats would fight over one gain, and " + in_quotes(before->second) + " has it",
             in_quotes(h.port), "", "keep one of them, or give them different ports");
    if (!s_.clock.episodic) check_raw_homeostat(h, path);
  }
  for (std::size_t i = 0; i < s_.structure.size(); ++i) {
    const StructureSpec& x = s_.structure[i];
    const std::string path = join_path("structure", i);
    unique(frozen, x.name, "homeostat or structure", path + ".name");
    check_structure(x, path);
  }
  for (std::size_t i = 0; i < s_.consolidation.size(); ++i)
    unique(frozen, s_.consolidation[i].name, "slow process", join_path("consolidation", i) + ".name");
  for (std::size_t i = 0; i < s_.normalisation.size(); ++i)
    unique(frozen, s_.normalisation[i].name, "slow process", join_path("normalisation", i) + ".name");
  std::set<std::string> astrocytes;
  for (std::size_t i = 0; i < s_.astrocytes.size(); ++i)
    unique(astrocytes, s_.astrocytes[i].name, "field of astrocytes", join_path("astrocytes", i) + ".name");
  check_energy();
  for (std::size_t i = 0; i < s_.fields.size(); ++i) {
    const std::string path = join_path("fields", i);
    unique(fields, s_.fields[i].name, "field", path + ".name");
    check_field(s_.fields[i], path);
  }
  for (std::size_t i = 0; i < s_.effects.size(); ++i) check_effect(s_.effects[i], join_path("effects", i));
  for (std::size_t i = 0; i < s_.timeline.size(); ++i) {
    const std::string path = join_path("timeline", i);
    unique(events, s_.timeline[i].name, "event", path + ".name");
    check_event(s_.timeline[i], path);
  }
  for (std::size_t i = 0; i < s_.probes.size(); ++i) {
    const ProbeSpec& probe = s_.probes[i];
    const std::string path = join_path("probes", i);
    population(probe.of, path + ".of");
    if (!s_.body && !probe.probe.empty() && !probe.of.empty())
      report(path + ".probe", "the probe touches body parts, but there is no body", in_quotes(probe.probe),
             "", "add a \"body\"");
    if (probe.trials == 1 && loses_a_part())
      report(path + ".trials",
             "the touches of a lost part are decoded, each from the other touches of the same place", "1",
             "at least 2", "touch each place more often, or take the loss from the timeline");
    for (std::size_t j = 0; j < probe.at_s.size(); ++j)
      if (until_known_ && probe.at_s[j] > s_.until_s)
        report(join_path(path + ".at", j), "after the end of the run", time_text(probe.at_s[j]),
               "at most " + time_text(s_.until_s), "remove it, or lengthen \"until\"");
  }
  check_clock_fits();
  for (std::size_t i = 0; i < s_.watchdog.populations.size(); ++i) {
    const std::string& of = s_.watchdog.populations[i].of;
    check_matches(of, populations_, "population", join_path("watchdog.populations", i) + ".of");
  }
  for (std::size_t i = 0; i < s_.record.size(); ++i) check_record(s_.record[i], join_path("record", i));
}

void Checker::check_raw_homeostat(const HomeostasisSpec& h, const std::string& path) {
  constexpr double kSteps = 5.0;  // a time constant in fewer steps would be that of the steps
  if (dt_known_ && h.every_s < 1e-3 * s_.dt_ms)
    report(path + ".every", "the factor would move more than once a step", time_text(h.every_s),
           "at least " + number_text(s_.dt_ms) + " ms", "raise it, or lower dt_ms");
  for (const auto& [key, tau_s] : {std::pair{".sensor_tau_s", h.sensor_tau_s}, std::pair{".tau_s", h.tau_s}})
    if (kSteps * h.every_s > tau_s)
      report(path + key, "the time constant has to be at least five times \"every\"",
             number_text(tau_s) + " s", "at least " + number_text(kSteps * h.every_s) + " s",
             "raise it, or lower \"every\"");
}

void Checker::refuse_in_clock(const std::string& path, const char* what) {
  const bool episodic = s_.clock.episodic;
  report(
      path,
      std::string(what) +
          (episodic ? " has no effect in the episodic clock" : " has no effect in the raw clock"),
      "", "",
      episodic ? "remove it, or set clock.mode to \"raw\"" : "remove it, or set clock.mode to \"episodic\"");
}

void Checker::check_clock_fits() {
  if (!s_.clock.episodic) {
    for (std::size_t i = 0; i < s_.probes.size(); ++i) refuse_in_clock(join_path("probes", i), "a probe");
    for (std::size_t i = 0; i < s_.timeline.size(); ++i)
      check_raw_event(s_.timeline[i], join_path("timeline", i));
    for (std::size_t i = 0; i < s_.effects.size(); ++i)
      if (s_.effects[i].kind == EffectSpec::Kind::speed)
        refuse_in_clock(join_path("effects", i) + ".effect", "a field's effect on a speed");
    if (!s_.clock.conditions.empty()) refuse_in_clock("clock.conditions", "a condition of the day");
    return;
  }
  for (std::size_t i = 0; i < s_.modulators.size(); ++i)
    refuse_in_clock(join_path("modulators", i), "a modulator, which teaches trial by trial,");
  for (std::size_t i = 0; i < s_.projections.size(); ++i)
    if (s_.projections[i].plasticity)
      check_projected(*s_.projections[i].plasticity, join_path("projections", i) + ".plasticity");
  for (const PopulationSpec& p : s_.populations) check_heal_in(p);
  using Kind = StimulusSpec::Kind;
  for (std::size_t i = 0; i < s_.stimuli.size(); ++i) {
    const StimulusSpec& s = s_.stimuli[i];
    const std::string path = join_path("stimuli", i);
    if (s.kind == Kind::step_current || s.kind == Kind::spikes)
      refuse_in_clock(path, "a stimulus at times of spiking");
    else if (s.from_s > 0.0 || s.to_s >= 0.0 || !s.rate_schedule.empty())
      refuse_in_clock(path, "a stimulus that starts, ends or changes");
  }
  if (s_.probes.size() > 1)
    report(join_path("probes", 1), "a second probe", "", "one at most", "join them: times and places of one");
}

/// Heal-in lets the input of the condition before be forgotten: three decays of every port that hears
/// something.
void Checker::check_heal_in(const PopulationSpec& p) {
  struct Decay {
    const char *port, *key;
  };
  static constexpr Decay kDecays[] = {
      {"excitatory", "tau_syn_ex_ms"}, {"inhibitory", "tau_syn_in_ms"}, {"AMPA", "tau_syn_ex_ms"},
      {"GABA_A", "tau_syn_in_ms"},     {"AMPA", "tau_ampa_ms"},         {"GABA_A", "tau_gaba_a_ms"},
      {"NMDA", "tau_glun2a_ms"},       {"NMDA", "tau_glun2b_ms"},       {"GABA_B", "tau_gaba_b_ms"}};
  const auto hears = [&](const std::string& port) {
    return std::any_of(s_.projections.begin(), s_.projections.end(),
                       [&](const ProjectionSpec& x) { return x.to == p.name && x.port == port; }) ||
           std::any_of(s_.stimuli.begin(), s_.stimuli.end(),
                       [&](const StimulusSpec& x) { return x.to == p.name && x.port == port; });
  };
  const auto param = [&](const char* key) {
    const auto found = p.params.find(key);
    return found == p.params.end() ? 0.0 : found->second;
  };
  for (const auto& [port, key] : kDecays) {
    const double tau_ms = param(key);
    const bool absent = key == std::string_view("tau_glun2b_ms") && param("f_glun2b") == 0.0;
    if (!(tau_ms > 0.0) || absent || !hears(port)) continue;
    for (const ConditionSpec& c : s_.clock.conditions)
      if (c.heal_s * 1000.0 < 3.0 * tau_ms)
        report("clock.conditions." + c.name + ".heal",
               "heal-in is too short for " + std::string(port) + " input of " + p.name + ", whose " + key +
                   " is " + number_text(tau_ms),
               time_text(c.heal_s),
               "at least " + number_text(std::ceil(3.0 * tau_ms)) + " ms, three times that", "lengthen it");
  }
}

/// What the episodic clock projects: rules that only the spikes of the two cells move, and slowly.
void Checker::check_projected(const PlasticitySpec& learnt, const std::string& path) {
  const std::int32_t rule = plasticity_rule_index(learnt.rule);
  if (rule < 0) return;  // that was reported before
  const std::string cure =
      "set clock.mode to \"raw\", or choose a pair rule: stdp_pair, "
      "stdp_weight_dependent, stdp_single_spikes or stdp_power_law";
  if (!learnt.modulator.empty())
    return report(path, "learning trial by trial, as " + learnt.rule + " does, cannot be leapt over", "", "",
                  cure);
  if (learnt.rule == IstdpVogels::name)
    return report(path, "the loop that " + learnt.rule + " closes is faster than a macro step", "", "",
                  "describe it by a \"homeostasis\" of the inhibitory port, or set clock.mode to \"raw\"");
  if (!is_pair_rule(rule))
    return report(path,
                  learnt.rule + " keeps more of a synapse than its weight, which is not projected over days",
                  "", "", cure);
  for (const char* key : {"tau_plus_ms", "tau_minus_ms"}) {
    const auto tau_ms = learnt.params.find(key);
    if (tau_ms == learnt.params.end()) continue;
    for (const ConditionSpec& c : s_.clock.conditions)
      if (c.heal_s * 1000.0 < 3.0 * tau_ms->second)
        report("clock.conditions." + c.name + ".heal",
               "heal-in is too short for the traces of " + learnt.rule + ", whose " + key + " is " +
                   number_text(tau_ms->second),
               time_text(c.heal_s),
               "at least " + number_text(std::ceil(3.0 * tau_ms->second)) + " ms, three times that",
               "lengthen it");
  }
}

void Checker::check_record(const RecordSpec& r, const std::string& path) {
  if (r.of.empty() || r.what.empty()) return;
  const bool projections = r.what == "weights" || r.what == "connectivity";
  if (!check_matches(r.of, projections ? projections_ : populations_,
                     projections ? "projection" : "population", path + ".of"))
    return;
  if (r.what != "traces") return;
  for (const PopulationSpec& p : s_.populations) {
    const ModelTable* table = find_table(neuron_tables(), p.model);
    if (!matches_name(r.of, p.name) || table == nullptr || p.n == 0) continue;
    for (std::size_t i = 0; i < r.columns.size(); ++i) {
      if (std::find(table->columns.begin(), table->columns.end(), r.columns[i]) != table->columns.end())
        continue;
      report(
          join_path(path + ".columns", i),
          "the model " + p.model + " of " + in_quotes(p.name) + " has no column " + in_quotes(r.columns[i]),
          "", "", suggestion(r.columns[i], table->columns));
    }
    if (std::uint64_t{r.first} + std::max<std::uint32_t>(r.count, 1) > p.n)
      report(path + ".first", "neurons that do not exist in " + in_quotes(p.name),
             std::to_string(r.first) + " and " + std::to_string(r.count) + " from there",
             "0 to " + std::to_string(p.n - 1), "lower \"first\" or \"count\"");
  }
}

}  // namespace penfield
