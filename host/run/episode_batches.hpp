#pragma once
// Episodes cut into batches, from whose scatter the macro step learns how certain its measures are.
#include <array>
#include <cstdint>
#include <vector>

#include "host/clock/drift.hpp"
#include "host/run/neighbour_bins.hpp"
#include "host/run/projected_weights.hpp"
#include "penfield/engine/forwarding_engine.hpp"

namespace penfield {

/// Half the mean squared difference of the spikes of a bin of neighbours in two batches, summed over bins.
struct Variogram {
  double near = 0.0;  ///< of neighbouring batches
  double far = 0.0;   ///< of batches that are four or more apart
};

/// Spikes of every population in the batches of one episode.
struct EpisodeSpikes {
  double seconds = 0.0, fraction = 0.0;  ///< length of the episode; share of the day that it stands for
  std::vector<std::array<std::uint64_t, kDriftBatches>> count;  ///< [population]
  // Of watched populations:
  std::vector<double>
      fano;  ///< [population] variance of a cell's spikes in a batch over their mean, all cells
  /// [population][bin of neighbours] variance of the bin's mean rate, Hz^2, from the scatter of its batches.
  std::vector<std::vector<double>> bin_variance_Hz2;
  std::vector<Variogram> variogram;  ///< [population]
};

/// Stands before an engine while a macro step is measured: runs of an episode are cut into kDriftBatches, at
/// whose ends spikes are counted and projected weights are read. No bit of the run depends on the cuts.
class EpisodeBatches final : public ForwardingEngine {
 public:
  /// `weights`: the projections whose weights are projected; must outlive this.
  EpisodeBatches(Network& network, Engine& engine, std::vector<ProjectedWeights>& weights)
      : ForwardingEngine(engine), network_(network), weights_(weights) {}

  /// From now on cells and bins of these populations are counted, too: [population].
  void watch(const std::vector<bool>& of);
  /// Of a watched population.
  const NeighbourBins& bins(std::uint32_t population) const { return watched_[population].bins; }

  // measure() calls these, in order, the last three once a condition.
  void begin_step();
  void begin_heal();
  void begin_episode(StepIndex length);
  void end_episode(const std::vector<std::vector<float>>& rate_Hz, double seconds, double fraction);

  /// [condition] of the macro step that was measured last.
  const std::vector<EpisodeSpikes>& spikes() const { return spikes_; }

  void run(StepIndex num_steps) override;

 private:
  void end_batch();
  void count_cells(std::uint32_t population);
  void end_watch(std::uint32_t population, double seconds);

  Network& network_;
  std::vector<ProjectedWeights>& weights_;
  std::vector<EpisodeSpikes> spikes_;
  std::vector<std::uint64_t> counted_;  ///< [population] spikes of the episode so far
  struct Watched {
    bool on = false;
    NeighbourBins bins;
    std::vector<std::uint32_t> at_begin, at_batch;  ///< [neuron] counters
    std::uint64_t squares = 0;                      ///< of spikes in a batch, over cells and batches
    std::vector<std::array<std::uint64_t, kDriftBatches>> in_bin;  ///< [bin][batch] spikes
  };
  std::vector<Watched> watched_;      ///< [population]
  StepIndex begin_ = 0, length_ = 0;  ///< of the episode; 0: none is running
  std::uint32_t batch_ = 0;
};

}  // namespace penfield
