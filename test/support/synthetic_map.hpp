#pragma once
// Map probes whose readouts are known in closed form.
#include <algorithm>
#include <cmath>
#include <vector>

#include "host/readout/types.hpp"

namespace penfield::test {

/// Three parts of 2.2 mm in a row, one site each, four neurons in every 0.1 mm bin of a 6.6 mm x 0.2 mm
/// sheet. The middle part answers 40 Hz in its rectangle; the outer ones answer 40 Hz, falling by 40 Hz/mm,
/// and pass 12 Hz (theta: 30 % of 40 Hz) at `left_mm` and `right_mm` inside the middle rectangle. All neurons
/// fire 3 Hz without touch.
struct RampMap {
  double left_mm = 0.2, right_mm = 0.2;
  double middle_Hz = 40.0;

  static double ramp_Hz(double inside_mm) { return std::min(std::max(12.0 - 40.0 * inside_mm, 0.0), 40.0); }

  readout::MapProbe probe() const {
    readout::MapProbe probe;
    probe.bin_mm = 0.1;
    probe.sheet_width_mm = 6.6;
    probe.sheet_height_mm = 0.2;
    probe.parts = {{"D2", 0.0, 0.0, 2.2, 0.2}, {"D3", 2.2, 0.0, 2.2, 0.2}, {"D4", 4.4, 0.0, 2.2, 0.2}};
    probe.sites = {{0, 1.1f, 0.1f}, {1, 3.3f, 0.1f}, {2, 5.5f, 0.1f}};
    for (int iy = 0; iy < 2; ++iy) {
      for (int ix = 0; ix < 66; ++ix) {
        for (int k = 0; k < 4; ++k) {
          const double x_mm = 0.1 * ix + 0.05;
          const bool middle = ix >= 22 && ix < 44;
          // The four neurons differ, their mean is the ramp.
          const double scatter_Hz = k < 2 ? 1.0 : -1.0;
          const double response_Hz[] = {ramp_Hz(x_mm - 2.2 - left_mm), middle ? middle_Hz : 0.0,
                                        ramp_Hz(4.4 - right_mm - x_mm)};
          for (const double r_Hz : response_Hz) {
            probe.response_Hz.push_back(static_cast<float>(r_Hz + scatter_Hz + 3.0));
          }
          probe.spontaneous_Hz.push_back(3.0f);
          probe.x_mm.push_back(static_cast<float>(x_mm));
          probe.y_mm.push_back(static_cast<float>(0.1 * iy + 0.05));
        }
      }
    }
    probe.num_neurons = static_cast<std::uint32_t>(probe.x_mm.size());
    return probe;
  }
};

/// The same body with three sites in each part (0.5, 1.1 and 1.7 mm from its border); a neuron answers a site
/// with 40 Hz exp(-d^2 / 2 s^2). The outer parts' sites may be moved towards the middle by `shift_mm` each,
/// and then pass theta that much further in.
struct GaussianMap {
  double sigma_mm = 0.4, shift_mm = 0.0;
  bool middle = true;

  /// Distance from an outer part's last site to where its response is `fraction` of the peak.
  double reach_mm(double fraction) const { return sigma_mm * std::sqrt(-2.0 * std::log(fraction)); }

  readout::MapProbe probe() const {
    readout::MapProbe probe = RampMap{}.probe();
    probe.sites.clear();
    std::vector<double> centre_mm;
    for (std::uint32_t part = 0; part < 3; ++part) {
      for (const double offset_mm : {0.5, 1.1, 1.7}) {
        const double x_mm = 2.2 * part + offset_mm;
        probe.sites.push_back({part, static_cast<float>(x_mm), 0.1f});
        centre_mm.push_back(x_mm + (part == 0 ? shift_mm : part == 2 ? -shift_mm : 0.0));
      }
    }
    probe.response_Hz.clear();
    for (std::uint32_t i = 0; i < probe.num_neurons; ++i) {
      for (std::size_t s = 0; s < centre_mm.size(); ++s) {
        const double d = (probe.x_mm[i] - centre_mm[s]) / sigma_mm;
        const bool gone = probe.sites[s].part == 1 && !middle;
        probe.response_Hz.push_back(static_cast<float>(3.0 + (gone ? 0.0 : 40.0 * std::exp(-0.5 * d * d))));
      }
    }
    return probe;
  }
};

}  // namespace penfield::test
