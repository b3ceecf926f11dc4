#include "host/bench/networks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

namespace penfield {

namespace {

using Json = nlohmann::ordered_json;
constexpr double kAnySize = std::numeric_limits<double>::infinity();

std::uint64_t count(double exact) { return static_cast<std::uint64_t>(std::max(1.0, std::round(exact))); }

/// Everything but populations, projections and stimuli; 0.1 ms, as all peers are timed.
Json empty_scenario(const std::string& name, const std::string& about, const std::string& area = "net") {
  return {{"penfield", 1},
          {"name", name},
          {"about", about},
          {"seed", 1},
          {"dt_ms", 0.1},
          {"until", "2 s"},
          {"clock", {{"mode", "raw"}}},
          {"areas", {{area, {{"sheet_mm", {1, 1}}}}}},
          {"populations", Json::object()},
          {"projections", Json::array()},
          {"stimuli", Json::array()},
          {"record", {{{"what", "spikes"}, {"of", area + "/*"}}}}};
}

/// `weight_key` names the unit: weight_mV, weight_pA, weight_nS.
Json projection(const std::string& from, const std::string& to, const std::string& port, const Json& rule,
                const std::string& weight_key, const Json& weight, const Json& delay_ms) {
  return {{"from", from}, {"to", to},           {"port", port},
          {"rule", rule}, {weight_key, weight}, {"delay_ms", delay_ms}};
}

// Conductance-based network of Vogels & Abbott, J Neurosci 25:10786 (2005), in the variant with a constant
// current and stronger synapses that GPU simulators time.
Json vogels_network(const std::string& name, std::uint64_t n, double probability, double weight_share) {
  Json s = empty_scenario(name, "Vogels & Abbott 2005, conductance-based, kept going by a constant current");
  const std::uint64_t n_e = count(0.8 * static_cast<double>(n));
  const Json params = {{"c_m_pF", 200},      {"g_l_nS", 10},        {"e_l_mV", -60}, {"v_th_mV", -50},
                       {"v_reset_mV", -60},  {"t_ref_ms", 5},       {"e_ex_mV", 0},  {"e_in_mV", -80},
                       {"tau_syn_ex_ms", 5}, {"tau_syn_in_ms", 10}, {"i_e_pA", 200}};
  for (const auto& [population, size] :
       {std::pair{"net/E", n_e}, std::pair{"net/I", std::max<std::uint64_t>(1, n - n_e)}})
    s["populations"][population] = {{"model", "iaf_cond_exp"},
                                    {"n", size},
                                    {"params", params},
                                    {"initial_v_m_mV", {{"uniform", {-60, -50}}}}};
  for (const char* to : {"net/E", "net/I"}) {
    const Json rule = {{"fixed_probability", probability}};
    Json e = projection("net/E", to, "AMPA", rule, "weight_nS", 4.0 * weight_share, 0.8);
    Json i = projection("net/I", to, "GABA_A", rule, "weight_nS", 51.0 * weight_share, 0.8);
    e["allow_self"] = i["allow_self"] = false;
    s["projections"].push_back(e);
    s["projections"].push_back(i);
  }
  return s;
}

std::string vogels(double scale) {
  const std::uint64_t n = count(4000.0 * scale);
  return vogels_network("vogels", n, std::min(1.0, 80.0 / static_cast<double>(n)), 1.0).dump(1);
}

// 1 G synapses at scale 1: 223,607 cells, every pair with probability 0.02 (denniskb/spice). Weights times
// 80 / in-degree keep the mean input of the 4,000-cell network.
std::string spice_vogels(double scale) {
  const double n = std::round(223607.0 * std::sqrt(scale));
  return vogels_network("spice_vogels", count(n), 0.02, 80.0 / (0.02 * n)).dump(1);
}

Json delta_params() {
  return {{"tau_m_ms", 20}, {"c_m_pF", 250},    {"e_l_mV", 0},
          {"v_th_mV", 20},  {"v_reset_mV", 10}, {"t_ref_ms", 2}};
}

Json additive_stdp(double w_max, double lambda, double alpha) {
  return {{"stdp_pair",
           {{"tau_plus_ms", 20},
            {"tau_minus_ms", 20},
            {"a_plus", lambda * w_max},
            {"a_minus", alpha * lambda * w_max},
            {"w_min", 0},
            {"w_max", w_max},
            {"soft", 0}}}};
}

// N. Brunel, J Comput Neurosci 8:183 (2000): 8,000 + 2,000 cells, 800 + 200 inputs, g 5, eta 2.
Json brunel_network(const std::string& name, double scale) {
  Json s = empty_scenario(name, "Brunel 2000, delta synapses, asynchronous irregular");
  const double root = std::sqrt(scale), j_mV = 0.1, g = 5.0, eta = 2.0;
  const std::uint64_t in_e = count(800.0 * root), in_i = count(200.0 * root);
  for (const auto& [population, size] :
       {std::pair{"net/E", count(8000.0 * root)}, std::pair{"net/I", count(2000.0 * root)}})
    s["populations"][population] = {{"model", "iaf_psc_delta"},
                                    {"n", size},
                                    {"params", delta_params()},
                                    {"initial_v_m_mV", {{"uniform", {0, 20}}}}};
  for (const char* to : {"net/E", "net/I"}) {
    s["projections"].push_back(
        projection("net/E", to, "delta", {{"fixed_in_degree", in_e}}, "weight_mV", j_mV, 1.5));
    s["projections"].push_back(
        projection("net/I", to, "delta", {{"fixed_in_degree", in_i}}, "weight_mV", -g * j_mV, 1.5));
    // eta times the rate that alone holds a cell at threshold: v_th / (J tau_m).
    s["stimuli"].push_back({{"poisson",
                             {{"to", to},
                              {"port", "delta"},
                              {"rate_Hz", eta * 1000.0 * 20.0 / (j_mV * 20.0)},
                              {"weight_mV", j_mV}}}});
  }
  return s;
}

std::string brunel(double scale) { return brunel_network("brunel", scale).dump(1); }

std::string brunel_stdp_of(const char* name, const char* delay_is, double scale) {
  Json s = brunel_network(name, scale);
  Json& e_to_e = s["projections"][0];
  e_to_e["plasticity"] = additive_stdp(0.2, 0.002, 1.05);
  e_to_e["delay_is"] = delay_is;
  return s.dump(1);
}
std::string brunel_stdp(double scale) { return brunel_stdp_of("brunel_stdp", "axonal", scale); }
std::string brunel_stdp_dendritic(double scale) {
  return brunel_stdp_of("brunel_stdp_dendritic", "dendritic", scale);
}

// Brunel as denniskb/spice times it: half of the cells are 20 Hz Poisson sources, 40 % excitatory, 10 %
// inhibitory, every pair with probability 0.1; 1 G synapses are 100,000 cells. It gives no weights: these put
// the sources' mean drive at 1.25 of threshold, and g at 5.
Json spice_brunel_network(const std::string& name, double scale) {
  Json s =
      empty_scenario(name, "Brunel 2000 as a benchmark of events: half of the cells are Poisson sources");
  const double n = std::round(100000.0 * std::sqrt(scale));
  const double rate_Hz = 20.0, tau_s = 0.020, v_th_mV = 20.0;
  const double j_mV = 1.25 * v_th_mV / (0.1 * 0.5 * n * rate_Hz * tau_s);
  s["populations"]["net/P"] = {{"model", "relay"}, {"n", count(0.5 * n)}};
  for (const auto& [population, size] :
       {std::pair{"net/E", count(0.4 * n)}, std::pair{"net/I", count(0.1 * n)}})
    s["populations"][population] = {{"model", "iaf_psc_delta"},
                                    {"n", size},
                                    {"params", delta_params()},
                                    {"initial_v_m_mV", {{"uniform", {0, 20}}}}};
  s["stimuli"].push_back({{"rate", {{"to", "net/P"}, {"rate_Hz", rate_Hz}}}});
  for (const char* to : {"net/E", "net/I"})
    for (const auto& [from, weight] :
         {std::pair{"net/E", j_mV}, std::pair{"net/I", -5.0 * j_mV}, std::pair{"net/P", j_mV}})
      s["projections"].push_back(
          projection(from, to, "delta", {{"fixed_probability", 0.1}}, "weight_mV", weight, 1.5));
  s["record"] = {{{"what", "spikes"}, {"of", "net/E"}}, {{"what", "spikes"}, {"of", "net/I"}}};
  return s;
}

std::string spice_brunel(double scale) { return spice_brunel_network("spice_brunel", scale).dump(1); }
std::string spice_brunel_plus(double scale) {
  Json s = spice_brunel_network("spice_brunel_plus", scale);
  Json& e_to_e = s["projections"][0];
  e_to_e["plasticity"] = additive_stdp(2.0 * e_to_e["weight_mV"].get<double>(), 0.002, 1.05);
  return s.dump(1);
}

// A periodic sheet of cortex, 0.1 M cells and 100 M synapses a mm2 of it at any scale. Weights and drive are
// chosen for 5 Hz, asynchronous; the log-normal spread of weights spreads the rates. Currents of both signs
// decay with one time constant, so that all come to one port: the same sums in half the memory.
Json sheet_network(const std::string& name, double scale) {
  Json s = empty_scenario(name, "A sheet of cortex with local connections and delays by distance");
  const double side = std::sqrt(scale), psc_pA = 87.8, g = 5.0;
  s["areas"]["net"] = {{"sheet_mm", {4.0 * side, 2.5 * side}}, {"edge", "periodic"}};
  const Json params = {{"c_m_pF", 250},     {"tau_m_ms", 10}, {"e_l_mV", -65},        {"v_th_mV", -50},
                       {"v_reset_mV", -65}, {"t_ref_ms", 2},  {"tau_syn_ex_ms", 0.5}, {"tau_syn_in_ms", 0.5}};
  for (const auto& [population, size] :
       {std::pair{"net/E", count(800000.0 * scale)}, std::pair{"net/I", count(200000.0 * scale)}})
    s["populations"][population] = {{"model", "iaf_psc_exp"},
                                    {"n", size},
                                    {"params", params},
                                    {"initial_v_m_mV", {{"uniform", {-65, -50}}}}};
  const Json delay = {{"base", 1.0}, {"velocity_mm_per_ms", 0.3}};
  for (const char* to : {"net/E", "net/I"}) {
    const auto rule = [](std::uint64_t in_degree, double sigma_mm) {
      return Json{
          {"distance_in_degree", {{"in_degree", in_degree}, {"kernel", "gaussian"}, {"sigma_mm", sigma_mm}}}};
    };
    s["projections"].push_back(projection("net/E", to, "excitatory", rule(800, 0.5), "weight_pA",
                                          {{"lognormal", {psc_pA, 0.5 * psc_pA}}, {"max", 8.0 * psc_pA}},
                                          delay));
    s["projections"].push_back(
        projection("net/I", to, "excitatory", rule(200, 0.25), "weight_pA",
                   {{"lognormal", {-g * psc_pA, 0.5 * g * psc_pA}}, {"min", -8.0 * g * psc_pA}}, delay));
    s["stimuli"].push_back(
        {{"poisson", {{"to", to}, {"port", "excitatory"}, {"rate_Hz", 7050.0}, {"weight_pA", psc_pA}}}});
  }
  return s;
}

/// E to E grows once a second, much faster than in cortex: a silent cell wins an input a second, and its axon
/// gives one up. Calcium of 5 Hz passes the target, 0.5, in the middle of what is timed, so that cells lie on
/// both sides.
std::string sheet_growth(double scale) {
  Json s = sheet_network("sheet_growth", scale);
  s["projections"][0]["name"] = "EE";
  const auto linear = [](double rate_per_s) {
    return Json{{"curve", "linear"}, {"rate_per_s", rate_per_s}, {"eps", 0.5}};
  };
  s["structure"] = {{{"name", "growth"},
                     {"projection", "EE"},
                     {"every", "1 s"},
                     {"calcium_tau_s", 5.0},
                     {"calcium_beta", 0.04},
                     {"axonal", linear(-1.0)},
                     {"dendritic", linear(1.0)},
                     {"sigma_mm", 0.5},
                     {"weight_reference", 87.8},
                     {"new_weight", 1.0}}};
  return s.dump(1);
}

std::string sheet(double scale) { return sheet_network("sheet", scale).dump(1); }
std::string sheet_plastic(double scale) {
  Json s = sheet_network("sheet_plastic", scale);
  Json& e_to_e = s["projections"][0];
  e_to_e["plasticity"] = additive_stdp(8.0 * 87.8, 0.0005, 1.05);
  return s.dump(1);
}

// Potjans & Diesmann, Cereb Cortex 24:785 (2014), parameters of INM-6/microcircuit-PD14-model. Down-scaled
// as van Albada et al., PLoS Comput Biol 11:e1004490 (2015): cells and in-degrees by `scale`, weights by its
// inverse root, the lost mean input as a constant current. One port, as above.
constexpr std::array<const char*, 8> kNames = {"L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"};
constexpr std::array<double, 8> kCells = {20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948};
constexpr std::array<double, 8> kExternal = {1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100};
constexpr std::array<double, 8> kRate_Hz = {0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829};
constexpr std::array<double, 8> kV0_mV = {-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43};
constexpr std::array<double, 8> kV0Sd_mV = {5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48};
constexpr double kProbability[8][8] = {  // [target][source]
    {0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0, 0.0076, 0},
    {0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0, 0.0042, 0},
    {0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0},
    {0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0, 0.1057, 0},
    {0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0},
    {0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0},
    {0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252},
    {0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443}};

Json pd14_network(const std::string& name, double scale, bool poisson) {
  Json s = empty_scenario(name,
                          std::string("Cortical microcircuit of Potjans & Diesmann 2014, ") +
                              (poisson ? "Poisson background" : "constant background"),
                          "V1");
  const double psc_pA = 87.8, g = -4.0, tau_syn_ms = 0.5, background_Hz = 8.0, root = std::sqrt(scale);
  for (std::size_t t = 0; t < 8; ++t) {
    const std::string to = std::string("V1/") + kNames[t];
    double recurrent_pA_Hz = 0.0;
    for (std::size_t f = 0; f < 8; ++f) {
      if (kProbability[t][f] == 0.0) continue;
      const double synapses =
          std::log(1.0 - kProbability[t][f]) / std::log(1.0 - 1.0 / (kCells[f] * kCells[t]));
      const bool excitatory = f % 2 == 0;
      const double weight = psc_pA * (excitatory ? 1.0 : g) * (t == 0 && f == 2 ? 2.0 : 1.0);
      recurrent_pA_Hz += weight * synapses / kCells[t] * kRate_Hz[f];
      const double scaled = weight / root, delay_ms = excitatory ? 1.5 : 0.75;
      s["projections"].push_back(
          projection(std::string("V1/") + kNames[f], to, "excitatory",
                     {{"fixed_total_number", count(synapses * scale * scale)}}, "weight_pA",
                     {{"normal", {scaled, 0.1 * std::fabs(scaled)}}, {excitatory ? "min" : "max", 0.0}},
                     {{"normal", {delay_ms, 0.5 * delay_ms}}, {"min", 0.1}}));
    }
    const double external_pA = psc_pA * kExternal[t] * background_Hz * tau_syn_ms * 1e-3;
    double dc_pA = (1.0 - root) * (recurrent_pA_Hz * tau_syn_ms * 1e-3 + external_pA);
    if (poisson) {
      s["stimuli"].push_back({{"poisson",
                               {{"to", to},
                                {"port", "excitatory"},
                                {"rate_Hz", kExternal[t] * scale * background_Hz},
                                {"weight_pA", psc_pA / root}}}});
    } else {
      dc_pA += external_pA * root;
    }
    s["populations"][to] = {{"model", "iaf_psc_exp"},
                            {"n", count(kCells[t] * scale)},
                            {"initial_v_m_mV", {{"normal", {kV0_mV[t], kV0Sd_mV[t]}}, {"max", -50.001}}},
                            {"params",
                             {{"c_m_pF", 250},
                              {"tau_m_ms", 10},
                              {"e_l_mV", -65},
                              {"v_th_mV", -50},
                              {"v_reset_mV", -65},
                              {"t_ref_ms", 2},
                              {"tau_syn_ex_ms", tau_syn_ms},
                              {"tau_syn_in_ms", tau_syn_ms},
                              {"i_e_pA", dc_pA}}}};
  }
  return s;
}

std::string pd14(double scale) { return pd14_network("pd14", scale, false).dump(1); }
std::string pd14_poisson(double scale) { return pd14_network("pd14_poisson", scale, true).dump(1); }

/// Published rates +- 10 %: two seconds of one seed, and a constant background moves L4E and L5E by 6 %.
std::vector<Observed> pd14_rates() {
  static const std::array<std::string, 8> names = {"V1/L23E", "V1/L23I", "V1/L4E", "V1/L4I",
                                                   "V1/L5E",  "V1/L5I",  "V1/L6E", "V1/L6I"};
  std::vector<Observed> out;
  for (std::size_t p = 0; p < 8; ++p)
    out.push_back({names[p].c_str(), 0.9 * kRate_Hz[p], 1.1 * kRate_Hz[p], 0.0, 0.0});
  return out;
}

constexpr const char* kSpice = "denniskb/spice, J. Bautembach, I. Oikonomidis & A. Argyros, arXiv:2009.07623";

}  // namespace

const std::vector<BenchNetwork>& bench_networks() {
  static const std::vector<BenchNetwork> networks = {
      {"pd14", "cortical microcircuit, constant drive", "cells and in-degrees",
       "Potjans & Diesmann, Cereb Cortex 24:785 (2014)", 0.5, 2.5, 1.0, 1.0, pd14_rates(), pd14},
      {"pd14_poisson", "cortical microcircuit, Poisson drive", "cells and in-degrees",
       "Potjans & Diesmann, Cereb Cortex 24:785 (2014)", 0.5, 2.5, 1.0, 1.0, pd14_rates(), pd14_poisson},
      // Poisson, since a constant drive leaves a twentieth of the circuit silent.
      {"pd14_sweep", "pd14_poisson several times side by side, as sweeps run it", "cells and in-degrees",
       "Potjans & Diesmann, Cereb Cortex 24:785 (2014)", 0.5, 2.5, 1.0, 1.0, pd14_rates(), pd14_poisson, 4},
      {"brunel",
       "random network, delta synapses",
       "synapses: cells and in-degrees by its root",
       "Brunel, J Comput Neurosci 8:183 (2000)",
       0.5,
       2.5,
       1.0,
       1.0,
       {{"", 42.6, 43.1, 0.35, 0.40}},
       brunel},
      {"brunel_stdp",
       "the same, additive STDP on E to E, axonal delays",
       "synapses: cells and in-degrees by its root",
       "Brunel, J Comput Neurosci 8:183 (2000)",
       0.0,
       2.0,
       1.0,
       1.0,
       {{"net/E", 36.3, 36.7, 0.0, 0.0}, {"net/I", 38.3, 38.5, 0.0, 0.0}},
       brunel_stdp},
      {"brunel_stdp_dendritic",
       "the same, dendritic delays",
       "synapses: cells and in-degrees by its root",
       "Brunel, J Comput Neurosci 8:183 (2000)",
       0.0,
       2.0,
       1.0,
       1.0,
       {{"net/E", 39.0, 39.5, 0.0, 0.0}, {"net/I", 40.2, 40.4, 0.0, 0.0}},
       brunel_stdp_dendritic},
      {"vogels",
       "conductance-based network, 80 synapses a cell",
       "cells",
       "Vogels & Abbott, J Neurosci 25:10786 (2005)",
       0.5,
       2.5,
       1.0,
       kAnySize,
       {{"net/E", 16.0, 18.2, 1.6, 1.75}},
       vogels},
      {"spice_vogels",
       "conductance-based network, 1 G synapses",
       "synapses: cells by its root",
       kSpice,
       0.5,
       1.5,
       0.0,
       0.0,
       {},
       spice_vogels},
      {"spice_brunel",
       "half Poisson sources, 1 G synapses",
       "synapses: cells by its root",
       kSpice,
       0.5,
       1.5,
       0.0,
       0.0,
       {},
       spice_brunel},
      {"spice_brunel_plus",
       "the same, STDP on E to E",
       "synapses: cells by its root",
       kSpice,
       0.5,
       1.5,
       0.0,
       0.0,
       {},
       spice_brunel_plus},
      {"sheet",
       "periodic sheet of cortex, 1 M cells with 1,000 inputs",
       "cells, at fixed density and in-degree",
       "this project",
       0.5,
       1.5,
       0.0,
       kAnySize,
       {{"", 4.5, 5.5, 0.0, 0.0}},
       sheet},
      {"sheet_plastic",
       "the same, STDP on E to E",
       "cells, at fixed density and in-degree",
       "this project",
       0.5,
       1.5,
       0.0,
       kAnySize,
       {{"", 4.5, 5.5, 0.0, 0.0}},
       sheet_plastic},
      {"sheet_growth",
       "the same, structural plasticity on E to E once a second",
       "cells, at fixed density and in-degree",
       "this project",
       0.5,
       1.5,
       0.0,
       kAnySize,
       {{"", 4.5, 5.5, 0.0, 0.0}},
       sheet_growth},
  };
  return networks;
}

}  // namespace penfield
