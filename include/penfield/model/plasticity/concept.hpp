#pragma once
// What a plasticity rule is. Two kinds:
//   PairRule   one trace of the source, one of the target, nothing beside the weight: at_pre_spike(w, post
//              trace), at_post_spike(w, pre trace). A trace is the sum of exponentially decaying unit jumps
//              of all earlier spikes, as seen at the event. Deliveries of these have tuned loops.
//   EventRule  none or up to kRuleTraces traces of either side, up to kMaxStates floats of its own a synapse,
//   and
//              times: at_pre_spike(synapse, event), at_post_spike(synapse, event).
// Both are pure functions, called in the order of the events at a synapse, whether the engine replays them
// lazily or a reference applies each when it happens: so both give the same bits. A rule whose weight goes on
// changing between events keeps its state as of the latest one, and has weight_later(synapse, time), which
// sets the weight alone: how often it is looked at cannot matter. If it changes synapses that have had no
// event yet, too (`changes_unused` true), those have been as they are since step 0. A rule with `modulated`
// true reads the modulator that its projection names; one with `noisy` true draws random numbers, for which
// its constants have a `noise` (NoiseKey).
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/base/ids.hpp"
#include "penfield/model/plasticity/modulator.hpp"

namespace penfield {

constexpr std::uint32_t kRuleTraces = 4;  ///< traces that a rule reads of one side, at most
constexpr std::uint32_t kMaxStates = 5;   ///< floats of a synapse beside its weight, at most

/// `since_pre`, `since_post` where there was no such spike yet: longer than any run.
constexpr StepIndex kNoSpikeYet = StepIndex{1} << 60;

/// Length of an array that may have no element in use.
constexpr std::size_t at_least_one(std::size_t n) { return n == 0 ? 1 : n; }

/// An event at a synapse, as its rule sees it, in time at the synapse. All values are those just before it.
template <std::size_t NumPre, std::size_t NumPost>
struct SynapseEvent {
  static constexpr std::size_t num_pre = NumPre, num_post = NumPost;

  float pre[at_least_one(NumPre)];  ///< sum of all earlier presynaptic spikes, each exp(-time since it / tau)
  float post[at_least_one(NumPost)];      ///< likewise of the target
  float pre_decay[at_least_one(NumPre)];  ///< what the latest of them alone has left; 0 where there was none
  float post_decay[at_least_one(NumPost)];  ///< likewise of the target
  StepIndex since_pre;   ///< steps since the latest earlier presynaptic spike; 0 at a postsynaptic one that
                         ///< comes in its step
  StepIndex since_post;  ///< steps since the latest earlier postsynaptic spike
  StepIndex at;          ///< when it happens
  const ModulatorView* modulator;  ///< of modulated rules; else null
  std::uint32_t source, target;    ///< neurons, of noisy rules; else 0
};

/// From a synapse's latest event on nothing has happened to it.
struct QuietTime {
  StepIndex begin, end;
  const ModulatorView* modulator;    ///< of modulated rules; else null
  std::uint32_t source{}, target{};  ///< neurons, of noisy rules; else 0
};

/// What a noisy rule's draws go by, beside the synapse's cells and the time.
struct NoiseKey {
  std::uint32_t seed = 0, projection = 0;
};

/// What a synapse has: its weight in the unit of its port, and the rule's own values.
template <std::size_t NumStates>
struct SynapseValues {
  static constexpr std::size_t num_states = NumStates;

