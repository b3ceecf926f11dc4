// The exactly integrated models against their closed forms, and the order of events within a step.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "penfield/model/neuron/iaf_cond_exp.hpp"
#include "penfield/model/neuron/iaf_psc_delta.hpp"
#include "penfield/model/neuron/iaf_psc_exp.hpp"
#include "test/support/catch.hpp"

namespace penfield {
namespace {

/// V at t of a membrane at rest that a current of w exp(-t/tau_syn) entered at 0; the textbook difference.
long double psc_response(long double w_pA, long double c_pF, long double tau_m, long double tau_s,
                         long double t) {
  if (tau_m == tau_s) return w_pA / c_pF * t * std::exp(-t / tau_m);
  return w_pA / c_pF * tau_m * tau_s / (tau_m - tau_s) * (std::exp(-t / tau_m) - std::exp(-t / tau_s));
}

/// Largest error over `duration_ms` of the response to one input, relative to its peak.
double response_error(float tau_m_ms, float tau_syn_ms, int port, float weight_pA, double dt_ms,
                      double duration_ms) {
  auto params = defaults<IafPscExp::Params>();
  params.tau_m_ms = tau_m_ms;
  params.tau_syn_ex_ms = port == 0 ? tau_syn_ms : 3.0f;
  params.tau_syn_in_ms = port == 1 ? tau_syn_ms : 3.0f;
  const auto derived = IafPscExp::derive(params, dt_ms);
  auto state = IafPscExp::initial(params, params.e_l_mV);
  NeuronInput input{};
  input.port[port] = weight_pA;
  IafPscExp::step(state, derived,
                  input);  // the weight arrives at the end of this step: time 0 of the response
  input.port[port] = 0.0f;
  long double peak = 0, worst = 0;
  const auto steps = static_cast<int>(duration_ms / dt_ms + 0.5);
  for (int k = 1; k <= steps; ++k) {
    IafPscExp::step(state, derived, input);
    const long double exact = psc_response(weight_pA, params.c_m_pF, tau_m_ms, tau_syn_ms, k * dt_ms);
    peak = std::max(peak, std::abs(exact));
    worst = std::max(worst, std::abs(exact - state.v_mV));
  }
  return static_cast<double>(worst / peak);
}

/// A repeatable stream of numbers in [0, 1).
struct Draws {
  std::uint64_t state = 1;
  double next() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state >> 40) / 16777216.0;
  }
};

std::vector<std::string> faults_of(float v_reset_mV) {
  auto params = defaults<IafPscExp::Params>();
  params.v_reset_mV = v_reset_mV;
  std::vector<std::string> keys;
  IafPscExp::check(params, [&](const char* key, const std::string&) { keys.emplace_back(key); });
  return keys;
}

}  // namespace

TEST_CASE("iaf_psc_exp follows the closed-form response to one input") {
  struct Pair {
    float tau_m_ms, tau_syn_ms;
  };
  const Pair pairs[] = {{10.0f, 0.5f},  {10.0f, 2.0f},    {20.0f, 5.0f},     {2.0f, 10.0f},
                        {10.0f, 10.0f}, {10.0f, 9.9999f}, {10.0f, 10.0001f}, {10.0f, 9.9f}};
  for (const auto [tau_m_ms, tau_syn_ms] : pairs) {
    CAPTURE(tau_m_ms, tau_syn_ms);
    CHECK(response_error(tau_m_ms, tau_syn_ms, 0, 87.8f, 0.1, 100.0) < 2e-6);
    CHECK(response_error(tau_m_ms, tau_syn_ms, 1, -351.2f, 0.1, 100.0) < 2e-6);
    CHECK(response_error(tau_m_ms, tau_syn_ms, 0, 1e-3f, 0.1, 100.0) < 2e-6);
    for (const double dt_ms : {0.05, 0.25, 0.5, 1.0}) {
      CAPTURE(dt_ms);
      CHECK(response_error(tau_m_ms, tau_syn_ms, 0, 87.8f, dt_ms, 100.0) < 2e-6);
    }
  }
}

TEST_CASE("a step's constants stay accurate where the two time constants meet") {
  for (const double dt_ms : {0.1, 1.0}) {
    const double at = two_decays(dt_ms, 10.0, 10.0);
    CHECK(at == Approx(dt_ms * std::exp(-dt_ms / 10.0)).epsilon(1e-15));
    for (const double apart : {1e-15, 1e-12, 1e-9, 1e-6}) {
      CHECK(std::abs(two_decays(dt_ms, 10.0, 10.0 + apart) - at) <= at * (apart + 1e-15));
      CHECK(two_decays(dt_ms, 10.0, 10.0 + apart) == two_decays(dt_ms, 10.0 + apart, 10.0));
    }
  }
  CHECK(two_decays(1.0, 1e-4, 10.0) ==
        Approx(1e-4 * std::exp(-0.1)).epsilon(1e-4));  // far apart: no overflow
}

