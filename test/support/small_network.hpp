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

}  // namespace penfield::test
