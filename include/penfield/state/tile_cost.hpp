#pragma once
// What a tile costs a worker, in no unit of its own: for sharing tiles out before anything has run. Measured
// on networks of 3 to 40 Hz (bench vogels, brunel, pd14_poisson), one AVX-512 core.
#include "penfield/state/population.hpp"

namespace penfield {

/// Cost of `cells` neurons of `p` with `synapses` coming in.
inline double tile_cost(const PopulationView& p, double cells, double synapses) {
  constexpr double kUpdate = 8.0, kDraw = 24.0, kSynapse = 1.0 / 30.0;
  double draws = p.rate_Hz != nullptr || p.noise_sd_pA > 0.0f ? 1.0 : 0.0;
  for (std::uint32_t d = 0; d < p.num_drives; ++d) draws += p.drive[d].length > 0 ? 1.0 : 0.0;
  return cells * (kUpdate + kDraw * draws) + kSynapse * synapses;
}

}  // namespace penfield
