// Checks of populations, projections and stimuli.
#include <cmath>

#include "host/scenario/catalogues.hpp"
#include "host/scenario/checks.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/connect/delay.hpp"
#include "penfield/connect/validate.hpp"
#include "penfield/model/neuron/sampled_noise.hpp"

namespace penfield {
void Checker::check_network() {
  double neurons = 0.0;
  for (const PopulationSpec& p : s_.populations) {
    check_population(p);
    neurons += p.n;
  }
  if (s_.populations.empty() && document_.find("populations") != nullptr)
    report("populations", "a network without neurons", "", "", "add a population");
  if (neurons > 4294967295.0)
    report("populations", "too many neurons in all", number_text(neurons), "at most 4294967295",
           "lower some \"n\"");
  std::set<std::string> modulators;
  for (std::size_t i = 0; i < s_.modulators.size(); ++i) {
    const std::string path = join_path("modulators", i);
    unique(modulators, s_.modulators[i].name, "modulator", path + ".name");
    check_modulator(s_.modulators[i], path);
    check_effects(s_.modulators[i], path);
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < s_.projections.size(); ++i) {
    const std::string path = join_path("projections", i);
    unique(names, s_.projections[i].name, "projection", path);
    check_projection(s_.projections[i], path);
  }
}

void Checker::check_population(const PopulationSpec& p) {
  const std::string path = join_path("populations", p.name);
  const std::size_t slash = p.name.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == p.name.size()) {
    report(path, "a population's name says its area", in_quotes(p.name), "AREA/NAME",
           "call it S1/E, for instance");
  } else {
    known(area_of(p.name), areas_, "area", path);
  }
  const ModelTable* table = find_table(neuron_tables(), p.model);
  if (table == nullptr || p.n == 0) return;  // reported while reading
  table->check(p.params, [&](const char* key, const std::string& problem) {
    report(path + ".params." + key, problem, "", "", "");
  });
  if (known(p.tonic_field, fields_, "field", path + ".tonic_field") && !p.tonic_field.empty()) {
    const std::size_t* const field = fields_.find(p.tonic_field);
    if (!p.params.contains("g_tonic_nS"))
      report(path + ".tonic_field", "the model " + p.model + " has no tonic GABA", in_quotes(p.tonic_field),
             "", "take iaf_cond_receptors, or remove the key");
    else if (!(p.params.at("g_tonic_nS") > 0.0))
      report(path + ".tonic_field", "there is no tonic conductance that the field could scale", "0 nS",
             "more than 0", "set params.g_tonic_nS, or remove the key");
    else if (field != nullptr && s_.fields[*field].area != area_of(p.name))
      report(path + ".tonic_field", "the field lies on another area's sheet",
             in_quotes(s_.fields[*field].area), area_of(p.name), "give the field the population's area");
  }
  if (p.initial_v_m_mV.kind == Distribution::Kind::lognormal)
    report(path + ".initial_v_m_mV", "a potential is not log-normal", "\"lognormal\"",
           "a number, \"normal\" or \"uniform\"", "choose one of them");
}

void Checker::check_port(const PopulationSpec& p, const std::string& port, const std::string& unit,
                         const std::string& path) {
  const ModelTable* table = find_table(neuron_tables(), p.model);
  if (table == nullptr || port.empty()) return;
  std::vector<std::string> names;
  for (const PortUnit& known_port : table->ports) {
    names.push_back(known_port.name);
    if (known_port.name != port) continue;
    if (!unit.empty() && unit != known_port.unit)
      report(path + ".weight_" + unit,
             "the unit of the weight is not that of port " + in_quotes(port) + " of " + p.model, unit,
             known_port.unit, "write \"weight_" + known_port.unit + "\"");
    return;
  }
  report(path + ".port",
         "the model " + p.model + " of " + in_quotes(p.name) + " has no port " + in_quotes(port), "", "",
         suggestion(port, names));
}

void Checker::check_sign(const std::string& unit, double least, const std::string& path) {
  if (unit == "nS" && least < 0.0)
    report(
        path + ".weight_nS", "a negative conductance", number_text(least), "at least 0",
        "a conductance inhibits by its port's reversal potential: give its size, or bound it by \"min\": 0");
}

void Checker::check_projection(const ProjectionSpec& p, const std::string& path) {
  const PopulationSpec* from = population(p.from, path + ".from");
  const PopulationSpec* to = population(p.to, path + ".to");
  if (to != nullptr) check_port(*to, p.port, p.weight_unit, path);
  if (!p.weight_unit.empty() && !impossible(p.weight, -1e6, 1e6))
    check_sign(p.weight_unit, ValueDrawer(value_distribution(p.weight)).smallest(), path);
  if (from != nullptr && to != nullptr) {
    check_rule(p, *from, *to, path);
    check_delay(p, *from, *to, path);
  }
  if (p.plasticity) check_plasticity(p, path);
}

