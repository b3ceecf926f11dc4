// Areas, populations, projections, stimuli.
#include <algorithm>
#include <cmath>

#include "host/scenario/catalogues.hpp"
#include "host/scenario/sections.hpp"
#include "penfield/connect/rule.hpp"

namespace penfield {
namespace {

constexpr double kMaxRate_Hz = 1e6, kMaxWeight = 1e6, kMaxCurrent_pA = 1e6;
constexpr std::uint64_t kMaxNeurons = 4'000'000'000, kMaxSynapses = 1'000'000'000'000'000;

std::vector<Alternative> titles(const std::vector<ModelTable>& tables) {
  std::vector<Alternative> out;
  for (const ModelTable& table : tables) out.push_back(table.title);
  return out;
}

/// Alternatives of `rule`, in the order of RuleSpec::Kind. Names and meanings are the connection library's.
const std::vector<Alternative>& rule_alternatives() {
  static const std::vector<Alternative> all = [] {
    const char* lone[] = {nullptr,  nullptr, "probability", "in_degree", "out_degree",
                          "number", nullptr, nullptr,       nullptr,     "file"};
    static_assert(std::size(lone) == kRules.size());
    std::vector<Alternative> out;
    for (std::size_t i = 0; i < kRules.size(); ++i) {
      const bool listed = kRules[i].kind == ConnectRule::Kind::explicit_list;
      out.push_back({listed ? "file" : kRules[i].name.data(), kRules[i].meaning.data(), lone[i]});
    }
    return out;
  }();
  return all;
}

void visit_rule(Visitor& v, RuleSpec& s) {
  using Kind = RuleSpec::Kind;
  switch (s.kind) {
    case Kind::one_to_one:
    case Kind::all_to_all: break;
    case Kind::fixed_probability:
      v.number({"probability", "", "of every pair, independently", true}, s.probability,
               Bounds::within(0, 1));
      break;
    case Kind::fixed_in_degree:
    case Kind::distance_in_degree:
    case Kind::topographic:
      v.integer({"in_degree", "", "synapses onto each target neuron", true}, s.count, 1, kMaxNeurons);
      break;
    case Kind::fixed_out_degree:
      v.integer({"out_degree", "", "synapses from each source neuron", true}, s.count, 1, kMaxNeurons);
      break;
    case Kind::fixed_total_number:
      v.integer({"number", "", "synapses of the whole projection", true}, s.count, 1, kMaxSynapses);
      break;
    case Kind::distance_probability:
      v.number({"peak", "", "probability at distance 0", true}, s.probability, Bounds::within(0, 1));
      break;
    case Kind::file:
      v.text({"file", "", "edges, relative to the scenario, below its folder: SONATA (.h5), else CSV", true},
             s.file, TextKind::file);
      v.text({"edge_population", "", "of a SONATA file; may be left out where it holds only one"},
             s.edge_population, TextKind::free);
      break;
  }
  if (s.kind == Kind::distance_probability || s.kind == Kind::distance_in_degree ||
      s.kind == Kind::topographic)
    visit_kernel(v, s.kernel);
}

void visit_from_to(Visitor& v, StimulusSpec& s) {
  v.time({"from", "", "start, in raw time"}, s.from_s, Bounds::at_least(0));
  v.time({"to_time", "", "end, in raw time; absent: the end of the run"}, s.to_s, Bounds::at_least(0));
}

void visit_weighted(Visitor& v, StimulusSpec& s) {
  v.text({"port", "", "receptor of the population's model", true}, s.port, TextKind::reference);
  v.with_unit(
      {"weight", "", "of every spike, in the port's unit", true}, kWeightUnits, s.weight_unit,
      [&](Visitor& w, const Key& key) { w.number(key, s.weight, Bounds::within(-kMaxWeight, kMaxWeight)); });
}

constexpr Alternative kStimuli[] = {
    {"poisson", "independent Poisson spikes into every neuron"},
    {"dc", "constant current"},
    {"step_current", "current that is on for a while"},
    {"spikes", "spikes at listed times into listed neurons"},
    {"noise", "white-noise current, independent for every neuron and drawn anew at every step"},
    {"rate", "afferent rate of a population of relays"},
};

}  // namespace

void visit_kernel(Visitor& v, KernelSpec& s) {
  using Kind = KernelSpec::Kind;
  v.choice({"kernel", "", "how the probability falls with distance"}, s.kind,
           {{"gaussian", Kind::gaussian}, {"exponential", Kind::exponential}, {"box", Kind::box}});
  v.number({"sigma_mm", "mm", "gaussian: standard deviation; exponential: length constant; box: radius"},
           s.sigma_mm, Bounds::above(0, kMaxLength_mm));
  v.number({"cutoff_mm", "mm", "nothing connects beyond; 0: the kernel's own"}, s.cutoff_mm,
           Bounds::within(0, kMaxLength_mm));
}

void visit_sheet(Visitor& v, SheetSpec& s) {
  double size[] = {s.width_mm, s.height_mm};
  v.numbers({"sheet_mm", "mm", "width and height of the sheet", true}, size, Bounds::above(0, kMaxLength_mm));
  s.width_mm = size[0], s.height_mm = size[1];
  v.choice({"edge", "", "open: the sheet ends there; periodic: opposite edges touch"}, s.periodic,
           {{"open", false}, {"periodic", true}});
}

void visit_population(Visitor& v, PopulationSpec& s) {
  static constexpr const char* kPositions[] = {"grid", "jittered_grid", "uniform"};
  static const std::vector<Alternative> models = titles(neuron_tables());
  std::vector<const char*> names;
  for (const Alternative& m : models) names.push_back(m.name);
  v.choice({"model", "", "neuron model", true}, s.model, names);
  v.small_integer({"n", "", "number of neurons", true}, s.n, 1, kMaxNeurons);
  v.choice({"positions", "", "how the neurons lie on the area's sheet"}, s.positions, kPositions);
  v.boolean({"somatotopic", "", "neurons belong to the body part whose territory they lie in"},
            s.somatotopic);
  v.text({"tonic_field", "", "field whose value at a neuron multiplies g_tonic_nS (iaf_cond_receptors)"},
         s.tonic_field, TextKind::reference);
  for (const ModelTable& table : neuron_tables()) {
    if (!v.enter_case("model", table.title, s.model == table.title.name)) continue;
    if (v.enter({"params", "", "parameters of the model, shared by the population"}, true)) {
      if (v.shows_all()) s.params.clear();  // each model's own defaults
      visit_fields(v, table.fields, s.params);
      v.leave();
    }
    if (table.has_potential) {
      if (v.reads()) s.initial_v_m_mV.a = table.rest_mV(s.params);
      if (v.shows_all()) s.initial_v_m_mV.a = std::nan("");  // no one default: it depends on the parameters
      v.distribution({"initial_v_m_mV", "mV", "absolute membrane potential at step 0; default: at rest"},
                     s.initial_v_m_mV, Bounds::within(-1000, 1000));
    }
    v.leave_case();
  }
}

void visit_projection(Visitor& v, ProjectionSpec& s) {
  v.text({"from", "", "population that sends", true}, s.from, TextKind::reference);
  v.text({"to", "", "population that receives", true}, s.to, TextKind::reference);
  v.text({"name", "", "default: FROM -> TO"}, s.name, TextKind::name);
  if (v.reads() && s.name.empty() && !s.from.empty() && !s.to.empty()) s.name = s.from + " -> " + s.to;
  v.text({"port", "", "receptor of the target's model", true}, s.port, TextKind::reference);
  const Key rule{"rule", "", "which neurons connect", true};
  if (v.enter_choice(&rule, rule_alternatives(), true)) {
    auto current = static_cast<std::size_t>(s.rule.kind);
    for (std::size_t i = 0; i < rule_alternatives().size(); ++i) {
      if (!v.enter_alternative(i, current)) continue;
      s.rule.kind = static_cast<RuleSpec::Kind>(i);
      visit_rule(v, s.rule);
      v.leave_alternative();
    }
    v.leave_choice();
  }
  v.boolean({"allow_self", "", "a neuron may connect to itself"}, s.rule.allow_self);
  v.boolean({"allow_multapses", "", "a pair may have several synapses, where the rule can make them"},
            s.rule.allow_multapses);
  v.with_unit({"weight", "", "of a synapse, in the port's unit", true}, kWeightUnits, s.weight_unit,
              [&](Visitor& w, const Key& key) {
                w.distribution(key, s.weight, Bounds::within(-kMaxWeight, kMaxWeight));
              });
  if (v.enter_short({"delay_ms", "ms", "from spike to target, rounded to steps", true}, "base")) {
    v.distribution({"base", "ms", "delay at distance 0, at least dt_ms", true}, s.delay.base_ms,
                   Bounds::above(0, 10000));
    v.number({"velocity_mm_per_ms", "mm/ms", "adds distance / velocity; 0: distance adds nothing"},
             s.delay.velocity_mm_per_ms, Bounds::within(0, 1e6));
    v.leave();
  }
  static const std::vector<Alternative> rules = titles(plasticity_tables());
  const Key plasticity{"plasticity", "", "how the weights learn; absent: they stay"};
  PlasticitySpec learnt = s.plasticity.value_or(PlasticitySpec{});
  if (v.enter_choice(&plasticity, rules, s.plasticity.has_value())) {
    std::size_t current = 0;
    while (current + 1 < rules.size() && learnt.rule != rules[current].name) ++current;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (!v.enter_alternative(i, current)) continue;
      learnt.rule = rules[i].name;
      if (v.shows_all()) learnt.params.clear();  // each rule's own defaults
      visit_fields(v, plasticity_tables()[i].fields, learnt.params);
      s.plasticity = learnt;
      v.leave_alternative();
    }
    v.leave_choice();
  }
  v.choice({"delay_is", "", "where a plastic synapse's delay lies"}, learnt.dendritic_delay,
           {{"axonal", false}, {"dendritic", true}});
  v.text({"modulator", "", "that the rule reads, if it reads one"}, learnt.modulator, TextKind::reference);
  if (s.plasticity) {
    s.plasticity->dendritic_delay = learnt.dendritic_delay;
    s.plasticity->modulator = learnt.modulator;
  }
}

