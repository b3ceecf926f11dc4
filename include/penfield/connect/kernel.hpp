#pragma once
// How connection probability falls with distance.
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// A profile of distance, 1 at distance 0 and 0 beyond the cutoff:
///   gaussian     exp(-d^2 / (2 sigma^2))
///   exponential  exp(-d / sigma)
///   box          1 for d <= sigma (a disc)
struct Kernel {
  enum class Shape { gaussian, exponential, box };
  Shape shape = Shape::gaussian;
  double sigma_mm = 0.1;   ///< > 0
  double cutoff_mm = 0.0;  ///< nothing connects beyond; 0 picks natural_cutoff_mm(shape, sigma)
  double peak = 1.0;       ///< probability at distance 0, 0 to 1; used by distance_probability only
};

/// The cutoff where a Kernel names none: 4 sigma for a Gaussian (3.4e-4 of a plane's mass lies beyond), 10
/// sigma for an exponential (5.0e-4 beyond), sigma for a box.
inline double natural_cutoff_mm(Kernel::Shape shape, double sigma_mm) {
  switch (shape) {
    case Kernel::Shape::gaussian: return 4.0 * sigma_mm;
    case Kernel::Shape::exponential: return 10.0 * sigma_mm;
    case Kernel::Shape::box: break;
  }
  return sigma_mm;
}

inline double cutoff_mm(const Kernel& kernel) {
  return kernel.cutoff_mm > 0.0 ? kernel.cutoff_mm : natural_cutoff_mm(kernel.shape, kernel.sigma_mm);
}

/// A Kernel made ready for many evaluations.
class KernelProfile {
 public:
  KernelProfile() : KernelProfile(Kernel{}) {}
  explicit KernelProfile(const Kernel& kernel)
      : shape_(kernel.shape),
        cutoff_mm_(penfield::cutoff_mm(kernel)),
        cutoff_mm2_(cutoff_mm_ * cutoff_mm_),
        sigma_mm2_(kernel.sigma_mm * kernel.sigma_mm),
        rate_(kernel.shape == Kernel::Shape::gaussian ? -0.5 / sigma_mm2_ : -1.0 / kernel.sigma_mm) {}

  PENFIELD_HD double cutoff_mm() const { return cutoff_mm_; }

  /// The value in [0, 1] at a squared distance in mm^2.
  PENFIELD_HD double value(double squared_mm2) const {
    if (squared_mm2 > cutoff_mm2_) return 0.0;
    switch (shape_) {
      case Kernel::Shape::gaussian: return exp_d(squared_mm2 * rate_);
      case Kernel::Shape::exponential: return exp_d(square_root(squared_mm2) * rate_);
      case Kernel::Shape::box: break;
    }
    return squared_mm2 <= sigma_mm2_ ? 1.0 : 0.0;
  }

 private:
  Kernel::Shape shape_;
  double cutoff_mm_;
  double cutoff_mm2_;
  double sigma_mm2_;
  double rate_;  ///< factor of d^2 (gaussian, 1/mm^2) or of d (exponential, 1/mm) in the exponent
};

}  // namespace penfield
