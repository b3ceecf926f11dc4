// The models that no closed form solves, against a fine-step double-precision Runge-Kutta reference: the
// order of each scheme, its error in spike times at 0.1 ms, and that nothing a network can send breaks the
// numbers.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "penfield/model/neuron/catalogue.hpp"
#include "test/support/catch.hpp"

namespace penfield {
namespace {

using Vector = std::array<double, 4>;  // V relative to rest, w or u, g_ex, g_in

struct Reference {
  std::function<Vector(const Vector&, double current)> slope;
  double theta_mV, reset_mV, jump, t_ref_ms;
  bool jumps_v;  // port 0 is in mV
};

/// What a trial feeds: a constant current, and weights every 2 ms.
struct Stimulus {
  double current, port0, port1;
};

struct Outcome {
  Vector end{};
  std::vector<double> spikes_ms;
};

Reference reference(const IafCondExp::Params& p) {
  return {[p](const Vector& y, double current) {
            const double e_l = p.e_l_mV;
            const double i =
                -p.g_l_nS * y[0] + y[2] * (p.e_ex_mV - e_l - y[0]) + y[3] * (p.e_in_mV - e_l - y[0]);
            return Vector{(i + current) / p.c_m_pF, 0.0, -y[2] / p.tau_syn_ex_ms, -y[3] / p.tau_syn_in_ms};
          },
          double{p.v_th_mV} - p.e_l_mV,
          double{p.v_reset_mV} - p.e_l_mV,
          0.0,
          p.t_ref_ms,
          false};
}

Reference reference(const AdEx::Params& p) {
  return {[p](const Vector& y, double current) {
            const double e_l = p.e_l_mV, v = std::min(y[0], p.v_peak_mV - e_l);
            const double upswing =
                double{p.g_l_nS} * p.delta_t_mV * std::exp((v - (p.v_th_mV - e_l)) / p.delta_t_mV);
            const double i =
                -p.g_l_nS * v + upswing + y[2] * (p.e_ex_mV - e_l - v) + y[3] * (p.e_in_mV - e_l - v);
            return Vector{(i - y[1] + current) / p.c_m_pF, (p.a_nS * v - y[1]) / p.tau_w_ms,
                          -y[2] / p.tau_syn_ex_ms, -y[3] / p.tau_syn_in_ms};
          },
          double{p.v_peak_mV} - p.e_l_mV,
          double{p.v_reset_mV} - p.e_l_mV,
          p.b_pA,
          p.t_ref_ms,
          false};
}

Reference reference(const Izhikevich::Params& p) {
  return {[p](const Vector& y, double current) {
            const double v = std::min(y[0] - 62.5, double{p.v_th_mV});
            return Vector{0.04 * v * v + 5.0 * v + 140.0 - y[1] + current, p.a * (p.b * v - y[1]), 0.0, 0.0};
          },
          p.v_th_mV + 62.5,
          p.c_mV + 62.5,
          p.d,
          0.0,
          true};
}

Vector moved(const Vector& y, const Vector& slope, double h) {
  Vector out{};
  for (std::size_t i = 0; i < y.size(); ++i) out[i] = y[i] + h * slope[i];
  return out;
}

/// Classical Runge-Kutta in steps of h_ms. A spike is seen when V passes threshold, and resets V at the next
/// multiple of grid_ms: with grid_ms = h_ms the free solution, with the model's step the best that a grid of
/// that step can do.
Outcome run_reference(const Reference& r, Vector y, const Stimulus& s, double h_ms, double grid_ms,
                      double end_ms) {
  const long num_steps = std::lround(end_ms / h_ms), grid = std::lround(grid_ms / h_ms);
  const long every = std::lround(2.0 / h_ms), refractory = std::lround(r.t_ref_ms / h_ms);
  Outcome out;
  long left = 0;
  bool crossed = false;
  for (long k = 1; k <= num_steps; ++k) {
    const bool held = left > 0 || crossed;
    const auto slope = [&](const Vector& at) {
      Vector d = r.slope(at, s.current);
      if (held) d[0] = 0.0;
      return d;
    };
    const Vector k1 = slope(y), k2 = slope(moved(y, k1, 0.5 * h_ms)), k3 = slope(moved(y, k2, 0.5 * h_ms)),
                 k4 = slope(moved(y, k3, h_ms));
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] += h_ms / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
    if (left > 0) --left;
    if (k % every == 0) {
      y[r.jumps_v ? 0 : 2] += s.port0;
      y[3] += s.port1;
    }
    crossed = crossed || (!held && y[0] >= r.theta_mV);
    if (crossed) y[0] = r.reset_mV;
    if (crossed && k % grid == 0) {
      crossed = false;
      out.spikes_ms.push_back(static_cast<double>(k) * h_ms);
      y[1] += r.jump;
      left = refractory;
    }
  }
  out.end = y;
  return out;
}

template <class Model>
Outcome run_model(const typename Model::Params& params, float v_m_mV, const Stimulus& s, double dt_ms,
                  double end_ms) {
  const auto derived = Model::derive(params, dt_ms);
  auto state = Model::initial(params, v_m_mV);
  const long num_steps = std::lround(end_ms / dt_ms), every = std::lround(2.0 / dt_ms);
  Outcome out;
  for (long k = 1; k <= num_steps; ++k) {
    NeuronInput input{};
    input.current_pA = static_cast<float>(s.current);
    if (k % every == 0) {
      input.port[0] = static_cast<float>(s.port0);
      input.port[1] = static_cast<float>(s.port1);
    }
    if (Model::step(state, derived, input)) out.spikes_ms.push_back(static_cast<double>(k) * dt_ms);
  }
  out.end[0] = state.v_mV;
  return out;
}

/// Errors of V after `end_ms` below threshold at dt, dt/2, dt/4; the order is the log2 of their ratios.
template <class Model>
std::vector<double> orders(const typename Model::Params& params, float v_m_mV, double second,
                           const Stimulus& s, double dt_ms, double end_ms) {
  const Vector start{double{v_m_mV} - Model::rest_mV(params), second, 0.0, 0.0};
  const Outcome exact = run_reference(reference(params), start, s, 1.0 / 512, 1.0 / 512, end_ms);
  REQUIRE(exact.spikes_ms.empty());
  std::vector<double> out;
  double last = 0.0;
  for (int halving = 0; halving < 3; ++halving, dt_ms /= 2) {
    const Outcome got = run_model<Model>(params, v_m_mV, s, dt_ms, end_ms);
    REQUIRE(got.spikes_ms.empty());
    const double error = std::abs(got.end[0] - exact.end[0]);
    if (halving > 0) out.push_back(std::log2(last / error));
    last = error;
  }
  return out;
}

struct SpikeError {
  std::size_t num_model, num_free, num_grid;
  double first_ms;          // model minus free, first spike
  double interval_free_ms;  // worst difference of an interspike interval from the free solution
  double interval_grid_ms;  // the same, from the solution that resets on the model's grid
};

template <class Model>
SpikeError spike_error(const typename Model::Params& params, float v_m_mV, double second, const Stimulus& s) {
  const Vector start{double{v_m_mV} - Model::rest_mV(params), second, 0.0, 0.0};
  const double dt_ms = 0.1, h_ms = 0.002, end_ms = 1000.0;
  const auto got = run_model<Model>(params, v_m_mV, s, dt_ms, end_ms).spikes_ms;
  const auto free = run_reference(reference(params), start, s, h_ms, h_ms, end_ms).spikes_ms;
  const auto grid = run_reference(reference(params), start, s, h_ms, dt_ms, end_ms).spikes_ms;
  const auto worst_interval = [&](const std::vector<double>& other) {
    double worst = 0.0;
    for (std::size_t i = 1; i < std::min(got.size(), other.size()); ++i) {
      worst = std::max(worst, std::abs((got[i] - got[i - 1]) - (other[i] - other[i - 1])));
    }
    return worst;
  };
  REQUIRE(!got.empty());
  REQUIRE(!free.empty());
  return {got.size(), free.size(), grid.size(), got[0] - free[0], worst_interval(free), worst_interval(grid)};
}

}  // namespace