void visit_modulator(Visitor& v, ModulatorSpec& s) {
  constexpr double kMaxAmount = 1e6;
  v.text({"name", "", "such as dopamine", true}, s.name, TextKind::name);
  v.number({"tau_ms", "ms", "decay of what a pulse raises the concentration by"}, s.tau_ms,
           Bounds::above(0, 1e7));
  v.number({"baseline", "", "tonic concentration"}, s.baseline, Bounds::within(0, kMaxAmount));
  v.schedule({"pulses", "", "[[time, amount], ...]"}, s.pulses, Bounds::within(0, kMaxAmount));
  if (v.enter({"random", "", "pulses at random times, whatever the network does"}, true)) {
    v.number({"rate_Hz", "Hz", "pulses a second, as a Poisson process; 0: none"}, s.random_rate_Hz,
             Bounds::within(0, kMaxRate_Hz));
    v.number({"amount", "", "of each"}, s.random_amount, Bounds::within(0, kMaxAmount));
    v.leave();
  }
  v.list({"rewards", "", "pulses that spikes of the network call for"}, s.rewards,
         [](Visitor& w, ModulatorSpec::Reward& r) {
           w.text({"projection", "", "name of the projection", true}, r.projection, TextKind::reference);
           w.small_integer({"source", "", "neuron of the population that sends", true}, r.source, 0,
                           0xffffffffu);
           w.small_integer({"target", "", "neuron of the population that receives", true}, r.target, 0,
                           0xffffffffu);
           w.number({"within_ms", "ms", "the target has to fire so soon after the source, and after it"},
                    r.within_ms, Bounds::above(0, 1e6));
           w.numbers({"delay_ms", "ms", "of the pulse behind the target's spike, drawn evenly between two"},
                     r.delay_ms, Bounds::above(0, 1e7));
           w.number({"amount", "", "of the pulse"}, r.amount, Bounds::within(0, kMaxAmount));
         });
  v.list_if_any(
      {"effects", "", "what the concentration multiplies by 1 + gain * concentration"}, s.effects,
      [](Visitor& w, ModulatorSpec::Effect& e) {
        w.text({"what", "",
                "learning, or a receptor or channel that the model or rule lists (penfield describe MODEL), "
                "as excitatory, AMPA or sodium for excitability",
                true},
               e.what, TextKind::reference);
        w.text({"of", "",
                "population (a trailing * matches any ending): its neurons and what learns onto them", true},
               e.of, TextKind::reference);
        w.number({"gain", "", "per unit of the concentration; negative: it lessens"}, e.gain,
                 Bounds::within(-1e6, 1e6));
      });
}

