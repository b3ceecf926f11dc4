#pragma once
// Lazy visits of rules with several traces or state of their own (EventRule). The times at a synapse are
// those of learn.hpp. Every event sees the traces as they were just before it, so that its own side's are
// read at the spike before; history rings keep it (host/build/history_sizes.hpp).
#include <cstddef>
#include <cstdint>

#include "penfield/model/plasticity/concept.hpp"
#include "penfield/step/history.hpp"

namespace penfield {

template <EventRule Rule>
struct EventLearner : TargetHistory {
  using Event = typename Rule::Event;
  using Synapse = typename Rule::Synapse;
  static constexpr std::size_t kPre = Event::num_pre, kPost = Event::num_post;

  /// A presynaptic spike: when it was emitted (or kNeverStep), and the traces right after it.
  struct Previous {
    StepIndex emitted;
    float trace[at_least_one(kPre)];
    std::uint32_t neuron;  ///< of noisy rules; else 0
  };
  /// What a flush replays from; nothing where a visit of this very step went up to here.
  struct Replayed {
    Previous spike;
    bool nothing;
  };

  Rule rule;
  const PopulationView& source;
  const ModulatorView* modulator;  ///< null where the rule reads none
  std::uint8_t trace_pre[at_least_one(kPre)];
  TraceDecay pre_decay[at_least_one(kPre)], post_decay[at_least_one(kPost)];
  const float* history_trace[at_least_one(kPost)];

  PENFIELD_HD EventLearner(const PopulationView& s, const PopulationView& t, const ProjectionView& projection,
                           const FlushTimes& f)
      : TargetHistory(t, projection, f),
        rule{*static_cast<const RuleConstants<Rule>*>(projection.rule_params)},
        source(s),
        modulator(ModulatedRule<Rule> ? &projection.modulator : nullptr) {
    for (std::size_t q = 0; q < kPre; ++q) {
      trace_pre[q] = projection.trace_pre[q];
      pre_decay[q] = {s.decay[trace_pre[q]], s.decay_length[trace_pre[q]]};
    }
    for (std::size_t q = 0; q < kPost; ++q) {
      const std::uint32_t trace = projection.trace_post[q];
      post_decay[q] = {t.decay[trace], t.decay_length[trace]};
      history_trace[q] = t.history_trace[trace];
    }
  }

  /// The spike before the one at `place` of the source's lists.
  PENFIELD_HD Previous previous_spike(std::size_t place) const {
    Previous previous{source.list_previous_step[place], {}, 0};
    if constexpr (NoisyRule<Rule>) previous.neuron = source.list_neuron[place];
    for (std::size_t q = 0; q < kPre; ++q)
      previous.trace[q] = source.list_previous_trace[trace_pre[q]][place];
    return previous;
  }

  /// A visit of synapse `k`, of weight `w`, by the presynaptic spike of step `emitted`. Returns its weight;
  /// the caller stores that.
  PENFIELD_HD float visit(const TileSynapses& tile, std::uint32_t k, float w, std::uint32_t i,
                          StepIndex emitted, const Previous& previous, std::int32_t delay) const {
    const std::int32_t shift = dendritic ? delay : 0;
    const StepIndex at = emitted + (delay - shift), acted = acted_at(previous, delay);
    Synapse s = values(tile, k, w);
    const std::uint32_t end = replay(s, i, acted, previous, at, shift);
    rule.at_pre_spike(s, event(i, at, acted, previous, end, shift));
    keep(tile, k, s);
    return s.weight;
  }

  /// The latest spike of `neuron` that has acted by `step` on synapses of this delay.
  PENFIELD_HD Replayed latest_acted(std::uint32_t neuron, std::int32_t delay, StepIndex step) const {
    Replayed r{{source.last_spike[neuron], {}, NoisyRule<Rule> ? neuron : 0}, false};
    for (std::size_t q = 0; q < kPre; ++q) r.spike.trace[q] = source.trace[trace_pre[q]][neuron];
    if (dendritic) return r;
    while (r.spike.emitted + delay > step) {
      // The next one acts at step + 1: see learn.hpp.
      if (r.spike.emitted + delay == step + 1) return {{kNeverStep, {}, 0}, true};
      r.spike = previous_spike(listed_spike(source, r.spike.emitted, neuron));
    }
    return r;
  }