void Checker::check_rule(const ProjectionSpec& p, const PopulationSpec& from, const PopulationSpec& to,
                         const std::string& path) {
  using Kind = RuleSpec::Kind;
  const RuleSpec& r = p.rule;
  if (r.kind == Kind::file || from.n == 0 || to.n == 0) return;
  const bool count_needed = r.kind != Kind::one_to_one && r.kind != Kind::all_to_all &&
                            r.kind != Kind::fixed_probability && r.kind != Kind::distance_probability;
  if (count_needed && r.count == 0) return;  // missing: reported while reading
  ConnectRule rule = connect_rule(r);
  // What needs positions is checked below, as there are none before the network is built.
  if (r.kind == Kind::distance_in_degree || r.kind == Kind::topographic)
    rule.kind = ConnectRule::Kind::fixed_in_degree;
  if (r.kind == Kind::distance_probability) rule.kind = ConnectRule::Kind::all_to_all;
  PopulationGeometry source, target;
  source.num_neurons = from.n;
  target.num_neurons = to.n;
  if (const std::optional<std::string> problem = validate(rule, source, target, p.from == p.to))
    report(path + ".rule", *problem, "", "", "");
  if (r.kind != Kind::distance_in_degree && r.kind != Kind::distance_probability) return;
  const SheetSpec *x = sheet_of(area_of(p.from)), *y = sheet_of(area_of(p.to));
  if (x == nullptr || y == nullptr) return;
  if (x->width_mm != y->width_mm || x->height_mm != y->height_mm || x->periodic != y->periodic)
    report(path + ".rule", "the rule measures distances, but source and target lie on different sheets", "",
           "", "use topographic, which maps one sheet onto the other");
}

void Checker::check_delay(const ProjectionSpec& p, const PopulationSpec& from, const PopulationSpec& to,
                          const std::string& path) {
  const std::string at = path + ".delay_ms";
  const Distribution& base = p.delay.base_ms;
  const std::string step = number_text(s_.dt_ms) + " ms";
  const bool constant = base.kind == Distribution::Kind::constant;
  const double least =
      constant || base.kind == Distribution::Kind::uniform ? base.a : base.lower.value_or(s_.dt_ms);
  if (!dt_known_ || (constant && base.a == 0.0)) return;  // missing: reported while reading
  if (least < s_.dt_ms * (1.0 - 1e-9)) {
    report(at, "a delay shorter than one step", number_text(least) + " ms", "at least dt_ms = " + step,
           "lengthen the delay, or shorten dt_ms");
    return;
  }
  const double steps = base.a / s_.dt_ms;
  if (constant && p.delay.velocity_mm_per_ms == 0.0 && std::fabs(steps - std::round(steps)) > 1e-6 * steps) {
    report(at, "a delay that is not a whole number of steps", number_text(base.a) + " ms",
           "multiples of " + step,
           "take " + number_text(std::floor(steps) * s_.dt_ms) + " or " +
               number_text(std::ceil(steps) * s_.dt_ms) + ", or a dt_ms that divides it");
    return;
  }
  double diagonal_mm = 0.0;
  for (const PopulationSpec* q : {&from, &to}) {
    const SheetSpec* sheet = sheet_of(area_of(q->name));
    if (sheet != nullptr) diagonal_mm = std::max(diagonal_mm, std::hypot(sheet->width_mm, sheet->height_mm));
  }
  if (impossible(base, 0.0, 1e9)) {
    // A minimum of one step can be too much for a distribution that was possible as it was written.
    report(at, "a distribution that can never be met: " + *impossible(base, 0.0, 1e9), "", "at least " + step,
           "");
  } else if (const auto problem =
                 validate({value_distribution(base), p.delay.velocity_mm_per_ms}, s_.dt_ms, diagonal_mm)) {
    report(at, *problem, "", "", "");
  }
}

