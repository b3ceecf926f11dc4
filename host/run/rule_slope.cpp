#include "host/run/rule_slope.hpp"

#include "penfield/base/error.hpp"
#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield {

namespace {

/// Changes of weight at a postsynaptic and a presynaptic event that sees a trace.
struct Changes {
  double post = 0.0, pre = 0.0;
};

Changes changes(const ProjectionView& view, double weight, double trace) {
  Changes out;
  visit_plasticity_rule(static_cast<std::uint32_t>(view.rule), [&]<class Rule>() {
    if constexpr (PairRule<Rule>) {
      const Rule rule{*static_cast<const RuleConstants<Rule>*>(view.rule_params)};
      const auto w = static_cast<float>(weight), x = static_cast<float>(trace);
      out.post = static_cast<double>(rule.at_post_spike(w, x)) - static_cast<double>(w);
      out.pre = static_cast<double>(rule.at_pre_spike(w, x)) - static_cast<double>(w);
    }
  });
  return out;
}

double size_of(double x) { return x < 0.0 ? -x : x; }

}  // namespace

RuleSlope::RuleSlope(const Network& network, const Projection& projection, double w_min, double w_max)
    : w_min_(w_min), range_(w_max - w_min) {
  const ProjectionView& view = projection.view;
  if (!is_pair_rule(view.rule))
    throw Error(ExitCode::internal, "the drift of " + projection.rule + " is no pair rule's");
  tau_pre_s_ = 1e-3 * network.populations[view.source]->trace_tau_ms[view.trace_pre[0]];
  tau_post_s_ = 1e-3 * network.populations[view.target]->trace_tau_ms[view.trace_post[0]];
  // A trace that changes the weight by a hundredth of its range is far above the rounding of floats and far
  // from the bounds.
  double trace = 1.0;
  const double middle = w_min + 0.5 * range_;
  for (int k = 0; k < 60; ++k) {
    const Changes c = changes(view, middle, trace), c0 = changes(view, middle, 0.0);
    const double most = size_of(c.post - c0.post) > size_of(c.pre - c0.pre) ? size_of(c.post - c0.post)
                                                                            : size_of(c.pre - c0.pre);
    if (most > 0.02 * range_)
      trace *= 0.5;
    else if (most < 0.005 * range_)
      trace *= 2.0;
    else
      break;
  }
  const double step = range_ / kBins;
  for (int k = 0; k < kBins; ++k) {
    // Bins next to a bound take their neighbour's inner side, so that no change is cut.
    const double at =
        clamp_weight(static_cast<float>(w_min + (k + 0.5) * step), static_cast<float>(w_min + 1.5 * step),
                     static_cast<float>(w_max - 1.5 * step));
    const Changes low0 = changes(view, at - 0.5 * step, 0.0), high0 = changes(view, at + 0.5 * step, 0.0);
    const Changes low = changes(view, at - 0.5 * step, trace), high = changes(view, at + 0.5 * step, trace);
    slopes_[k] = {
        (high0.post - low0.post) / step, (high.post - high0.post - low.post + low0.post) / (step * trace),
        (high0.pre - low0.pre) / step, (high.pre - high0.pre - low.pre + low0.pre) / (step * trace)};
  }
}

double RuleSlope::relaxation_per_s(double weight, double source_Hz, double target_Hz) const {
  const int bin = static_cast<int>((weight - w_min_) / range_ * kBins);
  const Slopes& s = slopes_[bin < 0 ? 0 : bin >= kBins ? kBins - 1 : bin];
  const double slope = target_Hz * (s.post_alone + s.post_trace * source_Hz * tau_pre_s_) +
                       source_Hz * (s.pre_alone + s.pre_trace * target_Hz * tau_post_s_);
  return slope < 0.0 ? -slope : 0.0;
}

}  // namespace penfield
