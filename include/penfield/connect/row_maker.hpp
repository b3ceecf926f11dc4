#pragma once
// The synapses of one projection, made a target at a time.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "penfield/base/error.hpp"
#include "penfield/connect/count_tree.hpp"
#include "penfield/connect/distance_rows.hpp"
#include "penfield/connect/edge_list.hpp"
#include "penfield/connect/listed_rows.hpp"
#include "penfield/connect/positions.hpp"
#include "penfield/connect/row_recipe.hpp"
#include "penfield/connect/rule.hpp"
#include "penfield/connect/validate.hpp"

namespace penfield {

/// Makes the incoming row of any target neuron: a pure function of (seed, projection number, target) and the
/// two populations, so that a network does not depend on its partition, the order of making, or the number of
/// threads. A synapse's ordinal is its place in its row, which is in ascending order of source.
class RowMaker {
 public:
  /// Prepares what the rule needs: a cell grid of the sources (distance rules), the counts of all targets
  /// (fixed_total_number, 4 bytes a target), or all synapses (fixed_out_degree and explicit_list, up to 8
  /// bytes each). Positions and edges are viewed and have to outlive this. Throws Error(scenario) with the
  /// text of validate() where that refuses.
  RowMaker(const ConnectRule& rule, std::uint32_t seed, std::uint32_t projection_number,
           const PopulationGeometry& source, const PopulationGeometry& target, bool same_population,
           const EdgeList* edges = nullptr)
      : rule_(rule),
        seed_(seed),
        projection_number_(projection_number),
        source_(source),
        target_(target),
        without_self_(same_population && !rule.allow_self),
        num_choices_(source.num_neurons - (without_self_ && source.num_neurons > 0 ? 1u : 0u)) {
    if (const std::optional<std::string> problem = validate(rule, source, target, same_population, edges)) {
      throw Error(ExitCode::scenario, *problem);
    }
    prepare(edges);
    set_recipe();
  }
  RowMaker(RowMaker&&) = default;  // the recipe of a copy would point into this one
  RowMaker& operator=(RowMaker&&) = default;

  std::uint32_t num_targets() const { return target_.num_neurons; }
  const ConnectRule& rule() const { return rule_; }

  /// Replaces `sources` by the sources of `target` < num_targets(), ascending; pairs that connect twice are
  /// listed twice. Safe to call from several threads. Throws Error(scenario) where a distance rule finds too
  /// few sources.
  void make_row(std::uint32_t target, std::vector<std::uint32_t>& sources) const {
    sources.clear();
    if (source_.num_neurons == 0) return;
    if (out_degree_) {
      for (const std::uint32_t source : out_degree_->row(target)) sources.push_back(source);
      return;
    }
    if (edges_) {
      for (const std::uint64_t edge : edges_->row(target)) sources.push_back(edges_->source(edge));
      return;
    }
    std::vector<std::uint32_t> set(scratch_size_.set);
    std::vector<NearDrawer::WeightedCell> cells(scratch_size_.cells);
    RandomSequence random = connect_sequence(seed_, Stream::connect_source, target, projection_number_);
    const bool whole = draw_row(recipe_, target, random, {set.data(), cells.data()},
                                [&](std::uint32_t source) { sources.push_back(source); });
    if (!draws_ascending(recipe_)) std::sort(sources.begin(), sources.end());
    if (!whole) {
      const RowRecipe::Place at = recipe_.place_of(target);
      distance_->complete(random, recipe_.near.weigh(at.x_mm, at.y_mm, cells.data()), at.x_mm, at.y_mm,
                          recipe_.excluded(target), rule_.in_degree, rule_.allow_multapses, sources);
    }
  }

  /// What the rows are drawn from, where is_drawn(rule().kind); valid as long as this and the positions.
  const RowRecipe& recipe() const { return recipe_; }

  /// The place in the EdgeList of every synapse of a row, by ordinal; for explicit_list only (else empty).
  Span<const std::uint64_t> edges_of(std::uint32_t target) const {
    return edges_ ? edges_->row(target) : Span<const std::uint64_t>();
  }

