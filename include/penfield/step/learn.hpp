#pragma once
// Phase "learn", lazy and driven by presynaptic spikes: when a spike comes to a synapse, the
// target's own spikes since the last visit are replayed in time order, then the presynaptic event itself,
// then the weight is delivered.
//
// Times at the synapse: a presynaptic spike of step t acts at a = t + (axonal delay), a postsynaptic spike of
// step u at u + (dendritic delay). At equal times the presynaptic event comes first: a post event in [a(n-1),
// a(n)) sees the trace of presynaptic spikes up to n-1, and the pre event n sees the trace of post events
// before a(n). A visit happens as late as it can (so that all its post events are known) and as early as the
// delivery needs: dendritic in the deliver phase of step t, axonal in that of step a - 1. A flush at step F,
// after that phase, replays post events up to F for the synapses of the targets that it takes, so that their
// next visit starts at F + 1.
#include <cstdint>

#include "penfield/step/deliver.hpp"
#include "penfield/step/history.hpp"
#include "penfield/step/learn_events.hpp"

namespace penfield {

/// Everything about one projection's pair rule that a visit needs.
template <class Rule>
struct PairLearner : TargetHistory {
  /// A presynaptic spike: when it was emitted (or kNeverStep), and the trace right after it.
  struct Previous {
    StepIndex emitted;
    float trace;
  };
  using Replayed = Previous;

  Rule rule;
  const PopulationView& source;
  std::uint32_t trace_pre;
  TraceDecay pre_decay, post_decay;
  const float* history_trace;

  PENFIELD_HD PairLearner(const PopulationView& s, const PopulationView& t, const ProjectionView& projection,
                          const FlushTimes& f)
      : TargetHistory(t, projection, f),
        rule{*static_cast<const RuleConstants<Rule>*>(projection.rule_params)},
        source(s),
        trace_pre(projection.trace_pre[0]),
        pre_decay{s.decay[trace_pre], s.decay_length[trace_pre]},
        post_decay{t.decay[projection.trace_post[0]], t.decay_length[projection.trace_post[0]]},
        history_trace(t.history_trace[projection.trace_post[0]]) {}

  /// The spike before the one at `place` of the source's lists.
  PENFIELD_HD Previous previous_spike(std::size_t place) const {
    return {source.list_previous_step[place], source.list_previous_trace[trace_pre][place]};
  }

  /// Replays target i's post events in [from, until) on weight w; pre_at and pre_trace: when the last
  /// presynaptic spike acted and the trace right after it. Returns the number of history entries before
  /// `until`.
  PENFIELD_HD std::uint32_t replay(float& w, std::uint32_t i, StepIndex from, StepIndex until,
                                   std::int32_t shift, StepIndex pre_at, float pre_trace) const {
    const std::uint32_t end = entries_before(i, until, shift);
    const std::uint32_t count = history_count[i];
    const std::uint32_t oldest = count > history_capacity ? count - history_capacity : 0;
    std::uint32_t begin = end;
    while (begin > oldest && history_step(i, begin - 1) + shift >= from) --begin;
    for (std::uint32_t e = begin; e < end; ++e) {
      const StepIndex gap = history_step(i, e) + shift - pre_at;
      w = rule.at_post_spike(w, pre_trace * pre_decay.at(gap));
    }
    return end;
  }

  /// Post trace as the pre event at `at` sees it, given the number of history entries before it.
  PENFIELD_HD float post_trace_at(std::uint32_t i, std::uint32_t end, StepIndex at,
                                  std::int32_t shift) const {
    if (end == 0) return 0.0f;
    const std::size_t place = ring_place(i, end - 1);
    const StepIndex gap = at - (history_steps[place] + shift);
    return history_trace[place] * post_decay.at(gap);
  }

  /// A visit by the presynaptic spike of step `emitted`; the one before it was emitted at `previous` (or
  /// kNeverStep).
  PENFIELD_HD float visit(float w, std::uint32_t i, StepIndex emitted, StepIndex previous,
                          float previous_trace, std::int32_t delay) const {
    const std::int32_t axonal = dendritic ? 0 : delay;
    const std::int32_t shift = dendritic ? delay : 0;
    const StepIndex at = emitted + axonal;
    std::uint32_t end;
    if (previous == kNeverStep) {
      end = entries_before(i, at, shift);
    } else {
      const StepIndex acted = previous + axonal;
      end = replay(w, i, owed_from(i, acted), at, shift, acted, previous_trace);
    }
    return rule.at_pre_spike(w, post_trace_at(i, end, at, shift));
  }

  /// The latest spike of `neuron` that has acted by `step` on synapses of this delay. None where there is
  /// nothing to replay: no spike has acted yet, or the next one acts at step + 1, whose visit in this very
  /// step went up to here.
  PENFIELD_HD Replayed latest_acted(std::uint32_t neuron, std::int32_t delay, StepIndex step) const {
    Replayed r{source.last_spike[neuron], source.trace[trace_pre][neuron]};
    if (dendritic) return r;
    while (r.emitted + delay > step) {
      if (r.emitted + delay == step + 1) return {kNeverStep, 0.0f};
      r = previous_spike(listed_spike(source, r.emitted, neuron));
    }
    return r;
  }

  /// The same of synapse `k`, as EventLearner has it; the caller stores the weight.
  PENFIELD_HD float visit(const TileSynapses&, std::uint32_t, float w, std::uint32_t i, StepIndex emitted,
                          const Previous& previous, std::int32_t delay) const {
    return visit(w, i, emitted, previous.emitted, previous.trace, delay);
  }

