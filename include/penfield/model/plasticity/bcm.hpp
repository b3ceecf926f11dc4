#pragma once
#include <array>
#include <cstddef>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// The rule of Bienenstock, Cooper & Munro, J Neurosci 2:32 (1982), with a sliding threshold, for spikes:
///   postsynaptic spike  w += eta x (y - theta)
///   tau_th dtheta/dt = y^2 / y0 - theta
/// x, y: traces of all earlier spikes of the source (tau_x) and the target (tau_y); one of the two factors y
/// of eta x y (y - theta) is the spike itself, as in the triplet rule, which becomes the rate rule on average
/// (Pfister & Gerstner, J Neurosci 26:9673, 2006; from there also the default tau_x and tau_y). Of a Poisson
/// target with rate r, y is r tau_y and y^2 (r tau_y)^2 + r tau_y / 2 on average; with y0 = rho0 tau_y + 1/2
/// nothing is learnt at rho0 in the long run. theta begins there, with the target's first spike. tau_th is a
/// choice of this project: an hour is to move it (it is still in hours in experiments on metaplasticity,
/// Abraham, Nat Rev Neurosci 9:387, 2008). A tau_th_s of 1e9 freezes theta. Between spikes theta + c y^2,
/// with c = 1 / (y0 (2 tau_th / tau_y - 1)), only decays with tau_th: that is what a synapse keeps, 4 bytes
/// beside the weight. A presynaptic spike changes nothing but x.
struct Bcm {
  static constexpr const char* name = "bcm";
  static constexpr const char* meaning =
      "potentiation above a threshold that slides with the target's activity (Bienenstock, Cooper & Munro "
      "1982)";
  struct Params {
    float tau_x_ms, tau_y_ms, tau_th_s, eta, rho0_Hz, w_min, w_max;
    static constexpr auto fields() {
      return std::array<Field<Params>, 7>{{
          {&Params::tau_x_ms, "tau_x_ms", "ms", 16.8f, 0.0f, 10000.0f, true, "decay of the source's trace"},
          {&Params::tau_y_ms, "tau_y_ms", "ms", 114.0f, 0.0f, 10000.0f, true, "decay of the target's trace"},
          {&Params::tau_th_s, "tau_th_s", "s", 600.0f, 0.0f, 1e9f, true,
           "time constant of the threshold; 1e9: it stays where it is"},
          {&Params::eta, "eta", "port unit", 0.001f, 0.0f, 1e6f, false,
           "change by a postsynaptic spike at traces x 1 and y 1 above the threshold"},
          {&Params::rho0_Hz, "rho0_Hz", "Hz", 5.0f, 0.0f, 1000.0f, true,
           "rate of the target at which nothing is learnt in the long run"},
          {&Params::w_min, "w_min", "port unit", 0.0f, -1e6f, 1e6f, false, "lower weight bound"},
          {&Params::w_max, "w_max", "port unit", 1.0f, -1e6f, 1e6f, false, "upper weight bound"},
      }};
    }
  };
  struct Derived {
    Params p;
    float per_step;   ///< share of tau_th that a step is
    float carries;    ///< c
    float first_sum;  ///< theta + c y^2 of a new synapse
  };
  using Event = SynapseEvent<1, 1>;
  using Synapse = SynapseValues<1>;           ///< theta + c y^2 right after the latest postsynaptic spike
  static constexpr bool learns_alone = true;  ///< every postsynaptic spike moves the threshold

  static Derived derive(const Params& p, double dt_ms) {
    const double tau_y_s = 1e-3 * static_cast<double>(p.tau_y_ms), tau_th_s = p.tau_th_s;
    const double balance = static_cast<double>(p.rho0_Hz) * tau_y_s;
    return {p, static_cast<float>(1e-3 * dt_ms / tau_th_s),
            static_cast<float>(1.0 / ((balance + 0.5) * (2.0 * tau_th_s / tau_y_s - 1.0))),
            static_cast<float>(balance)};
  }
  template <class Fault>
  static void check(const Params& p, Fault&& fault) {
    if (p.tau_th_s < 0.001f * p.tau_y_ms)
      fault("tau_th_s",
            "it is shorter than tau_y_ms: the threshold is to follow the mean of y; raise tau_th_s or lower "
            "tau_y_ms");
  }

  static constexpr std::array<const char*, 1> drug_targets{kLearning};
  static void apply_drug(Derived& d, std::size_t, float gain) { d.p.eta *= gain; }
  Derived d;
  static constexpr std::array<float, 1> pre_tau_ms(const Params& p) { return {p.tau_x_ms}; }
  static constexpr std::array<float, 1> post_tau_ms(const Params& p) { return {p.tau_y_ms}; }
  Synapse first_values(float weight) const { return {weight, {d.first_sum}}; }
  PENFIELD_HD void at_pre_spike(Synapse&, const Event&) const {}
  PENFIELD_HD void at_post_spike(Synapse& s, const Event& e) const {
    float sum = s.state[0];
    if (e.since_post < kNoSpikeYet) sum = sum * exp_f(-static_cast<float>(e.since_post) * d.per_step);
    const float y = e.post[0], theta = fused(-d.carries * y, y, sum);
    s.weight = clamp_weight(fused(d.p.eta * e.pre[0], y - theta, s.weight), d.p.w_min, d.p.w_max);
    s.state[0] = fused(d.carries, fused(2.0f, y, 1.0f), sum);  // (y + 1)^2 - y^2
  }
};

}  // namespace penfield