TEST_CASE("iaf_cond_exp's scheme is second order") {
  auto params = defaults<IafCondExp::Params>();
  for (const double order : orders<IafCondExp>(params, -70.0f, 0.0, {100.0, 20.0, 5.0}, 0.25, 21.0)) {
    CHECK(order == Approx(2.0).margin(0.15));
  }
  params.tau_syn_ex_ms = 5.0f;
  params.tau_syn_in_ms = 10.0f;
  for (const double order : orders<IafCondExp>(params, -70.0f, 0.0, {0.0, 3.0, 8.0}, 1.0, 21.0)) {
    CHECK(order == Approx(2.0).margin(0.15));
  }
}

TEST_CASE("adex's scheme is second order") {
  const auto params = defaults<AdEx::Params>();
  for (const Stimulus& s : {Stimulus{450.0, 20.0, 5.0}, Stimulus{450.0, 60.0, 5.0}}) {
    for (const double order : orders<AdEx>(params, params.e_l_mV, 0.0, s, 0.5, 21.0)) {
      CHECK(order == Approx(2.0).margin(0.15));
    }
  }
}

TEST_CASE("izhikevich's scheme is second order") {
  const auto params = defaults<Izhikevich::Params>();
  for (const double order : orders<Izhikevich>(params, -65.0f, -13.0, {2.0, 2.0, 0.0}, 1.0, 11.0)) {
    CHECK(order == Approx(2.0).margin(0.2));
  }
}

