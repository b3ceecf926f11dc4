#pragma once
#include <array>

#include "penfield/base/field.hpp"
#include "penfield/base/host_device.hpp"
#include "penfield/model/plasticity/concept.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// Calcium control of a synapse through its NMDA receptors: H. Z. Shouval, M. F. Bear & L. N. Cooper, PNAS
/// 99:10831 (2002), whose fast and slow components of the receptor are here GluN2A and GluN2B.
///   presynaptic spike    half of the closed receptors open: open_2a, open_2b += P0 (1 - open)
///   open = (1 - f) open_2a + f open_2b, which decay with tau_glun2a and tau_glun2b
///   dc/dt = -c / tau_ca + G open B(V) (V_Ca - V),  B(V) = 1 / (1 + [Mg] exp(-0.062 V / mV) / 3.57 mM)
///   V = V_rest + bap (0.75 exp(-t/3 ms) + 0.25 exp(-t/25 ms)), t since a spike came to the spine
///   dW/dt = eta(c) (Omega(c) - W),  w = w_min + W (w_max - w_min)
///   Omega = 0.25 + sig(c - theta_p) - 0.25 sig(c - theta_d)
///   1 / eta = 0.1 s / (1e-5 + (c/uM)^3) + 1 s
/// All calcium comes through the receptors, so their share of GluN2B sets how late a postsynaptic spike still
/// finds them open, and blocking them ends all plasticity. Parameters are the paper's, but for the decays of
/// the two kinds (50 and 300 ms: Vicini et al., J Neurophysiol 79:555, 1998; the paper has 50 and 200). Left
/// out: its EPSP of 1 mV, and the return of W to 0.25 in 2.8 h where there is no calcium.
/// Calcium and W are stepped from each event on by 0.5 to 5 ms (midpoint), until calcium is gone: some 2 to
/// 10 us a visit. Bytes of a synapse beside the weight: 20.
struct CalciumNmda {
  static constexpr const char* name = "calcium_nmda";
  static constexpr const char* meaning =
      "calcium through NMDA receptors, GluN2A and GluN2B (Shouval, Bear & Cooper 2002)";
  struct Params {
    float f_glun2b, tau_glun2a_ms, tau_glun2b_ms, mg_mM, open_share, influx, e_ca_mV, v_rest_mV, bap_mV,
        bap_fast_share, tau_bap_fast_ms, tau_bap_slow_ms, bap_delay_ms, tau_ca_ms, theta_d, theta_p, slope,
        w_min, w_max;
    static constexpr auto fields() {
      using P = Params;
      return std::array<Field<P>, 19>{{
          {&P::f_glun2b, "f_glun2b", "", 0.5f, 0.0f, 1.0f, false, "share of GluN2B in the receptors"},
          {&P::tau_glun2a_ms, "tau_glun2a_ms", "ms", 50.0f, 0.0f, 1e4f, true, "decay of GluN2A receptors"},
          {&P::tau_glun2b_ms, "tau_glun2b_ms", "ms", 300.0f, 0.0f, 1e4f, true, "decay of GluN2B receptors"},
          {&P::mg_mM, "mg_mM", "mM", 1.0f, 0.0f, 100.0f, false, "magnesium outside the cell"},
          {&P::open_share, "open_share", "", 0.5f, 0.0f, 1.0f, true,
           "share of the closed receptors that a presynaptic spike opens"},
          {&P::influx, "influx", "uM/ms/mV", 0.002f, 0.0f, 1e3f, false, "calcium through open receptors"},
          {&P::e_ca_mV, "e_ca_mV", "mV", 130.0f, -200.0f, 300.0f, false, "reversal potential of calcium"},
          {&P::v_rest_mV, "v_rest_mV", "mV", -65.0f, -200.0f, 200.0f, false,
           "potential of the spine at rest"},
          {&P::bap_mV, "bap_mV", "mV", 100.0f, 0.0f, 200.0f, false, "back-propagating spike above rest"},
          {&P::bap_fast_share, "bap_fast_share", "", 0.75f, 0.0f, 1.0f, false, "of the spike, its fast part"},
          {&P::tau_bap_fast_ms, "tau_bap_fast_ms", "ms", 3.0f, 0.0f, 1e4f, true, "decay of the fast part"},
          {&P::tau_bap_slow_ms, "tau_bap_slow_ms", "ms", 25.0f, 0.0f, 1e4f, true,
           "decay of the rest, the after-depolarisation"},
          {&P::bap_delay_ms, "bap_delay_ms", "ms", 2.0f, 0.0f, 1e3f, false, "from the soma to the spine"},
          {&P::tau_ca_ms, "tau_ca_ms", "ms", 50.0f, 0.0f, 1e4f, true, "decay of calcium"},
          {&P::theta_d, "theta_d", "uM", 0.35f, 0.0f, 1e3f, true, "calcium above which depression acts"},
          {&P::theta_p, "theta_p", "uM", 0.55f, 0.0f, 1e3f, true, "calcium above which potentiation acts"},
          {&P::slope, "slope", "1/uM", 80.0f, 0.0f, 1e4f, true, "steepness at both"},
          {&P::w_min, "w_min", "port unit", 0.0f, -1e6f, 1e6f, false, "weight at efficacy 0"},
          {&P::w_max, "w_max", "port unit", 1.0f, -1e6f, 1e6f, false, "weight at efficacy 1"},
      }};
    }
  };
  /// What happens over a substep and over half of it.
  struct Substep {
    float h_ms;
    float half_2a, half_2b, half_fast, half_slow;  ///< shares left after half of it
    float keep_ca;                                 ///< of calcium, after all of it
    float take_ca;                                 ///< calcium, uM, by an inflow of 1 uM/ms
  };
  static constexpr std::size_t kSizes = 3;  ///< 0.5, 2 and 5 ms
  struct Derived {
    Params p;
    float dt_ms;
    float influx;     ///< p.influx as drugs have it
    float speed;      ///< of W, as drugs and modulators have it
    float mg_at_0mV;  ///< [Mg] / 3.57 mM
    Substep substep[kSizes];
  };
  using Event = SynapseEvent<1, 1>;  ///< of which the times alone are read
  using Synapse =
      SynapseValues<5>;  ///< right after the latest event: calcium, W, open 2A and 2B, ms since a spike
  static constexpr bool learns_alone = false;
  static constexpr SynapseSign of = SynapseSign::excites;
  static constexpr std::array<const char*, 2> drug_targets{"NMDA", kLearning};
  static void apply_drug(Derived& d, std::size_t target, float gain) {
    (target == 0 ? d.influx : d.speed) *= gain;
  }

