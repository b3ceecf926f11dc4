#pragma once
// Drawing sets and multisets of indices. Every function is exact in distribution and appends to `row`.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

/// The random numbers of one row (or one node of a count tree) of one projection: the entity is the row's
/// neuron within its population, the projection's number takes the place of the step.
inline RandomSequence connect_sequence(std::uint32_t seed, Stream stream, std::uint64_t entity,
                                       std::uint32_t projection_number) {
  return RandomSequence(seed, static_cast<std::uint32_t>(stream), entity, projection_number);
}

/// -log(1 - p) for p in [0, 1], to full precision for small p (infinite at 1): the hazard of a trial.
inline double trial_hazard(double p) {
  if (p >= 1.0) return std::numeric_limits<double>::infinity();
  const double q = 1.0 - p;
  // Rounding q loses the low bits of p; p / (1 - q) puts them back (Kahan; Goldberg 1991, theorem 4).
  return q == 1.0 ? p : -log_d(q) * (p / (1.0 - q));
}

/// Walks a chain of independent trials from success to success without drawing for the failures between: the
/// next success is where the summed hazard passes an exponential variate. Hazards may differ along the chain.
class TrialWalker {
 public:
  explicit TrialWalker(RandomSequence& random) : random_(random) { renew(); }

  /// Runs `num_trials` trials of one hazard; calls `success(i)` for each success, 0 <= i < num_trials,
  /// ascending.
  template <class Success>
  void run(std::uint32_t num_trials, double hazard, Success&& success) {
    if (!(hazard > 0.0)) return;
    std::uint32_t next = 0;
    while (next < num_trials) {
      const std::uint32_t left = num_trials - next;
      const double gap = remaining_ / hazard;
      if (gap >= static_cast<double>(left)) {
        remaining_ -= static_cast<double>(left) * hazard;
        return;
      }
      next += static_cast<std::uint32_t>(gap);
      success(next);
      ++next;
      renew();
    }
  }

 private:
  void renew() { remaining_ = -log_d(random_.uniform()); }

  RandomSequence& random_;
  double remaining_ = 0.0;
};

/// Each of 0..n-1 with its own chance p, ascending.
inline void sample_each(RandomSequence& random, std::uint32_t n, double p, std::vector<std::uint32_t>& row) {
  TrialWalker(random).run(n, trial_hazard(p), [&](std::uint32_t i) { row.push_back(i); });
}

/// k independent even draws from 0..n-1, sorted. Needs n >= 1 where k >= 1.
inline void sample_with_repeats(RandomSequence& random, std::uint32_t n, std::uint32_t k,
                                std::vector<std::uint32_t>& row) {
  const std::size_t begin = row.size();
  for (std::uint32_t i = 0; i < k; ++i) row.push_back(static_cast<std::uint32_t>(random.below(n)));
  std::sort(row.begin() + static_cast<std::ptrdiff_t>(begin), row.end());
}

/// Tops `row` up to k distinct values with `draw()`, which draws independently from one distribution: the
/// result is the set of the first k distinct values drawn. Drawing only the number still missing, however
/// many repeats the last round had, never overshoots, so rounds do not bias the set; and no table of n bits
/// is needed.
template <class Draw>
void draw_distinct(std::uint32_t k, std::vector<std::uint32_t>& row, Draw&& draw) {
  std::size_t sorted = 0;
  while (row.size() < k) {
    while (row.size() < k) row.push_back(draw());
    const auto middle = row.begin() + static_cast<std::ptrdiff_t>(sorted);
    std::sort(middle, row.end());
    std::inplace_merge(row.begin(), middle, row.end());
    row.erase(std::unique(row.begin(), row.end()), row.end());
    sorted = row.size();
  }
}

/// An even draw of k distinct values of 0..n-1, sorted; needs k <= n and an empty `row`.
inline void sample_distinct(RandomSequence& random, std::uint32_t n, std::uint32_t k,
                            std::vector<std::uint32_t>& row) {
  const auto draw = [&] { return static_cast<std::uint32_t>(random.below(n)); };
  if (k <= n / 2) {
    draw_distinct(k, row, draw);
    return;
  }
  // More than half: draw what is left out, so that repeats stay rare.
  std::vector<std::uint32_t> left_out;
  draw_distinct(n - k, left_out, draw);
  auto skip = left_out.begin();
  for (std::uint32_t i = 0; i < n; ++i) {
    if (skip != left_out.end() && *skip == i) {
      ++skip;
    } else {
      row.push_back(i);
    }
  }
}

/// Turns draws from n - 1 values into draws from 0..n-1 without `excluded`; keeps the order.
inline void step_over(std::uint32_t excluded, std::vector<std::uint32_t>& row) {
  for (std::uint32_t& value : row) value += value >= excluded ? 1u : 0u;
}

}  // namespace penfield
