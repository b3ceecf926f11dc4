#pragma once
// The own spikes of a projection's targets, as lazy plasticity reads them. For the times at a synapse see
// learn.hpp.
#include <cstdint>

#include "penfield/state/population.hpp"
#include "penfield/state/projection.hpp"

namespace penfield {

/// One trace's decay over a whole number of steps: see PopulationView::decay.
struct TraceDecay {
  const float* table;
  StepIndex length;

  PENFIELD_HD float at(StepIndex gap) const { return gap >= 0 && gap < length ? table[gap] : 0.0f; }
};

/// Copies of the few fields of the views that a visit reads, since copies of whole views would not fit into
/// the registers of a CUDA thread. Lives no longer than the views.
struct TargetHistory {
  std::uint32_t history_capacity;
  const std::uint32_t* history_count;
  const StepIndex* history_steps;
  const StepIndex* history_flushed;
  bool dendritic;
  FlushTimes flush;

  PENFIELD_HD TargetHistory(const PopulationView& t, const ProjectionView& projection, const FlushTimes& f)
      : history_capacity(t.history_capacity),
        history_count(t.history_count),
        history_steps(t.history_step),
        history_flushed(t.history_flushed),
        dendritic(projection.dendritic),
        flush(f) {}

  /// Number of the oldest entry of target `i` that its ring still holds.
  PENFIELD_HD std::uint32_t oldest_entry(std::uint32_t i) const {
    const std::uint32_t count = history_count[i];
    return count > history_capacity ? count - history_capacity : 0;
  }
  /// Newest history entry of target `i` whose event time is before `until`: the number of entries up to and
  /// with it.
  PENFIELD_HD std::uint32_t entries_before(std::uint32_t i, StepIndex until, std::int32_t shift) const {
    std::uint32_t count = history_count[i];
    const std::uint32_t oldest = count > history_capacity ? count - history_capacity : 0;
    while (count > oldest && history_step(i, count - 1) + shift >= until) --count;
    return count;
  }
  PENFIELD_HD std::size_t ring_place(std::uint32_t i, std::uint32_t entry) const {
    return static_cast<std::size_t>(i) * history_capacity + (entry & (history_capacity - 1));
  }
  PENFIELD_HD StepIndex history_step(std::uint32_t i, std::uint32_t entry) const {
    return history_steps[ring_place(i, entry)];
  }

  /// From when on target i's post events are owed to a synapse whose last presynaptic spike acted at `acted`.
  /// The first compare goes the same way for most of a row, and saves it the look-ups.
  PENFIELD_HD StepIndex owed_from(std::uint32_t i, StepIndex acted) const {
    if (flush.last < acted) return acted;
    const StepIndex flushed = history_flushed[i];
    return flushed < acted ? acted : flushed + 1;
  }
};

}  // namespace penfield