TEST_CASE("at 0.1 ms spike times stay within a step of the double-precision reference") {
  const auto within_a_step = [](const SpikeError& e) {
    CAPTURE(e.num_model, e.num_free, e.num_grid, e.first_ms, e.interval_free_ms, e.interval_grid_ms);
    CHECK(e.num_model == e.num_grid);
    CHECK(std::max(e.num_model, e.num_free) - std::min(e.num_model, e.num_free) <= 1);
    CHECK(e.first_ms > -0.011);
    CHECK(e.first_ms < 0.111);
    CHECK(e.interval_free_ms < 0.16);
    CHECK(e.interval_grid_ms < 0.11);
  };
  auto cond = defaults<IafCondExp::Params>();
  within_a_step(spike_error<IafCondExp>(cond, -70.0f, 0.0, {200.0, 40.0, 5.0}));
  within_a_step(spike_error<IafCondExp>(cond, -70.0f, 0.0, {300.0, 0.0, 0.0}));
  auto adex = defaults<AdEx::Params>();
  within_a_step(spike_error<AdEx>(adex, adex.e_l_mV, 0.0, {700.0, 40.0, 5.0}));
  within_a_step(spike_error<AdEx>(adex, adex.e_l_mV, 0.0, {1000.0, 0.0, 0.0}));
  auto izhikevich = defaults<Izhikevich::Params>();
  within_a_step(spike_error<Izhikevich>(izhikevich, -65.0f, -13.0, {10.0, 0.5, 0.0}));
  within_a_step(spike_error<Izhikevich>(izhikevich, -65.0f, -13.0, {10.0, 0.0, 0.0}));
}

TEST_CASE("no input a network can send breaks the numbers") {
  const float huge[] = {1e6f, 1e9f, 3e30f, std::numeric_limits<float>::max()};
  for_each_neuron_model([&](auto tag) {
    using Model = typename decltype(tag)::type;
    const auto params = defaults<typename Model::Params>();
    for (const double dt_ms : {0.01, 0.1, 1.0}) {
      const auto derived = Model::derive(params, dt_ms);
      for (const float size : huge) {
        // Currents and jumps add up linearly and are bounded by the builder's proof; conductances must take
        // anything.
        const bool conductance = std::string_view(Model::ports[0].unit) == "nS";
        const float port = conductance ? size : std::min(size, 1e9f);
        for (const float sign : {1.0f, -1.0f}) {
          CAPTURE(Model::name, dt_ms, size, sign);
          auto state = Model::initial(params, -65.0f);
          bool finite = true;
          for (int k = 0; k < 300; ++k) {
            NeuronInput input{};
            input.uniform = 0.5f;
            if (k < 200) {
              input.port[k % 2] = sign * port;
              input.current_pA = k % 3 == 0 ? -sign * std::min(size, 1e9f) : 0.0f;
              input.rate_Hz = sign * std::min(size, 1e9f);
            }
            Model::step(state, derived, input);
            std::apply(
                [&](const auto&... field) {
                  finite = (std::isfinite(float(state.*(field.member))) && ... && finite);
                },
                Model::state);
          }
          CHECK(finite);
        }
      }
    }
  });
}

