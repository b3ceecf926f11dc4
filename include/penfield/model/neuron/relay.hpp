#pragma once
// Relay cell: spikes at random at its summed afferent rate; stands for afferents and thalamic relays whose
// own membrane does not matter to the question.
//
//   rate = in.rate_Hz + r                 dr/dt = -r/tau_rate        a spike of weight w Hz at time t: r += w
//   P(spike in a step) = 1 - exp(-(integral of max(rate, 0) over the step))
//
// One arriving spike of weight w so adds w tau_rate / 1000 expected spikes. At most one spike in a step: at
// dt = 1 ms the rate saturates towards 1 kHz, and 100 Hz come out as 95.2. No refractoriness; a spontaneous
// rate is a stimulus. Exact for any dt up to 1 ms, r included (its mean over the step is used). Order within
// a step: the draw, then r decays and what arrives is added. tau_rate's default is a choice: of the order of
// an excitatory postsynaptic potential's decay.
#include "penfield/model/neuron/concept.hpp"
#include "penfield/model/neuron/propagators.hpp"

namespace penfield {

struct Relay {
  static constexpr const char* name = "relay";
  static constexpr const char* meaning = "relay cell: spikes at random at its afferent rate";
  static constexpr bool stochastic = true;

  struct Params {
    float tau_rate_ms;

    static constexpr auto fields() {
      return std::array<Field<Params>, 1>{{
          {&Params::tau_rate_ms, "tau_rate_ms", "ms", 5.0f, 0.0f, 1e4f, true,
           "decay of the rate that spikes add"},
      }};
    }
  };

  static constexpr std::array<PortInfo, 1> ports{{{"rate", "Hz"}}};

  struct Derived {
    float step_s;    ///< dt in seconds
    float change_r;  ///< expm1(-dt/tau_rate)
    float mean_r;    ///< mean over a step of r per Hz at its start
  };

  /// Host only. dt_ms > 0.
  static Derived derive(const Params& p, double dt_ms) {
    return {static_cast<float>(dt_ms * 1e-3), static_cast<float>(decay_change(dt_ms, p.tau_rate_ms)),
            static_cast<float>(decay_mean(dt_ms, p.tau_rate_ms))};
  }

  struct State {
    float r_Hz;
  };
  static constexpr auto state = std::tuple{state_field(&State::r_Hz, "rate_Hz", "Hz")};

  static float rest_mV(const Params&) { return 0.0f; }
  static State initial(const Params&, float) { return {0.0f}; }
  static void check(const Params&, const ParameterFaults&) {}

  PENFIELD_HD static bool step(State& s, const Derived& d, const NeuronInput& in) {
    const float expected = fused(s.r_Hz, d.mean_r, in.rate_Hz) * d.step_s;
    s.r_Hz = decayed(s.r_Hz, d.change_r) + in.port[0];
    return in.uniform < spike_probability(expected > 0.0f ? expected : 0.0f);
  }

 private:
  /// 1 - exp(-x) for x >= 0. The series (error x^6/720) where the subtraction would lose digits: at 1 Hz and
  /// 0.1 ms it would be wrong by up to 6e-4.
  PENFIELD_HD static float spike_probability(float x) {
    const float inner = fused(x, fused(x, fused(x, 1.0f / 120.0f, -1.0f / 24.0f), 1.0f / 6.0f), -0.5f);
    const float series = fused(x * x, inner, x);
    return x < 0.1f ? series : 1.0f - exp_f(-x);
  }
};

}  // namespace penfield
