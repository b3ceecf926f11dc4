#pragma once
// Spikes of a tile that another rank owns and has updated.
#include "penfield/step/update.hpp"

namespace penfield {

/// Writes the tile's spike list of `step` and books the spikes, as update_tile did on the owner's rank.
/// `neuron`: `count` ascending indices.
template <class Team>
PENFIELD_HD inline void book_remote(Team& team, const PopulationView& p, std::uint32_t tile, StepIndex step,
                                    const std::uint32_t* neuron, std::uint32_t count) {
  const std::uint32_t place = list_place(p, step, tile);
  const std::uint32_t start = next_list_start(p, step, tile);
  const std::size_t base = static_cast<std::size_t>(tile) * p.list_length + start;
  team.for_each(count, [=, &p](std::uint32_t k) { book_spike(p, neuron[k], base + k, step); });
  if (team.rank() == 0) {
    p.list_size[place] = count;
    p.list_start[place] = start;
  }
}

}  // namespace penfield