void Checker::check_plasticity(const ProjectionSpec& p, const std::string& path) {
  const ModelTable* table = find_table(plasticity_tables(), p.plasticity->rule);
  if (table == nullptr) return;
  check_modulator_of(p, table->modulated, path);
  const std::string at = path + ".plasticity." + p.plasticity->rule;
  bool good = true;
  const Parameters& params = p.plasticity->params;
  table->check(params, [&](const char* key, const std::string& problem) {
    report(at + "." + key, problem, "", "", "");
    good = false;
  });
  if (!good || !params.contains("w_min") || !params.contains("w_max")) return;
  const double lower = params.at("w_min"), upper = params.at("w_max");
  if (impossible(p.weight, -1e6, 1e6)) return;
  const ValueDrawer weight(value_distribution(p.weight));
  check_sign_of(p, *table, weight, path);
  // A rule clips what it changes: a few of the drawn weights may lie outside, as tails do.
  constexpr double kMostOutside = 0.05;
  const double outside = 1.0 - weight.share_within(lower, upper);
  if (outside > kMostOutside)
    report(path + ".weight_" + p.weight_unit,
           (p.weight.kind == Distribution::Kind::constant
                ? "the weight lies"
                : number_text(std::round(100.0 * outside)) + " % of the drawn weights lie") +
               " outside the bounds of the plasticity rule, which clips what it changes",
           (p.weight.kind == Distribution::Kind::normal || p.weight.kind == Distribution::Kind::lognormal
                ? "mean "
                : "") +
               number_text(p.weight.a),
           "w_min " + number_text(lower) + " to w_max " + number_text(upper),
           "move or truncate the weight, or set w_min and w_max");
}

/// Rules whose loop runs away, or whose currents do not exist, on synapses of the other sign.
void Checker::check_sign_of(const ProjectionSpec& p, const ModelTable& rule, const ValueDrawer& weight,
                            const std::string& path) {
  if (rule.of == SynapseSign::any) return;
  const std::size_t* const to = populations_.find(p.to);
  if (to == nullptr) return;  // reported already
  const ModelTable* const model = find_table(neuron_tables(), s_.populations[*to].model);
  if (model == nullptr) return;
  bool inhibits = weight.largest() <= 0.0 && weight.smallest() < 0.0, by_port = false;
  for (const PortUnit& port : model->ports)
    if (port.name == p.port && port.unit == "nS") {
      inhibits = port.inhibits;
      by_port = true;
    }
  const bool wanted = rule.of == SynapseSign::inhibits;
  if (inhibits == wanted) return;
  const std::string other = wanted ? "excite" : "inhibit";
  report(path + ".plasticity." + p.plasticity->rule,
         p.plasticity->rule + " is a rule of synapses that " + (wanted ? "inhibit" : "excite") +
             ", and these " + other +
             (by_port ? " through port " + in_quotes(p.port) : " by the sign of their weights"),
         "", "",
         std::string("choose another rule, or ") + (by_port ? "another port" : "weights of the other sign"));
}

void Checker::check_modulator_of(const ProjectionSpec& p, bool modulated, const std::string& path) {
  const std::string& name = p.plasticity->modulator;
  if (!modulated) {
    if (!name.empty())
      report(path + ".modulator", p.plasticity->rule + " reads no modulator", in_quotes(name), "",
             "remove the key, or choose a rule that reads one");
    return;
  }
  if (name.empty()) {
    report(path + ".modulator", p.plasticity->rule + " needs a modulator", "", "",
           "name one of the section \"modulators\"");
    return;
  }
  known(name, modulators_, "modulator", path + ".modulator");
}

void Checker::check_modulator(const ModulatorSpec& m, const std::string& path) {
  for (std::size_t i = 0; i < m.pulses.size(); ++i)
    if (i > 0 && m.pulses[i].first < m.pulses[i - 1].first)
      report(path + ".pulses", "a pulse comes before the one listed before it",
             number_text(m.pulses[i].first) + " s", "", "list them in order of time");
  for (std::size_t i = 0; i < m.rewards.size(); ++i) {
    const ModulatorSpec::Reward& r = m.rewards[i];
    const std::string at = path + "." + join_path("rewards", i);
    if (r.delay_ms[1] < r.delay_ms[0])
      report(at + ".delay_ms", "the longest delay is below the shortest", number_text(r.delay_ms[1]) + " ms",
             "at least " + number_text(r.delay_ms[0]) + " ms", "write the shorter one first");
    if (dt_known_ && r.delay_ms[0] < s_.dt_ms)
      report(at + ".delay_ms", "the shortest delay is below one step", number_text(r.delay_ms[0]) + " ms",
             "at least dt_ms " + number_text(s_.dt_ms), "lengthen it: a reward cannot come in its own step");
    if (!known(r.projection, projections_, "projection", at + ".projection")) continue;
    const std::size_t* const index = projections_.find(r.projection);
    if (index == nullptr) continue;
    const ProjectionSpec& p = s_.projections[*index];
    for (const bool source : {true, false}) {
      const std::string& name = source ? p.from : p.to;
      const std::size_t* const found = populations_.find(name);
      const std::uint32_t neuron = source ? r.source : r.target;
      if (found == nullptr || s_.populations[*found].n == 0 || neuron < s_.populations[*found].n) continue;
      report(at + (source ? ".source" : ".target"), "there is no such neuron in " + in_quotes(name),
             std::to_string(neuron), "below " + std::to_string(s_.populations[*found].n), "");
    }
  }
}

