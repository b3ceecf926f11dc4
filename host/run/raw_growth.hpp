#pragma once
// Structural plasticity on the raw clock: every so many steps the host reads spike counters, lets synaptic
// elements grow, and changes the projections' synapses.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/run/growing_structure.hpp"
#include "host/run/raw_injury.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// Structures as in host/run/growing_structure.hpp, every `every`; rows change after a flush of what learns,
/// between two steps.
class RawGrowth {
 public:
  /// Every interval goes into `records`, [structure], which must outlive this.
  RawGrowth(const Scenario& scenario, Network& network, Engine& engine, const RawInjury& injury,
            std::vector<GrowthRecord>& records);
  ~RawGrowth();

  /// Does what is due at engine.now(), and returns the step (at most `until`) up to which it holds.
  StepIndex prepare(StepIndex until);
  const std::vector<GrowthRecord>& records() const { return records_; }
  /// Synapses have gone otherwise: with the dead, or cut.
  void count_again();
  /// Of the latest interval of a structure.
  const GrowthStep& latest(std::size_t structure) const;
  const ElementCounts& axonal(std::size_t structure) const;
  const ElementCounts& dendritic(std::size_t structure) const;
  const CalciumSensor& target_calcium(std::size_t structure) const;
  /// Wall time spent so far, s.
  double wall_s() const { return wall_s_; }

  /// What a checkpoint keeps of it; synapses themselves are arrays of the network, and records are the
  /// caller's.
  void archive(StateArchive& a);

 private:
  struct Structure;
  void move(Structure& s, GrowthRecord& record, StepIndex now);
  void fetch();

  const Scenario& scenario_;
  Network& network_;
  Engine& engine_;
  const RawInjury& injury_;
  std::vector<std::unique_ptr<Structure>> structures_;
  std::vector<GrowthRecord>& records_;
  bool fetched_ = false;  ///< in this call of prepare()
  double wall_s_ = 0.0;
};

}  // namespace penfield
