// The neuron with AMPA, NMDA, GABA-A, GABA-B and tonic GABA-A against its equations in double precision: the
// shape of every kernel, the magnesium block, the order of the scheme and its error, and its limits.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "penfield/model/neuron/catalogue.hpp"
#include "test/support/catch.hpp"

namespace penfield {
namespace {

using Model = IafCondReceptors;
using Params = Model::Params;
using Vector = std::array<double, 8>;  // V relative to rest, AMPA, 2A, 2B, rise, GABA-A, GABA-B, its rise

enum Port { ampa, nmda, gaba_a, gaba_b };

/// Weights that arrive every 5 ms, one a port, and a constant current.
struct Stimulus {
  std::array<double, 4> weight_nS;
  double current_pA;
};

double peak(double decay_ms, double rise_ms) {
  const double at = std::log(decay_ms / rise_ms) / (1.0 / rise_ms - 1.0 / decay_ms);
  return std::exp(-at / decay_ms) - std::exp(-at / rise_ms);
}

double nmda_nS(const Params& p, const Vector& y) {
  const double rise = p.tau_nmda_rise_ms;
  return (1.0 - p.f_glun2b) * (y[2] - y[4]) / peak(p.tau_glun2a_ms, rise) +
         p.f_glun2b * (y[3] - y[4]) / peak(p.tau_glun2b_ms, rise);
}

Vector slope(const Params& p, const Vector& y, double current_pA) {
  const double v = y[0] + p.e_l_mV;
  const double block = 1.0 / (1.0 + p.mg_mM * std::exp(-0.062 * v) / 3.57);
  const double gaba_b_nS = (y[6] - y[7]) / peak(p.tau_gaba_b_ms, p.tau_gaba_b_rise_ms);
  const double i = p.g_l_nS * (p.e_l_mV - v) + y[1] * (p.e_ampa_mV - v) +
                   nmda_nS(p, y) * block * (p.e_nmda_mV - v) + (y[5] + p.g_tonic_nS) * (p.e_gaba_a_mV - v) +
                   gaba_b_nS * (p.e_gaba_b_mV - v);
  return {(i + current_pA + p.i_e_pA) / p.c_m_pF,
          -y[1] / p.tau_ampa_ms,
          -y[2] / p.tau_glun2a_ms,
          -y[3] / p.tau_glun2b_ms,
          -y[4] / p.tau_nmda_rise_ms,
          -y[5] / p.tau_gaba_a_ms,
          -y[6] / p.tau_gaba_b_ms,
          -y[7] / p.tau_gaba_b_rise_ms};
}

/// Potentials at whole ms below threshold, by classical Runge-Kutta in steps of 1/256 ms.
std::vector<double> exact(const Params& p, const Stimulus& s, int end_ms) {
  const double h = 1.0 / 256;
  Vector y{};
  std::vector<double> v;
  for (int k = 1; k <= 256 * end_ms; ++k) {
    const auto at = [&](const Vector& d, double by) {
      Vector out = y;
      for (std::size_t i = 0; i < y.size(); ++i) out[i] += by * d[i];
      return slope(p, out, s.current_pA);
    };
    const Vector k1 = at(y, 0.0), k2 = at(k1, 0.5 * h), k3 = at(k2, 0.5 * h), k4 = at(k3, h);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
    if (k % (256 * 5) == 0) {
      y[1] += s.weight_nS[ampa];
      for (std::size_t i : {2, 3, 4}) y[i] += s.weight_nS[nmda];
      y[5] += s.weight_nS[gaba_a];
      for (std::size_t i : {6, 7}) y[i] += s.weight_nS[gaba_b];
    }
    if (k % 256 == 0) v.push_back(y[0]);
  }
  return v;
}

/// The same by the model.
std::vector<double> stepped(const Params& p, const Stimulus& s, double dt_ms, int end_ms) {
  const auto derived = Model::derive(p, dt_ms);
  auto state = Model::initial(p, p.e_l_mV);
  const long per_ms = std::lround(1.0 / dt_ms);
  std::vector<double> v;
  for (long k = 1; k <= per_ms * end_ms; ++k) {
    NeuronInput in{};
    in.current_pA = static_cast<float>(s.current_pA);
    for (std::size_t port = 0; port < 4 && k % (per_ms * 5) == 0; ++port)
      in.port[port] = static_cast<float>(s.weight_nS[port]);
    REQUIRE_FALSE(Model::step(state, derived, in));
    if (k % per_ms == 0) v.push_back(state.v_mV);
  }
  return v;
}

double worst(const std::vector<double>& a, const std::vector<double>& b) {
  double apart = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) apart = std::max(apart, std::fabs(a[k] - b[k]));
  return apart;
}

/// log2 of how the worst error falls from dt to dt/2 and on to dt/4.
std::vector<double> orders(const Params& p, const Stimulus& s, double dt_ms) {
  const std::vector<double> reference = exact(p, s, 100);
  std::vector<double> errors;
  for (int halving = 0; halving < 3; ++halving)
    errors.push_back(worst(stepped(p, s, dt_ms / (1 << halving), 100), reference));
  CAPTURE(errors);
  return {std::log2(errors[0] / errors[1]), std::log2(errors[1] / errors[2])};
}

/// Weight 1 nS arrives once on one port of a cell that is held at `v_mV`: what the membrane feels, nS,
/// step by step of 0.1 ms.
std::vector<double> conductance_nS(Params p, Port port, double v_mV, int num_steps) {
  const double reversal[] = {p.e_ampa_mV, p.e_nmda_mV, p.e_gaba_a_mV, p.e_gaba_b_mV};
  // A cell so large that V stays, and no leak to speak of: the current is what moves it.
  p.c_m_pF = 1e6f;
  p.g_l_nS = 1e-6f;
  p.e_l_mV = static_cast<float>(v_mV);
  p.v_th_mV = 100.0f;
  const auto derived = Model::derive(p, 0.1);
  auto state = Model::initial(p, p.e_l_mV);
  NeuronInput in{};
  in.port[port] = 1.0f;
  Model::step(state, derived, in);
  std::vector<double> g;
  for (int k = 0; k < num_steps; ++k) {
    state.v_mV = 0.0f;
    Model::step(state, derived, NeuronInput{});
    g.push_back(state.v_mV / 0.1 * 1e6 / (reversal[port] - v_mV));
  }
  return g;
}

}  // namespace

