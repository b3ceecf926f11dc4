#pragma once
// Drawn spike trains of the two sides of a synapse, and their traces as sums over all spikes.
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "penfield/base/ids.hpp"
#include "penfield/numerics/distributions.hpp"

namespace penfield::test {

inline constexpr double kDt_ms = 0.1;

/// Steps at which the two sides fire.
struct Trains {
  std::vector<StepIndex> pre, post;
};

inline Trains drawn(std::uint32_t number) {
  RandomSequence random(11, 0u, number, 0);
  Trains t;
  for (StepIndex at = 0; at < 40000; at += 1 + static_cast<StepIndex>(random.below(60))) {
    const double what = random.uniform();
    if (what < 0.2) t.pre.push_back(at);
    if (what > 0.15 && what < 0.4) t.post.push_back(at);
  }
  return t;
}

/// Calls f(step, is_pre) in order of time, presynaptic spikes first.
inline void for_each_event(const Trains& t, const std::function<void(StepIndex, bool)>& f) {
  std::size_t i = 0, j = 0;
  while (i < t.pre.size() || j < t.post.size()) {
    const bool pre = j == t.post.size() || (i < t.pre.size() && t.pre[i] <= t.post[j]);
    if (pre) {
      f(t.pre[i++], true);
    } else {
      f(t.post[j++], false);
    }
  }
}

inline double left(StepIndex gap, double tau_ms) {
  return std::exp(-static_cast<double>(gap) * kDt_ms / tau_ms);
}

/// Sum over the spikes of `train` before `at` (at `at` too, where `with` says so), each as it has decayed.
inline double trace(const std::vector<StepIndex>& train, StepIndex at, double tau_ms, bool with) {
  double sum = 0.0;
  for (const StepIndex s : train)
    if (s < at || (with && s == at)) sum += left(at - s, tau_ms);
  return sum;
}
/// The latest of them alone, 0 if there is none.
inline double nearest(const std::vector<StepIndex>& train, StepIndex at, double tau_ms, bool with) {
  double found = 0.0;
  for (const StepIndex s : train)
    if (s < at || (with && s == at)) found = left(at - s, tau_ms);
  return found;
}

}  // namespace penfield::test
