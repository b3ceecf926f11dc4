#pragma once
// How the drift of a pair rule depends on the weight, from the rule itself.
#include "penfield/state/network.hpp"

namespace penfield {

/// A pair rule is affine in the trace that an event sees, so that with uncorrelated spikes of rates r_pre and
/// r_post the drift at weight w is
///   r_post [p0(w) + p1(w) r_pre tau_pre] + r_pre [m0(w) + m1(w) r_post tau_post],
/// where p0, p1 (m0, m1) are what the rule adds at a postsynaptic (presynaptic) event without a trace, and by
/// a trace of 1. Its slope in w is what a leap relaxes with: correlations belong to the measured drift.
class RuleSlope {
 public:
  RuleSlope(const Network& network, const Projection& projection, double w_min, double w_max);

  /// -d drift / d weight, per second, at least 0: additive rules have none, soft bounds (A + B) / range.
  double relaxation_per_s(double weight, double source_Hz, double target_Hz) const;

 private:
  // Slopes in w of p0, p1, m0, m1 at the middles of kBins bins between the bounds.
  static constexpr int kBins = 32;
  struct Slopes {
    double post_alone = 0.0, post_trace = 0.0, pre_alone = 0.0, pre_trace = 0.0;
  };
  Slopes slopes_[kBins];
  double w_min_, range_, tau_pre_s_, tau_post_s_;
};

}  // namespace penfield
