#pragma once
// Plastic delivery on a CPU, tuned: the same visits as deliver_plastic (penfield/step/learn.hpp), each with
// the same operations in the same order.
//
// How many spikes of its target a visit replays differs from synapse to synapse, and a processor that guesses
// wrongly waits longer than the arithmetic takes. Here the synapses of a row go through each part of a visit
// together, and no branch depends on one of them:
//   1. gaps      steps from the target's latest spike to this presynaptic one, as both come to the synapse
//   2. owed      the synapses whose latest spike is owed to the weight; of these, those whose spike before it
//   is
//                owed too; and so on: a list for each depth, which names a synapse once
//   3. replay    the lists from the deepest to the first: for every synapse the old spikes before the new
//   4. the presynaptic event, for all
//   5. delivery
// The few synapses that this does not fit are left to PairLearner::visit.
#include <algorithm>
#include <array>
#include <cstdint>

#include "penfield/step/learn.hpp"
#include "penfield/step/team.hpp"

namespace penfield::cpu {

template <class Rule>
class PlasticRows {
 public:
  PlasticRows(const PopulationView& source, const PopulationView& target, const ProjectionView& projection,
              const FlushTimes& flush, std::uint32_t tile)
      : source_(source),
        target_(target),
        projection_(projection),
        synapses_(projection.tiles[tile]),
        tile_(tile),
        first_target_(tile_begin(target, tile)),
        dendritic_mask_(projection.dendritic ? 15u : 0u),
        learner_(source, target, projection, flush) {}

  /// Visits and deliveries that are due in the deliver phase of `step`.
  void deliver(StepIndex step) {
    SoloTeam solo;
    const float* const list_trace = source_.list_previous_trace[projection_.trace_pre];
    for_each_due(solo, source_, projection_, synapses_, step,
                 [&](StepIndex emitted, std::uint32_t piece, std::uint32_t begin, std::uint32_t end,
                     std::size_t place, std::uint32_t, std::uint32_t) {
                   const Spike spike{emitted, source_.list_previous_step[place], list_trace[place]};
                   for (std::uint32_t k = begin; k < end; k += kBlock)
                     visit_block(spike, piece, k, std::min(end - k, kBlock));
                 });
  }

 private:
  static constexpr std::uint32_t kBlock = 512;       ///< synapses that go through the parts together
  static constexpr std::uint32_t kDepth = 8;         ///< spikes of one target that are replayed here
  static constexpr std::int32_t kEndless = 1 << 30;  ///< steps: as good as never

  struct Spike {
    StepIndex emitted, previous;
    float previous_trace;
  };
  /// Step at which an event acts at the synapses of a block: `at` for the presynaptic spike; a target's spike
  /// of step u acts at u + at - base + (its dendritic delay beyond the first).
  struct Times {
    StepIndex at, base;
    std::int32_t window;  ///< from the presynaptic spike before this one to `at`
  };

  void visit_block(const Spike& spike, std::uint32_t piece, std::uint32_t begin, std::uint32_t size) {
    code_ = synapses_.code + begin;
    size_ = size;
    weight_ = synapses_.weight + begin;
    depth_ = num_others_ = 0;
    // Axonal synapses of a row that are due together have one delay.
    const std::int32_t first_delay = projection_.delay(piece, learner_.dendritic ? 0 : code_[0]);
    const StepIndex at = spike.emitted + (learner_.dendritic ? 0 : first_delay);
    const bool replays = spike.previous != kNeverStep;
    const StepIndex acted = replays ? spike.previous + (at - spike.emitted) : at;
    const Times times{at, at - (learner_.dendritic ? first_delay : 0), static_cast<std::int32_t>(at - acted)};
    if (at - acted >= kEndless || learner_.post_decay.length > kEndless - 16) {
      for (std::uint32_t k = 0; k < size; ++k) other_[num_others_++] = static_cast<std::uint16_t>(k);
    } else {
      find_gaps(times.base);
      if (learner_.flush.last >= acted) {
        list_owed<true>(times);
      } else {
        list_owed<false>(times);
      }
    }
    for (std::uint32_t o = 0; o < num_others_; ++o) {
      const std::uint32_t k = other_[o];
      other_weight_[o] = learner_.visit(weight_[k], target_of(k), spike.emitted, spike.previous,
                                        spike.previous_trace, projection_.delay(piece, code_[k]));
    }
    if (num_others_ < size) {
      replay(times, spike.previous_trace);
      presynaptic_event();
    }
    for (std::uint32_t o = 0; o < num_others_; ++o) weight_[other_[o]] = other_weight_[o];
    add(ring_tile(target_, projection_.port, tile_, spike.emitted), first_delay);
  }

