#include "test/support/every_model.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/hash.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

using RuleKind = RuleSpec::Kind;
using Params = std::map<std::string, double>;

/// Adds populations, projections and stimuli to a scenario with one call each.
class Writer {
 public:
  Writer(Scenario& scenario, double size) : scenario_(scenario), size_(size) {}

  PopulationSpec& population(const std::string& name, const std::string& model, std::uint32_t n,
                             const Params& params, const Distribution& v_m_mV) {
    const auto scaled = n < 2 ? n : std::max(2u, static_cast<std::uint32_t>(std::lround(n * size_)));
    PopulationSpec p = population_spec(name, model, scaled);
    for (const auto& [key, value] : params) p.params[key] = value;
    p.initial_v_m_mV = v_m_mV;
    scenario_.populations.push_back(p);
    return scenario_.populations.back();
  }
  ProjectionSpec& projection(const std::string& from, const std::string& to, const std::string& port,
                             RuleKind kind, double amount, const Distribution& weight,
                             const Distribution& delay_ms) {
    ProjectionSpec p;
    p.name = from + " -> " + to + " " + std::to_string(scenario_.projections.size());
    p.from = from;
    p.to = to;
    p.port = port;
    p.rule.kind = kind;
    p.rule.probability =
        kind == RuleKind::fixed_probability || kind == RuleKind::distance_probability ? amount : 0.0;
    p.rule.count = static_cast<std::uint64_t>(amount);
    p.weight = weight;
    p.delay.base_ms = delay_ms;
    scenario_.projections.push_back(p);
    return scenario_.projections.back();
  }
  void stimulus(StimulusSpec::Kind kind, const std::string& to, const std::string& port, double amount,
                double weight = 0.0) {
    StimulusSpec s;
    s.kind = kind;
    s.to = to;
    s.port = port;
    s.rate_Hz = s.current_pA = amount;
    s.weight = weight;
    scenario_.stimuli.push_back(s);
  }

 private:
  Scenario& scenario_;
  double size_;
};

PlasticitySpec stdp(double a_plus, double a_minus, double w_min, double w_max, bool soft, bool dendritic) {
  return {"stdp_pair",
          {{"tau_plus_ms", 16.8},
           {"tau_minus_ms", 33.7},
           {"a_plus", a_plus},
           {"a_minus", a_minus},
           {"w_min", w_min},
           {"w_max", w_max},
           {"soft", soft ? 1.0 : 0.0}},
          dendritic};
}
PlasticitySpec vogels(double eta, double w_min, double w_max, bool dendritic) {
  return {"istdp_vogels",
          {{"tau_ms", 20.0}, {"eta", eta}, {"rho0_Hz", 25.0}, {"w_min", w_min}, {"w_max", w_max}},
          dendritic};
}

PlasticitySpec learning(const std::string& rule, const Params& params, double w_min, double w_max,
                        bool dendritic) {
  PlasticitySpec p{rule, params, dendritic};
  p.params["w_min"] = w_min;
  p.params["w_max"] = w_max;
  return p;
}

void add_populations(Writer& w) {
  w.population("thalamus/relay", "relay", 300, {}, constant(-70.0)).positions = "grid";
  w.population("S1/E", "iaf_psc_exp", 803, {}, uniform(-70.0, -56.0)).positions = "jittered_grid";
  w.population("S1/PV", "iaf_psc_exp", 200, {{"tau_m_ms", 8.0}, {"t_ref_ms", 1.0}},
               normal(-65.0, 5.0, -75.0, -56.0));
  w.population("M1/cond", "iaf_cond_exp", 300, {{"tau_syn_ex_ms", 2.0}, {"tau_syn_in_ms", 5.0}},
               uniform(-70.0, -56.0));
  w.population("M1/adex", "adex", 201, {{"tau_syn_ex_ms", 2.0}, {"b_pA", 20.0}}, uniform(-70.0, -55.0));
  w.population("M1/izhikevich", "izhikevich", 150, {{"i_e", 8.0}}, uniform(-70.0, -60.0));
  w.population("M1/delta", "iaf_psc_delta", 157, {}, uniform(-70.0, -56.0));
  w.population("M1/single", "iaf_psc_delta", 1, {{"i_e_pA", 450.0}}, constant(-60.0));
  w.population("M1/receptors", "iaf_cond_receptors", 120, {{"f_glun2b", 0.3}, {"g_tonic_nS", 2.0}},
               uniform(-70.0, -56.0));
}

