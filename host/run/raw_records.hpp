#pragma once
// What the recorders of a raw run keep. Reading changes no bit of the run.
#include <cstdint>
#include <string>
#include <vector>

#include "host/run/death_record.hpp"
#include "host/run/energy_meter.hpp"
#include "host/run/growth_record.hpp"
#include "host/run/pool_record.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// Sampled state of some neurons of one population.
struct TraceRecord {
  std::string population, column, unit;
  std::uint32_t first = 0, count = 0;  ///< neurons [first, first + count)
  std::vector<double> time_ms;
  std::vector<float> values;  ///< [time][neuron]; potentials absolute
};

/// Mean rate of one population in consecutive bins.
struct RateRecord {
  std::string population;
  double bin_s = 0.0;
  std::vector<double> rate_Hz;  ///< [bin]
};

/// The synapses of one projection at one time, sorted by target, then source.
struct SynapseRecord {
  std::string projection, weight_unit;
  double time_s = 0.0;
  std::uint32_t source_population = 0, target_population = 0;
  std::vector<std::uint32_t> source, target;
  std::vector<float> weight, delay_ms;
};

struct RawRecords {
  std::vector<bool> spikes_of;  ///< [population]
  std::vector<Spike> spikes;
  std::vector<TraceRecord> traces;
  std::vector<RateRecord> rates;
  std::vector<SynapseRecord> synapses;
  std::vector<readout::EnergySample> energy;  ///< of both clocks
  std::vector<GrowthRecord> growth;           ///< [structure]
  std::vector<PoolRecord> pools;              ///< [field of astrocytes]
  std::vector<DeathSample> deaths;            ///< each time that cells died
};

/// The recorders of a scenario, and when they are due. Spikes are the engine's and the run loop's business.
class RawRecorders {
 public:
  RawRecorders(const Scenario& scenario, Network& network, Engine& engine);

  /// The next step after `now` at which anything samples; `none` if nothing ever does.
  StepIndex next(StepIndex now, StepIndex none) const;
  /// True when something samples the state of neurons at `step`.
  bool samples_neurons(StepIndex step) const;
  /// Takes what is due at `step`; the host's copy of the neurons must be current.
  void record(StepIndex step, RawRecords& records);

  /// Only the counts since the last bin: the specifications are the scenario's.
  void archive(StateArchive& a);

 private:
  struct Recorder {
    const RecordSpec* spec = nullptr;
    StepIndex interval = 1;
    std::vector<std::uint32_t> of;       ///< populations or projections
    std::vector<std::uint64_t> counted;  ///< rates: spikes of each up to the last bin's end
  };
  bool meters(StepIndex step) const;
  void close_bin(Recorder& r, StepIndex step, std::vector<RateRecord>& rates) const;

  const Scenario& scenario_;
  Network& network_;
  Engine& engine_;
  std::vector<Recorder> recorders_;  ///< all but those of spikes
  EnergyMeter meter_;
  StepIndex meter_interval_, end_;  ///< of the run
};

/// True if `name` is what `of` in a recorder names: itself, or by a trailing *.
bool record_matches(const std::string& of, const std::string& name);

/// Spikes of a population since the counters were cleared.
std::uint64_t count_spikes(const Population& population);

/// Appends the columns that `spec` names of the populations `of`, as they stand in the host's copy before
/// `step`.
void sample_traces(const Scenario& scenario, const Network& network, const RecordSpec& spec,
                   const std::vector<std::uint32_t>& of, StepIndex step, std::vector<TraceRecord>& traces);

/// The synapses of one projection as they lie in the host's copy, of all ranks' on the first one.
SynapseRecord read_projection(const Scenario& scenario, const Network& network, std::uint32_t number,
                              StepIndex now);
/// Reads the synapses of projections as they stand. Pending plasticity is applied for the reading, then taken
/// back, so that the run goes on as if nobody had looked.
std::vector<SynapseRecord> read_synapses(const Scenario& scenario, Network& network, Engine& engine,
                                         const std::vector<std::uint32_t>& projections);

void archive(StateArchive& a, RawRecords& records);
void archive(StateArchive& a, std::vector<readout::EnergySample>& samples);
void archive(StateArchive& a, std::vector<DeathSample>& deaths);

}  // namespace penfield