  /// A flush at `step` of synapse `k` onto target `i`.
  PENFIELD_HD void catch_up(const TileSynapses& tile, std::uint32_t k, std::uint32_t i, const Replayed& pre,
                            std::int32_t delay, StepIndex step) const {
    if (pre.nothing || (pre.spike.emitted == kNeverStep && !Rule::learns_alone)) return;
    const std::int32_t shift = dendritic ? delay : 0;
    const StepIndex acted = acted_at(pre.spike, delay);
    Synapse s = values(tile, k, tile.weight[k]);
    const std::uint32_t end = replay(s, i, acted, pre.spike, step + 1, shift);
    if constexpr (DriftingRule<Rule>) {
      const StepIndex post = end > oldest_entry(i) ? history_step(i, end - 1) + shift : kNeverStep;
      StepIndex latest = acted < post ? post : acted;
      if constexpr (ChangesUnused<Rule>) latest = latest == kNeverStep ? 0 : latest;
      if (latest != kNeverStep)
        rule.weight_later(s, {latest, step, modulator, pre.spike.neuron, NoisyRule<Rule> ? i : 0});
    }
    tile.weight[k] = s.weight;
    keep(tile, k, s);
  }

 private:
  PENFIELD_HD StepIndex acted_at(const Previous& spike, std::int32_t delay) const {
    return spike.emitted == kNeverStep ? kNeverStep : spike.emitted + (dendritic ? 0 : delay);
  }
  PENFIELD_HD static Synapse values(const TileSynapses& tile, std::uint32_t k, float w) {
    Synapse s{w, {}};
    for (std::size_t q = 0; q < Synapse::num_states; ++q)
      s.state[q] = tile.state[std::size_t{k} * Synapse::num_states + q];
    return s;
  }
  PENFIELD_HD static void keep(const TileSynapses& tile, std::uint32_t k, const Synapse& s) {
    for (std::size_t q = 0; q < Synapse::num_states; ++q)
      tile.state[std::size_t{k} * Synapse::num_states + q] = s.state[q];
  }

  /// Applies target i's post events before `until` that are owed. Returns the number of history entries
  /// before it.
  PENFIELD_HD std::uint32_t replay(Synapse& s, std::uint32_t i, StepIndex acted, const Previous& pre,
                                   StepIndex until, std::int32_t shift) const {
    const std::uint32_t end = entries_before(i, until, shift);
    if (acted == kNeverStep && !Rule::learns_alone) return end;
    const StepIndex from = owed_from(i, acted);
    const std::uint32_t oldest = oldest_entry(i);
    std::uint32_t begin = end;
    while (begin > oldest && history_step(i, begin - 1) + shift >= from) --begin;
    for (std::uint32_t e = begin; e < end; ++e)
      rule.at_post_spike(s, event(i, history_step(i, e) + shift, acted, pre, e, shift));
    return end;
  }

  /// An event at `at` that `entries` history entries of target i come before.
  PENFIELD_HD Event event(std::uint32_t i, StepIndex at, StepIndex acted, const Previous& pre,
                          std::uint32_t entries, std::int32_t shift) const {
    Event e{};
    e.at = at;
    e.modulator = modulator;
    if constexpr (NoisyRule<Rule>) {
      e.source = pre.neuron;
      e.target = i;
    }
    e.since_pre = e.since_post = kNoSpikeYet;
    if (acted != kNeverStep) {
      e.since_pre = at - acted;
      for (std::size_t q = 0; q < kPre; ++q) {
        e.pre_decay[q] = pre_decay[q].at(e.since_pre);
        e.pre[q] = pre.trace[q] * e.pre_decay[q];
      }
    }
    if (entries > oldest_entry(i)) {
      const std::size_t place = ring_place(i, entries - 1);
      e.since_post = at - (history_steps[place] + shift);
      for (std::size_t q = 0; q < kPost; ++q) {
        e.post_decay[q] = post_decay[q].at(e.since_post);
        e.post[q] = history_trace[q][place] * e.post_decay[q];
      }
    }
    return e;
  }
};

}  // namespace penfield
