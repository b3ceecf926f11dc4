#pragma once
#include <algorithm>

#include "host/build/build_network.hpp"
#include "host/build/ring_sizes.hpp"
#include "penfield/connect/positions.hpp"

namespace penfield {

/// Neurons of one population: parameters, positions, initial state, stimuli. Rings and lists wait for the
/// delays.
std::unique_ptr<Population> build_population(const Scenario& scenario, std::uint32_t index,
                                             const BuildOptions& options);

/// Gives a population's model its constants anew, under drugs: `gains` has one for each of the model's
/// drug_targets, 1 for none.
void set_model_constants(Population& population, const Scenario& scenario, const PopulationSpec& spec,
                         const std::vector<float>& gains);

/// Tiles small enough that all threads (or a GPU's many blocks) have a share, large enough that the part of a
/// row that lies in one is not too short: two a thread were 1.3 to 1.5 times as fast as eight a population.
std::uint32_t choose_tile_size(const Scenario& scenario, std::uint32_t population,
                               const BuildOptions& options);
/// The sum of a field's bumps at a place of its sheet; with its base, the field's value there as long as
/// nothing varies it.
double bumps_at(const FieldSpec& field, double x_mm, double y_mm);
double field_at(const FieldSpec& field, double x_mm, double y_mm);

/// How a population's neurons lie on its sheet.
Layout layout_of(const PopulationSpec& spec);

/// The sheet of the area a population ("AREA/NAME") lies in; 1 x 1 mm if the area has none.
Sheet sheet_of(const Scenario& scenario, const std::string& population);

/// Allocates what depends on the delays of the projections from and to a population.
void allocate_rings(Population& population, const RingSizes& sizes);

}  // namespace penfield