void add_stimuli(Writer& w) {
  using Kind = StimulusSpec::Kind;
  w.stimulus(Kind::rate, "thalamus/relay", "", 30.0);
  w.stimulus(Kind::dc, "S1/E", "", 290.0);
  w.stimulus(Kind::noise, "S1/E", "", 150.0);
  w.stimulus(Kind::poisson, "S1/E", "excitatory", 2000.0, 25.0);
  w.stimulus(Kind::poisson, "S1/E", "inhibitory", 500.0, -20.0);
  w.stimulus(Kind::noise, "S1/PV", "", 300.0);
  w.stimulus(Kind::dc, "S1/PV", "", 300.0);
  w.stimulus(Kind::poisson, "M1/cond", "AMPA", 3000.0, 0.8);
  w.stimulus(Kind::noise, "M1/cond", "", 60.0);
  w.stimulus(Kind::dc, "M1/adex", "", 650.0);
  w.stimulus(Kind::noise, "M1/adex", "", 100.0);
  w.stimulus(Kind::poisson, "M1/adex", "GABA_A", 500.0, 0.2);
  w.stimulus(Kind::poisson, "M1/izhikevich", "delta", 800.0, 0.7);
  w.stimulus(Kind::dc, "M1/delta", "", 380.0);
  w.stimulus(Kind::poisson, "M1/delta", "delta", 1000.0, 1.0);
  w.stimulus(Kind::dc, "M1/receptors", "", 250.0);
  w.stimulus(Kind::noise, "M1/receptors", "", 100.0);
  w.stimulus(Kind::poisson, "M1/receptors", "AMPA", 1500.0, 0.8);
}

