#pragma once
// How synaptic elements change with a neuron's calcium.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// dz/dt = nu f(Ca), z: elements, nu: elements per second, Ca: calcium (or calcium relative to a set-point):
///   gaussian: f = 2 exp(-((Ca - xi) / zeta)^2) - 1, xi = (eta + eps) / 2, zeta = (eta - eps) / (2 sqrt(ln
///   2)):
///             0 at eta and eps, 1 half-way between them, -1 far away from both (Butz & van Ooyen, PLoS
///             Comput Biol 9:e1003259, 2013);
///   linear:   f = 1 - Ca / eps (Diaz-Pier et al., Front Neuroanat 10:57, 2016);
///   sigmoid:  f = 2 / (1 + exp((Ca - eps) / psi)) - 1 (the same).
/// Elements that raise activity want nu > 0 (gaussian: eta < eps), those that lower it the opposite: nu < 0,
/// or gaussian with eta > eps, as in Sinha et al., eLife 10 (2021), PMC8195387.
struct GrowthCurve {
  enum class Kind : std::uint8_t { gaussian, linear, sigmoid };
  Kind kind = Kind::gaussian;
  float nu_per_s = 0.0f;
  float eps = 1.0f;
  float xi = 0.5f, inverse_zeta = 1.0f;  ///< gaussian
  float inverse_psi = 1.0f;              ///< sigmoid

  static GrowthCurve gaussian(double nu_per_s, double eta, double eps) {
    constexpr double kTwoRootLn2 = 1.6651092223153956;  // 2 sqrt(ln 2)
    GrowthCurve c;
    c.nu_per_s = static_cast<float>(nu_per_s);
    c.eps = static_cast<float>(eps);
    c.xi = static_cast<float>(0.5 * (eta + eps));
    c.inverse_zeta = static_cast<float>(kTwoRootLn2 / (eta - eps));
    return c;
  }
  static GrowthCurve linear(double nu_per_s, double eps) {
    GrowthCurve c;
    c.kind = Kind::linear;
    c.nu_per_s = static_cast<float>(nu_per_s);
    c.eps = static_cast<float>(eps);
    return c;
  }
  static GrowthCurve sigmoid(double nu_per_s, double eps, double psi) {
    GrowthCurve c = linear(nu_per_s, eps);
    c.kind = Kind::sigmoid;
    c.inverse_psi = static_cast<float>(1.0 / psi);
    return c;
  }

  /// f(Ca), in [-1, 1] but for the linear one, which has no lower end.
  PENFIELD_HD float value(float calcium) const {
    if (kind == Kind::linear) return 1.0f - calcium / eps;
    if (kind == Kind::sigmoid) {
      const float x = (calcium - eps) * inverse_psi;
      // exp_f beyond its range would not be a number to divide by.
      if (x > 80.0f) return -1.0f;
      return 2.0f / (1.0f + exp_f(x)) - 1.0f;
    }
    const float x = (calcium - xi) * inverse_zeta;
    return fused(2.0f, exp_f(-x * x), -1.0f);
  }
};

}  // namespace penfield
