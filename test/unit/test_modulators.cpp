// Modulators: what pulses leave, what eligibility meets of it, and the rule that learns by it, against their
// equations in small steps and double precision.
#include <algorithm>
#include <cmath>

#include "penfield/base/error.hpp"
#include "penfield/base/field.hpp"
#include "penfield/model/plasticity/dopamine.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/state/network.hpp"
#include "test/support/catch.hpp"
#include "test/support/spike_trains.hpp"

namespace penfield::test {

namespace {

/// Pulses every so often, some close together, and what they leave.
Modulator drawn_modulator(std::uint32_t number, float baseline) {
  Modulator m;
  m.name = "m";
  m.view.tau_ms = 200.0f;
  m.view.baseline = baseline;
  m.view.dt_ms = static_cast<float>(kDt_ms);
  RandomSequence random(13, 0u, number, 0);
  for (StepIndex at = static_cast<StepIndex>(random.below(300)); at < 40000;
       at += static_cast<StepIndex>(random.below(random.uniform() < 0.3 ? 3 : 4000)))
    m.add_pulse(at, 0.1f + static_cast<float>(random.uniform()));
  m.bind();
  return m;
}

}  // namespace

TEST_CASE("what is left of a pulse, and shares that have decayed") {
  CHECK(decayed_share(0.0f) == 0.0f);
  for (const double x : {1e-7, 1e-3, 0.1, 0.2499, 0.2501, 1.0, 10.0, 200.0})
    CHECK(decayed_share(static_cast<float>(x)) ==
          Approx(-std::expm1(-static_cast<double>(static_cast<float>(x)))).epsilon(4e-7));
  Modulator m;
  m.view.tau_ms = 10.0f;
  m.view.dt_ms = 0.5f;
  m.add_pulse(4, 1.0f);
  m.add_pulse(4, 0.5f);   // both at once
  m.add_pulse(24, 2.0f);  // 10 ms later
  m.bind();
  CHECK(m.num_pulses == 2);
  CHECK(m.level[0] == Approx(1.5));
  CHECK(m.level[1] == Approx(2.0 + 1.5 * std::exp(-1.0)));
  CHECK(m.view.pulses_up_to(3) == 0);
  CHECK(m.view.pulses_up_to(4) == 1);
  CHECK(m.view.pulses_up_to(24) == 2);
  CHECK(m.view.pulses_up_to(StepIndex{1} << 50) == 2);
  CHECK_THROWS_AS(m.add_pulse(23, 1.0f), Error);
  for (StepIndex at = 25; at < 400; ++at) m.add_pulse(at, 0.01f);  // more than there was room for
  m.bind();
  CHECK(m.num_pulses == 377);
  CHECK(m.view.pulses_up_to(100) == 78);
  CHECK(m.level[1] == Approx(2.0 + 1.5 * std::exp(-1.0)));
}

TEST_CASE("eligibility meets the modulator as its equation says") {
  for (std::uint32_t number = 0; number < 10; ++number) {
    const Modulator m = drawn_modulator(number, number % 2 == 0 ? 0.0f : 0.02f);
    for (const double tau_ms : {30.0, 1000.0})
      for (const StepIndex begin : {StepIndex{0}, StepIndex{317}, StepIndex{20000}}) {
        const StepIndex end = begin + 15000;
        double sum = 0.0, phasic = 0.0;
        std::uint32_t k = 0;
        constexpr int kPieces = 20;  // of a step
        const double h_ms = kDt_ms / kPieces;
        for (StepIndex step = 0; step < end; ++step) {
          for (; k < m.num_pulses && m.step[k] == step; ++k) phasic = m.level[k];
          for (int piece = 0; piece < kPieces; ++piece) {
            const double since_ms = static_cast<double>(step - begin) * kDt_ms + (piece + 0.5) * h_ms;
            const double level = phasic * std::exp(-0.5 * h_ms / 200.0) + m.view.baseline;
            if (step >= begin) sum += h_ms * level * std::exp(-since_ms / tau_ms);
            phasic *= std::exp(-h_ms / 200.0);
          }
        }
        CHECK(eligible_level(m.view, begin, end, static_cast<float>(tau_ms)) == Approx(sum).epsilon(2e-5));
        CHECK(eligible_level(m.view, begin, begin, static_cast<float>(tau_ms)) == 0.0f);
      }
  }
}

TEST_CASE("three factors: a weight grows by what is eligible when the modulator comes") {
  auto p = defaults<StdpDopamine::Params>();
  p.tau_c_minus_ms = 400.0f;
  p.w_max = 1e5f;
  p.w_min = -1e5f;
  const StdpDopamine rule{p};
  for (std::uint32_t number = 0; number < 6; ++number) {
    const Modulator m = drawn_modulator(number, 0.01f);
    const Trains t = drawn(number);
    StdpDopamine::Synapse s = rule.first_values(1.0f);
    double c_plus = 0.0, c_minus = 0.0, w = 1.0, phasic = 0.0;
    StepIndex pre_at = -1, post_at = -1, step = 0;
    std::uint32_t k = 0;
    const auto integrate_to = [&](StepIndex at) {
      for (; step < at; ++step) {
        for (; k < m.num_pulses && m.step[k] == step; ++k) phasic = m.level[k];
        constexpr int kPieces = 10;
        const double h_ms = kDt_ms / kPieces;
        for (int piece = 0; piece < kPieces; ++piece) {
          const auto middle = [h_ms](double value, double tau_ms) {
            return value * std::exp(-0.5 * h_ms / tau_ms);
          };
          w += h_ms * 0.1 * (middle(c_plus, 1000.0) - middle(c_minus, 400.0)) *
               (middle(phasic, 200.0) + static_cast<double>(m.view.baseline));
          c_plus *= std::exp(-h_ms / 1000.0);
          c_minus *= std::exp(-h_ms / 400.0);
          phasic *= std::exp(-h_ms / 200.0);
        }
      }
    };
    for_each_event(t, [&](StepIndex at, bool pre) {
      StdpDopamine::Event e{};
      e.at = at;
      e.modulator = &m.view;
      e.since_pre = pre_at < 0 ? kNoSpikeYet : at - pre_at;
      e.since_post = post_at < 0 ? kNoSpikeYet : at - post_at;
      e.pre[0] = static_cast<float>(trace(t.pre, at, 20.0, !pre));
      e.post[0] = static_cast<float>(trace(t.post, at, 20.0, false));
      integrate_to(at);
      if (pre) {
        rule.at_pre_spike(s, e);
        c_minus += 0.15 * trace(t.post, at, 20.0, false);
        pre_at = at;
      } else if (pre_at >= 0) {
        rule.at_post_spike(s, e);
        c_plus += 0.1 * trace(t.pre, at, 20.0, true);
      }
      if (!pre) post_at = at;
    });
    integrate_to(45000);
    const StepIndex last = std::max(pre_at, post_at);
    rule.weight_later(s, {last, 45000, &m.view});
    CHECK(s.weight == Approx(w).epsilon(1e-4).margin(1e-3));
    StdpDopamine::Synapse seen = s;
    for (StepIndex at = last; at < 45000; at += 37) rule.weight_later(seen, {last, at, &m.view});
    rule.weight_later(seen, {last, 45000, &m.view});
    CHECK(bits_from_float(seen.weight) == bits_from_float(s.weight));
  }
}

}  // namespace penfield::test
