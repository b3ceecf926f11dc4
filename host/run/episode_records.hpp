#pragma once
// What the recorders of an episodic study keep: spikes, traces and rates of the measured episodes, and
// synapses at macro steps. Two times lie side by side: spiking time, in which episodes follow one another,
// and the biological time of the macro step that an episode is measured for. Reading changes no bit of the
// run.
#include <cstdint>
#include <string>
#include <vector>

#include "host/record/results_file.hpp"
#include "host/run/raw_records.hpp"
#include "penfield/engine/forwarding_engine.hpp"

namespace penfield {

/// A measured episode, its heal-in left out.
struct EpisodeSpan {
  double biological_s = 0.0;    ///< start of its macro step; 0 = end of settling
  std::uint32_t condition = 0;  ///< index into the clock's conditions
  StepIndex begin = 0, steps = 0;
};

/// Mean rate of one population in bins of the episodes.
struct EpisodeRates {
  std::string population;
  std::vector<double> end_ms, bin_ms, rate_Hz;  ///< [bin] spiking time of its end, its length
};

struct EpisodeRecords {
  std::vector<EpisodeSpan> episodes;
  std::vector<EpisodeRates> rates;  ///< one a recorder and population
  RawRecords raw;                   ///< spikes and traces in spiking time, synapses in biological time
};

/// Stands before an engine while a macro step is measured and records the episodes as they run; every other
/// call goes through. measure() runs each condition's heal-in, then its episode.
class EpisodeRecorder final : public ForwardingEngine {
 public:
  EpisodeRecorder(const Scenario& scenario, Network& network, Engine& engine, EpisodeRecords& records);

  /// The macro step from `from_s` to `to_s` (biological) is measured next.
  void begin(double from_s, double to_s);
  /// After it: reads the synapses that are due at its end.
  void end();
  /// Instead of end(), where it is given up: takes what has been recorded since begin() away again.
  void cancel();

  void run(StepIndex num_steps) override;

 private:
  struct Sampler {
    const RecordSpec* spec = nullptr;
    StepIndex interval = 1;
    std::vector<std::uint32_t> of;       ///< populations
    std::vector<std::size_t> rates;      ///< [of] place in EpisodeRecords::rates
    std::vector<std::uint64_t> counted;  ///< [of] spikes of the episode up to the last bin's end
    StepIndex bin_begin = 0;
  };
  void run_episode(StepIndex num_steps, std::uint32_t condition);
  void sample(Sampler& s, StepIndex step);
  bool due(double every_s) const;

  const Scenario& scenario_;
  Network& network_;
  EpisodeRecords& records_;
  std::vector<Sampler> samplers_;                    ///< of traces and rates
  std::uint64_t runs_ = 0;                           ///< of this macro step: heal-in, episode, heal-in, ...
  std::size_t num_episodes_ = 0, num_spikes_ = 0;    ///< at begin()
  std::vector<std::size_t> num_bins_, num_samples_;  ///< [rates], [traces] at begin()
  double from_s_ = 0.0, to_s_ = 0.0;
};

void archive(StateArchive& a, EpisodeSpan& span);
void archive(StateArchive& a, EpisodeRates& rates);
void archive(StateArchive& a, EpisodeRecords& records);

/// Arrays of results.h5, spikes included.
void add_episode_results(const Scenario& scenario, const EpisodeRecords& records, Results& results);

}  // namespace penfield