  std::uint32_t target_of(std::uint32_t k) const { return first_target_ + SynapseCode::target(code_[k]); }

  void find_gaps(StepIndex base) {
    const std::uint16_t* const code = code_;
    const StepIndex* const last_spike = target_.last_spike + first_target_;
    const std::uint32_t mask = dendritic_mask_;
    std::int32_t* const gap = gap_.data();
    const std::uint32_t size = size_;
    PENFIELD_INDEPENDENT_LOOP
    for (std::uint32_t k = 0; k < size; ++k)
      gap[k] = steps_before(base, last_spike[SynapseCode::target(code[k])], code[k], mask);
  }
  /// From a spike of the target to the presynaptic one.
  static std::int32_t steps_before(StepIndex base, StepIndex spike, std::uint32_t code, std::uint32_t mask) {
    const StepIndex gap = base - spike;
    return static_cast<std::int32_t>(gap < kEndless ? gap : kEndless) -
           static_cast<std::int32_t>(SynapseCode::delay(code) & mask);
  }

  /// Fills the lists of all depths, and that of the synapses whose target has fired too lately (its latest
  /// spike acts after this visit) or too often.
  template <bool Flushed>
  void list_owed(const Times& times) {
    std::uint32_t size = 0, others = 0;
    for (std::uint32_t k = 0, end = size_; k < end; ++k) {
      const std::int32_t gap = gap_[k];
      owed_[size] = static_cast<std::uint16_t>(k);
      owed_gap_[size] = gap;
      size += (gap > 0 ? 1 : 0) & (gap <= window<Flushed>(times, k) ? 1 : 0);
      other_[others] = static_cast<std::uint16_t>(k);
      others += gap <= 0 ? 1 : 0;
    }
    num_others_ = others;
    list_begin_[0] = 0;
    list_begin_[1] = size;
    depth_ = 1;
    const std::uint32_t deepest = std::min(kDepth, learner_.history_capacity);
    while (depth_ < deepest && list_begin_[depth_] != list_begin_[depth_ - 1]) {
      list_begin_[depth_ + 1] = list_earlier<Flushed>(times);
      ++depth_;
    }
    if (depth_ < kDepth) return;
    // There may be more than were looked at.
    for (std::uint32_t n = list_begin_[kDepth - 1]; n < list_begin_[kDepth]; ++n)
      other_[num_others_++] = owed_[n];
  }
  /// Of the synapses of the deepest list, those whose target's spike before that is owed too: behind it.
  template <bool Flushed>
  std::uint32_t list_earlier(const Times& times) {
    const std::uint32_t begin = list_begin_[depth_ - 1], end = list_begin_[depth_], back = depth_ + 1;
    const std::uint32_t* const history_count = learner_.history_count;
    const std::uint16_t* const code = code_;
    const std::uint32_t first_target = first_target_, mask = dendritic_mask_;
    const StepIndex base = times.base;
    std::uint32_t size = end;
    for (std::uint32_t n = begin; n < end; ++n) {
      const std::uint32_t k = owed_[n];
      const std::uint32_t i = first_target + SynapseCode::target(code[k]);
      const std::uint32_t count = history_count[i];
      const std::int32_t gap = steps_before(base, learner_.history_step(i, count - back), code[k], mask);
      owed_[size] = static_cast<std::uint16_t>(k);
      owed_gap_[size] = gap;
      size += (count >= back ? 1 : 0) & (gap <= window<Flushed>(times, k) ? 1 : 0);
    }
    return size;
  }
  /// Gaps up to which spikes of the target of synapse k are owed: see PairLearner::owed_from.
  template <bool Flushed>
  std::int32_t window(const Times& times, std::uint32_t k) const {
    if constexpr (!Flushed) return times.window;
    const StepIndex since = times.at - 1 - learner_.history_flushed[target_of(k)];
    return since < times.window ? static_cast<std::int32_t>(since) : times.window;
  }

