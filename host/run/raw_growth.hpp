#pragma once
// Structural plasticity on the raw clock: every so many steps the host reads spike counters, lets synaptic
// elements grow, and changes the projections' synapses.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/run/element_growth.hpp"
#include "host/run/growth_record.hpp"
#include "host/run/partner_matching.hpp"
#include "host/run/raw_injury.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

struct TileEdit;

/// What one interval did, pair by pair: for who reads along.
struct GrowthStep {
  std::vector<FormedSynapse> formed, deleted;
};

/// After Butz & van Ooyen (PLoS Comput Biol 9:e1003259, 2013), per structure and every `every`:
///   dCa/dt = -Ca / tau + beta spikes, for sources and targets
///   dz/dt = nu f(Ca)                     axonal and dendritic elements (penfield/model/growth_curve.hpp),
///   which
///                                        start as many as there are synapses; vacant ones may decay
///   a neuron with fewer elements than synapses loses the difference, evenly: dendrites as many, axons in the
///   mean (each synapse by a chance of its own, so that no rank needs to know the others' synapses); free
///   elements of both sides pair by distance (host/run/partner_matching.hpp), and form synapses that begin
///   with the weight new_weight.
/// With spines, formation and loss have rates of their own (SpineSpec), and dendritic elements, if there are
/// any, limit density. The dead have no elements and are nobody's partners; axons that were cut keep theirs.
/// A projection has elements of its own: two projections share none. Rows change after a
/// flush of what learns, between two steps, and in-degrees reach twice the largest of the network as built.
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
  std::uint64_t rewire(Structure& s, double seconds, StepIndex now);
  void set_spines(const Structure& s, double seconds, TileEdit& edit) const;
  void find_wanted_spines(Structure& s, double seconds) const;
  void attract(Structure& s, StepIndex now) const;
  void bury(Structure& s) const;
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
