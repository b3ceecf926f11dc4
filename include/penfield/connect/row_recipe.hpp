#pragma once
// The row of one target, drawn by one thread wherever that runs: the host's rows (row_maker.hpp) and those
// that a card makes are this function's.
#include <cstddef>
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/connect/index_set.hpp"
#include "penfield/connect/near_drawer.hpp"
#include "penfield/connect/rule.hpp"
#include "penfield/connect/sampling.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// What the rows of a projection are drawn from, as plain data: pointers are to arrays of the host, or of a
/// card in the copy that its kernels take.
struct RowRecipe {
  ConnectRule::Kind kind = ConnectRule::Kind::fixed_probability;
  bool allow_multapses = true;
  bool without_self = false;    ///< source and target are one population, and no neuron may pick itself
  bool maps_positions = false;  ///< targets lie on another sheet than sources
  std::uint32_t seed = 0, projection_number = 0;
  std::uint32_t num_sources = 0, num_targets = 0;
  std::uint32_t num_choices = 0;  ///< sources that a target can draw
  std::uint32_t in_degree = 0;
  double probability = 0.0;
  double peak = 0.0;  ///< distance_probability
  Sheet source_sheet, target_sheet;
  const std::uint32_t* count = nullptr;       ///< [num_targets] fixed_total_number: synapses of a target
  const Position* source_position = nullptr;  ///< [num_sources] mm, or null
  const Position* target_position = nullptr;  ///< [num_targets] mm, or null
  NearDrawer near;                            ///< rules of distance

  struct Place {
    double x_mm, y_mm;  ///< on the source's sheet
  };
  /// Where a target lies in the source's sheet: its own place on a common sheet, else scaled side by side.
  PENFIELD_HD Place place_of(std::uint32_t target) const {
    const Position at = target_position[target];
    if (!maps_positions) return {at.x_mm, at.y_mm};
    return {static_cast<double>(at.x_mm) / target_sheet.width_mm * source_sheet.width_mm,
            static_cast<double>(at.y_mm) / target_sheet.height_mm * source_sheet.height_mm};
  }
  /// The distance in mm that a synapse spans, from positions: on the common sheet, or for two sheets, on the
  /// source's from the target's mapped place. 0 where a population has no positions.
  PENFIELD_HD double distance_mm(std::uint32_t target, std::uint32_t source) const {
    if (source_position == nullptr || target_position == nullptr) return 0.0;
    const Place place = place_of(target);
    const Position at = source_position[source];
    return square_root(squared_distance_mm2(place.x_mm, place.y_mm, at.x_mm, at.y_mm, source_sheet));
  }
  PENFIELD_HD std::uint32_t excluded(std::uint32_t target) const { return without_self ? target : kNoNeuron; }
};

/// Are rows of this rule drawn, rather than listed?
inline bool is_drawn(ConnectRule::Kind kind) {
  return kind != ConnectRule::Kind::fixed_out_degree && kind != ConnectRule::Kind::explicit_list;
}

/// Memory that drawing one row takes; of unspecified contents before and after.
struct RowScratch {
  std::uint32_t* set = nullptr;              ///< [RowScratchSize::set]
  NearDrawer::WeightedCell* cell = nullptr;  ///< [RowScratchSize::cells]
};
struct RowScratchSize {
  std::size_t set = 0, cells = 0;

  std::size_t bytes() const { return set * sizeof(std::uint32_t) + cells * sizeof(NearDrawer::WeightedCell); }
};
inline RowScratchSize row_scratch_size(const RowRecipe& recipe) {
  using Kind = ConnectRule::Kind;
  const bool near = recipe.kind == Kind::distance_in_degree || recipe.kind == Kind::topographic;
  RowScratchSize size;
  if (recipe.num_sources == 0) return size;
  if (near) size.cells = recipe.near.most_cells();
  if (near && !recipe.allow_multapses) size.set = IndexSet::places_for(recipe.in_degree);
  if (recipe.kind == Kind::fixed_in_degree && !recipe.allow_multapses)
    size.set = IndexSet::places_for(distinct_set_size(recipe.num_choices, recipe.in_degree));
  return size;
}

