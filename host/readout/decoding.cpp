#include "host/readout/decoding.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "penfield/base/error.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield::readout {
namespace {

constexpr double kVarianceOfRounding = 1.0 / 12.0;

void check(const Trials& trials, Span<const std::uint32_t> territory, const DecoderSettings& settings) {
  const auto refuse = [](const std::string& problem) {
    throw Error(ExitCode::internal, "decoder: " + problem);
  };
  if (trials.label.size() != trials.num_trials ||
      trials.counts.size() != std::size_t{trials.num_trials} * trials.num_cells) {
    refuse("labels or counts do not match the number of trials and cells");
  }
  if (territory.empty() || settings.cells == 0 || settings.draws == 0) refuse("no cells to read");
  if (settings.folds == 1) refuse("one fold leaves no trials to learn from");
  for (const std::uint32_t cell : territory) {
    if (cell >= trials.num_cells) refuse("cell " + std::to_string(cell) + " was not recorded");
  }
  std::vector<std::uint32_t> seen(trials.group.size(), 0);
  for (const std::uint32_t label : trials.label) {
    if (label >= trials.group.size()) refuse("label " + std::to_string(label) + " has no group");
    ++seen[label];
  }
  for (std::size_t label = 0; label < seen.size(); ++label) {
    if (seen[label] < 2) refuse("label " + std::to_string(label) + " has fewer than two trials");
  }
}

std::vector<std::uint32_t> folds_of(const Trials& trials, std::uint32_t folds) {
  std::vector<std::uint32_t> fold(trials.num_trials);
  std::vector<std::uint32_t> seen(trials.group.size(), 0);
  for (std::uint32_t t = 0; t < trials.num_trials; ++t) {
    fold[t] = folds == 0 ? t : seen[trials.label[t]]++ % folds;
  }
  return fold;
}

// The first `count` entries of a Fisher-Yates shuffle.
std::vector<std::uint32_t> pick(Span<const std::uint32_t> territory, std::uint32_t count, std::uint32_t seed,
                                std::uint32_t draw) {
  std::vector<std::uint32_t> cells(territory.begin(), territory.end());
  RandomSequence random(seed, Stream::decoder_pick, draw, 0);
  for (std::uint32_t k = 0; k < count; ++k) {
    std::swap(cells[k], cells[k + random.below(cells.size() - k)]);
  }
  cells.resize(count);
  return cells;
}

// Sums that the means and the shared variance follow from; trials are added and, for a held-out fold, taken
// away. Spike counts are whole numbers, so both directions are exact.
class ClassSums {
 public:
  ClassSums(std::size_t num_labels, std::size_t num_cells)
      : num_cells_(num_cells),
        count_(num_labels, 0.0),
        sum_(num_labels * num_cells, 0.0),
        squares_(num_labels * num_cells, 0.0),
        mean_(num_labels * num_cells, 0.0),
        precision_(num_cells, 0.0) {}

  void add(std::uint32_t label, const double* x, double sign) {
    count_[label] += sign;
    for (std::size_t c = 0; c < num_cells_; ++c) {
      sum_[label * num_cells_ + c] += sign * x[c];
      squares_[label * num_cells_ + c] += sign * x[c] * x[c];
    }
  }

  void learn() {
    double freedom = 0.0;
    for (const double n : count_) freedom += n - 1.0;
    for (std::size_t c = 0; c < num_cells_; ++c) {
      double within = 0.0;
      for (std::size_t k = 0; k < count_.size(); ++k) {
        const std::size_t at = k * num_cells_ + c;
        mean_[at] = sum_[at] / count_[k];
        within += squares_[at] - sum_[at] * mean_[at];
      }
      const double variance = freedom > 0.0 ? within / freedom : 0.0;
      precision_[c] = 1.0 / std::max(variance, kVarianceOfRounding);
    }
  }

  std::uint32_t nearest(const double* x) const {
    std::uint32_t best = 0;
    double best_distance = 0.0;
    for (std::uint32_t k = 0; k < count_.size(); ++k) {
      double distance = 0.0;
      for (std::size_t c = 0; c < num_cells_; ++c) {
        const double off = x[c] - mean_[k * num_cells_ + c];
        distance += off * off * precision_[c];
      }
      if (k == 0 || distance < best_distance) {
        best = k;
        best_distance = distance;
      }
    }
    return best;
  }