  /// The distance in mm that a synapse spans: see RowRecipe.
  double distance_mm(std::uint32_t target, std::uint32_t source) const {
    return recipe_.distance_mm(target, source);
  }

  /// The mean number of synapses of all rows over seeds: exact, save for distance_probability of large
  /// networks (an estimate from some of the targets, within a few percent; takes about 0.2 s). What the rule
  /// makes is exactly this for one_to_one, all_to_all, fixed degrees and totals, and lists.
  std::uint64_t expected_synapses() const {
    const std::uint64_t targets = source_.num_neurons == 0 ? 0 : target_.num_neurons;
    const double pairs = static_cast<double>(targets) * num_choices_;
    switch (rule_.kind) {
      case ConnectRule::Kind::one_to_one: return targets;
      case ConnectRule::Kind::all_to_all: return targets * num_choices_;
      case ConnectRule::Kind::fixed_probability:
        return static_cast<std::uint64_t>(pairs * rule_.probability + 0.5);
      case ConnectRule::Kind::fixed_in_degree:
      case ConnectRule::Kind::distance_in_degree:
      case ConnectRule::Kind::topographic: return targets * rule_.in_degree;
      case ConnectRule::Kind::fixed_out_degree:
        return targets == 0 ? 0 : std::uint64_t{source_.num_neurons} * rule_.out_degree;
      case ConnectRule::Kind::fixed_total_number: return targets == 0 ? 0 : rule_.total;
      case ConnectRule::Kind::explicit_list: return num_edges_;
      case ConnectRule::Kind::distance_probability: break;
    }
    return static_cast<std::uint64_t>(expected_by_distance() + 0.5);
  }

  /// No row is longer. Exact for all rules but fixed_probability (which may connect every pair: the bound is
  /// the number of sources) and distance_probability (the most sources within any target's cutoff). Takes a
  /// walk over the targets for distance_probability, fixed_out_degree, fixed_total_number and lists.
  std::uint32_t max_in_degree() const {
    if (source_.num_neurons == 0 || target_.num_neurons == 0) return 0;
    switch (rule_.kind) {
      case ConnectRule::Kind::one_to_one: return 1;
      case ConnectRule::Kind::all_to_all:
      case ConnectRule::Kind::fixed_probability:
        return rule_.kind == ConnectRule::Kind::fixed_probability && rule_.probability == 0.0 ? 0
                                                                                              : num_choices_;
      case ConnectRule::Kind::fixed_in_degree:
      case ConnectRule::Kind::distance_in_degree:
      case ConnectRule::Kind::topographic: return rule_.in_degree;
      default: break;
    }
    std::uint32_t longest = 0;
    for (std::uint32_t target = 0; target < target_.num_neurons; ++target) {
      const std::uint32_t length = longest_row(target);
      if (length > longest) longest = length;
    }
    return longest < num_choices_ || rule_.kind != ConnectRule::Kind::distance_probability ? longest
                                                                                           : num_choices_;
  }

 private:
  /// Kernel evaluations to spend on expected_synapses().
  static constexpr double kExpectedEvaluations = 1.6e7;

  void prepare(const EdgeList* edges) {
    switch (rule_.kind) {
      case ConnectRule::Kind::fixed_total_number:
        if (num_choices_ > 0) {
          count_ = CountTree(seed_, projection_number_, rule_.total, target_.num_neurons).counts();
        }
        count_.resize(target_.num_neurons, 0);
        return;
      case ConnectRule::Kind::fixed_out_degree:
        out_degree_.emplace(seed_, projection_number_, source_.num_neurons, target_.num_neurons,
                            rule_.out_degree, rule_.allow_multapses, without_self_);
        return;
      case ConnectRule::Kind::explicit_list:
        edges_.emplace(*edges, target_.num_neurons);
        num_edges_ = edges->size();
        return;
      case ConnectRule::Kind::distance_probability:
      case ConnectRule::Kind::distance_in_degree:
      case ConnectRule::Kind::topographic:
        distance_.emplace(source_.positions, source_.sheet, rule_.kernel);
        return;
      default: return;
    }
  }

