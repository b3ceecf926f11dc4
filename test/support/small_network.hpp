#pragma once
// Pieces of scenarios that tests write in C++.
#include <string>

#include "host/build/build_network.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/model/neuron/catalogue.hpp"

namespace penfield::test {

inline BuildOptions tiles_of(std::uint32_t neurons) {
  BuildOptions options;
  options.tile_size = neurons;
  return options;
}

inline Distribution constant(double a) { return {Distribution::Kind::constant, a, 0.0, {}, {}}; }
inline Distribution uniform(double a, double b) { return {Distribution::Kind::uniform, a, b, {}, {}}; }
inline Distribution normal(double mean, double sd, double lower, double upper) {
  return {Distribution::Kind::normal, mean, sd, lower, upper};
}
inline Distribution lognormal(double mean, double sd, double bound) {
  Distribution d{Distribution::Kind::lognormal, mean, sd, {}, {}};
  (mean < 0.0 ? d.lower : d.upper) = bound;
  return d;
}

/// One population of `n` neurons that start at -70 mV, with every parameter at its default.
inline PopulationSpec population_spec(const std::string& name, const std::string& model, std::uint32_t n) {
  PopulationSpec p;
  p.name = name;
  p.model = model;
  p.n = n;
  p.initial_v_m_mV = constant(-70.0);
  for (const FieldInfo& f : neuron_model_infos[neuron_model_index(model)].fields)
    p.params[f.key] = f.default_value;
  return p;
}

/// Relays "A/from" onto iaf_psc_delta cells "A/to", of which each has `in_degree` inputs; the projection is
/// called "all".
inline Scenario two_layers(std::uint32_t sources, std::uint32_t targets, std::uint32_t in_degree,
                           const Distribution& weight_mV, const Distribution& delay_ms, double dt_ms = 1.0) {
  Scenario s;
  s.dt_ms = dt_ms;
  s.areas["A"] = {1.0, 1.0, false};
  s.populations = {population_spec("A/from", "relay", sources),
                   population_spec("A/to", "iaf_psc_delta", targets)};
  ProjectionSpec p;
  p.name = "all";
  p.from = "A/from";
  p.to = "A/to";
  p.port = "delta";
  p.rule.kind = RuleSpec::Kind::fixed_in_degree;
  p.rule.count = in_degree;
  p.weight = weight_mV;
  p.delay.base_ms = delay_ms;
  s.projections.push_back(p);
  return s;
}

}  // namespace penfield::test
