#pragma once
// All neuron models. A new one is its header, one include and one word in the list below.
#include <array>
#include <cstddef>
#include <string_view>

#include "penfield/base/span.hpp"
#include "penfield/model/neuron/adex.hpp"
#include "penfield/model/neuron/concept.hpp"
#include "penfield/model/neuron/iaf_cond_exp.hpp"
#include "penfield/model/neuron/iaf_cond_receptors.hpp"
#include "penfield/model/neuron/iaf_psc_delta.hpp"
#include "penfield/model/neuron/iaf_psc_exp.hpp"
#include "penfield/model/neuron/izhikevich.hpp"
#include "penfield/model/neuron/relay.hpp"

namespace penfield {

template <class... Models>
struct NeuronModelList {
  static constexpr std::size_t size = sizeof...(Models);
  static_assert((check_neuron_model<Models>() && ...));
};

using NeuronModels =
    NeuronModelList<IafPscExp, IafPscDelta, IafCondExp, AdEx, Izhikevich, Relay, IafCondReceptors>;

/// Names a model as a value: `typename decltype(tag)::type`.
template <class Model>
struct NeuronModelTag {
  using type = Model;
};

/// A state column without its type.
struct ColumnInfo {
  const char* key;
  const char* unit;
  bool is_integer;        ///< std::int32_t, else float
  bool relative_to_rest;  ///< add rest_mV(params) to get the absolute value
};

/// A model without its type, for code that lists, checks and documents.
struct NeuronModelInfo {
  const char* name;
  Span<const FieldInfo> fields;
  Span<const PortInfo> ports;
  std::size_t num_columns;
  Span<const ColumnInfo> columns;
  bool stochastic;
  Span<const char* const> drug_targets;  ///< empty: no drug acts on it
};

namespace detail {

template <class Model>
constexpr auto erase_columns() {
  return std::apply(
      [](const auto&... field) {
        return std::array<ColumnInfo, sizeof...(field)>{
            ColumnInfo{field.key, field.unit,
                       std::is_same_v<typename std::remove_cvref_t<decltype(field)>::Value, std::int32_t>,
                       field.relative_to_rest}...};
      },
      Model::state);
}

template <class Model>
inline constexpr auto neuron_fields = erase(Model::Params::fields());
template <class Model>
inline constexpr auto neuron_drug_targets = drug_targets_of_model<Model>();
template <class Model>
inline constexpr auto neuron_columns = erase_columns<Model>();

template <class... Models>
constexpr std::array<NeuronModelInfo, sizeof...(Models)> neuron_infos(NeuronModelList<Models...>) {
  return {NeuronModelInfo{Models::name, Span<const FieldInfo>(neuron_fields<Models>),
                          Span<const PortInfo>(Models::ports), num_columns<Models>,
                          Span<const ColumnInfo>(neuron_columns<Models>), Models::stochastic,
                          Span<const char* const>(neuron_drug_targets<Models>)}...};
}

template <class F, class... Models>
void for_each_neuron_model(NeuronModelList<Models...>, F&& f) {
  (f(NeuronModelTag<Models>{}), ...);
}

template <class F, class... Models>
bool visit_neuron_model(NeuronModelList<Models...>, std::size_t index, F&& f) {
  std::size_t at = 0;
  return ((at++ == index ? (static_cast<void>(f(NeuronModelTag<Models>{})), true) : false) || ...);
}

}  // namespace detail

/// One entry per model, in the order of NeuronModels.
inline constexpr auto neuron_model_infos = detail::neuron_infos(NeuronModels{});

/// Calls f(NeuronModelTag<M>) for every model, in the order of NeuronModels.
template <class F>
void for_each_neuron_model(F&& f) {
  detail::for_each_neuron_model(NeuronModels{}, f);
}

/// Index in NeuronModels of the model called `name`; NeuronModels::size when there is none.
constexpr std::size_t neuron_model_index(std::string_view name) {
  std::size_t i = 0;
  while (i < NeuronModels::size && name != neuron_model_infos[i].name) ++i;
  return i;
}

/// Calls f(NeuronModelTag<M>) for the model at `index` in NeuronModels. False when there is none.
template <class F>
bool visit_neuron_model(std::size_t index, F&& f) {
  return detail::visit_neuron_model(NeuronModels{}, index, f);
}

/// The same by name.
template <class F>
bool visit_neuron_model(std::string_view name, F&& f) {
  return visit_neuron_model(neuron_model_index(name), f);
}

}  // namespace penfield