void visit_stimulus(Visitor& v, StimulusSpec& s) {
  if (!v.enter_choice(nullptr, kStimuli, true)) return;
  auto current = static_cast<std::size_t>(s.kind);
  for (std::size_t i = 0; i < std::size(kStimuli); ++i) {
    if (!v.enter_alternative(i, current)) continue;
    s.kind = static_cast<StimulusSpec::Kind>(i);
    v.text({"to", "", "population", true}, s.to, TextKind::reference);
    switch (s.kind) {
      case StimulusSpec::Kind::poisson:
        visit_weighted(v, s);
        v.number({"rate_Hz", "Hz", "summed rate of the sources of one neuron", true}, s.rate_Hz,
                 Bounds::within(0, kMaxRate_Hz));
        visit_from_to(v, s);
        break;
      case StimulusSpec::Kind::dc:
        v.number({"current_pA", "pA", "amplitude", true}, s.current_pA,
                 Bounds::within(-kMaxCurrent_pA, kMaxCurrent_pA));
        break;
      case StimulusSpec::Kind::step_current:
        v.number({"current_pA", "pA", "amplitude", true}, s.current_pA,
                 Bounds::within(-kMaxCurrent_pA, kMaxCurrent_pA));
        visit_from_to(v, s);
        break;
      case StimulusSpec::Kind::spikes:
        visit_weighted(v, s);
        if (v.reads() || s.file.empty()) v.events({"spikes", "", "[[neuron, time in ms], ...]"}, s.spikes);
        v.text({"file", "", "instead of `spikes`: CSV with a line `neuron,time_ms` for each"}, s.file,
               TextKind::file);
        break;
      case StimulusSpec::Kind::noise:
        v.number({"sd_pA", "pA", "standard deviation of its mean over 1 ms, whatever dt is", true},
                 s.current_pA, Bounds::within(0, kMaxCurrent_pA));
        v.choice(
            {"crossings", "",
             "continuous: the threshold lies 0.5826 SDs of the noise's step lower, so that the potential "
             "crosses it as often as in continuous time (Broadie, Glasserman & Kou 1997), whatever dt is"},
            s.continuous_crossings, {{"at_steps", false}, {"continuous", true}});
        visit_from_to(v, s);
        break;
      case StimulusSpec::Kind::rate:
        v.number({"rate_Hz", "Hz", "drive of every relay"}, s.rate_Hz, Bounds::within(0, kMaxRate_Hz));
        v.schedule({"schedule", "Hz", "instead of rate_Hz: [[time, rate], ...], each holds until the next"},
                   s.rate_schedule, Bounds::within(0, kMaxRate_Hz));
        break;
    }
    v.leave_alternative();
  }
  v.leave_choice();
}

}  // namespace penfield
