#pragma once
// Plasticity done the plain way, one step after the other, as a reference for the engine's lazy one:
// every synapse keeps its own traces, and each event of each step is applied when it happens.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "penfield/engine/engine.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fixed_point.hpp"

namespace penfield::test {

/// Which neurons fired: fired[step][neuron].
using Raster = std::vector<std::vector<std::uint8_t>>;

inline Raster raster_of(const std::vector<Spike>& spikes, std::uint32_t population, std::uint32_t n,
                        StepIndex num_steps) {
  Raster raster(static_cast<std::size_t>(num_steps), std::vector<std::uint8_t>(n, 0));
  for (const Spike& s : spikes)
    if (s.population == population) raster[static_cast<std::size_t>(s.step)][s.neuron] = 1;
  return raster;
}

/// One projection with rule `Rule`, as it is when made, stepped eagerly.
template <class Rule>
class EagerPlasticity {
 public:
  using Traces = std::array<float, kRuleTraces>;

  struct Synapse {
    std::uint32_t source, target;  ///< neurons
    std::int32_t axonal, dendritic;
    std::size_t tile, place;  ///< where the engine keeps its weight
    float weight;
    std::array<float, kMaxStates> state{};                ///< of the rule
    StepIndex pre_at = kNeverStep, post_at = kNeverStep;  ///< latest events, in time at the synapse
    Traces pre_trace{}, post_trace{};                     ///< right after them
  };

  EagerPlasticity(const Projection& projection, std::uint32_t tile_size, double dt_ms)
      : rule_{*static_cast<const RuleConstants<Rule>*>(projection.view.rule_params)},
        pre_tau_ms_(pre_tau_ms<Rule>(params())),
        post_tau_ms_(post_tau_ms<Rule>(params())),
        scale_log2_(projection.view.scale_log2),
        modulator_(projection.view.modulator),
        pulse_step_(modulator_.step, modulator_.step + modulator_.capacity),
        pulse_level_(modulator_.level, modulator_.level + modulator_.capacity),
        dt_ms_(dt_ms) {
    take_synapses(projection, tile_size);
  }

  /// Step 0 of the reference is the engine's step `first`.
  void begin_at(StepIndex first) { first_ = first; }

  /// Every target's last spike was at `at`, so long ago that no trace of it is left.
  void fired_long_ago(StepIndex at) {
    for (Synapse& s : synapses) s.post_at = at + s.dendritic;
  }

  /// Goes on with the projection's present synapses and weights, some of which may be new. Traces are those
  /// of their neurons, which fired as told before step `now`.
  void rewire(const Projection& projection, std::uint32_t tile_size, StepIndex now, const Raster& source,
              const Raster& target) {
    take_synapses(projection, tile_size);
    for (Synapse& s : synapses) {
      // An axonal event at `now` was due in the step before.
      for (StepIndex at = 0; at + s.axonal <= now && at < now; ++at)
        if (fired(source, at, s.source)) add_to(s.pre_trace, s.pre_at, at + s.axonal, pre_tau_ms_);
      for (StepIndex at = 0; at + s.dendritic < now; ++at)
        if (fired(target, at, s.target)) add_to(s.post_trace, s.post_at, at + s.dendritic, post_tau_ms_);
    }
  }

  /// What happens at every synapse at time `at`, given who fired up to then. A presynaptic event comes before
  /// postsynaptic ones of its time. One that acts at at + 1 over an axon is due now, after all else: its
  /// weight has to be on its way.
  void step(StepIndex at, const Raster& source, const Raster& target) {
    ModulatorView modulator = modulator_;
    modulator.step = pulse_step_.data();
    modulator.level = pulse_level_.data();
    for (Synapse& s : synapses) {
      if (s.dendritic > 0 && fired(source, at, s.source)) pre_event(s, at, modulator);
      if (fired(target, at - s.dendritic, s.target)) post_event(s, at, modulator);
      if (s.axonal > 0 && fired(source, at + 1 - s.axonal, s.source)) pre_event(s, at + 1, modulator);
      if constexpr (DriftingRule<Rule>) {
        StepIndex latest = std::max(s.pre_at, s.post_at);
        const bool learns = s.pre_at != kNeverStep || Rule::learns_alone;
        if constexpr (ChangesUnused<Rule>)
          if (latest == kNeverStep) latest = -first_;
        if (!learns || latest == kNeverStep || latest > at) continue;
        auto now = values(s);
        rule_.weight_later(now, {latest + first_, at + first_, &modulator, s.source, s.target});
        s.weight = now.weight;
      }
    }
  }