TEST_CASE("iaf_cond_exp never leaves the range of its reversal potentials") {
  auto params = defaults<IafCondExp::Params>();
  params.v_th_mV = 50.0f;
  for (const double dt_ms : {0.1, 1.0}) {
    const auto derived = IafCondExp::derive(params, dt_ms);
    for (const float g_nS : {1.0f, 1e2f, 1e4f, 1e6f}) {
      auto state = IafCondExp::initial(params, -70.0f);
      float lowest = 0.0f, highest = 0.0f;
      for (int k = 0; k < 400; ++k) {
        NeuronInput input{};
        input.port[(k / 20) % 2] = g_nS;
        IafCondExp::step(state, derived, input);
        lowest = std::min(lowest, state.v_mV);
        highest = std::max(highest, state.v_mV);
      }
      CHECK(lowest >= -15.0001f);
      CHECK(highest <= 70.0001f);
    }
  }
}

TEST_CASE("adex spikes once and rests when the upswing starts far beyond threshold") {
  auto params = defaults<AdEx::Params>();
  params.t_ref_ms = 1.0f;
  for (const float delta_t_mV : {0.01f, 2.0f, 100.0f}) {
    params.delta_t_mV = delta_t_mV;
    const auto derived = AdEx::derive(params, 0.1);
    AdEx::State state = AdEx::initial(params, 0.5f);
    CHECK(AdEx::step(state, derived, NeuronInput{}));
    CHECK(state.v_mV == derived.reset_mV);
    CHECK(state.w_pA == Approx(params.b_pA).margin(1.0));
    CHECK(state.refractory_steps == 10);
    for (int k = 0; k < 10; ++k) {
      CHECK_FALSE(AdEx::step(state, derived, NeuronInput{}));
      CHECK(state.v_mV == derived.reset_mV);
    }
  }
}

TEST_CASE("relay fires with the probability of its summed rate") {
  const auto params = defaults<Relay::Params>();
  const auto probability = [](Relay::State state, const Relay::Derived& derived, float rate_Hz) {
    float lower = 0.0f, upper = 1.0f;
    for (int k = 0; k < 60; ++k) {
      NeuronInput input{};
      input.rate_Hz = rate_Hz;
      input.uniform = 0.5f * (lower + upper);
      Relay::State copy = state;
      (Relay::step(copy, derived, input) ? lower : upper) = input.uniform;
    }
    return static_cast<double>(upper);
  };
  for (const double dt_ms : {0.1, 0.5, 1.0}) {
    const auto derived = Relay::derive(params, dt_ms);
    for (const float rate_Hz : {0.01f, 1.0f, 40.0f, 99.9f, 100.1f, 500.0f, 5000.0f}) {
      const double expected = -std::expm1(-rate_Hz * dt_ms * 1e-3);
      CHECK(probability({0.0f}, derived, rate_Hz) == Approx(expected).epsilon(1e-6));
    }
    CHECK(probability({0.0f}, derived, 0.0f) < 1e-17);
    CHECK(probability({-50.0f}, derived, 10.0f) < 1e-17);
    CHECK(probability({0.0f}, derived, 1e9f) == 1.0);

    // One arriving spike of weight w adds w tau / 1000 expected spikes, whatever the step.
    Relay::State state{0.0f};
    NeuronInput arrival{};
    arrival.port[0] = 100.0f;
    arrival.uniform = 0.5f;
    Relay::step(state, derived, arrival);
    arrival.port[0] = 0.0f;
    double expected_spikes = 0.0;
    for (int k = 0; k < 1000; ++k) {
      expected_spikes += -std::log1p(-probability(state, derived, 0.0f));
      Relay::step(state, derived, arrival);
    }
    CHECK(expected_spikes == Approx(100.0 * params.tau_rate_ms * 1e-3).epsilon(1e-5));
  }
}

}  // namespace penfield
