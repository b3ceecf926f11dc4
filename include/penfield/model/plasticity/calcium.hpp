#pragma once
#include <array>
#include <cmath>
#include <cstddef>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"
#include "penfield/numerics/philox.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

/// Calcium-based plasticity of Graupner & Brunel, PNAS 109:3991 (2012):
///   dc/dt = -c / tau_ca + c_pre sum delta(t - t_pre) + c_post sum delta(t - t_post)
///   tau drho/dt = -cubic rho (1 - rho) (1/2 - rho) + gamma_p (1 - rho) [c > theta_p] - gamma_d rho [c >
///   theta_d]
///                 + sigma sqrt(tau) sqrt([c > theta_p] + [c > theta_d]) eta(t),  eta: white noise
///   w = w_min + rho (w_max - w_min), rho between 0 and 1
/// Between events calcium only decays, so it lies above each threshold for the first ln(c / theta) tau_ca of
/// an interval, and rho relaxes in closed form: both fluxes, then depression alone, then nothing; with noise
/// it is normal about that, with the variance of such a process, and is drawn once an interval. The cubic
/// term, which makes efficacies go to 0 or 1 within minutes (1: the paper's; 0: none), follows over the whole
/// interval, in closed form too; taking it by turns with the rest errs by the interval over tau. It moves
/// synapses that have had no event as well. Noise of several synapses between the same two cells is one.
/// The paper's delay D of presynaptic calcium (4.6 ms in its fits) is the projection's axonal delay.
/// Postsynaptic spikes change rho also before the first presynaptic one. Defaults: the fit to visual cortical
/// slices (their table S2, in which sigma is 3.3501) without noise and cubic term; for calcium as in vivo
/// c_pre is 0.33705 and c_post 0.74378. A drug of `learning` acts on fluxes and their noise.
/// Bytes of a synapse beside the weight: 8 (calcium, efficacy; both as of the latest event).
struct CalciumGraupner {
  static constexpr const char* name = "calcium_graupner";
  static constexpr const char* meaning =
      "calcium thresholds of potentiation and depression (Graupner & Brunel 2012)";
  struct Params {
    float tau_ca_ms, c_pre, c_post, theta_d, theta_p, gamma_d, gamma_p, tau_s, sigma, cubic, w_min, w_max;
    static constexpr auto fields() {
      return std::array<Field<Params>, 12>{{
          {&Params::tau_ca_ms, "tau_ca_ms", "ms", 22.6936f, 0.0f, 10000.0f, true, "decay of calcium"},
          {&Params::c_pre, "c_pre", "", 0.5617539f, 0.0f, 1e3f, false, "calcium of a presynaptic spike"},
          {&Params::c_post, "c_post", "", 1.23964f, 0.0f, 1e3f, false, "calcium of a postsynaptic spike"},
          {&Params::theta_d, "theta_d", "", 1.0f, 0.0f, 1e3f, true, "calcium above which depression acts"},
          {&Params::theta_p, "theta_p", "", 1.3f, 0.0f, 1e3f, true, "calcium above which potentiation acts"},
          {&Params::gamma_d, "gamma_d", "", 331.909f, 0.0f, 1e6f, false, "rate of depression, in 1 / tau"},
          {&Params::gamma_p, "gamma_p", "", 725.085f, 0.0f, 1e6f, false, "rate of potentiation, in 1 / tau"},
          {&Params::tau_s, "tau_s", "s", 346.3615f, 0.0f, 1e6f, true, "time constant of the efficacy"},
          {&Params::sigma, "sigma", "", 0.0f, 0.0f, 1e3f, false, "noise of the efficacy (paper: 3.3501)"},
          {&Params::cubic, "cubic", "", 0.0f, 0.0f, 1e3f, false,
           "strength of the term that makes the efficacy bistable (paper: 1)"},
          {&Params::w_min, "w_min", "port unit", 0.0f, -1e6f, 1e6f, false, "weight at efficacy 0"},
          {&Params::w_max, "w_max", "port unit", 1.0f, -1e6f, 1e6f, false, "weight at efficacy 1"},
      }};
    }
  };
  struct Derived {
    Params p;
    float dt_ms;
    float log_theta_d, log_theta_p;
    float rate_both, rate_d;  ///< of relaxation above theta_p, and between the thresholds, 1/ms
    float rho_both;           ///< where rho goes above theta_p
    float variance_rate;      ///< of the noise of one flux, 1/ms
    float cubic_rate;         ///< at which a deviation from 0 or 1 decays, 1/ms
    NoiseKey noise;
  };
  using Event = SynapseEvent<1, 1>;
  using Synapse = SynapseValues<2>;  ///< calcium and efficacy right after the latest event
  static constexpr bool learns_alone = true, changes_unused = true, noisy = true;

  static Derived derive(const Params& p, double dt_ms) {
    const double tau_ms = 1000.0 * static_cast<double>(p.tau_s);
    const double both = static_cast<double>(p.gamma_d) + static_cast<double>(p.gamma_p);
    return {p,
            static_cast<float>(dt_ms),
            log_f(p.theta_d),
            log_f(p.theta_p),
            static_cast<float>(both / tau_ms),
            static_cast<float>(static_cast<double>(p.gamma_d) / tau_ms),
            both > 0.0 ? static_cast<float>(static_cast<double>(p.gamma_p) / both) : 0.0f,
            static_cast<float>(static_cast<double>(p.sigma) * static_cast<double>(p.sigma) / tau_ms),
            static_cast<float>(0.5 * static_cast<double>(p.cubic) / tau_ms),
            {}};
  }
  template <class Fault>
  static void check(const Params& p, Fault&& fault) {
    if (p.theta_p < p.theta_d)
      fault("theta_p",
            "it lies below theta_d: depression has to act wherever potentiation does; raise theta_p or lower "
            "theta_d");
  }