  static Derived derive(const Params& p, double dt_ms) {
    Derived d{p, static_cast<float>(dt_ms), p.influx, 1.0f, static_cast<float>(p.mg_mM / 3.57), {}};
    const float sizes_ms[kSizes] = {0.5f, 2.0f, 5.0f};
    for (std::size_t k = 0; k < kSizes; ++k) d.substep[k] = substep_of(p, sizes_ms[k]);
    return d;
  }
  template <class Fault>
  static void check(const Params& p, Fault&& fault) {
    if (p.theta_p < p.theta_d) fault("theta_p", "it lies below theta_d: raise it or lower theta_d");
  }

  Derived d;
  static constexpr std::array<float, 1> pre_tau_ms(const Params& p) { return {p.tau_glun2a_ms}; }
  static constexpr std::array<float, 1> post_tau_ms(const Params& p) { return {p.tau_bap_slow_ms}; }
  Synapse first_values(float weight) const {
    const float w = clamp_weight((weight - d.p.w_min) / (d.p.w_max - d.p.w_min), 0.0f, 1.0f);
    return {weight_of(w), {0.0f, w, 0.0f, 0.0f, kLongAgo_ms}};
  }
  PENFIELD_HD void at_post_spike(Synapse& s, const Event& e) const {
    pass(s, e);
    s.state[4] = 0.0f;
  }
  PENFIELD_HD void at_pre_spike(Synapse& s, const Event& e) const {
    pass(s, e);
    s.state[4] = milliseconds(e.since_post);
    const float opening = d.p.open_share * (1.0f - fused(d.p.f_glun2b, s.state[3] - s.state[2], s.state[2]));
    s.state[2] += opening;
    s.state[3] += opening;
  }
  PENFIELD_HD void weight_later(Synapse& s, const QuietTime& time) const {
    Synapse later = s;
    run(later, milliseconds(time.end - time.begin));
    s.weight = weight_of(later.state[1]);
  }

 private:
  static constexpr float kLongAgo_ms = 1e9f;
  static constexpr float kMostFinite = 3.4e38f;
  static constexpr float kLittleCalcium_uM = 0.05f, kFewOpen = 0.01f;  ///< below both W stays (1/eta: 12 min)