  void set_recipe() {
    recipe_.kind = rule_.kind;
    recipe_.allow_multapses = rule_.allow_multapses;
    recipe_.without_self = without_self_;
    recipe_.maps_positions = !(source_.sheet == target_.sheet);
    recipe_.seed = seed_;
    recipe_.projection_number = projection_number_;
    recipe_.num_sources = source_.num_neurons;
    recipe_.num_targets = target_.num_neurons;
    recipe_.num_choices = num_choices_;
    recipe_.in_degree = rule_.in_degree;
    recipe_.probability = rule_.probability;
    recipe_.peak = rule_.kernel.peak;
    recipe_.source_sheet = source_.sheet;
    recipe_.target_sheet = target_.sheet;
    recipe_.count = count_.empty() ? nullptr : count_.data();
    recipe_.source_position = source_.positions.empty() ? nullptr : source_.positions.data();
    recipe_.target_position = target_.positions.empty() ? nullptr : target_.positions.data();
    if (distance_) recipe_.near = distance_->drawer();
    scratch_size_ = row_scratch_size(recipe_);
  }

  std::uint32_t longest_row(std::uint32_t target) const {
    switch (rule_.kind) {
      case ConnectRule::Kind::fixed_total_number: return count_[target];
      case ConnectRule::Kind::fixed_out_degree:
        return static_cast<std::uint32_t>(out_degree_->row(target).size());
      case ConnectRule::Kind::explicit_list: return static_cast<std::uint32_t>(edges_->row(target).size());
      default: break;
    }
    const RowRecipe::Place centre = recipe_.place_of(target);
    return distance_->candidates(centre.x_mm, centre.y_mm);
  }

  double expected_by_distance() const {
    const std::uint32_t targets = target_.num_neurons;
    if (targets == 0 || source_.num_neurons == 0) return 0.0;
    const RowRecipe::Place middle = recipe_.place_of(targets / 2);
    const double candidates = 1.0 + distance_->candidates(middle.x_mm, middle.y_mm);
    const double affordable = kExpectedEvaluations / candidates;
    const std::uint32_t sample =
        affordable >= targets
            ? targets
            : (affordable > 64.0 ? static_cast<std::uint32_t>(affordable) : std::min(targets, 64u));
    double sum = 0.0;
    double offset = 0.0;
    for (std::uint32_t i = 0; i < sample; ++i) {
      // One target of each of `sample` equal stretches; the golden ratio keeps out of step with the lattice's
      // rows.
      offset += 0.6180339887498949;
      if (offset >= 1.0) offset -= 1.0;
      const double place = (i + offset) * targets / sample;
      const std::uint32_t target =
          sample == targets ? i : std::min(static_cast<std::uint32_t>(place), targets - 1);
      const RowRecipe::Place centre = recipe_.place_of(target);
      sum += distance_->expected(centre.x_mm, centre.y_mm) - (without_self_ ? rule_.kernel.peak : 0.0);
    }
    return sum > 0.0 ? sum / sample * targets : 0.0;
  }

  ConnectRule rule_;
  std::uint32_t seed_;
  std::uint32_t projection_number_;
  PopulationGeometry source_;
  PopulationGeometry target_;
  bool without_self_;
  std::uint32_t num_choices_;         ///< sources that a target can draw
  std::uint64_t num_edges_ = 0;       ///< explicit_list
  std::vector<std::uint32_t> count_;  ///< synapses of each target; fixed_total_number
  std::optional<OutDegreeRows> out_degree_;
  std::optional<EdgeRows> edges_;
  std::optional<DistanceRows> distance_;
  RowRecipe recipe_;
  RowScratchSize scratch_size_;
};

}  // namespace penfield