  static constexpr std::array<const char*, 1> drug_targets{kLearning};
  static void apply_drug(Derived& d, std::size_t, float gain) {
    d.rate_both *= gain;
    d.rate_d *= gain;
    d.variance_rate *= gain;
  }
  Derived d;
  static constexpr std::array<float, 1> pre_tau_ms(const Params& p) { return {p.tau_ca_ms}; }
  static constexpr std::array<float, 1> post_tau_ms(const Params& p) { return {p.tau_ca_ms}; }
  Synapse first_values(float weight) const {
    const float rho = clamp_weight((weight - d.p.w_min) / (d.p.w_max - d.p.w_min), 0.0f, 1.0f);
    return {weight_of(rho), {0.0f, rho}};
  }
  PENFIELD_HD void at_post_spike(Synapse& s, const Event& e) const { jump(s, e, d.p.c_post); }
  PENFIELD_HD void at_pre_spike(Synapse& s, const Event& e) const { jump(s, e, d.p.c_pre); }
  PENFIELD_HD void weight_later(Synapse& s, const QuietTime& time) const {
    s.weight = weight_of(efficacy(s, time));
  }

 private:
  PENFIELD_HD float weight_of(float rho) const {
    return clamp_weight(fused(rho, d.p.w_max - d.p.w_min, d.p.w_min), d.p.w_min, d.p.w_max);
  }
  PENFIELD_HD void jump(Synapse& s, const Event& e, float calcium) const {
    const bool pre_is_latest = e.since_pre < e.since_post;
    const StepIndex since = pre_is_latest ? e.since_pre : e.since_post;
    s.state[1] =
        efficacy(s, {since == kNoSpikeYet ? 0 : e.at - since, e.at, e.modulator, e.source, e.target});
    s.state[0] = fused(s.state[0], pre_is_latest ? e.pre_decay[0] : e.post_decay[0], calcium);
    s.weight = weight_of(s.state[1]);
  }
  /// The efficacy after a time in which nothing happens, which begins with the latest event.
  PENFIELD_HD float efficacy(const Synapse& s, const QuietTime& time) const {
    const float time_ms = static_cast<float>(time.end - time.begin) * d.dt_ms;
    const float rho = s.state[0] > d.p.theta_d ? moved(s, time, time_ms) : s.state[1];
    return d.cubic_rate > 0.0f ? drawn_apart(rho, time_ms) : rho;
  }
  /// By the fluxes and their noise. A look before the interval's end sees the same draw.
  PENFIELD_HD float moved(const Synapse& s, const QuietTime& time, float time_ms) const {
    const float c = s.state[0], rho = s.state[1];
    const float log_c = log_f(c);
    const float above_d = d.p.tau_ca_ms * (log_c - d.log_theta_d);
    const float above_p = c > d.p.theta_p ? d.p.tau_ca_ms * (log_c - d.log_theta_p) : 0.0f;
    const float both_ms = clamp_weight(above_p, 0.0f, time_ms);
    const float depressed_ms = clamp_weight(above_d, both_ms, time_ms) - both_ms;
    const float after_both = fused(rho - d.rho_both, exp_f(-both_ms * d.rate_both), d.rho_both);
    const float kept = exp_f(-depressed_ms * d.rate_d);
    if (!(d.variance_rate > 0.0f)) return after_both * kept;
    const float variance =
        fused(kept * kept, 2.0f * noise_of(both_ms, d.rate_both), noise_of(depressed_ms, d.rate_d));
    const RandomBlock block = philox4x32(d.noise.seed, static_cast<std::uint32_t>(Stream::plastic_noise),
                                         static_cast<std::uint64_t>(d.noise.projection) << 32 | time.target,
                                         static_cast<std::uint64_t>(time.begin), time.source);
    return fused(std::sqrt(variance), normal_f(block.word[0]), after_both * kept);
  }
  /// Variance that the noise of one flux gives in a time in which deviations decay with `rate`.
  PENFIELD_HD float noise_of(float time_ms, float rate) const {
    const float decays = 2.0f * rate * time_ms;
    return d.variance_rate * (decays > 0.0f ? time_ms * (lost(decays) / decays) : time_ms);
  }
  /// 1 - exp(-x) of x >= 0, also where that is small.
  PENFIELD_HD static float lost(float x) {
    if (x > 0.1f) return 1.0f - exp_f(-x);
    return x * (1.0f - x * (0.5f - x * (1.0f / 6.0f - x * (1.0f / 24.0f))));
  }
  /// By the cubic term: with y = 2 rho - 1, y^2 follows a logistic curve.
  PENFIELD_HD float drawn_apart(float rho, float time_ms) const {
    const float y = fused(2.0f, rho, -1.0f);
    const float left = 1.0f - (1.0f - y * y) * lost(time_ms * d.cubic_rate);
    return left > 0.0f ? fused(0.5f, y / std::sqrt(left), 0.5f) : rho;
  }
};

}  // namespace penfield
