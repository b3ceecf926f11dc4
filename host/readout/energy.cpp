#include "host/readout/energy.hpp"

namespace penfield::readout {

EnergyTerms energy_of(const EnergyCosts& costs, const EnergyCounts& counts) {
  return {counts.spikes * costs.spike,     counts.receptions * costs.postsynaptic,
          counts.releases * costs.release, counts.releases * costs.recycling,
          counts.cell_s * costs.rest_W,    counts.updates * costs.update};
}

EnergyTerms energy_of(const EnergyCosts& costs, const EnergySample& sample,
                      const std::vector<bool>& counted) {
  EnergyTerms all{};
  for (std::size_t p = 0; p < sample.populations.size(); ++p) {
    if (!counted[p]) continue;
    const EnergyTerms one = energy_of(costs, sample.populations[p]);
    for (std::size_t k = 0; k < kEnergyTerms; ++k) all[k] += one[k];
  }
  return all;
}

double sum_of(const EnergyTerms& terms) {
  double sum = 0.0;
  for (const double term : terms) sum += term;
  return sum;
}

}  // namespace penfield::readout