TEST_CASE("every receptor's conductance peaks at its weight and decays as it should") {
  auto p = defaults<Params>();
  p.mg_mM = 0.0f;
  const auto peak_at = [](const std::vector<double>& g) {
    return 0.1 * static_cast<double>(std::max_element(g.begin(), g.end()) - g.begin());
  };
  const auto fall = [](const std::vector<double>& g, int from_ms, int by_ms) {
    return g[static_cast<std::size_t>(10 * (from_ms + by_ms))] / g[static_cast<std::size_t>(10 * from_ms)];
  };
  const auto g_ampa = conductance_nS(p, ampa, -65.0, 100);
  CHECK(g_ampa[0] == Approx(0.975).epsilon(0.01));  // the mean of the first step
  CHECK(fall(g_ampa, 1, 4) == Approx(std::exp(-2.0)).epsilon(0.01));
  const auto g_gaba_a = conductance_nS(p, gaba_a, -65.0, 200);
  CHECK(fall(g_gaba_a, 1, 10) == Approx(std::exp(-2.0)).epsilon(0.01));
  const auto g_gaba_b = conductance_nS(p, gaba_b, -65.0, 10000);
  CHECK(*std::max_element(g_gaba_b.begin(), g_gaba_b.end()) == Approx(1.0).epsilon(0.01));
  CHECK(peak_at(g_gaba_b) == Approx(45.0 * 110.0 / 65.0 * std::log(110.0 / 45.0)).margin(1.0));
  CHECK(fall(g_gaba_b, 700, 110) == Approx(std::exp(-1.0)).epsilon(0.02));
  for (const float f : {0.0f, 1.0f}) {
    p.f_glun2b = f;
    const auto g = conductance_nS(p, nmda, -65.0, 5000);
    CHECK(*std::max_element(g.begin(), g.end()) == Approx(1.0).epsilon(0.01));
    CHECK(fall(g, 50, 100) == Approx(std::exp(-100.0 / (f > 0.5f ? 300.0 : 50.0))).epsilon(0.01));
  }
  // A mixture is the weighted sum of both.
  p.f_glun2b = 0.6f;
  const auto mixed = conductance_nS(p, nmda, -65.0, 3000);
  p.f_glun2b = 0.0f;
  const auto only_a = conductance_nS(p, nmda, -65.0, 3000);
  p.f_glun2b = 1.0f;
  const auto only_b = conductance_nS(p, nmda, -65.0, 3000);
  for (std::size_t k = 0; k < mixed.size(); k += 100)
    CHECK(mixed[k] == Approx(0.4 * only_a[k] + 0.6 * only_b[k]).epsilon(0.01));
}

