#pragma once
// What a point-neuron model is. A model is one header with one struct:
//
//   struct MyModel {
//     static constexpr const char* name;        // the word a scenario uses
//     static constexpr bool stochastic;         // true: step() reads NeuronInput::uniform
//     struct Params { float ...; static constexpr auto fields(); };  // shared by a population
//     static constexpr std::array<PortInfo, P> ports;                // where weights arrive, and their unit
//     struct Derived { ... };                   // constants of one step, computed once on the host
//     static Derived derive(const Params&, double dt_ms);
//     struct State { ... };                     // float and std::int32_t members, one column each
//     static constexpr auto state;              // std::tuple of state_field(...), one per member of State
//     static float rest_mV(const Params&);      // what relative columns are relative to
//     static State initial(const Params&, float v_m_absolute_mV);
//     static void check(const Params&, const ParameterFaults&);      // rules that join several fields
//     PENFIELD_HD static bool step(State&, const Derived&, const NeuronInput&);  // true: it spiked
//     static constexpr bool has_tonic = true;   // optional: step() reads NeuronInput::tonic_share
//     static constexpr std::array<const char*, D> drug_targets;       // optional: what drugs act on,
//     static void apply_drug(Derived&, std::size_t target, float gain);  // and how: 1 is no drug
//   };
//
// and one line in catalogue.hpp. Membrane voltages are stored relative to rest: stored as -65 mV, the
// response to a 0.15 mV input would lose three of its digits.
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"

namespace penfield {

constexpr int kMaxPorts = 4;
constexpr int kMaxColumns = 10;

/// What reaches one neuron in one step.
struct NeuronInput {
  float port[kMaxPorts];  ///< summed weight arriving at the end of this step, in the port's unit
  float current_pA;       ///< injected current, constant over this step
  float rate_Hz;          ///< afferent rate, constant over this step (relays only)
  float uniform;          ///< a draw in (0, 1), set only for stochastic models
  /// Factor on the tonic conductance, set only for models that name one.
  float tonic_share = 1.0f;
};

/// A place where synaptic weights arrive. A port in nS is a conductance: its weights must not be negative,
/// and it inhibits by its reversal potential; elsewhere negative weights inhibit.
struct PortInfo {
  const char* name;
  const char* unit;
  bool inhibits = false;
};

/// A population's state: one array of 4-byte values per state field, each of length n, none overlapping.
struct Columns {
  void* column[kMaxColumns];
};

/// One state column: the member it belongs to, and how to show it.
template <class State, class T>
struct StateField {
  using Value = T;
  T State::*member;
  const char* key;
  const char* unit;
  bool relative_to_rest;  ///< add Model::rest_mV(params) to get the absolute value
};

template <class State, class T>
constexpr StateField<State, T> state_field(T State::*member, const char* key, const char* unit,
                                           bool relative_to_rest = false) {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, std::int32_t>,
                "a state member is a float or a std::int32_t, since a column holds 4-byte values");
  return {member, key, unit, relative_to_rest};
}

/// What drugs act on in a model: M::drug_targets, none where it does not say so.
template <class M>
constexpr auto drug_targets_of_model() {
  if constexpr (requires { M::drug_targets; }) {
    return M::drug_targets;
  } else {
    return std::array<const char*, 0>{};
  }
}

/// The name under which drugs act on sodium channels.
constexpr const char* kSodium = "sodium";

/// Called by Model::check with the key at fault and `what is wrong, why, what to do`.
using ParameterFaults = std::function<void(const char* key, const std::string& problem)>;

/// The rule of every model that resets below its threshold.
template <class Params>
void check_reset(const Params& p, const ParameterFaults& fault) {
  if (!(p.v_reset_mV < p.v_th_mV)) {
    fault("v_reset_mV",
          "must lie below v_th_mV, else one spike would bring on the next: lower it or raise v_th_mV");
  }
}

template <class Model>
inline constexpr std::size_t num_columns = std::tuple_size_v<std::remove_cvref_t<decltype(Model::state)>>;

// ---- access to columns ----

namespace detail {

template <class Model, std::size_t I>
using ColumnValue = typename std::tuple_element_t<I, std::remove_cvref_t<decltype(Model::state)>>::Value;

template <std::size_t I, class T>
struct ColumnSlot {
  T* __restrict values;
};

template <class Model, class Indices>
struct ColumnSlots;

template <class Model, std::size_t... I>
struct ColumnSlots<Model, std::index_sequence<I...>> : ColumnSlot<I, ColumnValue<Model, I>>... {
  ColumnSlots() = default;
  PENFIELD_HD explicit ColumnSlots(const Columns& columns)
      : ColumnSlot<I, ColumnValue<Model, I>>{static_cast<ColumnValue<Model, I>*>(columns.column[I])}... {}

  PENFIELD_HD typename Model::State load(std::size_t i) const {
    typename Model::State state;
    (load_member<I>(state, i), ...);
    return state;
  }

  PENFIELD_HD void store(std::size_t i, const typename Model::State& state) const {
    (store_member<I>(state, i), ...);
  }