void add_projections(Writer& w, const Scenario& scenario) {
  const double e = scenario.populations[1].n;
  auto* p = &w.projection("thalamus/relay", "S1/E", "excitatory", RuleKind::topographic, 15,
                          normal(40.0, 15.0, 0.0, 80.0), constant(0.5));
  p->rule.kernel.sigma_mm = 0.3;
  p->delay.velocity_mm_per_ms = 0.3;
  p->plasticity = stdp(2.0, 1.1, 0.0, 80.0, false, false);
  p = &w.projection("S1/E", "S1/E", "excitatory", RuleKind::distance_in_degree, 30,
                    normal(8.0, 3.0, 0.0, 16.0), constant(1.0));
  p->rule.allow_self = false;
  p->rule.kernel.sigma_mm = 0.25;
  p->delay.velocity_mm_per_ms = 0.4;
  p = &w.projection("S1/E", "S1/PV", "excitatory", RuleKind::distance_probability, 0.3, uniform(2.0, 30.0),
                    uniform(0.5, 7.5));
  p->rule.kernel = {KernelSpec::Kind::exponential, 0.3, 0.0};
  p->plasticity = stdp(1.0, 0.6, 0.0, 40.0, true, true);
  p = &w.projection("S1/PV", "S1/E", "inhibitory", RuleKind::fixed_in_degree, 30, uniform(-20.0, 0.0),
                    uniform(0.5, 4.0));
  p->plasticity = vogels(0.8, -60.0, 0.0, false);
  w.projection("S1/PV", "S1/PV", "inhibitory", RuleKind::fixed_probability, 0.1, lognormal(-15.0, 8.0, -80.0),
               constant(0.5))
      .rule.allow_self = false;
  p = &w.projection("S1/E", "M1/cond", "AMPA", RuleKind::fixed_out_degree, 10, uniform(0.05, 0.3),
                    uniform(1.0, 12.0));
  p->plasticity = learning("stdp_dopamine", {{"a_plus", 0.02}, {"a_minus", 0.025}, {"gain_per_s", 20.0}}, 0.0,
                           0.4, false);
  p->plasticity->modulator = "dopamine";
  p = &w.projection("M1/cond", "M1/adex", "AMPA", RuleKind::fixed_total_number, e * 4, constant(0.5),
                    uniform(0.5, 8.0));
  p->plasticity =
      learning("stdp_nearest", {{"a_plus", 0.05}, {"a_minus", 0.03}, {"mu_plus", 0.3}, {"scheme", 2.0}}, 0.0,
               1.5, true);
  p = &w.projection("M1/adex", "M1/cond", "GABA_A", RuleKind::fixed_in_degree, 12, uniform(0.0, 0.5),
                    constant(2.0));
  p->plasticity = vogels(0.02, 0.0, 2.0, true);
  p = &w.projection("M1/adex", "M1/izhikevich", "delta", RuleKind::all_to_all, 0, uniform(-0.02, 0.02),
                    uniform(0.5, 3.0));
  p->plasticity =
      PlasticitySpec{"tsodyks_markram", {{"use", 0.2}, {"tau_fac_ms", 300.0}, {"tau_rec_ms", 100.0}}, false};
  p = &w.projection("M1/izhikevich", "M1/delta", "delta", RuleKind::file, 0, constant(0.0), constant(1.0));
  p->rule.file = "edges.csv";
  p = &w.projection("M1/delta", "M1/delta", "delta", RuleKind::one_to_one, 0, constant(0.5),
                    uniform(0.5, 20.0));
  p->plasticity =
      learning("stdp_weight_dependent",
               {{"a_plus", 0.05}, {"a_minus", 0.04}, {"mu_plus", 0.4}, {"mu_minus", 0.7}}, -1.0, 2.0, false);
  p = &w.projection("M1/delta", "M1/single", "delta", RuleKind::all_to_all, 0, constant(0.1),
                    uniform(0.5, 2.0));
  p->plasticity = learning("stdp_power_law", {{"lambda", 0.05}}, 0.0, 0.5, true);
  p = &w.projection("M1/single", "M1/izhikevich", "delta", RuleKind::all_to_all, 0, constant(1.0),
                    uniform(0.5, 7.5));
  p->plasticity =
      learning("calcium_graupner", {{"tau_s", 20.0}, {"sigma", 1.0}, {"cubic", 1.0}}, 0.0, 2.0, false);
  p = &w.projection("M1/cond", "M1/cond", "AMPA", RuleKind::fixed_in_degree, 10, uniform(0.0, 0.5),
                    normal(3.0, 2.0, 0.5, 7.9));
  p->plasticity = learning("stdp_triplet", {{"unit", 2.0}}, 0.0, 0.6, false);
  p = &w.projection("M1/cond", "M1/cond", "AMPA", RuleKind::fixed_in_degree, 6, uniform(0.0, 0.3),
                    uniform(0.5, 5.0));
  p->name = "bcm";
  p->plasticity = learning("bcm", {{"tau_y_ms", 125.0}, {"eta", 0.02}, {"tau_th_s", 0.5}}, 0.0, 0.4, true);
  p = &w.projection("M1/cond", "M1/cond", "AMPA", RuleKind::fixed_in_degree, 5, uniform(0.0, 0.3),
                    uniform(0.5, 4.0));
  p->name = "single spikes";
  p->plasticity =
      learning("stdp_single_spikes",
               {{"a_plus", 0.01}, {"a_minus", 0.005}, {"a_pre", -0.002}, {"a_post", 0.001}}, 0.0, 0.4, false);
  w.projection("M1/cond", "M1/receptors", "NMDA", RuleKind::fixed_in_degree, 10, uniform(0.0, 0.3),
               uniform(0.5, 4.0));
  w.projection("M1/adex", "M1/receptors", "GABA_A", RuleKind::fixed_in_degree, 8, uniform(0.0, 1.0),
               constant(1.0));
  w.projection("M1/adex", "M1/receptors", "GABA_B", RuleKind::fixed_in_degree, 8, uniform(0.0, 0.1),
               constant(1.5));
  w.projection("M1/receptors", "M1/receptors", "NMDA", RuleKind::fixed_probability, 0.1, uniform(0.0, 0.2),
               uniform(0.5, 6.0));
  // Few: a visit steps calcium through the time since the one before, some thousand times the work of others.
  p = &w.projection("M1/cond", "M1/receptors", "AMPA", RuleKind::fixed_total_number, 12, uniform(0.0, 1.0),
                    uniform(1.0, 5.0));
  p->plasticity = learning("calcium_nmda", {{"f_glun2b", 0.4}}, 0.0, 1.0, false);
  w.projection("M1/cond", "thalamus/relay", "rate", RuleKind::fixed_in_degree, 5, uniform(0.0, 20.0),
               uniform(2.0, 6.0));
}

void add_modulator(Scenario& s) {
  ModulatorSpec m;
  m.name = "dopamine";
  m.baseline = 0.01;
  for (int k = 0; k < 80; ++k) m.pulses.emplace_back(0.003 + 0.017 * k, 0.2);  // outgrows the first 64
  s.modulators.push_back(m);
}

void add_slow_processes(Scenario& s) {
  HomeostasisSpec h;
  h.name = "inhibitory_plasticity";
  h.of = "S1/E";
  h.port = "inhibitory";
  h.raises_rate = false;
  h.set_point_Hz = 30.0;
  h.upper = 4.0;
  s.homeostasis.push_back(h);
  h.name = "scaling";
  h.of = "M1/cond";
  h.port = "AMPA";
  h.raises_rate = true;
  h.set_point_Hz = 40.0;
  s.homeostasis.push_back(h);
  StructureSpec r;
  r.projection = s.projections[1].name;
  r.kernel.sigma_mm = 0.3;
  r.weight_reference = 8.0;
  r.dead_band = 0.02;
  r.driver_tau_s = 86400.0;
  r.maturation_tau_s = 3 * 86400.0;
  r.cap_per_d = 0.5;
  r.growth_field = "repair";
  s.structure.push_back(r);
  s.fields.push_back({"repair", "S1", 0.6, {{0.5, 0.5, 0.3, 0.5}}});
}

