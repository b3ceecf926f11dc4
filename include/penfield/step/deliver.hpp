#pragma once
// Phase "deliver": the owner of a tile pulls the spikes of a step and adds its own synapses' weights to the tile's ring.
// Sums are integers, so the order of spikes, rows and team members does not matter.
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

/// Calls f(source, place, lane, lanes) for every spike of `step` whose source reaches the tile; rows are shared out.
template <class Team, class F>
PENFIELD_HD inline void for_each_spike(Team& team, const PopulationView& source, const TileSynapses& tile,
                                       StepIndex step, F&& f) {
  if (tile.source_begin >= tile.source_end) return;
  const std::uint32_t first = tile.source_begin / source.tile_size;
  const std::uint32_t last = (tile.source_end - 1) / source.tile_size;
  for (std::uint32_t t = first; t <= last; ++t) {
    const std::uint32_t place = list_place(source, step, t);
    const std::size_t base = static_cast<std::size_t>(place) * source.tile_size;
    const std::uint32_t* neuron = source.list_neuron + base;
    team.for_each_row(source.list_size[place], [&](std::uint32_t k, std::uint32_t lane, std::uint32_t lanes) {
      const std::uint32_t s = neuron[k];
      if (s >= tile.source_begin && s < tile.source_end) f(s - tile.source_begin, base + k, lane, lanes);
    });
  }
}

/// Static synapses of one projection into one tile, spikes of `step`.
template <class Team>
PENFIELD_HD inline void deliver_static(Team& team, const PopulationView& source, const PopulationView& target,
                                       const ProjectionView& projection, std::uint32_t tile_index, StepIndex step) {
  const TileSynapses tile = projection.tiles[tile_index];
  const RingTile ring = ring_tile(target, projection.port, tile_index, step);
  if (projection.storage == WeightStorage::float32) {
    for_each_spike(team, source, tile, step,
                   [&](std::uint32_t s, std::size_t, std::uint32_t lane, std::uint32_t lanes) {
                     const std::uint32_t end = tile.offset[s + 1];
                     for (std::uint32_t k = tile.offset[s] + lane; k < end; k += lanes) {
                       const std::int32_t extra = tile.delay_extra != nullptr ? tile.delay_extra[k] : 0;
                       team.add(ring.at(projection.min_delay + extra, tile.target[k]),
                                to_fixed(tile.weight[k], projection.scale_log2));
                     }
                   });
  } else if (tile.delay_extra != nullptr) {
    for_each_spike(team, source, tile, step,
                   [&](std::uint32_t s, std::size_t, std::uint32_t lane, std::uint32_t lanes) {
                     const std::uint32_t end = tile.offset[s + 1];
                     for (std::uint32_t k = tile.offset[s] + lane; k < end; k += lanes)
                       team.add(ring.at(projection.min_delay + tile.delay_extra[k], tile.target[k]),
                                tile.weight_q[k] * (std::int32_t{1} << projection.weight_shift));
                   });
  } else {
    std::int32_t* sum = ring.at(projection.min_delay, 0);
    for_each_spike(team, source, tile, step,
                   [&](std::uint32_t s, std::size_t, std::uint32_t lane, std::uint32_t lanes) {
                     const std::uint32_t end = tile.offset[s + 1];
                     for (std::uint32_t k = tile.offset[s] + lane; k < end; k += lanes)
                       team.add(sum + tile.target[k], tile.weight_q[k] * (std::int32_t{1} << projection.weight_shift));
                   });
  }
}

}  // namespace penfield
