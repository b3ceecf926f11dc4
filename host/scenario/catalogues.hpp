#pragma once
// The parameter tables of models and rules with their types erased, as the scenario's sections list them.
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/scenario/visitor.hpp"
#include "penfield/base/field.hpp"
#include "penfield/model/plasticity/concept.hpp"

namespace penfield {

/// What drugs act on in astrocytes and in the transport of what they release.
inline constexpr const char *kMct2 = "MCT2", *kMct4 = "MCT4", *kGlycogenolysis = "glycogenolysis";
inline constexpr const char* kLactateTargets[] = {kMct2, kMct4, kGlycogenolysis};

using Parameters = std::map<std::string, double>;

struct PortUnit {
  std::string name, unit;
  bool inhibits = false;  ///< whatever the sign of a weight
};

/// A neuron model or plasticity rule as the scenario sees it.
struct ModelTable {
  Alternative title;  ///< name and meaning
  std::vector<FieldInfo> fields;
  std::vector<PortUnit> ports;            ///< of a neuron model
  std::vector<std::string> columns;       ///< state columns of a neuron model
  std::vector<std::string> drug_targets;  ///< what drugs act on
  bool modulated = false;                 ///< a plasticity rule that reads a modulator
  SynapseSign of = SynapseSign::any;      ///< which synapses a plasticity rule makes sense on
  bool has_potential = false;             ///< the state holds a membrane potential
  bool fires_at_threshold = false;        ///< a neuron model that FiresAtThreshold
  /// Rules that join several fields; reports (key, what is wrong, why, what to do).
  std::function<void(const Parameters&, const std::function<void(const char*, const std::string&)>&)> check;
  std::function<double(const Parameters&)> rest_mV;  ///< of a neuron model
};

const std::vector<ModelTable>& neuron_tables();
const std::vector<ModelTable>& plasticity_tables();

/// The entry called `name`, or null.
const ModelTable* find_table(const std::vector<ModelTable>& tables, std::string_view name);

/// Visits every field of a table; afterwards `values` holds each of them.
void visit_fields(Visitor& v, const std::vector<FieldInfo>& fields, Parameters& values);

}  // namespace penfield