TEST_CASE("under a constant current the iaf models fire at the exact steps") {
  const float current_pA = 512.0f;
  for (const double dt_ms : {0.025, 0.1, 0.25, 1.0}) {
    for (const float t_ref_ms : {0.0f, 2.0f}) {
      CAPTURE(dt_ms, t_ref_ms);
      const double rise_ms = -10.0 * std::log(1.0 - 15.0 / (current_pA * 10.0 / 250.0));
      const int rise = static_cast<int>(std::ceil(rise_ms / dt_ms));
      const int interval = rise + static_cast<int>(std::lround(t_ref_ms / dt_ms));

      const auto run = [&]<class Model>(Model, bool injected) {
        auto params = defaults<typename Model::Params>();
        params.t_ref_ms = t_ref_ms;
        params.i_e_pA = injected ? 0.0f : current_pA;
        const auto derived = Model::derive(params, dt_ms);
        auto state = Model::initial(params, params.e_l_mV);
        NeuronInput input{};
        input.current_pA = injected ? current_pA : 0.0f;
        std::vector<int> spikes;
        for (int k = 1; spikes.size() < 20 && k < 1000000; ++k) {
          if (Model::step(state, derived, input)) spikes.push_back(k);
        }
        for (int i = 0; i < static_cast<int>(spikes.size()); ++i) {
          CHECK(spikes[static_cast<std::size_t>(i)] == rise + i * interval);
        }
        CHECK(spikes.size() == 20);
      };
      run(IafPscExp{}, false);
      run(IafPscExp{}, true);
      run(IafPscDelta{}, false);
      run(IafPscDelta{}, true);
    }
  }
}

TEST_CASE("iaf_psc_exp fires at the steps of a double-precision reference under noisy input") {
  auto params = defaults<IafPscExp::Params>();  // the microcircuit's neuron
  params.tau_syn_ex_ms = params.tau_syn_in_ms = 0.5f;
  params.i_e_pA = 300.0f;
  const double dt_ms = 0.1;
  const auto derived = IafPscExp::derive(params, dt_ms);
  auto state = IafPscExp::initial(params, -68.0f);

  const double p_m = std::exp(-dt_ms / 10.0), p_s = std::exp(-dt_ms / 0.5);
  const double v_per_i = 0.5 * 10.0 / (250.0 * (10.0 - 0.5)) * (p_m - p_s);
  const double v_per_c = 10.0 / 250.0 * (1.0 - p_m);
  double v = 2.0, ex = 0.0, in = 0.0;
  int left = 0;

  Draws draws;
  int num_spikes = 0, num_different = 0;
  for (int k = 0; k < 100000; ++k) {
    NeuronInput input{};
    input.port[0] = draws.next() < 0.4 ? 87.5f * static_cast<float>(1 + k % 3) : 0.0f;
    input.port[1] = draws.next() < 0.1 ? -351.0f : 0.0f;
    if (left == 0) {
      v = p_m * v + v_per_i * (ex + in) + v_per_c * 300.0;
    } else {
      --left;
    }
    ex = p_s * ex + input.port[0];
    in = p_s * in + input.port[1];
    const bool expected = v >= 15.0;
    if (expected) {
      v = 0.0;
      left = 20;
    }
    const bool spike = IafPscExp::step(state, derived, input);
    num_spikes += expected;
    num_different += spike != expected;
  }
  CHECK(num_spikes > 100);
  CHECK(num_different == 0);
}

TEST_CASE("a weight moves iaf_psc_exp one step after it arrives and iaf_psc_delta at once") {
  const auto psc = defaults<IafPscExp::Params>();
  const auto psc_derived = IafPscExp::derive(psc, 0.1);
  auto psc_state = IafPscExp::initial(psc, psc.e_l_mV);
  NeuronInput input{};
  input.port[0] = 100.0f;
  IafPscExp::step(psc_state, psc_derived, input);
  CHECK(psc_state.v_mV == 0.0f);
  CHECK(psc_state.i_ex_pA == 100.0f);
  IafPscExp::step(psc_state, psc_derived, NeuronInput{});
  CHECK(psc_state.v_mV > 0.0f);

  const auto delta = defaults<IafPscDelta::Params>();
  const auto delta_derived = IafPscDelta::derive(delta, 0.1);
  auto delta_state = IafPscDelta::initial(delta, delta.e_l_mV);
  input.port[0] = 1.5f;
  CHECK_FALSE(IafPscDelta::step(delta_state, delta_derived, input));
  CHECK(delta_state.v_mV == 1.5f);
  input.port[0] = 13.6f;
  CHECK(IafPscDelta::step(delta_state, delta_derived, input));
}

