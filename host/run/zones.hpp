#pragma once
// What the curves of a lesion study are made of: sums over the lost part's old territory and over control
// cortex.
#include <cstdint>
#include <vector>

#include "host/run/rewiring.hpp"
#include "host/run/study.hpp"
#include "penfield/engine/tile_rewirer.hpp"

namespace penfield {

/// Which neurons of the probed population lie where.
struct StudyZones {
  std::uint32_t population = 0;
  std::vector<std::uint8_t>
      territory;  ///< in the lost part's rectangle; without one, within 1 mm of infarcts
  std::vector<std::uint8_t> neighbour;  ///< in the part on either side; within 2 mm of infarcts
  std::vector<std::uint8_t> far;  ///< at least 3 kernel widths of new synapses from the territory along x; of
                                  ///< infarcts, in any direction
};

StudyZones make_zones(const Scenario& scenario, const Network& network, std::uint32_t population,
                      std::uint32_t lost_part);

/// Index of a part of the body by name. Throws Error(internal) if there is none (the scenario has been
/// checked).
std::uint32_t part_index(const Scenario& scenario, const std::string& name);

/// Cells that are dead lie nowhere any more. `dead` [neuron], or empty.
void leave_out(StudyZones& zones, const std::vector<std::uint8_t>& dead);

/// What the timeline forbids new synapses from a population at that time.
FormationMask formation_mask(const Scenario& scenario, const Population& population, double time_s);

/// Mean over the neurons with mask 1; 0 for none.
double mean_over(const std::vector<float>& values, const std::vector<std::uint8_t>& mask);

/// Mean inhibitory input onto the territory: over all synapses on ports that a homeostat with a negative sign
/// serves, weight times source rate at rest, times the target's gain (intracortical inhibition is measured at
/// rest: Chen et al., J Neurosci 18:3443, 1998). Unit of the port times Hz. Here and below, synapses that a
/// card alone holds are read there by `card` (Engine::rewirer()).
double inhibitory_input(const Scenario& scenario, const Network& network, const StudyZones& zones,
                        const Measures& measures, TileRewirer* card = nullptr);

/// Synapses of the rewired projection per territory cell, by where they come from.
struct InputOrigin {
  double inside_per_cell = 0.0, outside_per_cell = 0.0;
};
InputOrigin input_origin(const Network& network, std::uint32_t projection, const StudyZones& zones,
                         TileRewirer* card = nullptr);

/// Fills the rates of a step.
void describe_rates(const Measures& measures, const StudyZones& zones, StepPoint& point);

/// Mean gain of a homeostat in the territory, relative to the intact one; 1 where it is of other cells.
double gain_in_territory(const Network& network, const Homeostat& homeostat, const StudyZones& zones);

/// Fills the turnover and origin fields of a step, after Rewiring::advance().
void describe_rewiring(const Network& network, const Rewiring& rewiring, const StudyZones& zones,
                       const InputOrigin& intact, double seconds, StepPoint& point,
                       TileRewirer* card = nullptr);

}  // namespace penfield
