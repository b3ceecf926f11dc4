#pragma once
// Episodes cut into batches, from whose scatter the macro step learns how certain its measures are.
#include <array>
#include <cstdint>
#include <vector>

#include "host/clock/drift.hpp"
#include "host/run/projected_weights.hpp"
#include "penfield/engine/forwarding_engine.hpp"

namespace penfield {

/// Spikes of every population in the batches of one episode.
struct EpisodeSpikes {
  double seconds = 0.0, fraction = 0.0;  ///< length of the episode; share of the day that it stands for
  std::vector<std::array<std::uint64_t, kDriftBatches>> count;  ///< [population]
  /// [population] variance of a cell's spikes in a batch over their mean, from all cells; 0: not asked for.
  std::vector<double> fano;
};

/// Stands before an engine while a macro step is measured: runs of an episode are cut into kDriftBatches, at
/// whose ends spikes are counted and projected weights are read. No bit of the run depends on the cuts.
class EpisodeBatches final : public ForwardingEngine {
 public:
  /// `weights`: the projections whose weights are projected; must outlive this.
  EpisodeBatches(Network& network, Engine& engine, std::vector<ProjectedWeights>& weights)
      : ForwardingEngine(engine), network_(network), weights_(weights) {}

  /// Fano factors of these populations are wanted.
  void want_fano(const std::vector<bool>& of) { of_cells_ = of; }

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

  Network& network_;
  std::vector<ProjectedWeights>& weights_;
  std::vector<EpisodeSpikes> spikes_;
  std::vector<std::uint64_t> counted_;  ///< [population] spikes of the episode so far
  std::vector<bool> of_cells_;          ///< [population] whose Fano factor is wanted
  struct Cells {
    std::vector<std::uint32_t> at_begin, at_batch;  ///< [neuron] counters
    std::uint64_t squares = 0;                      ///< of spikes in a batch, over cells and batches
  };
  std::vector<Cells> cells_;          ///< [population]
  StepIndex begin_ = 0, length_ = 0;  ///< of the episode; 0: none is running
  std::uint32_t batch_ = 0;
};

}  // namespace penfield
