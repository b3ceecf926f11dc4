#pragma once
// Counts what costs energy, at no cost to a step: engines count spikes of neurons anyway, and how often
// spikes have come to synapses follows from how many synapses each neuron has. The counts are whole numbers
// (raw clock) or sums in the order of neurons (episodic clock) over numbers that all ranks have alike, so
// that no engine, thread, tile or rank matters to them.
//
// What an event is: a spike of the source, counted when it is emitted, at each of its synapses. Whether it
// releases a vesicle there is a matter of its price (release_probability), also under tsodyks_markram, whose
// depression changes no count. Glutamatergic synapses are those of ports AMPA, NMDA and excitatory, and of
// ports of both signs (delta, rate) where weights are not negative; NMDA beside an AMPA projection between
// the same populations is the same vesicle. Inhibitory synapses count as nothing, which is nearly what they
// cost (Howarth et al. 2012). Poisson stimuli stand for synapses outside the network: they are not counted.
// In the raw clock an update is a spike of either side at a plastic synapse; rewiring is not priced.
#include <cstdint>
#include <string>
#include <vector>

#include "host/readout/energy.hpp"
#include "host/record/results_file.hpp"
#include "host/run/death_record.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// Prices of a scenario's energy section.
readout::EnergyCosts energy_costs(const EnergySpec& spec);
/// [population] is it counted?
std::vector<bool> energy_counted(const Scenario& scenario);
/// Does a spike release glutamate at these synapses?
bool is_glutamatergic(const Scenario& scenario, const ProjectionSpec& projection);

class EnergyMeter {
 public:
  EnergyMeter(const Scenario& scenario, const Network& network) : scenario_(scenario), network_(network) {}

  bool on() const { return scenario_.energy.has_value(); }
  /// Raw clock: from the host's copy of spike counters, which count from the run's first step. Cells rest at
  /// no cost once they are dead. Every rank calls it.
  readout::EnergySample count(double time_s, const std::vector<DeathSample>& deaths);
  /// Episodic clock: appends the latest sample and what `seconds` up to `end_s` at these rates,
  /// [population][neuron] Hz, add to it. Every rank calls it.
  void append(std::vector<readout::EnergySample>& samples, const std::vector<std::vector<float>>& rate_Hz,
              double seconds, double end_s);
  /// Synapses have come or gone since numbers of synapses were last looked at.
  void rewired() { known_ = false; }
  /// [population] cells that no longer live, and rest at no cost.
  void set_dead(std::vector<std::uint64_t> cells) { dead_ = std::move(cells); }

 private:
  void look();
  template <class SpikesOf>
  void spread(readout::EnergySample& sample, const SpikesOf& spikes_of) const;

  const Scenario& scenario_;
  const Network& network_;
  bool known_ = false;
  std::vector<std::uint64_t> dead_;
  std::vector<std::vector<std::uint64_t>> sent_;      ///< [projection][source] synapses, over all ranks
  std::vector<std::vector<std::uint64_t>> learning_;  ///< [projection][target] plastic synapses, likewise
};

/// Curves and totals of an energy section, by population and term, for results.h5.
std::vector<Dataset> energy_datasets(const Scenario& scenario,
                                     const std::vector<readout::EnergySample>& samples);
/// "Energy: 36.0 J (spikes 100 %)", of the latest sample.
std::string energy_summary(const Scenario& scenario, const std::vector<readout::EnergySample>& samples);

}  // namespace penfield
