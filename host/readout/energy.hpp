#pragma once
// What activity costs: E = N_spk e_AP + N_syn e_syn + t P_rest + N_upd e_upd, from counts.
//
// Budget. The figures of a spike, a vesicle and a resting neuron are those from which Attwell & Laughlin, J
// Cereb Blood Flow Metab 21:1133 (2001) add up the rat's grey matter: 3.84e8 ATP of an action potential over
// axon and dendrites; 1.4e5 ATP of a vesicle for the target's ions, 1.1e4 for recycling its glutamate, 1.2e4
// for presynaptic calcium and 0.08e4 for the vesicle's own cycle, 1.64e5 in all; 3.42e8 ATP/s of a resting
// neuron and 1.02e8 of its glia. 8,000 boutons a neuron release with probability 0.25. At 4 Hz that makes
// 3.29e9 ATP/s a neuron, as they say. Howarth, Gleeson & Attwell, ibid. 32:1222 (2012) keep synapses and
// rest, and have spikes let in 1.24 times the least charge where it was 4 times. The paper of 2001 has the
// shares and the sum in its abstract; the figures of single events were not seen there again, but their sums
// are these. A spike at a plastic synapse, of either side, is given 1,330 ATP by this project: plasticity
// takes 4.0 to 11.2 % of what transmission takes (Karbowski, J Neurophysiol 122:1473, 2019), and 7.6 % of
// 0.25 vesicles' 1.4e5 are shared by one spike of each side. ATP: 50 kJ/mol, which is 8.3e-20 J a molecule.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace penfield::readout {

/// What has happened in a population so far.
struct EnergyCounts {
  double spikes = 0.0;
  double releases = 0.0;    ///< spikes of its cells at their glutamatergic synapses
  double receptions = 0.0;  ///< the same at synapses onto its cells
  double updates = 0.0;     ///< spikes of either side at plastic synapses onto its cells
  double cell_s = 0.0;      ///< lived by all cells together
};

/// All populations, from the run's time 0 to one time.
struct EnergySample {
  double time_s = 0.0;
  std::vector<EnergyCounts> populations;  ///< [population]
};

/// Prices, J, but rest in W.
struct EnergyCosts {
  double spike = 0.0, postsynaptic = 0.0, release = 0.0, recycling = 0.0, update = 0.0;
  double rest_W = 0.0;  ///< of a cell
};

inline constexpr std::size_t kEnergyTerms = 6;
inline constexpr std::array<const char*, kEnergyTerms> kEnergyTermNames = {
    "spikes", "postsynaptic", "release", "recycling", "rest", "plasticity"};

/// J, by term in the order of their names.
using EnergyTerms = std::array<double, kEnergyTerms>;

/// A receiving cell's population is charged with its ions, a sending one's with release and recycling.
EnergyTerms energy_of(const EnergyCosts& costs, const EnergyCounts& counts);
/// Of all populations that are flagged.
EnergyTerms energy_of(const EnergyCosts& costs, const EnergySample& sample, const std::vector<bool>& counted);
double sum_of(const EnergyTerms& terms);

}  // namespace penfield::readout