  /// Input delivered so far that arrives at `step` or later: sums[step - first][target].
  std::vector<std::vector<std::int64_t>> on_the_way(StepIndex first, StepIndex num_steps,
                                                    std::uint32_t num_targets) const {
    std::vector<std::vector<std::int64_t>> sums(static_cast<std::size_t>(num_steps),
                                                std::vector<std::int64_t>(num_targets, 0));
    for (StepIndex k = 0; k < num_steps; ++k)
      for (std::uint32_t i = 0; i < num_targets; ++i)
        sums[static_cast<std::size_t>(k)][i] = arriving(first + k, i);
    return sums;
  }
  /// Input delivered so far that arrives at `step`.
  std::int64_t arriving(StepIndex step, std::uint32_t target) const {
    const auto k = static_cast<std::size_t>(step);
    return k < arriving_.size() && target < arriving_[k].size() ? arriving_[k][target] : 0;
  }

  std::vector<Synapse> synapses;
  std::uint64_t num_pre_events = 0, num_post_events = 0;

 private:
  void take_synapses(const Projection& projection, std::uint32_t tile_size) {
    const ProjectionView& v = projection.view;
    synapses.clear();
    for (std::size_t t = 0; t < projection.tiles.size(); ++t)
      projection.for_each_synapse(t, [&](const Projection::Synapse& s) {
        Synapse e{};
        e.source = s.source;
        e.target = static_cast<std::uint32_t>(t * tile_size) + s.target;
        e.axonal = v.dendritic ? 0 : s.delay;
        e.dendritic = v.dendritic ? s.delay : 0;
        e.tile = t;
        e.place = s.place;
        e.weight = s.weight;
        if constexpr (!PairRule<Rule>) keep(e, rule_.first_values(s.weight));
        synapses.push_back(e);
      });
  }
  static bool fired(const Raster& raster, StepIndex at, std::uint32_t neuron) {
    return at >= 0 && at < static_cast<StepIndex>(raster.size()) &&
           raster[static_cast<std::size_t>(at)][neuron] != 0;
  }
  const typename Rule::Params& params() const {
    if constexpr (requires { rule_.p; }) {
      return rule_.p;
    } else {
      return rule_.d.p;
    }
  }
  /// As the engine's tables have it: nothing is left after 21 time constants, or if there was no event.
  float decay(double tau_ms, StepIndex gap) const {
    if (gap >= static_cast<StepIndex>(21.0 * tau_ms / dt_ms_) + 2) return 0.0f;
    return static_cast<float>(exp_d(-static_cast<double>(gap) * dt_ms_ / tau_ms));
  }
  float trace_at(float after, double tau_ms, StepIndex last, StepIndex at) const {
    return last == kNeverStep ? 0.0f : after * decay(tau_ms, at - last);
  }
  /// An event at `at` adds one to traces that were `trace` right after the event before.
  template <class Taus>
  void add_to(Traces& trace, StepIndex& last, StepIndex at, const Taus& tau_ms) const {
    for (std::size_t q = 0; q < tau_ms.size(); ++q) trace[q] = trace_at(trace[q], tau_ms[q], last, at) + 1.0f;
    last = at;
  }
  static auto values(const Synapse& s) {
    typename Rule::Synapse v{s.weight, {}};
    for (std::size_t q = 0; q < num_states<Rule>(); ++q) v.state[q] = s.state[q];
    return v;
  }
  template <class Values>
  static void keep(Synapse& s, const Values& v) {
    s.weight = v.weight;
    for (std::size_t q = 0; q < num_states<Rule>(); ++q) s.state[q] = v.state[q];
  }
  auto event(const Synapse& s, StepIndex at, const ModulatorView& modulator) const {
    typename Rule::Event e{};
    e.at = at + first_;
    e.modulator = &modulator;
    e.source = s.source;
    e.target = s.target;
    e.since_pre = s.pre_at == kNeverStep ? kNoSpikeYet : at - s.pre_at;
    e.since_post = s.post_at == kNeverStep ? kNoSpikeYet : at - s.post_at;
    for (std::size_t q = 0; q < pre_tau_ms_.size(); ++q) {
      e.pre[q] = trace_at(s.pre_trace[q], pre_tau_ms_[q], s.pre_at, at);
      e.pre_decay[q] = trace_at(1.0f, pre_tau_ms_[q], s.pre_at, at);
    }
    for (std::size_t q = 0; q < post_tau_ms_.size(); ++q) {
      e.post[q] = trace_at(s.post_trace[q], post_tau_ms_[q], s.post_at, at);
      e.post_decay[q] = trace_at(1.0f, post_tau_ms_[q], s.post_at, at);
    }
    return e;
  }
  void pre_event(Synapse& s, StepIndex at, [[maybe_unused]] const ModulatorView& modulator) {
    if constexpr (PairRule<Rule>) {
      s.weight = rule_.at_pre_spike(s.weight, trace_at(s.post_trace[0], post_tau_ms_[0], s.post_at, at));
    } else {
      auto v = values(s);
      rule_.at_pre_spike(v, event(s, at, modulator));
      keep(s, v);
    }
    add_to(s.pre_trace, s.pre_at, at, pre_tau_ms_);
    const auto arrives = static_cast<std::size_t>(at + s.dendritic);
    if (arriving_.size() <= arrives) arriving_.resize(arrives + 1);
    if (arriving_[arrives].size() <= s.target) arriving_[arrives].resize(s.target + 1, 0);
    arriving_[arrives][s.target] += to_fixed(s.weight, scale_log2_);
    ++num_pre_events;
  }
  void post_event(Synapse& s, StepIndex at, [[maybe_unused]] const ModulatorView& modulator) {
    bool learns = s.pre_at != kNeverStep;  // most rules learn nothing before the first presynaptic spike
    if constexpr (!PairRule<Rule>) learns = learns || Rule::learns_alone;
    if (learns) {
      if constexpr (PairRule<Rule>) {
        s.weight = rule_.at_post_spike(s.weight, trace_at(s.pre_trace[0], pre_tau_ms_[0], s.pre_at, at));
      } else {
        auto v = values(s);
        rule_.at_post_spike(v, event(s, at, modulator));
        keep(s, v);
      }
      ++num_post_events;
    }
    add_to(s.post_trace, s.post_at, at, post_tau_ms_);
  }

