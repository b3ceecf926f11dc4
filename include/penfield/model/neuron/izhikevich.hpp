#pragma once
// Izhikevich's simple spiking neuron.
//
//   dV/dt = 0.04 V^2 + 5 V + 140 - u + i_e + I     V in mV, t in ms; u and currents in the fit's own unit
//   du/dt = a (b V - u)                            a spike of weight w mV at time t: V += w
//   V >= V_th: spike; V = c, u += d
//
// E. M. Izhikevich, IEEE Trans. Neural Netw. 14 (2003) 1569-1572. Names and defaults: NEST izhikevich (there
// I_e in pA is added as a pure number, and so is the injected current here).
//
// V is stored relative to the parabola's vertex at -62.5 mV: with y = V + 62.5,
// dV/dt = 0.04 y^2 - 16.25 - u + i_e + I.
//
// Scheme: Kahan's linearly implicit step for quadratic fields (W. Kahan and R.-C. Li, Math. Comput. 66 (1997)
// 1089-1099): V^2 becomes V_old V_new, linear terms take the mean. Second order (measured 2.0); it follows
// the upswing through its pole, which shows as a denominator that is not positive, so nothing overflows.
// NEST's own scheme is forward Euler. Two substeps per step, as the 2003 paper's program takes for V. At
// 0.1 ms no interspike interval differs by more than one step from a double-precision Runge-Kutta solution
// reset on the same grid; at 0.5 ms and more the grid itself is too coarse, and rates were off by 4 %.
//
// Order within a step: V and u move, then what arrives is added, then the threshold test.
#include "penfield/model/neuron/concept.hpp"
#include "penfield/model/neuron/propagators.hpp"

namespace penfield {

struct Izhikevich {
  static constexpr const char* name = "izhikevich";
  static constexpr const char* meaning = "Izhikevich two-variable neuron";
  static constexpr bool stochastic = false;

  struct Params {
    float a, b, c_mV, d, v_th_mV, i_e;

    static constexpr auto fields() {
      using P = Params;
      return std::array<Field<P>, 6>{{
          {&P::a, "a", "", 0.02f, 0.0f, 10.0f, false, "rate of recovery, per ms"},
          {&P::b, "b", "", 0.2f, -10.0f, 10.0f, false, "pull of V on recovery, per mV"},
          {&P::c_mV, "c_mV", "mV", -65.0f, -200.0f, 100.0f, false, "potential after a spike"},
          {&P::d, "d", "", 8.0f, -1000.0f, 1000.0f, false, "recovery added by a spike"},
          {&P::v_th_mV, "v_th_mV", "mV", 30.0f, -62.5f, 100.0f, false, "potential that counts as a spike"},
          {&P::i_e, "i_e", "", 0.0f, -1e4f, 1e4f, false, "constant current, in the unit of the fit"},
      }};
    }
  };

  static constexpr std::array<PortInfo, 1> ports{{{"delta", "mV"}}};

  struct Derived {
    float substep_ms;
    float half_ms;  ///< half a substep
    float a_per_ms;
    float b;
    float half_implicit;  ///< half / (1 + half a): u's share in V's equation
    float implicit_u;     ///< 1 / (1 + half a)
    float coupling;       ///< half^2 a b / (1 + half a)
    float drive;          ///< -16.25 + i_e
    float theta_mV;       ///< V_th + 62.5
    float reset_mV;       ///< c + 62.5
    float d;
  };

  /// Host only. dt_ms > 0, any size.
  static Derived derive(const Params& p, double dt_ms) {
    const double theta = p.v_th_mV + kVertex_mV;
    Derived d{};
    const double h = dt_ms / kSubsteps;
    const double implicit_u = 1.0 / (1.0 + 0.5 * h * p.a);
    d.substep_ms = static_cast<float>(h);
    d.half_ms = static_cast<float>(0.5 * h);
    d.a_per_ms = p.a;
    d.b = p.b;
    d.half_implicit = static_cast<float>(0.5 * h * implicit_u);
    d.implicit_u = static_cast<float>(implicit_u);
    d.coupling = static_cast<float>(0.25 * h * h * p.a * p.b * implicit_u);
    d.drive = static_cast<float>(p.i_e - 16.25);
    d.theta_mV = static_cast<float>(theta);
    d.reset_mV = static_cast<float>(p.c_mV + kVertex_mV);
    d.d = p.d;
    return d;
  }

  struct State {
    float v_mV;  ///< relative to -62.5 mV
    float u;
  };
  static constexpr auto state =
      std::tuple{state_field(&State::v_mV, "v_m_mV", "mV", true), state_field(&State::u, "u", "")};

  static float rest_mV(const Params&) { return static_cast<float>(-kVertex_mV); }
  /// Recovery starts where it would rest at that potential.
  static State initial(const Params& p, float v_m_absolute_mV) {
    return {v_m_absolute_mV + static_cast<float>(kVertex_mV), p.b * v_m_absolute_mV};
  }

  static void check(const Params& p, const ParameterFaults& fault) {
    if (!(p.c_mV < p.v_th_mV)) {
      fault("c_mV",
            "must lie below v_th_mV, else one spike would bring on the next: lower it or raise v_th_mV");
    }
  }

  PENFIELD_HD static bool step(State& s, const Derived& d, const NeuronInput& in) {
    const float drive = d.drive + in.current_pA;
    float y = s.v_mV;
    float u = s.u;
    bool spike = false;
    for (int k = 0; k < kSubsteps; ++k) {
      const float dy = fused(0.04f * y, y, drive - u);
      const float du = d.a_per_ms * fused(d.b, y - static_cast<float>(kVertex_mV), -u);
      const float room = fused(-0.08f * d.half_ms, y, 1.0f) + d.coupling;
      const bool peaked = !(room > kLeastRoom) && dy > 0.0f;
      const float rise =
          d.substep_ms * fused(-d.half_implicit, du, dy) / (room > kLeastRoom ? room : kLeastRoom);
      const float moved = peaked ? d.theta_mV : y + rise;
      const float recovered =
          fused(d.implicit_u, fused(d.a_per_ms * d.b * d.half_ms, rise, d.substep_ms * du), u);
      u = spike ? u : (peaked ? fused(d.substep_ms, du, u) : recovered);
      y = spike ? y : moved;
      spike = spike || y >= d.theta_mV;
    }
    y += in.port[0];
    spike = spike || y >= d.theta_mV;
    s.v_mV = spike ? d.reset_mV : (y < kLowest_mV ? kLowest_mV : y);
    s.u = spike ? u + d.d : u;
    return spike;
  }

 private:
  static constexpr double kVertex_mV = 62.5;
  static constexpr int kSubsteps =
      2;  ///< as the 2003 paper's own program; a constant, so that loops vectorise
  static constexpr float kLeastRoom = 0.05f;  ///< a smaller denominator counts as the pole
  static constexpr float kLowest_mV = -1e4f;  ///< no potential goes lower, so that its square stays finite
};

}  // namespace penfield
