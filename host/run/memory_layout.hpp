#pragma once
// Sizes of the network's arrays without the network: follows host/build, and a test compares the two.
#include <memory>
#include <vector>

#include "host/build/ring_sizes.hpp"
#include "host/run/memory_plan.hpp"
#include "penfield/connect/delay.hpp"
#include "penfield/connect/row_maker.hpp"

namespace penfield {

struct PopulationLayout {
  std::uint32_t n = 0, tile_size = 1, num_tiles = 0;
  std::vector<Position> positions;
  Sheet sheet;

  std::uint64_t padded() const { return std::uint64_t{num_tiles} * tile_size; }
};

struct ProjectionLayout {
  std::string name;
  std::uint32_t source = 0, target = 0, port = 0;
  std::uint64_t synapses = 0;
  std::uint32_t min_delay = 1, max_delay = 1;
  bool plastic = false, structural = false, dendritic = false;
  bool paired = false;            ///< plastic, by a pair rule
  bool uniform = false;           ///< all weights equal
  bool delays_known = true;       ///< before the synapses are made
  std::uint32_t states = 0;       ///< floats of the plasticity rule, of one synapse
  double sources_per_tile = 0.0;  ///< span of the sources that reach one tile
  std::uint64_t place_bytes = 0;  ///< where rows begin and end, of all tiles
  std::uint64_t maker_bytes = 0;  ///< what making the rows needs beside the positions
  bool drawn = false;             ///< a card can make them
  std::uint64_t row_bytes = 0;    ///< of one row while a card draws it

  /// Of one synapse, beside its target and delay.
  std::uint64_t weight_bytes() const { return plastic || structural ? 4 : uniform ? 0 : 2; }

  ProjectionDelays delays() const {
    return {
        source,  target,   port, static_cast<std::int32_t>(min_delay), static_cast<std::int32_t>(max_delay),
        plastic, dendritic};
  }
};

/// Draws the synapses of a projection as building will.
struct RowSample {
  const RowMaker& rows;
  const DelayDrawer& delay;
  std::uint32_t seed, projection;
};

/// ProjectionLayout::place_bytes, from a few tiles; without a sample as if sources were drawn evenly.
std::uint64_t row_place_bytes(const ProjectionLayout& projection, const PopulationLayout& target,
                              const RowSample* sample);

PopulationLayout lay_out_population(const Scenario& scenario, std::uint32_t index,
                                    const BuildOptions& options);
ProjectionLayout lay_out_projection(const Scenario& scenario, std::uint32_t index,
                                    const std::vector<PopulationLayout>& populations);

void list_population(const Scenario& scenario, std::uint32_t index,
                     const std::vector<PopulationLayout>& populations,
                     const std::vector<ProjectionLayout>& projections, std::vector<MemoryLine>& out);
void list_projection(const ProjectionLayout& projection, const std::vector<PopulationLayout>& populations,
                     std::vector<MemoryLine>& out);
/// What delivery on a GPU goes by, at the most: many segments hold nothing where connections are local.
void list_segments(const ProjectionLayout& projection, const std::vector<PopulationLayout>& populations,
                   double dt_ms, std::vector<MemoryLine>& out);
/// Fills `plan.transient`, `plan.checkpoint` and `plan.results`. `on_card`: a card makes what it can.
void list_transients(const Scenario& scenario, const std::vector<PopulationLayout>& populations,
                     const std::vector<ProjectionLayout>& projections, std::uint32_t threads, bool on_card,
                     MemoryPlan& plan);

/// Does a card that makes synapses make those of this projection?
inline bool made_on_card(const ProjectionLayout& p) { return p.drawn && p.delays_known; }
/// Fills `plan.making`, `plan.rewiring` and `plan.device` for a card that makes synapses: each with what the
/// projection needs that takes most.
void list_card(const std::vector<PopulationLayout>& populations,
               const std::vector<ProjectionLayout>& projections, MemoryPlan& plan);

}  // namespace penfield