  PENFIELD_HD static Substep substep_of(const Params& p, float h_ms) {
    const float keep = exp_f(-h_ms / p.tau_ca_ms);
    return {h_ms,
            exp_f(-0.5f * h_ms / p.tau_glun2a_ms),
            exp_f(-0.5f * h_ms / p.tau_glun2b_ms),
            exp_f(-0.5f * h_ms / p.tau_bap_fast_ms),
            exp_f(-0.5f * h_ms / p.tau_bap_slow_ms),
            keep,
            p.tau_ca_ms * (1.0f - keep)};
  }
  PENFIELD_HD float weight_of(float w) const {
    return clamp_weight(fused(w, d.p.w_max - d.p.w_min, d.p.w_min), d.p.w_min, d.p.w_max);
  }
  PENFIELD_HD float milliseconds(StepIndex steps) const {
    const float ms = static_cast<float>(steps) * d.dt_ms;
    return ms < kLongAgo_ms ? ms : kLongAgo_ms;
  }
  /// From the latest event to this one.
  PENFIELD_HD void pass(Synapse& s, const Event& e) const {
    run(s, milliseconds(e.since_pre < e.since_post ? e.since_pre : e.since_post));
    s.weight = weight_of(s.state[1]);
  }
  /// Goes on by `end_ms` without another spike. The substeps follow from the state alone: one that is cut
  /// short by the end is the last.
  PENFIELD_HD void run(Synapse& s, float end_ms) const {
    const Params& p = d.p;
    float c = s.state[0], w = s.state[1], open_2a = s.state[2], open_2b = s.state[3];
    // Calcium that is not finite never decays, and a wait of many weeks would never end: it is left as it is,
    // to be found (host/run/watchdog.hpp).
    if (!(c + open_2a + open_2b <= kMostFinite)) return;
    float now_ms = 0.0f;
    float since_ms = s.state[4] - p.bap_delay_ms;  // since the spike came to the spine
    float fast = since_ms < 0.0f ? 1.0f : exp_f(-since_ms / p.tau_bap_fast_ms);
    float slow = since_ms < 0.0f ? 1.0f : exp_f(-since_ms / p.tau_bap_slow_ms);
    while (now_ms < end_ms) {
      const float left_ms = end_ms - now_ms;
      if (c < kLittleCalcium_uM && open_2a < kFewOpen && open_2b < kFewOpen) {
        const Substep rest = substep_of(p, left_ms);
        c *= rest.keep_ca;
        open_2a *= rest.half_2a * rest.half_2a;
        open_2b *= rest.half_2b * rest.half_2b;
        break;
      }
      const bool underway = since_ms < 0.0f;
      const std::size_t size = underway || since_ms < 12.0f ? 0 : since_ms < 60.0f ? 1 : 2;
      float h_ms = d.substep[size].h_ms;
      h_ms = underway && h_ms > -since_ms ? -since_ms : h_ms;
      h_ms = h_ms > left_ms ? left_ms : h_ms;
      const Substep x = h_ms == d.substep[size].h_ms ? d.substep[size] : substep_of(p, h_ms);
      // At the middle of the substep.
      open_2a *= x.half_2a;
      open_2b *= x.half_2b;
      if (!underway) {
        fast *= x.half_fast;
        slow *= x.half_slow;
      }
      const float spike = underway ? 0.0f : fused(p.bap_fast_share, fast - slow, slow);
      const float v_mV = fused(p.bap_mV, spike, p.v_rest_mV);
      const float unblocked = 1.0f / fused(d.mg_at_0mV, exp_f(-0.062f * v_mV), 1.0f);
      const float inflow =
          d.influx * fused(p.f_glun2b, open_2b - open_2a, open_2a) * unblocked * (p.e_ca_mV - v_mV);
      const float next = fused(c, x.keep_ca, inflow * x.take_ca);
      const float middle = 0.5f * (c + next);
      c = next > 0.0f ? next : 0.0f;
      const float change = d.speed * h_ms * 1e-3f * rate_per_s(middle);
      w = fused(omega(middle) - w, fused(-0.5f * change, change, change), w);
      // At its end.
      open_2a *= x.half_2a;
      open_2b *= x.half_2b;
      if (!underway) {
        fast *= x.half_fast;
        slow *= x.half_slow;
      }
      since_ms += h_ms;
      now_ms += h_ms;
    }
    s.state[0] = c < 1e-20f ? 0.0f : c;
    s.state[1] = w;
    s.state[2] = open_2a < 1e-20f ? 0.0f : open_2a;
    s.state[3] = open_2b < 1e-20f ? 0.0f : open_2b;
  }
  /// eta: of W towards Omega.
  PENFIELD_HD static float rate_per_s(float c) {
    const float cubed = fused(c * c, c, 1e-5f);
    return cubed / (0.1f + cubed);
  }
  PENFIELD_HD float omega(float c) const {
    return fused(-0.25f, above(c - d.p.theta_d), 0.25f) + above(c - d.p.theta_p);
  }
  PENFIELD_HD float above(float by) const { return 1.0f / (1.0f + exp_f(-d.p.slope * by)); }
};

}  // namespace penfield
