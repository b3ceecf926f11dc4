#pragma once
// Phase "deliver" from a list of segments: the same sums and weights as deliver_static and deliver_plastic
// (penfield/step/deliver.hpp, learn.hpp), which go through spike lists one after the other. Where memory
// answers late and threads are many, that is most of the time. Here the members of a team look at a spike
// list each, and then share out the rows of all.
#include <cstdint>

#include "penfield/state/segment.hpp"
#include "penfield/step/learn.hpp"
#include "penfield/step/team.hpp"

namespace penfield {

/// The spikes that a segment waits for in `step`.
PENFIELD_HD inline RowList due_spikes(const DeliveryTables& tables, const Segment& segment, StepIndex step) {
  const StepIndex emitted = step - segment.age;
  if (emitted < 0) return {0, 0};
  const PopulationView& source = tables.populations[segment.source];
  const std::uint32_t place = list_place(source, emitted, segment.source_tile);
  return {source.list_size[place], list_base(source, place, segment.source_tile)};
}

/// First synapse of [begin, end), a piece of a row, whose delay beyond the piece's first is not below
/// `delay`.
PENFIELD_HD inline std::uint32_t first_of_delay(const TileSynapses& tile, std::uint32_t begin,
                                                std::uint32_t end, std::uint32_t delay) {
  while (begin < end) {
    const std::uint32_t middle = begin + (end - begin) / 2;
    if (SynapseCode::delay(tile.code[middle]) < delay) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

/// The synapses that a segment asks for of the row of the spike at `place` of its population's lists.
PENFIELD_HD inline RowRange due_synapses(const DeliveryTables& tables, const Segment& segment,
                                         std::uint32_t tile_index, std::size_t place) {
  const TileSynapses& tile = tables.projections[segment.projection].tiles[tile_index];
  const std::uint32_t neuron = tables.populations[segment.source].list_neuron[place];
  const std::uint32_t s = neuron - tile.source_begin;  // below it: wraps to a large number
  if (s >= tile.source_end - tile.source_begin) return {0, 0};
  const RowRange row = tile.piece(s, segment.piece);
  if (segment.delay == Segment::kEveryDelay) return row;
  return {first_of_delay(tile, row.begin, row.end, segment.delay),
          first_of_delay(tile, row.begin, row.end, segment.delay + 1u)};
}

/// A segment as it stands in a list; or of a whole piece, due with its first delay, that part of it which is
/// due `delay` steps later.
PENFIELD_HD inline Segment part_of(Segment segment, std::uint8_t delay) {
  if (delay == Segment::kEveryDelay) return segment;
  segment.age = static_cast<std::uint16_t>(segment.age + delay);
  segment.delay = delay;
  return segment;
}

/// Calls f(segment, projection, synapses, range, place, lane, lanes) for every row of a team's share that has
/// a spike and synapses due. `delay`: see part_of.
template <class Team, class F>
PENFIELD_HD inline void for_each_due_row(Team& team, const DeliveryTables& tables, const TileShare& share,
                                         StepIndex step, std::uint8_t delay, F&& f) {
  const Segment* const segments = tables.segments + share.begin;
  for_each_listed_row(
      team, share.end - share.begin,
      [&](std::uint32_t q) {
        const Segment segment = part_of(segments[q], delay);
        return due_spikes(tables, segment, step);
      },
      [&](std::uint32_t q, std::size_t place) {
        const Segment segment = part_of(segments[q], delay);
        return due_synapses(tables, segment, share.tile, place);
      },
      [&](std::uint32_t q, std::size_t place, RowRange range, std::uint32_t lane, std::uint32_t lanes) {
        const Segment segment = part_of(segments[q], delay);
        const ProjectionView& projection = tables.projections[segment.projection];
        f(segment, projection, projection.tiles[share.tile], range, place, lane, lanes);
      });
}

/// As deliver_static, of every projection in a team's share. `target`: the share's population, whose rings a
/// team may keep elsewhere than the tables say.
template <class Team>
PENFIELD_HD inline void deliver_static_listed(Team& team, const DeliveryTables& tables,
                                              const PopulationView& target, const TileShare& share,
                                              StepIndex step) {
  for_each_due_row(
      team, tables, share, step, Segment::kEveryDelay,
      [&](const Segment& segment, const ProjectionView& projection, const TileSynapses& tile, RowRange range,
          std::size_t, std::uint32_t lane, std::uint32_t lanes) {
        const RingTile ring = ring_tile(target, projection.port, share.tile, step - segment.age);
        PieceAdder(projection, tile).add(team, ring, segment.piece, range.begin, range.end, lane, lanes);
      });
}

/// As deliver_plastic, of every projection in a team's share: all carry `Rule`. `delay`: of segments of whole
/// pieces, the synapses of one delay alone.
template <class Rule, class Team>
PENFIELD_HD inline void deliver_plastic_listed(Team& team, const DeliveryTables& tables,
                                               const PopulationView& target, const TileShare& share,
                                               const FlushTimes& flush, StepIndex step,
                                               std::uint8_t delay = Segment::kEveryDelay) {
  struct Synapse {
    std::uint32_t k, code;
    float weight;
  };
  const std::uint32_t first_target = tile_begin(target, share.tile);
  for_each_due_row(team, tables, share, step, delay,
                   [&](const Segment& segment, const ProjectionView& projection, const TileSynapses& tile,
                       RowRange range, std::size_t place, std::uint32_t lane, std::uint32_t lanes) {
                     const PopulationView& source = tables.populations[segment.source];
                     const Learner<Rule> learner(source, target, projection, flush);
                     const StepIndex emitted = step - segment.age;
                     const RingTile ring = ring_tile(target, projection.port, share.tile, emitted);
                     const auto previous = learner.previous_spike(place);
                     const std::int32_t first_delay = projection.delay(segment.piece, 0),
                                        scale_log2 = projection.scale_log2;
                     const std::uint16_t* const codes = tile.code;
                     float* const weights = tile.weight;
                     for_each_ahead(
                         team, range.begin + lane, range.end, lanes,
                         [&](std::uint32_t k) {
                           return Synapse{k, codes[k], weights[k]};
                         },
                         [&](const Synapse& synapse) {
                           const std::int32_t steps =
                               first_delay + static_cast<std::int32_t>(SynapseCode::delay(synapse.code));
                           const std::uint32_t local = SynapseCode::target(synapse.code);
                           const float w = learner.visit(tile, synapse.k, synapse.weight,
                                                         first_target + local, emitted, previous, steps);
                           weights[synapse.k] = w;
                           team.add(ring.at(steps, local), to_fixed(w, scale_log2));
                         });
                   });
}

}  // namespace penfield