TEST_CASE("magnesium blocks as Jahr and Stevens measured") {
  for (const float mg_mM : {0.5f, 1.0f, 2.0f})
    for (const double v_mV : {-90.0, -65.0, -40.0, -20.0, 20.0}) {
      CAPTURE(mg_mM, v_mV);
      auto p = defaults<Params>();
      p.mg_mM = 0.0f;
      const double open = conductance_nS(p, nmda, v_mV, 100).back();
      p.mg_mM = mg_mM;
      const double blocked = conductance_nS(p, nmda, v_mV, 100).back();
      CHECK(blocked / open == Approx(1.0 / (1.0 + std::exp(-0.062 * v_mV) * mg_mM / 3.57)).epsilon(2e-3));
    }
}

TEST_CASE("the scheme with receptors is second order without NMDA, first with it") {
  auto p = defaults<Params>();
  p.g_tonic_nS = 3.0f;
  for (const double order : orders(p, {{3.0, 0.0, 2.0, 0.5}, 100.0}, 0.5))
    CHECK(order == Approx(2.0).margin(0.15));
  for (const double order : orders(p, {{1.0, 2.0, 1.0, 0.5}, 100.0}, 0.25))
    CHECK(order == Approx(1.0).margin(0.15));
}

TEST_CASE("at 0.1 ms potentials with NMDA keep within 5 uV per mV of the reference") {
  auto p = defaults<Params>();
  p.v_th_mV = 50.0f;
  for (const float f : {0.0f, 0.5f, 1.0f}) {
    p.f_glun2b = f;
    const Stimulus s{{4.0, 4.0, 1.0, 0.1}, 100.0};
    const std::vector<double> reference = exact(p, s, 200);
    const double range = *std::max_element(reference.begin(), reference.end());
    REQUIRE(range > 5.0);
    const double error_mV = worst(stepped(p, s, 0.1, 200), reference);
    CAPTURE(f, range, error_mV);
    CHECK(error_mV < 5e-3 * range);
  }
}

TEST_CASE("tonic GABA is a conductance of each cell that stays") {
  auto p = defaults<Params>();
  p.g_tonic_nS = 10.0f;
  const auto derived = Model::derive(p, 0.1);
  auto state = Model::initial(p, p.e_l_mV);
  NeuronInput input{};
  const auto settled_mV = [&](float share) {
    input.tonic_share = share;
    for (int k = 0; k < 5000; ++k) Model::step(state, derived, input);
    return state.v_mV;
  };
  CHECK(settled_mV(1.0f) == Approx(-10.0 * 10.0 / (10.0 + p.g_l_nS)).epsilon(1e-3));
  // A field changes it cell by cell.
  CHECK(settled_mV(0.5f) == Approx(-10.0 * 5.0 / (5.0 + p.g_l_nS)).epsilon(1e-3));
  CHECK(settled_mV(0.0f) == Approx(0.0).margin(1e-3));
}

TEST_CASE("with receptors V never leaves the range of the reversal potentials") {
  auto p = defaults<Params>();
  p.v_th_mV = 50.0f;
  for (const double dt_ms : {0.1, 1.0}) {
    const auto derived = Model::derive(p, dt_ms);
    for (const float g_nS : {1.0f, 1e2f, 1e4f, 1e6f}) {
      auto state = Model::initial(p, -70.0f);
      float lowest = 0.0f, highest = 0.0f;
      for (int k = 0; k < 800; ++k) {
        NeuronInput in{};
        in.port[(k / 20) % 4] = g_nS;
        Model::step(state, derived, in);
        lowest = std::min(lowest, state.v_mV);
        highest = std::max(highest, state.v_mV);
      }
      CHECK(lowest >= -28.0001f);
      CHECK(highest <= 70.0001f);
    }
  }
}

TEST_CASE("a decay that is not slower than its rise is a fault") {
  const auto faults = [](const Params& p) {
    std::map<std::string, std::string> found;
    Model::check(p, [&](const char* key, const std::string& problem) { found[key] = problem; });
    return found;
  };
  auto p = defaults<Params>();
  p.tau_nmda_rise_ms = 50.0f;
  CHECK(faults(p).count("tau_glun2a_ms") == 1);
  CHECK(faults(p).count("tau_glun2b_ms") == 0);
  p = defaults<Params>();
  p.tau_gaba_b_ms = 20.0f;
  CHECK(faults(p).at("tau_gaba_b_ms").find("rise") != std::string::npos);
  p = defaults<Params>();
  p.v_reset_mV = -50.0f;
  CHECK(faults(p).count("v_reset_mV") == 1);
}

}  // namespace penfield