/// Are sources drawn in ascending order? Else they have to be sorted.
PENFIELD_HD inline bool draws_ascending(const RowRecipe& recipe) {
  using Kind = ConnectRule::Kind;
  switch (recipe.kind) {
    case Kind::one_to_one:
    case Kind::all_to_all:
    case Kind::fixed_probability: return true;
    case Kind::fixed_in_degree: return !recipe.allow_multapses && recipe.in_degree > recipe.num_choices / 2;
    default: return false;
  }
}

/// Is the length of a row known before it is drawn? Then row_length says it.
PENFIELD_HD inline bool knows_length(ConnectRule::Kind kind) {
  return kind != ConnectRule::Kind::fixed_probability && kind != ConnectRule::Kind::distance_probability;
}
PENFIELD_HD inline std::uint32_t row_length(const RowRecipe& recipe, std::uint32_t target) {
  using Kind = ConnectRule::Kind;
  if (recipe.num_sources == 0) return 0;
  switch (recipe.kind) {
    case Kind::one_to_one: return 1;
    case Kind::all_to_all: return recipe.num_choices;
    case Kind::fixed_total_number: return recipe.count[target];
    default: return recipe.in_degree;
  }
}

/// Draws the row of a target: emit(source) for each synapse, in ascending order where draws_ascending() says
/// so. `random` is the row's connect_sequence. False where a rule of distance found too few sources in as
/// many tries as it allows itself: some of the row is missing then. Needs is_drawn().
template <class Emit>
PENFIELD_HD bool draw_row(const RowRecipe& recipe, std::uint32_t target, RandomSequence& random,
                          const RowScratch& scratch, Emit&& emit) {
  using Kind = ConnectRule::Kind;
  if (recipe.num_sources == 0) return true;
  // Of num_choices values to sources, in the same order.
  const auto choose = [&](std::uint32_t value) {
    emit(value + (recipe.without_self && value >= target ? 1u : 0u));
  };
  switch (recipe.kind) {
    case Kind::one_to_one: emit(target); return true;
    case Kind::all_to_all:
      for (std::uint32_t i = 0; i < recipe.num_choices; ++i) choose(i);
      return true;
    case Kind::fixed_probability:
      TrialWalker(random).run(recipe.num_choices, trial_hazard(recipe.probability), choose);
      return true;
    case Kind::fixed_in_degree:
      if (!recipe.allow_multapses) {
        IndexSet set(scratch.set, distinct_set_size(recipe.num_choices, recipe.in_degree));
        draw_distinct(random, recipe.num_choices, recipe.in_degree, set, choose);
        return true;
      }
      [[fallthrough]];
    case Kind::fixed_total_number:
      for (std::uint32_t left = row_length(recipe, target); left > 0; --left)
        choose(static_cast<std::uint32_t>(random.below(recipe.num_choices)));
      return true;
    case Kind::distance_probability: {
      const RowRecipe::Place at = recipe.place_of(target);
      recipe.near.pick_sources(random, at.x_mm, at.y_mm, recipe.peak, recipe.excluded(target), emit);
      return true;
    }
    default: break;
  }
  if (recipe.in_degree == 0) return true;
  const RowRecipe::Place at = recipe.place_of(target);
  const NearDrawer::Cells near = recipe.near.weigh(at.x_mm, at.y_mm, scratch.cell);
  if (recipe.allow_multapses)
    return recipe.near.draw_sources(random, near, at.x_mm, at.y_mm, recipe.excluded(target), recipe.in_degree,
                                    nullptr, emit);
  IndexSet different(scratch.set, recipe.in_degree);
  return recipe.near.draw_sources(random, near, at.x_mm, at.y_mm, recipe.excluded(target), recipe.in_degree,
                                  &different, emit);
}

}  // namespace penfield