 private:
  std::size_t num_cells_;
  std::vector<double> count_;                 // [label]
  std::vector<double> sum_, squares_, mean_;  // [label * num_cells + cell]
  std::vector<double> precision_;             // [cell]
};

}  // namespace

Decoding decode(const Trials& trials, Span<const std::uint32_t> territory, const DecoderSettings& settings) {
  check(trials, territory, settings);
  const std::uint32_t num_groups = *std::max_element(trials.group.begin(), trials.group.end()) + 1;
  const std::vector<std::uint32_t> fold = folds_of(trials, settings.folds);
  const std::uint32_t num_folds = *std::max_element(fold.begin(), fold.end()) + 1;
  std::vector<std::vector<std::uint32_t>> members(num_folds);
  for (std::uint32_t t = 0; t < trials.num_trials; ++t) members[fold[t]].push_back(t);

  Decoding out;
  out.cells_used = std::min(settings.cells, static_cast<std::uint32_t>(territory.size()));
  out.confusion.assign(std::size_t{num_groups} * num_groups, 0.0);
  std::vector<double> x(std::size_t{trials.num_trials} * out.cells_used);  // [trial * cells_used + cell]
  for (std::uint32_t draw = 0; draw < settings.draws; ++draw) {
    const std::vector<std::uint32_t> cells = pick(territory, out.cells_used, settings.seed, draw);
    ClassSums sums(trials.group.size(), cells.size());
    for (std::uint32_t t = 0; t < trials.num_trials; ++t) {
      for (std::size_t c = 0; c < cells.size(); ++c) {
        x[t * cells.size() + c] = trials.counts[std::size_t{t} * trials.num_cells + cells[c]];
      }
      sums.add(trials.label[t], &x[t * cells.size()], 1.0);
    }
    std::uint32_t right = 0;
    for (const std::vector<std::uint32_t>& held_out : members) {
      for (const std::uint32_t t : held_out) sums.add(trials.label[t], &x[t * cells.size()], -1.0);
      sums.learn();
      for (const std::uint32_t t : held_out) {
        const std::uint32_t truth = trials.group[trials.label[t]];
        const std::uint32_t named = trials.group[sums.nearest(&x[t * cells.size()])];
        right += named == truth;
        out.confusion[std::size_t{truth} * num_groups + named] += 1.0;
      }
      for (const std::uint32_t t : held_out) sums.add(trials.label[t], &x[t * cells.size()], 1.0);
    }
    out.draw_accuracy.push_back(static_cast<double>(right) / trials.num_trials);
  }

  const double draws = settings.draws;
  for (const double accuracy : out.draw_accuracy) out.accuracy += accuracy / draws;
  double squares = 0.0;
  for (const double accuracy : out.draw_accuracy)
    squares += (accuracy - out.accuracy) * (accuracy - out.accuracy);
  if (settings.draws > 1) out.sd_over_draws = std::sqrt(squares / (draws - 1.0));

  std::vector<double> group_trials(num_groups, 0.0), group_labels(num_groups, 0.0);
  for (const std::uint32_t label : trials.label) group_trials[trials.group[label]] += 1.0;
  for (const std::uint32_t group : trials.group) group_labels[group] += 1.0;
  out.group_accuracy.assign(num_groups, 0.0);
  for (std::uint32_t g = 0; g < num_groups; ++g) {
    out.chance +=
        group_trials[g] / trials.num_trials * (group_labels[g] / static_cast<double>(trials.group.size()));
    if (!(group_trials[g] > 0.0)) continue;
    for (std::uint32_t named = 0; named < num_groups; ++named) {
      out.confusion[std::size_t{g} * num_groups + named] /= group_trials[g] * draws;
    }
    out.group_accuracy[g] = out.confusion[std::size_t{g} * num_groups + g];
  }
  return out;
}

}  // namespace penfield::readout