// ---- stimuli
// ------------------------------------------------------------------------------------------------------

void Checker::check_drive() {
  for (std::size_t i = 0; i < s_.stimuli.size(); ++i) {
    static constexpr const char* kNames[] = {"poisson", "dc", "step_current", "spikes", "noise", "rate"};
    check_stimulus(s_.stimuli[i],
                   join_path("stimuli", i) + "." + kNames[static_cast<std::size_t>(s_.stimuli[i].kind)]);
  }
}

void Checker::check_crossings(const StimulusSpec& s, const PopulationSpec& to, const std::string& path) {
  const ModelTable* table = find_table(neuron_tables(), to.model);
  if (table == nullptr) return;  // reported while reading
  if (!table->fires_at_threshold) {
    report(path + ".crossings", to.model + " has no threshold at which it fires", "\"continuous\"",
           "\"at_steps\"", "leave the key out");
    return;
  }
  if (s.from_s > 0.0 || s.to_s >= 0.0)
    report(path + ".crossings", "the threshold cannot move while the network runs", "\"continuous\"",
           "\"at_steps\"", "leave the key out, or let the noise last: no \"from\", no \"to_time\"");
  for (const char* key : {"c_m_pF", "v_reset_mV", "v_th_mV"})
    if (!to.params.contains(key)) return;  // reported while reading
  const double c_m_pF = to.params.at("c_m_pF"), reset_mV = to.params.at("v_reset_mV");
  const double lower_mV = sampled_threshold_mV(s.current_pA, c_m_pF, s_.dt_ms);
  if (!(reset_mV < to.params.at("v_th_mV") - lower_mV))
    report(path + ".sd_pA", "the corrected threshold does not lie above v_reset_mV",
           number_text(s.current_pA),
           number_text(reset_mV) + " mV below v_th_mV - " + number_text(lower_mV) + " mV",
           "less noise, a shorter dt_ms, or crossings \"at_steps\"");
}

void Checker::check_stimulus(const StimulusSpec& s, const std::string& path) {
  using Kind = StimulusSpec::Kind;
  const PopulationSpec* to = population(s.to, path + ".to");
  if (to == nullptr) return;
  if (s.kind == Kind::poisson || s.kind == Kind::spikes) {
    check_port(*to, s.port, s.weight_unit, path);
    check_sign(s.weight_unit, s.weight, path);
  } else if (s.kind == Kind::rate && !has_relays(*to)) {
    report(path + ".to", "a rate drives relays, but " + in_quotes(s.to) + " has the model " + to->model,
           in_quotes(s.to), "a population of model \"relay\"", "use poisson for other models");
  } else if (s.kind != Kind::rate && has_relays(*to)) {
    report(path + ".to", "relays take no current", in_quotes(s.to), "",
           "use rate, or name a population of another model");
  }
  if (s.to_s >= 0.0 && s.to_s <= s.from_s)
    report(path + ".to_time", "the stimulus ends before it starts", time_text(s.to_s),
           "after " + time_text(s.from_s), "swap \"from\" and \"to_time\"");
  if (s.kind == Kind::noise && s.continuous_crossings) check_crossings(s, *to, path);
  if (s.kind == Kind::rate && !s.rate_schedule.empty() && s.rate_Hz != 0.0)
    report(path + ".rate_Hz", "both a rate and a schedule", number_text(s.rate_Hz), "",
           "keep one of the two");
  if (s.kind != Kind::spikes) return;
  for (std::size_t i = 0; i < s.spikes.size() && !faults_.full(); ++i) {
    const auto& [neuron, time_ms] = s.spikes[i];
    const std::string at = s.file.empty() ? join_path(path + ".spikes", i) : path + ".file";
    const std::string which = "spike " + std::to_string(i + 1);
    if (to->n > 0 && neuron >= to->n)
      report(at, which + " goes to a neuron that does not exist", std::to_string(neuron),
             "0 to " + std::to_string(to->n - 1), "neurons count from 0");
    if (until_known_ && time_ms > s_.until_s * 1000.0)
      report(at, which + " comes after the end of the run", number_text(time_ms) + " ms",
             "at most " + time_text(s_.until_s), "remove it, or lengthen \"until\"");
  }
}

}  // namespace penfield
