#pragma once
// Drawing sets and multisets of indices. Every function is exact in distribution and appends to `row`.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "penfield/base/host_device.hpp"
#include "penfield/connect/index_set.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

/// The random numbers of one row (or one node of a count tree) of one projection: the entity is the row's
/// neuron within its population, the projection's number takes the place of the step.
PENFIELD_HD inline RandomSequence connect_sequence(std::uint32_t seed, Stream stream, std::uint64_t entity,
                                                   std::uint32_t projection_number) {
  return RandomSequence(seed, static_cast<std::uint32_t>(stream), entity, projection_number);
}

/// -log(1 - p) for p in [0, 1], to full precision for small p (infinite at 1): the hazard of a trial.
PENFIELD_HD inline double trial_hazard(double p) {
  if (p >= 1.0) return std::numeric_limits<double>::infinity();
  const double q = 1.0 - p;
  // Rounding q loses the low bits of p; p / (1 - q) puts them back (Kahan; Goldberg 1991, theorem 4).
  return q == 1.0 ? p : -log_d(q) * (p / (1.0 - q));
}

/// Walks a chain of independent trials from success to success without drawing for the failures between: the
/// next success is where the summed hazard passes an exponential variate. Hazards may differ along the chain.
class TrialWalker {
 public:
  PENFIELD_HD explicit TrialWalker(RandomSequence& random) : random_(random) { renew(); }

  /// Runs `num_trials` trials of one hazard; calls `success(i)` for each success, 0 <= i < num_trials,
  /// ascending.
  template <class Success>
  PENFIELD_HD void run(std::uint32_t num_trials, double hazard, Success&& success) {
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
  PENFIELD_HD void renew() { remaining_ = -log_d(random_.uniform()); }

  RandomSequence& random_;
  double remaining_ = 0.0;
};

/// How many indices the set of draw_distinct has to hold.
PENFIELD_HD inline std::uint32_t distinct_set_size(std::uint32_t n, std::uint32_t k) {
  return k <= n / 2 ? k : n - k;
}

/// Calls emit(i) for k distinct values of 0..n-1, drawn evenly; needs k <= n. `set` is empty and has room for
/// distinct_set_size(n, k). The first k distinct values that are drawn; where that is more than half, those
/// that are drawn are left out, so that repeats stay rare, and the others come in ascending order.
template <class Emit>
PENFIELD_HD void draw_distinct(RandomSequence& random, std::uint32_t n, std::uint32_t k, IndexSet& set,
                               Emit&& emit) {
  const bool left_out = k > n / 2;
  for (std::uint32_t missing = distinct_set_size(n, k); missing > 0;) {
    const auto value = static_cast<std::uint32_t>(random.below(n));
    if (!set.insert(value)) continue;
    --missing;
    if (!left_out) emit(value);
  }
  if (!left_out) return;
  for (std::uint32_t i = 0; i < n; ++i)
    if (!set.contains(i)) emit(i);
}

/// k independent even draws from 0..n-1, sorted. Needs n >= 1 where k >= 1.
inline void sample_with_repeats(RandomSequence& random, std::uint32_t n, std::uint32_t k,
                                std::vector<std::uint32_t>& row) {
  const std::size_t begin = row.size();
  for (std::uint32_t i = 0; i < k; ++i) row.push_back(static_cast<std::uint32_t>(random.below(n)));
  std::sort(row.begin() + static_cast<std::ptrdiff_t>(begin), row.end());
}

/// An even draw of k distinct values of 0..n-1, sorted; needs k <= n and an empty `row`.
inline void sample_distinct(RandomSequence& random, std::uint32_t n, std::uint32_t k,
                            std::vector<std::uint32_t>& row) {
  const std::uint32_t held = distinct_set_size(n, k);
  std::vector<std::uint32_t> table(IndexSet::places_for(held));
  IndexSet set(table.data(), held);
  draw_distinct(random, n, k, set, [&](std::uint32_t value) { row.push_back(value); });
  if (k <= n / 2) std::sort(row.begin(), row.end());
}

/// Turns draws from n - 1 values into draws from 0..n-1 without `excluded`; keeps the order.
inline void step_over(std::uint32_t excluded, std::vector<std::uint32_t>& row) {
  for (std::uint32_t& value : row) value += value >= excluded ? 1u : 0u;
}

}  // namespace penfield
