#pragma once
// Plastic delivery on a CPU, tuned: the same visits as deliver_plastic (penfield/step/learn.hpp), each with
// the same operations in the same order.
//
// How many spikes of its target a visit replays differs from synapse to synapse, and a processor that guesses
// wrongly waits longer than the arithmetic takes. Here the synapses of a row go through each part of a visit
// together, and no branch depends on one of them:
//   1. gaps      steps from the target's latest spike to this presynaptic one, as both come to the synapse
//   2. owed      the synapses whose latest spike is owed to the weight; of these, those whose spike before it
//                is owed too; and so on: a list for each depth, which names a synapse once
//   3. replay    the lists from the deepest to the first: for every synapse the old spikes before the new
//   4. the presynaptic event, for all
//   5. delivery
// The few synapses that this does not fit are left to PairLearner::visit. Where a step visits a target
// several times, what its visits share is worked out once beforehand.
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
        num_targets_(tile_count(target, tile)),
        last_spike_(target.last_spike + tile_begin(target, tile)),
        earlier_spike_(target.earlier_spike + tile_begin(target, tile)),
        trace_(target.trace[projection.trace_post[0]] + tile_begin(target, tile)),
        learner_(source, target, projection, flush) {}

  /// Visits and deliveries that are due in the deliver phase of `step`.
  void deliver(StepIndex step) {
    // Presynaptic spikes that are due now act at the same step, whatever their delays.
    at_ = step + (learner_.dendritic ? 0 : 1);
    spread_ = learner_.dendritic && projection_.min_delay != projection_.max_delay;
    base_ = at_ - (learner_.dendritic && !spread_ ? projection_.min_delay : 0);
    shared_ = due_synapses(step) > num_targets_;
    if (shared_) work_out_targets();
    SoloTeam solo;
    const float* const list_trace = source_.list_previous_trace[projection_.trace_pre[0]];
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
  static constexpr std::int32_t kMaxDelay = 1 << 16;

  struct Spike {
    StepIndex emitted, previous;
    float previous_trace;
  };
  /// A spike of a target acts at a synapse at_ - base_ + `shift` steps late, and `mask` & SynapseCode::delay
  /// more.
  struct DendriticDelay {
    std::int32_t shift;
    std::uint32_t mask;

    std::int32_t of(std::uint32_t code) const {
      return shift + static_cast<std::int32_t>(SynapseCode::delay(code) & mask);
    }
  };

  /// About as many as are visited in a step: its spikes, each with a row of the mean length, whose delays
  /// come together or one after the other.
  std::uint64_t due_synapses(StepIndex step) const {
    const std::uint32_t sources = synapses_.source_end - synapses_.source_begin;
    const StepIndex emitted = at_ - (learner_.dendritic ? 0 : projection_.min_delay);
    if (sources == 0 || emitted < 0 || emitted > step) return 0;
    std::uint64_t spikes = 0;
    for (std::uint32_t t = synapses_.source_begin / source_.tile_size;
         t <= (synapses_.source_end - 1) / source_.tile_size; ++t)
      spikes += source_.list_size[list_place(source_, emitted, t)];
    return spikes * synapses_.num_synapses / sources;
  }

  /// Of every target of the tile: gaps from its last two spikes to base_, and its trace then.
  void work_out_targets() {
    const StepIndex base = base_;
    const std::uint32_t size = num_targets_;
    const StepIndex *const last_spike = last_spike_, *const earlier_spike = earlier_spike_;
    const float* const trace = trace_;
    const TraceDecay post_decay = learner_.post_decay;
    std::int32_t *const latest_gap = latest_gap_.data(), *const earlier_gap = earlier_gap_.data();
    float* const post_trace = post_trace_.data();
    PENFIELD_INDEPENDENT_LOOP
    for (std::uint32_t i = 0; i < size; ++i) latest_gap[i] = steps_since(last_spike[i], base);
    PENFIELD_INDEPENDENT_LOOP
    for (std::uint32_t i = 0; i < size; ++i) earlier_gap[i] = steps_since(earlier_spike[i], base);
    PENFIELD_INDEPENDENT_LOOP
    for (std::uint32_t i = 0; i < size; ++i) post_trace[i] = trace[i] * decay(post_decay, latest_gap[i]);
  }

  void visit_block(const Spike& spike, std::uint32_t piece, std::uint32_t begin, std::uint32_t size) {
    code_ = synapses_.code + begin;
    weight_ = synapses_.weight + begin;
    size_ = size;
    depth_ = num_others_ = 0;
    // Axonal synapses of a row that are due together have one delay.
    const std::int32_t first_delay = projection_.delay(piece, learner_.dendritic ? 0 : code_[0]);
    const DendriticDelay dendritic{spread_ ? first_delay : 0, spread_ ? 15u : 0u};
    const StepIndex acted =
        spike.previous == kNeverStep ? at_ : spike.previous + (learner_.dendritic ? 0 : first_delay);
    constexpr StepIndex kMostSteps = kEndless - kMaxDelay;
    if (at_ - acted >= kMostSteps || learner_.post_decay.length > kMostSteps) {
      for (std::uint32_t k = 0; k < size; ++k) other_[num_others_++] = static_cast<std::uint16_t>(k);
    } else {
      window_ = static_cast<std::int32_t>(at_ - acted);
      find_gaps(dendritic);
      if (learner_.flush.last >= acted) {
        list_owed<true>(dendritic);
      } else {
        list_owed<false>(dendritic);
      }
    }
    for (std::uint32_t o = 0; o < num_others_; ++o) {
      const std::uint32_t k = other_[o];
      other_weight_[o] =
          learner_.visit(weight_[k], tile_begin(target_, tile_) + target_of(k), spike.emitted, spike.previous,
                         spike.previous_trace, projection_.delay(piece, code_[k]));
    }
    if (num_others_ < size) {
      replay(spike.previous_trace);
      presynaptic_event();
    }
    for (std::uint32_t o = 0; o < num_others_; ++o) weight_[other_[o]] = other_weight_[o];
    add(ring_tile(target_, projection_.port, tile_, spike.emitted), first_delay);
  }

  /// In the tile.
  std::uint32_t target_of(std::uint32_t k) const { return SynapseCode::target(code_[k]); }

  static std::int32_t steps_since(StepIndex spike, StepIndex base) {
    const StepIndex gap = base - spike;
    return static_cast<std::int32_t>(gap < kEndless ? gap : kEndless);
  }

  void find_gaps(DendriticDelay dendritic) {
    const std::uint16_t* const code = code_;
    const std::uint32_t size = size_;
    std::int32_t* const gap = gap_.data();
    if (shared_) {
      const std::int32_t* const latest = latest_gap_.data();
      PENFIELD_INDEPENDENT_LOOP
      for (std::uint32_t k = 0; k < size; ++k)
        gap[k] = latest[SynapseCode::target(code[k])] - dendritic.of(code[k]);
    } else {
      const StepIndex* const last_spike = last_spike_;
      const StepIndex base = base_;
      PENFIELD_INDEPENDENT_LOOP
      for (std::uint32_t k = 0; k < size; ++k)
        gap[k] = steps_since(last_spike[SynapseCode::target(code[k])], base) - dendritic.of(code[k]);
    }
  }

  /// Fills the lists of all depths, and that of the synapses whose target has fired too lately (its latest
  /// spike acts after this visit) or too often.
  template <bool Flushed>
  void list_owed(DendriticDelay dendritic) {
    std::uint32_t size = 0, others = 0;
    for (std::uint32_t k = 0, end = size_; k < end; ++k) {
      const std::int32_t gap = gap_[k];
      owed_[size] = static_cast<std::uint16_t>(k);
      owed_gap_[size] = gap;
      size += (gap > 0 ? 1 : 0) & (gap <= window<Flushed>(k) ? 1 : 0);
      other_[others] = static_cast<std::uint16_t>(k);
      others += gap <= 0 ? 1 : 0;
    }
    num_others_ = others;
    list_begin_[0] = 0;
    list_begin_[1] = size;
    depth_ = 1;
    const std::uint32_t deepest = std::min(kDepth, learner_.history_capacity);
    while (depth_ < deepest && list_begin_[depth_] != list_begin_[depth_ - 1]) {
      list_begin_[depth_ + 1] = depth_ == 1 ? list_second<Flushed>(dendritic) : list_next<Flushed>(dendritic);
      ++depth_;
    }
    if (depth_ < kDepth) return;
    // There may be more than were looked at.
    for (std::uint32_t n = list_begin_[kDepth - 1]; n < list_begin_[kDepth]; ++n)
      other_[num_others_++] = owed_[n];
  }
  /// Of the synapses of the deepest list, those whose target's spike before that is owed too: behind it.
  /// gap_of(k): from that spike.
  template <bool Flushed, class GapOf>
  std::uint32_t list_deeper(GapOf&& gap_of) {
    const std::uint32_t begin = list_begin_[depth_ - 1], end = list_begin_[depth_];
    std::uint32_t size = end;
    for (std::uint32_t n = begin; n < end; ++n) {
      const std::uint32_t k = owed_[n];
      const std::int32_t gap = gap_of(k);
      owed_[size] = static_cast<std::uint16_t>(k);
      owed_gap_[size] = gap;
      size += gap <= window<Flushed>(k) ? 1 : 0;
    }
    return size;
  }
  template <bool Flushed>
  std::uint32_t list_second(DendriticDelay dendritic) {
    const std::uint16_t* const code = code_;
    if (shared_) {
      const std::int32_t* const earlier = earlier_gap_.data();
      return list_deeper<Flushed>(
          [=](std::uint32_t k) { return earlier[SynapseCode::target(code[k])] - dendritic.of(code[k]); });
    }
    const StepIndex* const earlier = earlier_spike_;
    const StepIndex base = base_;
    return list_deeper<Flushed>([=](std::uint32_t k) {
      return steps_since(earlier[SynapseCode::target(code[k])], base) - dendritic.of(code[k]);
    });
  }
  template <bool Flushed>
  std::uint32_t list_next(DendriticDelay dendritic) {
    const std::uint16_t* const code = code_;
    const std::uint32_t first_target = tile_begin(target_, tile_), back = depth_ + 1;
    const std::uint32_t* const history_count = learner_.history_count;
    const StepIndex base = base_;
    return list_deeper<Flushed>([=, this](std::uint32_t k) {
      const std::uint32_t i = first_target + SynapseCode::target(code[k]);
      const std::uint32_t count = history_count[i];
      const StepIndex spike = learner_.history_step(i, count - back);
      return steps_since(count >= back ? spike : kNeverStep, base) - dendritic.of(code[k]);
    });
  }
  /// Gaps up to which spikes of the target of synapse k are owed: see TargetHistory::owed_from.
  template <bool Flushed>
  std::int32_t window(std::uint32_t k) const {
    if constexpr (!Flushed) return window_;
    const StepIndex since = at_ - 1 - learner_.history_flushed[tile_begin(target_, tile_) + target_of(k)];
    return since < window_ ? static_cast<std::int32_t>(since) : window_;
  }

  void replay(float trace) {
    const Rule rule = learner_.rule;
    const TraceDecay pre_decay = learner_.pre_decay;
    const std::int32_t window = window_;
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
    const Rule rule = learner_.rule;
    const std::uint32_t size = size_;
    float* const weight = weight_;
    if (shared_ && !spread_) {
      const float* const trace = post_trace_.data();
      PENFIELD_INDEPENDENT_LOOP
      for (std::uint32_t k = 0; k < size; ++k)
        weight[k] = rule.at_pre_spike(weight[k], trace[SynapseCode::target(code[k])]);
    } else {
      const std::int32_t* const gap = gap_.data();
      const float* const trace = trace_;
      const TraceDecay post_decay = learner_.post_decay;
      PENFIELD_INDEPENDENT_LOOP
      for (std::uint32_t k = 0; k < size; ++k)
        weight[k] =
            rule.at_pre_spike(weight[k], trace[SynapseCode::target(code[k])] * decay(post_decay, gap[k]));
    }
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
    if (spread_) {
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
  const std::uint32_t tile_, num_targets_;
  const StepIndex *const last_spike_, *const earlier_spike_;  ///< of the tile's targets, and so below
  const float* const trace_;
  const PairLearner<Rule> learner_;

  // Of the step.
  StepIndex at_ = 0;     ///< when its presynaptic spikes act
  StepIndex base_ = 0;   ///< of targets' spikes that act then: without what DendriticDelay adds
  bool spread_ = false;  ///< dendritic delays differ
  bool shared_ = false;  ///< targets are worked out beforehand
  std::array<std::int32_t, SynapseCode::kMaxTileSize> latest_gap_, earlier_gap_;
  std::array<float, SynapseCode::kMaxTileSize> post_trace_;

  // Of the block at hand, by its synapses.
  const std::uint16_t* code_ = nullptr;
  float* weight_ = nullptr;
  std::uint32_t size_ = 0;
  std::int32_t window_ = 0;  ///< steps from the presynaptic spike before this one
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