 private:
  template <std::size_t J>
  PENFIELD_HD void load_member(typename Model::State& state, std::size_t i) const {
    constexpr auto member = std::get<J>(Model::state).member;
    state.*member = ColumnSlot<J, ColumnValue<Model, J>>::values[i];
  }

  template <std::size_t J>
  PENFIELD_HD void store_member(const typename Model::State& state, std::size_t i) const {
    constexpr auto member = std::get<J>(Model::state).member;
    ColumnSlot<J, ColumnValue<Model, J>>::values[i] = state.*member;
  }
};

}  // namespace detail

/// Columns with their types back and the promise that they do not overlap. g++ vectorises a loop over neurons
/// only if it knows that: pass a ColumnPointers by value to the function that holds the loop.
template <class Model>
struct ColumnPointers : detail::ColumnSlots<Model, std::make_index_sequence<num_columns<Model>>> {
  using detail::ColumnSlots<Model, std::make_index_sequence<num_columns<Model>>>::ColumnSlots;
};

/// The state of neuron `i`, gathered from its columns.
template <class Model>
PENFIELD_HD inline typename Model::State load_state(const ColumnPointers<Model>& columns, std::size_t i) {
  return columns.load(i);
}

/// The reverse of load_state.
template <class Model>
PENFIELD_HD inline void store_state(const ColumnPointers<Model>& columns, std::size_t i,
                                    const typename Model::State& state) {
  columns.store(i, state);
}

/// The same for one neuron, from untyped columns: load_state<Model>(columns, i).
template <class Model>
PENFIELD_HD inline typename Model::State load_state(const Columns& columns, std::size_t i) {
  return ColumnPointers<Model>(columns).load(i);
}

template <class Model>
PENFIELD_HD inline void store_state(const Columns& columns, std::size_t i,
                                    const typename Model::State& state) {
  ColumnPointers<Model>(columns).store(i, state);
}

// ---- the concept, in parts that each have a message ----

/// Has a tonic conductance, which a field may scale cell by cell.
template <class M>
concept HasTonic = requires {
  requires M::has_tonic;
};

template <class M>
concept HasNeuronName = requires {
  { M::name } -> std::convertible_to<const char*>;
  { M::stochastic } -> std::convertible_to<bool>;
};

template <class M>
concept HasNeuronParams = requires {
  typename M::Params;
  { M::Params::fields()[0] } -> std::convertible_to<Field<typename M::Params>>;
};

template <class M>
concept HasNeuronPorts = requires {
  { M::ports[0] } -> std::convertible_to<PortInfo>;
  requires M::ports.size() >= 1 && M::ports.size() <= kMaxPorts;
};

template <class M>
concept HasNeuronState = requires {
  typename M::State;
  requires std::is_trivially_copyable_v<typename M::State>;
  requires num_columns<M>
  >= 1 && num_columns<M> <= kMaxColumns;
  requires sizeof(typename M::State) == 4 * num_columns<M>;  // no member is left without a column
};

template <class M>
concept HasNeuronSetup = requires(const typename M::Params& params, double dt_ms, float v_m_absolute_mV,
                                  const ParameterFaults& faults) {
  { M::derive(params, dt_ms) } -> std::same_as<typename M::Derived>;
  { M::initial(params, v_m_absolute_mV) } -> std::same_as<typename M::State>;
  { M::rest_mV(params) } -> std::same_as<float>;
  { M::check(params, faults) } -> std::same_as<void>;
  requires std::is_trivially_copyable_v<typename M::Derived>;
};

template <class M>
concept HasNeuronStep = requires(typename M::State& state, const typename M::Derived& derived,
                                 const NeuronInput& input) {
  { M::step(state, derived, input) } -> std::same_as<bool>;
};

template <class M>
concept NeuronModel = HasNeuronName<M> && HasNeuronParams<M> && HasNeuronPorts<M> && HasNeuronState<M> &&
    HasNeuronSetup<M> && HasNeuronStep<M>;

/// Says in one sentence which part of the interface a model lacks. Instantiated for all of the catalogue.
template <class M>
consteval bool check_neuron_model() {
  static_assert(HasNeuronName<M>,
                "a neuron model needs `static constexpr const char* name` and `bool stochastic`");
  static_assert(HasNeuronParams<M>,
                "a neuron model needs `struct Params` with `static constexpr auto fields()` that returns a "
                "std::array of Field<Params>");
  static_assert(HasNeuronPorts<M>,
                "a neuron model needs `static constexpr std::array<PortInfo, P> ports`, 1 <= P <= kMaxPorts");
  static_assert(
      HasNeuronState<M>,
      "a neuron model needs a trivially copyable `struct State` and `static constexpr auto state`, a "
      "std::tuple with one state_field per member, at most kMaxColumns");
  static_assert(HasNeuronSetup<M>,
                "a neuron model needs static derive(Params, dt_ms), initial(Params, v_m_absolute_mV), "
                "rest_mV(Params) and check(Params, ParameterFaults)");
  static_assert(
      HasNeuronStep<M>,
      "a neuron model needs `PENFIELD_HD static bool step(State&, const Derived&, const NeuronInput&)`");
  return NeuronModel<M>;
}

}  // namespace penfield
