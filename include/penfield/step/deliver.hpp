#pragma once
// Phase "deliver": the owner of a tile pulls the spikes of a step and adds its own synapses' weights to the
// tile's ring. Sums are integers, so the order of spikes, rows and team members does not matter.
#include <cstdint>

#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/numerics/fixed_point.hpp"
#include "penfield/state/population.hpp"
#include "penfield/state/projection.hpp"

namespace penfield {

/// Where the input of one (population, port, tile) that arrives `delay` steps after `step` is summed.
struct RingTile {
  std::int32_t* sum;
  std::uint32_t mask;
  std::uint32_t tile_size;
  StepIndex step;

  PENFIELD_HD std::int32_t* at(std::int32_t delay, std::uint32_t target) const {
    const std::uint32_t slot = (static_cast<std::uint32_t>(step) + static_cast<std::uint32_t>(delay)) & mask;
    return sum + static_cast<std::size_t>(slot) * tile_size + target;
  }
};

PENFIELD_HD inline RingTile ring_tile(const PopulationView& target, std::uint32_t port, std::uint32_t tile,
                                      StepIndex step) {
  return {target.ring[port] + static_cast<std::size_t>(tile) * target.ring_slots * target.tile_size,
          target.ring_slots - 1, target.tile_size, step};
}

/// A tile with no more synapses than this stays in a core's second cache, where asking ahead costs more than
/// it saves.
inline constexpr std::uint32_t kNearSynapses = 1u << 17;

/// Asks for the start of the row of the spike after the next: rows lie anywhere in memory, and what follows
/// the first lines the processor fetches ahead by itself. On a GPU other warps hide that wait.
PENFIELD_HD inline void fetch_ahead(const TileSynapses& tile, const ProjectionView& projection,
                                    const std::uint32_t* neuron, std::uint32_t k, std::uint32_t size) {
#if !defined(__CUDACC__)
  constexpr std::uint32_t kAhead = 2, kLine = 32, kLines = 4;  // a line holds 32 targets
  if (k + 2 * kAhead < size) {
    const std::uint32_t s = neuron[k + 2 * kAhead];
    if (s >= tile.source_begin && s < tile.source_end)
      __builtin_prefetch(tile.offset + (s - tile.source_begin));
  }
  if (k + kAhead >= size) return;
  const std::uint32_t s = neuron[k + kAhead];
  if (s < tile.source_begin || s >= tile.source_end) return;
  const std::uint32_t begin = tile.offset[s - tile.source_begin];
  const bool fixed = tile.weight_q != nullptr && projection.uniform_weight == 0;
  for (std::uint32_t line = 0; line < kLines; ++line) {
    __builtin_prefetch(tile.target + begin + kLine * line);
    if (fixed) __builtin_prefetch(tile.weight_q + begin + kLine * line);
    if (tile.weight != nullptr) __builtin_prefetch(tile.weight + begin + kLine / 2 * line);
    if (tile.delay_extra != nullptr && line % 2 == 0)
      __builtin_prefetch(tile.delay_extra + begin + kLine * line);
  }
#else
  static_cast<void>(tile), static_cast<void>(projection), static_cast<void>(neuron), static_cast<void>(k),
      static_cast<void>(size);
#endif
}

/// Calls f(source, place, lane, lanes) for every spike of `step` whose source reaches the tile; rows are
/// shared out.
template <class Team, class F>
PENFIELD_HD inline void for_each_spike(Team& team, const PopulationView& source,
                                       const ProjectionView& projection, const TileSynapses& tile,
                                       StepIndex step, F&& f) {
  if (tile.source_begin >= tile.source_end) return;
  const bool far = tile.offset[tile.source_end - tile.source_begin] > kNearSynapses;
  const std::uint32_t first = tile.source_begin / source.tile_size;
  const std::uint32_t last = (tile.source_end - 1) / source.tile_size;
  for (std::uint32_t t = first; t <= last; ++t) {
    const std::uint32_t place = list_place(source, step, t);
    const std::size_t base = static_cast<std::size_t>(place) * source.tile_size;
    const std::uint32_t* neuron = source.list_neuron + base;
    const std::uint32_t size = source.list_size[place];
    team.for_each_row(size, [&](std::uint32_t k, std::uint32_t lane, std::uint32_t lanes) {
      if (far) fetch_ahead(tile, projection, neuron, k, size);
      const std::uint32_t s = neuron[k];
      if (s >= tile.source_begin && s < tile.source_end) f(s - tile.source_begin, base + k, lane, lanes);
    });
  }
}

/// Static synapses of one projection into one tile, spikes of `step`. Limited by the row's bytes (4 to 8 a
/// synapse) and the scattered adds into the tile's ring, which stays in the nearest cache.
template <class Team>
PENFIELD_HD inline void deliver_static(Team& team, const PopulationView& source, const PopulationView& target,
                                       const ProjectionView& projection, std::uint32_t tile_index,
                                       StepIndex step) {
  const TileSynapses tile = projection.tiles[tile_index];
  const RingTile ring = ring_tile(target, projection.port, tile_index, step);
  // Copies: the ring's integers could alias the views, and would make the compiler read these again for every
  // synapse.
  const std::int32_t min_delay = projection.min_delay;
  const std::int32_t scale_log2 = projection.scale_log2;
  const std::int32_t factor = std::int32_t{1} << projection.weight_shift;
  const std::uint16_t* const to = tile.target;
  const std::uint8_t* const extra = tile.delay_extra;
  if (projection.storage == WeightStorage::float32) {
    const float* const weight = tile.weight;
    for_each_spike(team, source, projection, tile, step,
                   [=, &team](std::uint32_t s, std::size_t, std::uint32_t lane, std::uint32_t lanes) {
                     const std::uint32_t end = tile.offset[s + 1];
                     for (std::uint32_t k = tile.offset[s] + lane; k < end; k += lanes) {
                       const std::int32_t delay = min_delay + (extra != nullptr ? extra[k] : 0);
                       team.add(ring.at(delay, to[k]), to_fixed(weight[k], scale_log2));
                     }
                   });
  } else if (projection.uniform_weight != 0) {
    const std::int32_t weight = projection.uniform_weight;
    for_each_spike(team, source, projection, tile, step,
                   [=, &team](std::uint32_t s, std::size_t, std::uint32_t lane, std::uint32_t lanes) {
                     const std::uint32_t end = tile.offset[s + 1];
                     if (extra == nullptr) {
                       std::int32_t* const sum = ring.at(min_delay, 0);
                       for (std::uint32_t k = tile.offset[s] + lane; k < end; k += lanes)
                         team.add(sum + to[k], weight);
                     } else {
                       for (std::uint32_t k = tile.offset[s] + lane; k < end; k += lanes)
                         team.add(ring.at(min_delay + extra[k], to[k]), weight);
                     }
                   });
  } else if (extra != nullptr) {
    const std::int16_t* const weight = tile.weight_q;
    for_each_spike(team, source, projection, tile, step,
                   [=, &team](std::uint32_t s, std::size_t, std::uint32_t lane, std::uint32_t lanes) {
                     const std::uint32_t end = tile.offset[s + 1];
                     for (std::uint32_t k = tile.offset[s] + lane; k < end; k += lanes)
                       team.add(ring.at(min_delay + extra[k], to[k]), weight[k] * factor);
                   });
  } else {
    const std::int16_t* const weight = tile.weight_q;
    std::int32_t* const sum = ring.at(min_delay, 0);
    for_each_spike(team, source, projection, tile, step,
                   [=, &team](std::uint32_t s, std::size_t, std::uint32_t lane, std::uint32_t lanes) {
                     const std::uint32_t end = tile.offset[s + 1];
                     for (std::uint32_t k = tile.offset[s] + lane; k < end; k += lanes)
                       team.add(sum + to[k], weight[k] * factor);
                   });
  }
}

}  // namespace penfield