  Rule rule_;
  decltype(pre_tau_ms<Rule>(typename Rule::Params{})) pre_tau_ms_;
  decltype(post_tau_ms<Rule>(typename Rule::Params{})) post_tau_ms_;
  std::int32_t scale_log2_;
  ModulatorView modulator_;  ///< its arrays are the network's, which may be gone
  StepIndex first_ = 0;
  std::vector<StepIndex> pulse_step_;
  std::vector<float> pulse_level_;
  double dt_ms_;
  std::vector<std::vector<std::int64_t>> arriving_;  ///< [step][target]
};

namespace detail {
template <class... Rules>
std::variant<EagerPlasticity<Rules>...> eager_of(PlasticityList<Rules...>);
}  // namespace detail

/// A reference for whatever rule a projection has.
using AnyEagerPlasticity = decltype(detail::eager_of(PlasticityRules{}));

inline AnyEagerPlasticity eager_plasticity(const Projection& projection, std::uint32_t tile_size,
                                           double dt_ms) {
  std::optional<AnyEagerPlasticity> made;
  visit_plasticity_rule(static_cast<std::uint32_t>(projection.view.rule), [&]<class Rule>() {
    made.emplace(std::in_place_type<EagerPlasticity<Rule>>, projection, tile_size, dt_ms);
  });
  return *made;
}

}  // namespace penfield::test
