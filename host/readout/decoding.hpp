#pragma once
// Can a downstream reader still tell the lost part from the activity of its old territory?
#include <cstdint>
#include <vector>

#include "penfield/base/span.hpp"

namespace penfield::readout {

/// Single trials: one stimulus each, spike counts of every cell.
struct Trials {
  std::uint32_t num_trials = 0, num_cells = 0;
  std::vector<std::uint32_t> label;  ///< [trial] what was stimulated (a skin site), 0 to num_labels - 1
  std::vector<float> counts;         ///< [trial * num_cells + cell] spikes
  std::vector<std::uint32_t>
      group;  ///< [label] what a correct answer has to name (the part); length num_labels
};

struct DecoderSettings {
  std::uint32_t cells = 4;   ///< read by one decoder; few, else every decoder is right
  std::uint32_t draws = 40;  ///< random subsets
  std::uint32_t folds = 0;   ///< cross-validation folds, each balanced over labels; 0: leave one trial out
  std::uint32_t seed = 1;
};

struct Decoding {
  double accuracy = 0.0;               ///< share of held-out trials whose group is named, mean over subsets
  double sd_over_draws = 0.0;          ///< standard deviation of that share over subsets
  double chance = 0.0;                 ///< accuracy of naming a label blindly, every label equally often
  std::uint32_t cells_used = 0;        ///< fewer than asked when the territory holds fewer
  std::vector<double> draw_accuracy;   ///< [draw]
  std::vector<double> group_accuracy;  ///< [group] share of the group's own trials that are named right
  std::vector<double>
      confusion;  ///< [true group * num_groups + named group] share of the true group's trials
};

/// Linear decoder: the label whose mean is nearest, squared differences divided by the variance within
/// labels, which all labels share (diagonal linear discriminant, Dudoit et al. 2002, J Am Stat Assoc 97:77).
/// A variance below 1/12, the rounding of a whole number of spikes, counts as 1/12. Means and variances come
/// from the other folds only. Subset k is drawn from `territory` (indices of cells) by (seed, k), so the same
/// subsets read every time point of a run. Throws Error(internal) for arrays that contradict each other, no
/// cells, or a label with fewer than two trials.
Decoding decode(const Trials& trials, Span<const std::uint32_t> territory, const DecoderSettings& settings);

}  // namespace penfield::readout