  void replay(const Times& times, float trace) {
    const Rule rule = learner_.rule;
    const TraceDecay pre_decay = learner_.pre_decay;
    const std::int32_t window = times.window;
    float* const weight = weight_;
    for (std::uint32_t d = depth_; d-- > 0;) {
      const std::uint32_t begin = list_begin_[d], end = list_begin_[d + 1];
      PENFIELD_INDEPENDENT_LOOP
      for (std::uint32_t n = begin; n < end; ++n) {
        const std::uint32_t k = owed_[n];
        weight[k] = rule.at_post_spike(weight[k], trace * decay(pre_decay, window - owed_gap_[n]));
      }
    }
  }

  void presynaptic_event() {
    const std::uint16_t* const code = code_;
    const std::int32_t* const gap = gap_.data();
    const float* const trace = target_.trace[projection_.trace_post] + first_target_;
    const TraceDecay post_decay = learner_.post_decay;
    const Rule rule = learner_.rule;
    float* const weight = weight_;
    const std::uint32_t size = size_;
    PENFIELD_INDEPENDENT_LOOP
    for (std::uint32_t k = 0; k < size; ++k)
      weight[k] =
          rule.at_pre_spike(weight[k], trace[SynapseCode::target(code[k])] * decay(post_decay, gap[k]));
  }
  /// TraceDecay::at for gaps that fit into 32 bits, without a branch.
  static float decay(const TraceDecay& of, std::int32_t gap) {
    const auto last = static_cast<std::uint32_t>(of.length - 1);
    const auto steps = static_cast<std::uint32_t>(gap);  // a negative gap is beyond any length
    const float there = of.table[steps < last ? steps : last];
    return steps <= last ? there : 0.0f;
  }

  void add(const RingTile ring, std::int32_t first_delay) {
    const std::int32_t scale_log2 = projection_.scale_log2;
    const std::uint32_t size = size_;
    const std::uint16_t* const code = code_;
    const float* const weight = weight_;
    std::int32_t* const fixed = fixed_.data();
    PENFIELD_INDEPENDENT_LOOP
    for (std::uint32_t k = 0; k < size; ++k) fixed[k] = to_fixed(weight[k], scale_log2);
    if (projection_.dendritic && projection_.min_delay != projection_.max_delay) {
      for (std::uint32_t k = 0; k < size; ++k)
        *ring.at(first_delay + static_cast<std::int32_t>(SynapseCode::delay(code[k])),
                 SynapseCode::target(code[k])) += fixed[k];
    } else {
      std::int32_t* const sum = ring.at(first_delay, 0);
      for (std::uint32_t k = 0; k < size; ++k) sum[SynapseCode::target(code[k])] += fixed[k];
    }
  }

  const PopulationView& source_;
  const PopulationView& target_;
  const ProjectionView& projection_;
  const TileSynapses synapses_;
  const std::uint32_t tile_, first_target_;
  const std::uint32_t dendritic_mask_;  ///< of SynapseCode::delay: axonal delays shift no spike of the target
  const PairLearner<Rule> learner_;

  // Of the block at hand, by its synapses.
  const std::uint16_t* code_ = nullptr;
  std::uint32_t size_ = 0;
  float* weight_ = nullptr;
  std::array<std::int32_t, kBlock> gap_, fixed_;
  // Lists one behind the other: depth d from list_begin_[d - 1] to list_begin_[d]. One place more than they
  // can fill, since the next place is written before it is known to be kept.
  std::uint32_t depth_ = 0, num_others_ = 0;
  std::array<std::uint32_t, kDepth + 1> list_begin_;
  std::array<std::uint16_t, kBlock * kDepth + 1> owed_;
  std::array<std::int32_t, kBlock * kDepth + 1> owed_gap_;
  std::array<std::uint16_t, kBlock + 1> other_;
  std::array<float, kBlock> other_weight_;
};

}  // namespace penfield::cpu