TEST_CASE("refractoriness holds V at reset for t_ref and discards only iaf_psc_delta's input") {
  auto params = defaults<IafPscDelta::Params>();
  params.v_reset_mV = -72.0f;
  const auto derived = IafPscDelta::derive(params, 0.1);
  auto state = IafPscDelta::initial(params, params.e_l_mV);
  NeuronInput kick{};
  kick.port[0] = 20.0f;
  REQUIRE(IafPscDelta::step(state, derived, kick));
  for (int k = 0; k < 20; ++k) {
    CHECK_FALSE(IafPscDelta::step(state, derived, kick));
    CHECK(state.v_mV == -2.0f);
  }
  CHECK(state.refractory_steps == 0);
  CHECK(IafPscDelta::step(state, derived, kick));

  auto psc = defaults<IafPscExp::Params>();
  psc.t_ref_ms = 0.3f;
  const auto psc_derived = IafPscExp::derive(psc, 0.1);
  CHECK(psc_derived.refractory_steps == 3);
  auto psc_state = IafPscExp::initial(psc, -54.0f);
  NeuronInput input{};
  input.port[1] = -50.0f;
  REQUIRE(IafPscExp::step(psc_state, psc_derived, NeuronInput{}));
  for (int k = 0; k < 3; ++k) {
    IafPscExp::step(psc_state, psc_derived, input);
    CHECK(psc_state.v_mV == 0.0f);
  }
  CHECK(psc_state.i_in_pA < -130.0f);
  IafPscExp::step(psc_state, psc_derived, input);
  CHECK(psc_state.v_mV < 0.0f);
}

TEST_CASE("a silent neuron comes to rest at zero, not among the subnormal numbers") {
  const auto params = defaults<IafPscExp::Params>();
  const auto derived = IafPscExp::derive(params, 0.1);
  IafPscExp::State state{5.0f, 300.0f, -300.0f, 0};
  for (int k = 0; k < 10000; ++k) IafPscExp::step(state, derived, NeuronInput{});
  CHECK(state.v_mV == 0.0f);
  CHECK(state.i_ex_pA == 0.0f);
  CHECK(state.i_in_pA == 0.0f);

  const auto cond = defaults<IafCondExp::Params>();
  const auto cond_derived = IafCondExp::derive(cond, 0.1);
  IafCondExp::State cond_state{5.0f, 30.0f, 30.0f, 0};
  for (int k = 0; k < 10000; ++k) IafCondExp::step(cond_state, cond_derived, NeuronInput{});
  CHECK(cond_state.v_mV == 0.0f);
  CHECK(cond_state.g_ex_nS == 0.0f);
  CHECK(cond_state.g_in_nS == 0.0f);
}

TEST_CASE("a loop over columns gives the bits of one neuron at a time") {
  constexpr std::size_t n = 67;
  const auto params = defaults<IafCondExp::Params>();
  const auto derived = IafCondExp::derive(params, 0.1);
  std::vector<float> v(n), g_ex(n), g_in(n);
  std::vector<std::int32_t> left(n);
  const Columns columns{{v.data(), g_ex.data(), g_in.data(), left.data()}};
  std::vector<IafCondExp::State> alone(n);
  for (std::size_t i = 0; i < n; ++i) {
    alone[i] = IafCondExp::initial(params, -70.0f + 0.2f * static_cast<float>(i));
    store_state<IafCondExp>(columns, i, alone[i]);
  }
  int num_different = 0, num_spikes = 0;
  for (int k = 0; k < 200; ++k) {
    const auto input_of = [k](std::size_t i) {
      NeuronInput input{};
      input.port[0] = (k + static_cast<int>(i)) % 7 == 0 ? 150.0f : 0.0f;
      input.port[1] = (k + static_cast<int>(i)) % 11 == 0 ? 5.0f : 0.0f;
      return input;
    };
    std::vector<unsigned char> spiked(n);
    for (std::size_t i = 0; i < n; ++i) {
      auto state = load_state<IafCondExp>(columns, i);
      spiked[i] = IafCondExp::step(state, derived, input_of(i));
      store_state<IafCondExp>(columns, i, state);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const bool spike = IafCondExp::step(alone[i], derived, input_of(i));
      num_spikes += spike;
      num_different += spike != static_cast<bool>(spiked[i]) || v[i] != alone[i].v_mV ||
                       g_ex[i] != alone[i].g_ex_nS || g_in[i] != alone[i].g_in_nS ||
                       left[i] != alone[i].refractory_steps;
    }
  }
  CHECK(num_spikes > 0);
  CHECK(num_different == 0);
}

TEST_CASE("a reset at or above threshold is a fault") {
  CHECK(faults_of(-70.0f).empty());
  CHECK(faults_of(-55.0f) == std::vector<std::string>{"v_reset_mV"});
  CHECK(faults_of(-50.0f) == std::vector<std::string>{"v_reset_mV"});
}

}  // namespace penfield
