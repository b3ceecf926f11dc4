#include "host/scenario/catalogues.hpp"

#include "host/scenario/text_forms.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/model/neuron/sampled_noise.hpp"
#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield {
namespace {

template <class Params>
Params filled(const Parameters& values) {
  Params params = defaults<Params>();
  for (const auto& f : Params::fields()) {
    const auto found = values.find(f.key);
    if (found != values.end()) params.*(f.member) = static_cast<float>(found->second);
  }
  return params;
}

template <class Params>
std::vector<FieldInfo> field_list() {
  const auto fields = erase(Params::fields());
  return {fields.begin(), fields.end()};
}

template <class Model>
ModelTable neuron_table() {
  ModelTable table;
  table.title = {Model::name, Model::meaning};
  table.fields = field_list<typename Model::Params>();
  for (const PortInfo& port : Model::ports) table.ports.push_back({port.name, port.unit, port.inhibits});
  const NeuronModelInfo& info = neuron_model_infos[neuron_model_index(Model::name)];
  for (const ColumnInfo& column : info.columns) {
    table.columns.emplace_back(column.key);
    table.has_potential = table.has_potential || column.relative_to_rest;
  }
  for (const char* target : info.drug_targets) table.drug_targets.emplace_back(target);
  table.fires_at_threshold = FiresAtThreshold<typename Model::Params>;
  table.check = [](const Parameters& values, const auto& fault) {
    Model::check(filled<typename Model::Params>(values), fault);
  };
  table.rest_mV = [](const Parameters& values) {
    return widen(Model::rest_mV(filled<typename Model::Params>(values)));
  };
  return table;
}

template <class Rule>
ModelTable plasticity_table() {
  ModelTable table;
  table.title = {Rule::name, Rule::meaning};
  table.fields = field_list<typename Rule::Params>();
  table.modulated = ModulatedRule<Rule>;
  if constexpr (requires { Rule::of; }) table.of = Rule::of;
  for (const char* target : drug_targets_of_rule<Rule>()) table.drug_targets.emplace_back(target);
  table.check = [](const Parameters& values, const auto& fault) {
    const auto lower = values.find("w_min"), upper = values.find("w_max");
    if (lower != values.end() && upper != values.end() && !(lower->second < upper->second))
      fault("w_max", "w_max is not above w_min: no weight could ever change; raise w_max or lower w_min");
    if constexpr (requires { Rule::check(filled<typename Rule::Params>(values), fault); })
      Rule::check(filled<typename Rule::Params>(values), fault);
  };
  return table;
}

}  // namespace

const std::vector<ModelTable>& neuron_tables() {
  static const std::vector<ModelTable> tables = [] {
    std::vector<ModelTable> out;
    for_each_neuron_model([&](auto tag) { out.push_back(neuron_table<typename decltype(tag)::type>()); });
    return out;
  }();
  return tables;
}

const std::vector<ModelTable>& plasticity_tables() {
  static const std::vector<ModelTable> tables = [] {
    std::vector<ModelTable> out;
    PlasticityRules::for_each([&]<class Rule>() { out.push_back(plasticity_table<Rule>()); });
    return out;
  }();
  return tables;
}

const ModelTable* find_table(const std::vector<ModelTable>& tables, std::string_view name) {
  for (const ModelTable& table : tables)
    if (name == table.title.name) return &table;
  return nullptr;
}

void visit_fields(Visitor& v, const std::vector<FieldInfo>& fields, Parameters& values) {
  for (const FieldInfo& f : fields) {
    const auto widened = [](double x) { return widen(static_cast<float>(x)); };
    double& value = values.try_emplace(f.key, widened(f.default_value)).first->second;
    v.number({f.key, f.unit, f.meaning}, value, {widened(f.lower), widened(f.upper), f.lower_open});
  }
}

}  // namespace penfield
