#pragma once
// Phase "deliver" of plastic synapses with axonal delays that differ, from calendars: the same visits as
// deliver_plastic (penfield/step/learn.hpp), each in the same step.
#include <cstdint>

#include "penfield/state/calendar.hpp"
#include "penfield/step/listed.hpp"

namespace penfield {

/// Enters the synapses of the pieces whose first delay is due in `step` under the days of their visits.
template <class Team>
PENFIELD_HD inline void enter_due_synapses(Team& team, const DeliveryTables& tables,
                                           const CalendarShare& mine, StepIndex step) {
  struct Synapse {
    std::uint32_t k, code;
  };
  const Calendar calendar = mine.calendar;
  const auto today = static_cast<std::uint32_t>(static_cast<std::uint64_t>(step) % calendar.days);
  for_each_due_row(team, tables, mine.share, step, Segment::kEveryDelay,
                   [&](const Segment& segment, const ProjectionView& projection, const TileSynapses& tile,
                       RowRange range, std::size_t place, std::uint32_t lane, std::uint32_t lanes) {
                     const PopulationView& source = tables.populations[segment.source];
                     const StepIndex previous = source.list_previous_step[place];
                     const float trace = source.list_previous_trace[projection.trace_pre[0]][place];
                     const StepIndex gap = previous == kNeverStep ? 0 : step - segment.age - previous;
                     const bool fits = gap >> 32 == 0;
                     const std::uint32_t piece = std::uint32_t{segment.piece} << 16;
                     const std::uint16_t* const codes = tile.code;
                     for_each_ahead(
                         team, range.begin + lane, range.end, lanes,
                         [&](std::uint32_t k) {
                           return Synapse{k, codes[k]};
                         },
                         [&](const Synapse& synapse) {
                           std::uint32_t day = today + SynapseCode::delay(synapse.code);
                           if (day >= calendar.days) day -= calendar.days;
                           if (!fits) {
                             raise_flag(calendar.incomplete + day);
                             return;
                           }
                           const std::uint32_t at = team.claim(calendar.size + day);
                           if (at < calendar.capacity)
                             calendar.entry[std::size_t{day} * calendar.capacity + at] = {
                                 synapse.k, synapse.code | piece, static_cast<std::uint32_t>(gap), trace};
                         });
                   });
}

/// The visits of `step`, `count` of them, from their day's list.
template <class Rule, class Team>
PENFIELD_HD inline void visit_entered(Team& team, const DeliveryTables& tables, const PopulationView& target,
                                      const CalendarShare& mine, const DueSynapse* entry, std::uint32_t count,
                                      const FlushTimes& flush, StepIndex step) {
  struct Visit {
    DueSynapse due;
    float weight;
  };
  const ProjectionView& projection = tables.projections[mine.projection];
  const PairLearner<Rule> learner(tables.populations[projection.source], target, projection, flush);
  const std::uint32_t first_target = tile_begin(target, mine.share.tile);
  const std::int32_t min_delay = projection.min_delay, scale_log2 = projection.scale_log2;
  float* const weights = projection.tiles[mine.share.tile].weight;
  std::int32_t* const sum = ring_tile(target, projection.port, mine.share.tile, step).at(1, 0);
  for_each_ahead(
      team, team.rank(), count, team.size(),
      [&](std::uint32_t n) {
        const DueSynapse due = entry[n];
        return Visit{due, weights[due.place]};
      },
      [&](const Visit& visit) {
        const DueSynapse& due = visit.due;
        const std::int32_t delay = min_delay + static_cast<std::int32_t>(due.code >> 16) * kPieceDelays +
                                   static_cast<std::int32_t>(SynapseCode::delay(due.code));
        const std::uint32_t local = SynapseCode::target(due.code);
        const StepIndex emitted = step + 1 - delay;
        const StepIndex previous = due.gap == 0 ? kNeverStep : emitted - due.gap;
        const float w =
            learner.visit(visit.weight, first_target + local, emitted, previous, due.trace, delay);
        weights[due.place] = w;
        team.add(sum + local, to_fixed(w, scale_log2));
      });
}

/// All visits and deliveries of a team's share that are due in `step`, if the day's list is complete; if not,
/// they are left to deliver_missed. To be called in every step: only then is a list complete.
template <class Rule, class Team>
PENFIELD_HD inline void deliver_by_calendar(Team& team, const DeliveryTables& tables,
                                            const PopulationView& target, const CalendarShare& mine,
                                            const FlushTimes& flush, StepIndex step) {
  const Calendar& calendar = mine.calendar;
  enter_due_synapses(team, tables, mine, step);
  team.barrier();
  const auto today = static_cast<std::uint32_t>(static_cast<std::uint64_t>(step) % calendar.days);
  const std::uint32_t count = calendar.size[today];
  const bool complete = calendar.incomplete[today] == 0 && count <= calendar.capacity;
  if (complete)
    visit_entered<Rule>(team, tables, target, mine, calendar.entry + std::size_t{today} * calendar.capacity,
                        count, flush, step);
  team.barrier();
  if (team.rank() == 0) {
    calendar.size[today] = calendar.incomplete[today] = 0;
    *calendar.missed = complete ? 0 : 1;
  }
  team.barrier();
}

/// What deliver_by_calendar has left out of `step`: rows are looked up at each of their delays.
template <class Rule, class Team>
PENFIELD_HD inline void deliver_missed(Team& team, const DeliveryTables& tables, const PopulationView& target,
                                       const CalendarShare& mine, const FlushTimes& flush, StepIndex step) {
  if (*mine.calendar.missed == 0) return;
  for (std::uint32_t delay = 0; delay < mine.calendar.days; ++delay)
    deliver_plastic_listed<Rule>(team, tables, target, mine.share, flush, step,
                                 static_cast<std::uint8_t>(delay));
}

}  // namespace penfield