void add_body(Scenario& s) {
  BodySpec body;
  body.relay = "thalamus/relay";
  for (int k = 0; k < 4; ++k) body.parts.push_back({"D" + std::to_string(k + 1), 0.4 * k, 0.0, 0.4, 1.0, ""});
  s.body = body;
  s.clock.episodic = true;
  s.clock.conditions.push_back({"rest", 0.6, 0.02, 0.08, false});
  s.clock.conditions.push_back({"touch", 0.4, 0.02, 0.08, true});
}

/// Synapses with weights and delays of their own, some pairs twice.
void write_edges(const ScratchFolder& folder, std::uint32_t sources, std::uint32_t targets) {
  std::ofstream out(folder / "edges.csv");
  out << "source,target,weight_mV,delay_ms\n";
  RandomSequence random(77, Stream::connect_source, 0, 0);
  for (int k = 0; k < 1500; ++k)
    out << random.below(sources) << ',' << random.below(targets) << ','
        << 0.001 * static_cast<double>(random.below(900)) << ','
        << 0.5 + 0.5 * static_cast<double>(random.below(15)) << '\n';
}

}  // namespace

Scenario every_model_scenario(const ScratchFolder& folder, double size, std::uint32_t seed) {
  Scenario s;
  s.name = "every model";
  s.seed = seed;
  s.dt_ms = 0.5;
  s.folder = folder.path().string();
  s.areas["thalamus"] = {1.6, 1.0, false};
  s.areas["S1"] = {1.6, 1.0, false};
  s.areas["M1"] = {1.0, 1.0, true};
  Writer w(s, std::max(0.1, size));
  add_populations(w);
  add_stimuli(w);
  add_projections(w, s);
  add_modulator(s);
  add_slow_processes(s);
  add_body(s);
  write_edges(folder, s.populations[5].n, s.populations[6].n);
  return s;
}

void enter_pulses(const Scenario& s, Network& network) {
  for (std::size_t m = 0; m < s.modulators.size(); ++m)
    for (const auto& [time_s, amount] : s.modulators[m].pulses)
      network.modulators[m]->add_pulse(steps_of(time_s, s.dt_ms), static_cast<float>(amount));
  network.bind();
}

EveryModelRun::EveryModelRun(const Scenario& s, const BuildOptions& build,
                             const cpu::CpuEngineOptions& options)
    : scenario(s),
      network(build_network(scenario, build)),
      engine((enter_pulses(scenario, network), cpu::make_cpu_engine(network, options))) {
  for (const HomeostasisSpec& h : scenario.homeostasis) homeostats.emplace_back(h, network);
  for (const StructureSpec& r : scenario.structure) rewirings.emplace_back(scenario, r, network);
}

void EveryModelRun::macro_step(double seconds) {
  earlier_spikes_ = num_spikes();
  clear_counters(network);
  const Measures measures = measure(scenario, network, *engine, macro_);
  for (const RateLoop& loop : rate_loops(homeostats, [](const std::string&) { return false; }))
    loop.advance(network, measures, seconds);
  for (Rewiring& r : rewirings) {
    r.observe(measures, seconds);
    if (macro_ == 0) {
      r.take_snapshot(network, engine->rewirer());
    } else {
      const RewiringCounts c = r.advance(network, seconds, macro_, {}, engine->rewirer());
      counts.formed += c.formed;
      counts.deleted += c.deleted;
    }
  }
  network.bind();
  engine->upload();
  ++macro_;
}

std::uint64_t EveryModelRun::num_spikes() const {
  std::uint64_t sum = earlier_spikes_;
  for (const auto& p : network.populations)
    for (std::uint32_t count : p->spike_count) sum += count;
  return sum;
}

std::uint64_t EveryModelRun::slow_digest() {
  StateArchive archive;
  for (Homeostat& h : homeostats) h.archive(archive);
  for (Rewiring& r : rewirings) r.archive(archive);
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < archive.written().size(); ++k)
    sum += element_digest(0, k, static_cast<std::uint64_t>(archive.written()[k]));
  return sum;
}

}  // namespace penfield::test
