// Plasticity rules against their equations, solved here in double precision and without the rules' own
// shortcuts: triplet and nearest-neighbour sums over all pairs of spikes, calcium by small steps.
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "penfield/base/error.hpp"
#include "penfield/base/field.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/state/network.hpp"
#include "test/support/catch.hpp"

namespace penfield::test {

namespace {

constexpr double kDt_ms = 0.1;

/// Steps at which the two sides fire.
struct Trains {
  std::vector<StepIndex> pre, post;
};

Trains drawn(std::uint32_t number) {
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
void for_each_event(const Trains& t, const std::function<void(StepIndex, bool)>& f) {
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

double left(StepIndex gap, double tau_ms) { return std::exp(-static_cast<double>(gap) * kDt_ms / tau_ms); }

/// Sum over the spikes of `train` before `at` (at `at` too, where `with` says so), each as it has decayed.
double trace(const std::vector<StepIndex>& train, StepIndex at, double tau_ms, bool with) {
  double sum = 0.0;
  for (const StepIndex s : train)
    if (s < at || (with && s == at)) sum += left(at - s, tau_ms);
  return sum;
}
/// The latest of them alone, 0 if there is none.
double nearest(const std::vector<StepIndex>& train, StepIndex at, double tau_ms, bool with) {
  double found = 0.0;
  for (const StepIndex s : train)
    if (s < at || (with && s == at)) found = left(at - s, tau_ms);
  return found;
}
StepIndex since(const std::vector<StepIndex>& train, StepIndex at, bool with) {
  StepIndex found = kNoSpikeYet;
  for (const StepIndex s : train)
    if (s < at || (with && s == at)) found = at - s;
  return found;
}

/// What a rule is shown at an event.
template <class Rule>
typename Rule::Event event_of(const typename Rule::Params& p, const Trains& t, StepIndex at, bool is_pre) {
  typename Rule::Event e{};
  const auto pre_tau = Rule::pre_tau_ms(p);
  const auto post_tau = Rule::post_tau_ms(p);
  for (std::size_t q = 0; q < pre_tau.size(); ++q) {
    e.pre[q] = static_cast<float>(trace(t.pre, at, pre_tau[q], !is_pre));
    e.pre_decay[q] = static_cast<float>(nearest(t.pre, at, pre_tau[q], !is_pre));
  }
  for (std::size_t q = 0; q < post_tau.size(); ++q) {
    e.post[q] = static_cast<float>(trace(t.post, at, post_tau[q], false));
    e.post_decay[q] = static_cast<float>(nearest(t.post, at, post_tau[q], false));
  }
  e.since_pre = since(t.pre, at, !is_pre);
  e.since_post = since(t.post, at, false);
  return e;
}

/// The synapse after all events.
template <class Rule>
typename Rule::Synapse after(const Rule& rule, const typename Rule::Params& p, const Trains& t,
                             float weight) {
  typename Rule::Synapse s = rule.first_values(weight);
  bool any_pre = false;
  for_each_event(t, [&](StepIndex at, bool is_pre) {
    any_pre = any_pre || is_pre;
    if (!any_pre && !Rule::learns_alone) return;
    const auto e = event_of<Rule>(p, t, at, is_pre);
    is_pre ? rule.at_pre_spike(s, e) : rule.at_post_spike(s, e);
  });
  return s;
}

}  // namespace

TEST_CASE("triplet STDP sums over all triplets of spikes") {
  auto p = defaults<StdpTriplet::Params>();
  p.w_min = -100.0f;
  p.w_max = 100.0f;
  p.a2_plus = 0.003f;
  p.nearest = GENERATE(0.0f, 1.0f);
  const auto look = p.nearest == 0.0f ? trace : nearest;
  for (std::uint32_t number = 0; number < 20; ++number) {
    const Trains t = drawn(number);
    double w = 0.5;
    for_each_event(t, [&](StepIndex at, bool is_pre) {
      if (is_pre) {
        w -= look(t.post, at, p.tau_minus_ms, false) *
             (p.a2_minus + p.a3_minus * look(t.pre, at, p.tau_x_ms, false));
      } else {
        w += look(t.pre, at, p.tau_plus_ms, true) *
             (p.a2_plus + p.a3_plus * look(t.post, at, p.tau_y_ms, false));
      }
    });
    CHECK(after(StdpTriplet{p}, p, t, 0.5f).weight == Approx(w).epsilon(1e-4).margin(1e-4));
  }
}

TEST_CASE("nearest-neighbour STDP pairs the spikes that its scheme says") {
  auto p = defaults<StdpNearest::Params>();
  p.a_plus = 1.0f;
  p.a_minus = 100.0f;
  p.tau_plus_ms = p.tau_minus_ms = 1e4f;  // each pair counts for nearly one
  p.w_min = -1e6f;
  p.w_max = 1e6f;
  // post at 0; pre 10, 20; post 30, 40; pre 50: figure 7 of Morrison, Diesmann & Gerstner (2008).
  const Trains t{{10, 20, 50}, {0, 30, 40}};
  const auto pairs = [&](float scheme) {
    p.scheme = scheme;
    return after(StdpNearest{p}, p, t, 0.0f).weight;
  };
  CHECK(pairs(0.0f) == Approx(2.0 - 300.0).epsilon(0.001));
  CHECK(pairs(1.0f) == Approx(1.0 - 300.0).epsilon(0.001));
  CHECK(pairs(2.0f) == Approx(1.0 - 200.0).epsilon(0.001));
}

TEST_CASE("the weight dependence is the published one") {
  auto p = defaults<StdpWeightDependent::Params>();
  p.a_plus = 0.01f;
  p.a_minus = 0.02f;
  p.mu_plus = 0.3f;
  p.mu_minus = 1.7f;
  p.w_min = -1.0f;
  p.w_max = 3.0f;
  for (const float w : {-1.0f, -0.9f, 0.0f, 1.3f, 2.999f, 3.0f}) {
    const double u = (static_cast<double>(w) + 1.0) / 4.0;
    const double up = std::min(3.0, w + 0.01 * std::pow(1.0 - u, 0.3) * 0.8);
    const double down = std::max(-1.0, w - 0.02 * std::pow(u, 1.7) * 0.6);
    CHECK(StdpWeightDependent{p}.at_post_spike(w, 0.8f) == Approx(up).epsilon(1e-6).margin(1e-6));
    CHECK(StdpWeightDependent{p}.at_pre_spike(w, 0.6f) == Approx(down).epsilon(1e-6).margin(1e-6));
  }
  auto law = defaults<StdpPowerLaw::Params>();
  law.w_max = 200.0f;
  law.w_0 = 2.0f;
  const StdpPowerLaw rule{StdpPowerLaw::derive(law, kDt_ms)};
  for (const float w : {0.0f, 0.01f, 2.0f, 50.0f, 150.0f}) {
    const double up = w + 0.1 * std::pow(2.0, 0.6) * std::pow(static_cast<double>(w), 0.4) * 0.8;
    CHECK(rule.at_post_spike(w, 0.8f) == Approx(up).epsilon(1e-6));
    CHECK(rule.at_pre_spike(w, 0.6f) == Approx(w * (1.0 - 0.1 * 0.11 * 0.6)).epsilon(1e-6));
  }
}

TEST_CASE("the calcium rule solves its equation between spikes") {
  auto p = defaults<CalciumGraupner::Params>();
  p.tau_s = 20.0f;
  const CalciumGraupner rule{CalciumGraupner::derive(p, kDt_ms)};
  for (std::uint32_t number = 0; number < 10; ++number) {
    Trains t = drawn(number);
    while (!t.pre.empty() && t.pre.back() >= 15000) t.pre.pop_back();
    while (!t.post.empty() && t.post.back() >= 15000) t.post.pop_back();
    constexpr int kPieces = 200;  // of a step
    double c = 0.0, rho = 0.3;
    std::size_t i = 0, j = 0;
    const double h_ms = kDt_ms / kPieces, tau_ms = 1000.0 * p.tau_s;
    for (StepIndex step = 0; step < 16000; ++step) {
      if (i < t.pre.size() && t.pre[i] == step) c += p.c_pre, ++i;
      if (j < t.post.size() && t.post[j] == step) c += p.c_post, ++j;
      for (int k = 0; k < kPieces; ++k) {
        const double middle = c * std::exp(-0.5 * h_ms / p.tau_ca_ms);
        const double up = middle > p.theta_p ? p.gamma_p : 0.0, down = middle > p.theta_d ? p.gamma_d : 0.0;
        rho += h_ms / tau_ms * (up * (1.0 - rho) - down * rho);
        c *= std::exp(-h_ms / p.tau_ca_ms);
      }
    }
    CalciumGraupner::Synapse s = after(rule, p, t, 0.3f);
    const StepIndex last = std::max(t.pre.back(), t.post.back());
    rule.weight_later(s, {last, 16000, nullptr});
    CHECK(s.weight == Approx(rho).epsilon(2e-4).margin(2e-5));
    // How often it is looked at does not matter.
    CalciumGraupner::Synapse seen = s;
    for (StepIndex k = last; k < 16000; k += 37) rule.weight_later(seen, {last, k, nullptr});
    rule.weight_later(seen, {last, 16000, nullptr});
    CHECK(bits_from_float(seen.weight) == bits_from_float(s.weight));
  }
}

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

TEST_CASE("short-term plasticity delivers what its equations say") {
  // Resources and use by the equations in continuous time: R recovers with tau_rec, u decays with tau_fac to
  // nothing; a spike first lets u grow by U (1 - u), then uses u R.
  struct Case {
    double use, tau_rec_ms, tau_fac_ms;
  };
  for (const Case& c : {Case{0.5, 800.0, 0.0}, Case{0.02, 100.0, 1000.0}, Case{0.25, 700.0, 20.0}}) {
    auto p = defaults<TsodyksMarkram::Params>();
    p.use = static_cast<float>(c.use);
    p.tau_rec_ms = static_cast<float>(c.tau_rec_ms);
    p.tau_fac_ms = static_cast<float>(c.tau_fac_ms);
    const TsodyksMarkram rule{TsodyksMarkram::derive(p, kDt_ms)};
    TsodyksMarkram::Synapse s = rule.first_values(3.0f);
    CHECK(s.weight == 3.0f);
    double u = 0.0, r = 1.0;
    StepIndex before = -1;
    for (const StepIndex at : drawn(5).pre) {
      TsodyksMarkram::Event e{};
      e.since_pre = before < 0 ? kNoSpikeYet : at - before;
      e.pre_decay[0] = before < 0 ? 0.0f : static_cast<float>(left(at - before, c.tau_rec_ms));
      rule.at_pre_spike(s, e);
      if (before >= 0) {
        u = c.tau_fac_ms > 0.0 ? u * left(at - before, c.tau_fac_ms) : 0.0;
        r = 1.0 - (1.0 - r) * left(at - before, c.tau_rec_ms);
      }
      u += c.use * (1.0 - u);
      CHECK(s.weight == Approx(3.0 * u * r).epsilon(1e-4));
      r -= u * r;
      before = at;
    }
  }
  // A pair of spikes 50 ms apart at a depressing synapse of U 0.5 and tau_rec 800 ms: 1 - 0.5 exp(-1/16).
  const TsodyksMarkram rule{TsodyksMarkram::derive(defaults<TsodyksMarkram::Params>(), 1.0)};
  TsodyksMarkram::Synapse s = rule.first_values(1.0f);
  TsodyksMarkram::Event e{};
  e.since_pre = kNoSpikeYet;
  rule.at_pre_spike(s, e);
  const float first = s.weight;
  CHECK(first == Approx(0.5));
  e.since_pre = 50;
  e.pre_decay[0] = static_cast<float>(std::exp(-50.0 / 800.0));
  rule.at_pre_spike(s, e);
  CHECK(s.weight / first == Approx(1.0 - 0.5 * std::exp(-50.0 / 800.0)));
}

}  // namespace penfield::test