  float weight;
  float state[at_least_one(NumStates)];
};

/// What the synapses of a rule do to their target. A rule that is of one kind alone says so by a member `of`.
enum class SynapseSign { any, excites, inhibits };

template <class Rule>
concept PairRule = requires(const Rule& rule, const typename Rule::Params& p, float x) {
  { rule.at_pre_spike(x, x) } -> std::same_as<float>;
  { rule.at_post_spike(x, x) } -> std::same_as<float>;
  { Rule::tau_pre_ms(p) } -> std::same_as<float>;
  { Rule::tau_post_ms(p) } -> std::same_as<float>;
};

/// Also: first_values(weight), what a new synapse that is given that weight has; `learns_alone`, whether
/// postsynaptic spikes count before a synapse's first presynaptic one.
template <class Rule>
concept EventRule = requires(const Rule& rule, const typename Rule::Params& p, typename Rule::Synapse& s,
                             const typename Rule::Event& e) {
  rule.at_pre_spike(s, e);
  rule.at_post_spike(s, e);
  { rule.first_values(1.0f) } -> std::same_as<typename Rule::Synapse>;
  { Rule::pre_tau_ms(p) } -> std::same_as<std::array<float, Rule::Event::num_pre>>;
  { Rule::post_tau_ms(p) } -> std::same_as<std::array<float, Rule::Event::num_post>>;
  { Rule::learns_alone } -> std::convertible_to<bool>;
  requires Rule::Event::num_pre <= kRuleTraces&& Rule::Event::num_post <= kRuleTraces;
  requires Rule::Synapse::num_states <= kMaxStates;
};

/// A rule whose weight goes on changing between events.
template <class Rule>
concept DriftingRule = EventRule<Rule> && requires(const Rule& rule, typename Rule::Synapse& s) {
  rule.weight_later(s, QuietTime{});
};

/// One that changes synapses before their first event.
template <class Rule>
concept ChangesUnused = DriftingRule<Rule> && requires {
  requires Rule::changes_unused;
};

/// A rule that draws random numbers.
template <class Rule>
concept NoisyRule = EventRule<Rule> && requires(typename Rule::Derived& constants) {
  requires Rule::noisy;
  constants.noise = NoiseKey{};
};

/// A rule that reads a modulator.
template <class Rule>
concept ModulatedRule = EventRule<Rule> && requires {
  requires Rule::modulated;
};

namespace detail {

template <class Rule>
struct RuleConstants {
  using Type = typename Rule::Params;
};
template <class Rule>
requires requires { typename Rule::Derived; }
struct RuleConstants<Rule> {
  using Type = typename Rule::Derived;
};

}  // namespace detail

/// What a rule is made from and a projection stores: its parameters, or Rule::Derived, which
/// Rule::derive(params, dt_ms) makes of them once.
template <class Rule>
using RuleConstants = typename detail::RuleConstants<Rule>::Type;

template <class Rule>
RuleConstants<Rule> rule_constants(const typename Rule::Params& params, [[maybe_unused]] double dt_ms) {
  if constexpr (requires { typename Rule::Derived; }) {
    return Rule::derive(params, dt_ms);
  } else {
    return params;
  }
}

/// Time constants, ms, of the traces that a rule reads of its source and of its target.
template <class Rule>
constexpr auto pre_tau_ms(const typename Rule::Params& params) {
  if constexpr (PairRule<Rule>) {
    return std::array<float, 1>{Rule::tau_pre_ms(params)};
  } else {
    return Rule::pre_tau_ms(params);
  }
}
template <class Rule>
constexpr auto post_tau_ms(const typename Rule::Params& params) {
  if constexpr (PairRule<Rule>) {
    return std::array<float, 1>{Rule::tau_post_ms(params)};
  } else {
    return Rule::post_tau_ms(params);
  }
}

/// Under these names drugs and modulators act on how much an event changes a synapse, and on the modulator
/// that a rule reads (in a scenario that goes by the modulator's own name).
inline constexpr const char* kLearning = "learning";
inline constexpr const char* kOwnModulator = "modulator";

/// What drugs act on in a rule: Rule::drug_targets, none where it does not say so.
template <class Rule>
constexpr auto drug_targets_of_rule() {
  if constexpr (requires { Rule::drug_targets; }) {
    return Rule::drug_targets;
  } else {
    return std::array<const char*, 0>{};
  }
}

/// Floats of a synapse beside its weight.
template <class Rule>
constexpr std::uint32_t num_states() {
  if constexpr (PairRule<Rule>) {
    return 0;
  } else {
    return static_cast<std::uint32_t>(Rule::Synapse::num_states);
  }
}

PENFIELD_HD inline float clamp_weight(float w, float lower, float upper) {
  w = w < lower ? lower : w;
  return w > upper ? upper : w;
}

}  // namespace penfield
