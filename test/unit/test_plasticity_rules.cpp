// Plasticity rules against their equations, solved here in double precision and without the rules' own
// shortcuts: triplet and nearest-neighbour sums over all pairs of spikes, calcium by small steps.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "penfield/base/field.hpp"
#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/numerics/distributions.hpp"
#include "test/support/catch.hpp"
#include "test/support/spike_trains.hpp"

namespace penfield::test {

namespace {

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

namespace {

/// The NMDA rule's equations by small steps in double precision. Returns W; `peak_c` the highest calcium.
double nmda_efficacy(const CalciumNmda::Params& p, const Trains& t, double w, double until_ms,
                     double& peak_c) {
  const double h = 0.01;
  const auto steps = [&](StepIndex at) { return std::llround(static_cast<double>(at) * kDt_ms / h); };
  std::size_t i = 0, j = 0, k = 0;
  double a = 0.0, b = 0.0, c = 0.0, spiked_at = -1e9;
  peak_c = 0.0;
  for (long long n = 0; n < std::llround(until_ms / h); ++n) {
    for (; i < t.pre.size() && steps(t.pre[i]) == n; ++i) {
      const double opening = p.open_share * (1.0 - (1.0 - p.f_glun2b) * a - p.f_glun2b * b);
      a += opening;
      b += opening;
    }
    // A spike on its way replaces what the one before has left at the spine.
    for (; k < t.post.size() && steps(t.post[k]) == n; ++k) spiked_at = 1e9;
    for (; j < t.post.size() && steps(t.post[j]) + std::llround(p.bap_delay_ms / h) == n; ++j)
      if (j + 1 == k) spiked_at = static_cast<double>(n) * h;
    const double since = (static_cast<double>(n) + 0.5) * h - spiked_at;
    const double v =
        p.v_rest_mV + (since < 0.0
                           ? 0.0
                           : p.bap_mV * (p.bap_fast_share * std::exp(-since / p.tau_bap_fast_ms) +
                                         (1.0 - p.bap_fast_share) * std::exp(-since / p.tau_bap_slow_ms)));
    const double open = (1.0 - p.f_glun2b) * a + p.f_glun2b * b;
    c += h * (p.influx * open * (p.e_ca_mV - v) / (1.0 + p.mg_mM * std::exp(-0.062 * v) / 3.57) -
              c / p.tau_ca_ms);
    const auto sig = [&](double x) { return 1.0 / (1.0 + std::exp(-p.slope * x)); };
    const double omega = 0.25 + sig(c - p.theta_p) - 0.25 * sig(c - p.theta_d);
    if (c >= 0.05) w += h * 1e-3 * (omega - w) / (0.1 / (1e-5 + c * c * c) + 1.0);
    a -= h * a / p.tau_glun2a_ms;
    b -= h * b / p.tau_glun2b_ms;
    peak_c = std::max(peak_c, c);
  }
  return w;
}

/// Pairs at 1 Hz, the postsynaptic spike `lag` steps behind.
Trains pairs(int number, StepIndex lag) {
  Trains t;
  for (int k = 0; k < number; ++k) {
    t.pre.push_back(1000 + 10000 * k);
    t.post.push_back(1000 + 10000 * k + lag);
  }
  return t;
}

/// W a second after the last event.
double nmda_after(const CalciumNmda::Params& p, const Trains& t, float gain) {
  auto constants = CalciumNmda::derive(p, kDt_ms);
  CalciumNmda::apply_drug(constants, 0, gain);
  const CalciumNmda rule{constants};
  auto s = after(rule, p, t, 0.25f);
  rule.weight_later(s, {0, 10000, nullptr});
  return s.weight;
}

}  // namespace

TEST_CASE("the NMDA rule follows Shouval's equations") {
  auto p = defaults<CalciumNmda::Params>();
  double peak_c = 0.0;
  for (const float f : {0.0f, 0.2f, 0.6f, 1.0f})
    for (const StepIndex lag : {-400, -100, 50, 200, 600}) {
      CAPTURE(f, lag);
      p.f_glun2b = f;
      const Trains t = pairs(5, lag);
      const double expected = nmda_efficacy(p, t, 0.25, 6000.0, peak_c);
      CHECK(nmda_after(p, t, 1.0f) == Approx(expected).margin(2e-3));
    }
  // Irregular trains, in which receptors saturate.
  p.f_glun2b = 0.5f;
  for (std::uint32_t number = 0; number < 10; ++number) {
    Trains t;
    RandomSequence random(12, 0u, number, 0);
    for (StepIndex at = 100; at < 20000; at += 50 + static_cast<StepIndex>(random.below(400)))
      (random.uniform() < 0.5 ? t.pre : t.post).push_back(at);
    const StepIndex latest = std::max(t.pre.back(), t.post.back());
    const double expected = nmda_efficacy(p, t, 0.25, kDt_ms * static_cast<double>(latest) + 1000.0, peak_c);
    CAPTURE(number, peak_c);
    CHECK(peak_c > 0.5);
    CHECK(nmda_after(p, t, 1.0f) == Approx(expected).margin(0.01));
  }
}

TEST_CASE("the NMDA rule depresses, potentiates and learns nothing where receptors are blocked") {
  auto p = defaults<CalciumNmda::Params>();
  const Trains soon = pairs(20, 50), late = pairs(20, 700);
  Trains alone = pairs(20, 50);
  alone.post.clear();
  const double potentiated = nmda_after(p, soon, 1.0f) - 0.25;
  CHECK(potentiated > 0.1);
  CHECK(nmda_after(p, late, 1.0f) < 0.24);
  CHECK(nmda_after(p, alone, 1.0f) == Approx(0.25).margin(1e-3));
  CHECK(std::fabs(nmda_after(p, soon, 0.1f) - 0.25) < 0.1 * potentiated);
  // More magnesium blocks as well, all receptors as they rest.
  p.mg_mM = 100.0f;
  CHECK(std::fabs(nmda_after(p, soon, 1.0f) - 0.25) < 0.1 * potentiated);
}

TEST_CASE("a wait of years ends, also where the NMDA rule's state is not finite, which stays to be found") {
  const auto p = defaults<CalciumNmda::Params>();
  const CalciumNmda rule{CalciumNmda::derive(p, kDt_ms)};
  const StepIndex years = StepIndex{1} << 41;
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    for (const int q : {0, 2, 3}) {
      CAPTURE(bad, q);
      auto s = rule.first_values(0.25f);
      s.state[q] = bad;
      rule.weight_later(s, {0, years, nullptr});
      CalciumNmda::Event e{};
      e.since_pre = e.since_post = years;
      rule.at_post_spike(s, e);
      CHECK_FALSE(std::isfinite(s.state[q]));
    }
}

TEST_CASE("how often the NMDA rule's weight is looked at does not matter") {
  const auto p = defaults<CalciumNmda::Params>();
  const CalciumNmda rule{CalciumNmda::derive(p, kDt_ms)};
  const Trains t = pairs(3, 100);
  auto s = rule.first_values(0.25f), looked_at = s;
  bool any_pre = false;
  for_each_event(t, [&](StepIndex at, bool is_pre) {
    any_pre = any_pre || is_pre;
    const auto e = event_of<CalciumNmda>(p, t, at, is_pre);
    for (auto* x : {&s, &looked_at}) is_pre ? rule.at_pre_spike(*x, e) : rule.at_post_spike(*x, e);
    for (const StepIndex later : {1, 7, 300}) rule.weight_later(looked_at, {0, later, nullptr});
  });
  for (int q = 0; q < 5; ++q) CHECK(s.state[q] == looked_at.state[q]);
  rule.weight_later(s, {0, 5000, nullptr});
  rule.weight_later(looked_at, {0, 5000, nullptr});
  CHECK(s.weight == looked_at.weight);
  CHECK(s.weight != 0.25f);
}

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
  auto single = defaults<StdpSingleSpikes::Params>();
  single.a_plus = 0.01f;
  single.a_minus = 0.02f;
  single.w_min = -1.0f;
  single.w_max = 3.0f;
  for (const float alone : {-0.003f, 0.004f}) {
    single.a_pre = alone;
    single.a_post = -alone;
    for (const float w : {-1.0f, 0.0f, 1.3f, 3.0f}) {
      const double u = (static_cast<double>(w) + 1.0) / 4.0;
      const double lowers = -std::fabs(alone) * u, raises = std::fabs(alone) * (1.0 - u);
      const double pre = alone < 0.0f ? lowers : raises, post = alone < 0.0f ? raises : lowers;
      const double up = std::clamp(w + post + 0.01 * (1.0 - u) * 0.8, -1.0, 3.0);
      const double down = std::clamp(w + pre - 0.02 * u * 0.6, -1.0, 3.0);
      CHECK(StdpSingleSpikes{single}.at_post_spike(w, 0.8f) == Approx(up).epsilon(1e-6).margin(1e-6));
      CHECK(StdpSingleSpikes{single}.at_pre_spike(w, 0.6f) == Approx(down).epsilon(1e-6).margin(1e-6));
    }
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

TEST_CASE("the BCM rule's threshold solves its equation between spikes") {
  auto p = defaults<Bcm::Params>();
  p.tau_y_ms = GENERATE(5.0f, 60.0f);
  p.tau_th_s = GENERATE(0.07f, 2.0f, 1e9f);
  p.eta = 0.01f;
  p.rho0_Hz = 40.0f;
  p.w_min = -100.0f;
  p.w_max = 100.0f;
  const Trains t = drawn(3);
  const double y0 = 0.04 * p.tau_y_ms + 0.5;
  double w = 1.0, theta = 0.04 * p.tau_y_ms, x = 0.0, y = 0.0;
  std::size_t i = 0, j = 0;
  const double part_ms = 0.01 * kDt_ms;
  for (StepIndex at = 0; at <= t.post.back(); ++at) {
    for (; i < t.pre.size() && t.pre[i] == at; ++i) x += 1.0;
    for (; j < t.post.size() && t.post[j] == at; ++j) {
      w += p.eta * x * (y - theta);
      y += 1.0;
    }
    for (int k = 0; k < 100; ++k) {
      const double middle = y * std::exp(-0.5 * part_ms / p.tau_y_ms);
      if (j > 0) theta += 1e-3 * part_ms / p.tau_th_s * (middle * middle / y0 - theta);
      y *= std::exp(-part_ms / p.tau_y_ms);
    }
    x *= std::exp(-kDt_ms / p.tau_x_ms);
  }
  CHECK(after(Bcm{Bcm::derive(p, kDt_ms)}, p, t, 1.0f).weight == Approx(w).epsilon(1e-4).margin(1e-4));
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
