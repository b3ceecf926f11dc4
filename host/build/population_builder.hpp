#pragma once
#include "host/build/build_network.hpp"
#include "penfield/connect/positions.hpp"

namespace penfield {

/// Neurons of one population: parameters, positions, initial state, stimuli. Rings and lists wait for the
/// delays.
std::unique_ptr<Population> build_population(const Scenario& scenario, std::uint32_t index,
                                             const BuildOptions& options);

/// Tiles small enough that a worker's share balances, large enough that segments are not too short.
std::uint32_t choose_tile_size(std::uint32_t n, const BuildOptions& options);
/// How a population's neurons lie on its sheet.
Layout layout_of(const PopulationSpec& spec);

/// The sheet of the area a population ("AREA/NAME") lies in; 1 x 1 mm if the area has none.
Sheet sheet_of(const Scenario& scenario, const std::string& population);

/// Allocates what depends on the longest delays: `max_delay` of incoming synapses, and for how many steps
/// spike lists of this population must be kept.
void allocate_rings(Population& population, std::uint32_t max_delay, std::uint32_t list_steps);

}  // namespace penfield