  /// A flush at `step` of a synapse onto target `i`.
  PENFIELD_HD float catch_up(float w, std::uint32_t i, const Replayed& pre, std::int32_t delay,
                             StepIndex step) const {
    if (pre.emitted == kNeverStep) return w;
    const StepIndex acted = pre.emitted + (dendritic ? 0 : delay);
    replay(w, i, owed_from(i, acted), step + 1, dendritic ? delay : 0, acted, pre.trace);
    return w;
  }
  PENFIELD_HD void catch_up(const TileSynapses& tile, std::uint32_t k, std::uint32_t i, const Replayed& pre,
                            std::int32_t delay, StepIndex step) const {
    tile.weight[k] = catch_up(tile.weight[k], i, pre, delay, step);
  }
};

namespace detail {

template <class Rule>
struct LearnerOf {
  using Type = EventLearner<Rule>;
};
template <PairRule Rule>
struct LearnerOf<Rule> {
  using Type = PairLearner<Rule>;
};

}  // namespace detail

/// What visits the synapses of a rule.
template <class Rule>
using Learner = typename detail::LearnerOf<Rule>::Type;

/// Plastic synapses of one projection into one tile: visits and deliveries that are due in the deliver phase
/// of `step`.
template <class Rule, class Team>
PENFIELD_HD inline void deliver_plastic(Team& team, const PopulationView& source,
                                        const PopulationView& target, const ProjectionView& projection,
                                        const FlushTimes& flush, std::uint32_t tile_index, StepIndex step) {
  const TileSynapses tile = projection.tiles[tile_index];
  const Learner<Rule> learner(source, target, projection, flush);
  const std::uint32_t first_target = tile_begin(target, tile_index);
  for_each_due(team, source, projection, tile, step,
               [&](StepIndex emitted, std::uint32_t piece, std::uint32_t begin, std::uint32_t end,
                   std::size_t place, std::uint32_t lane, std::uint32_t lanes) {
                 const RingTile ring = ring_tile(target, projection.port, tile_index, emitted);
                 const auto previous = learner.previous_spike(place);
                 for (std::uint32_t k = begin + lane; k < end; k += lanes) {
                   const std::uint32_t code = tile.code[k];
                   const std::int32_t delay = projection.delay(piece, code);
                   const std::uint32_t local = SynapseCode::target(code);
                   const float w =
                       learner.visit(tile, k, tile.weight[k], first_target + local, emitted, previous, delay);
                   tile.weight[k] = w;
                   team.add(ring.at(delay, local), to_fixed(w, projection.scale_log2));
                 }
               });
}

/// Does a flush take this target? Its ring then holds at least half the spikes at which it asks for one
/// itself. No tile, thread or other target plays a part.
PENFIELD_HD inline bool flush_takes(const PopulationView& p, std::uint32_t i, FlushScope scope) {
  return scope == FlushScope::all || p.history_count[i] - p.history_mark[i] >= p.history_limit / 2;
}

/// Brings the weights of a tile onto the targets that the flush takes up to date with the post spikes up to
/// and including `step`.
template <class Rule, class Team>
PENFIELD_HD inline void flush_tile(Team& team, const PopulationView& source, const PopulationView& target,
                                   const ProjectionView& projection, const FlushTimes& flush,
                                   std::uint32_t tile_index, StepIndex step, FlushScope scope) {
  const TileSynapses tile = projection.tiles[tile_index];
  const Learner<Rule> learner(source, target, projection, flush);
  const std::uint32_t first_target = tile_begin(target, tile_index);
  team.for_each_row(tile.source_end - tile.source_begin,
                    [&](std::uint32_t s, std::uint32_t lane, std::uint32_t lanes) {
                      const std::uint32_t neuron = tile.source_begin + s;
                      std::int32_t looked_up = -1;
                      typename Learner<Rule>::Replayed pre{};
                      for (std::uint32_t piece = 0; piece < tile.pieces; ++piece) {
                        const RowRange row = tile.piece(s, piece);
                        for (std::uint32_t k = row.begin + lane; k < row.end; k += lanes) {
                          const std::uint32_t code = tile.code[k];
                          const std::uint32_t i = first_target + SynapseCode::target(code);
                          if (!flush_takes(target, i, scope)) continue;
                          const std::int32_t delay = projection.delay(piece, code);
                          if (delay != looked_up) pre = learner.latest_acted(neuron, looked_up = delay, step);
                          learner.catch_up(tile, k, i, pre, delay, step);
                        }
                      }
                    });
}

/// After a flush at `step`: the rings of the tile's targets that it took owe nothing up to now.
template <class Team>
PENFIELD_HD inline void mark_flushed(Team& team, const PopulationView& p, std::uint32_t tile, StepIndex step,
                                     FlushScope scope) {
  if (p.history_capacity == 0) return;
  const std::uint32_t begin = tile_begin(p, tile);
  team.for_each(tile_count(p, tile), [=](std::uint32_t k) {
    const std::uint32_t i = begin + k;
    if (!flush_takes(p, i, scope)) return;
    p.history_mark[i] = p.history_count[i];
    p.history_flushed[i] = step;
  });
  if (team.rank() == 0) p.flush_due[tile] = 0;
}

}  // namespace penfield
