#pragma once
// Structures that grow by synaptic elements (host/run/growing_structure.hpp) on the episodic clock.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/run/growing_structure.hpp"
#include "host/run/measure.hpp"
#include "host/run/state_archive.hpp"
#include "host/run/step_errors.hpp"
#include "host/scenario/scenario.hpp"

namespace penfield {

/// Over a macro step of H, at whose start episodes show how fast elements grow, f:
///   predicted   z += H (f + r / 2 (f - f'))    ': of the step before; the first one is Euler's
///   corrected   z += H' (f + f') / 2 - what was predicted for that step, at the next one's start
/// which is Heun's method with the episode of the next step for the second evaluation: of second order, and
/// what the correction moves is the step's error. r is H / H', at most 1: a longer step must not draw out the
/// scatter of two slopes. f is that of a cell's calcium as level_estimate.hpp has it,
/// averaged over what the raw clock's calcium scatters by (three points of Gauss and Hermite), and z also
/// walks at random, as far as it does there in H seconds. Vacant elements decay, and synapses form and go, in
/// pieces of half their time constant, so that none decays that would have found a partner. After an event
/// slopes begin anew.
class EpisodicGrowth {
 public:
  /// Every macro step goes into `records`, [structure], which must outlive this, as must what it looks at.
  EpisodicGrowth(const Scenario& scenario, Network& network, const Injury& injury,
                 const Influences& influences, std::vector<GrowthRecord>& records);
  ~EpisodicGrowth();

  struct Step {
    StepErrors errors;  ///< the largest of all structures; the discretisation is that of the step before
    std::uint64_t formed = 0, deleted = 0;
  };
  /// A macro step of `seconds` from the time `from_s` on (biological; 0: end of settling). The caller has
  /// downloaded the network, and binds and uploads it. `conditions`: spikes of its episodes, with Fano
  /// factors of watched(); frozen(structure).
  Step advance(const Measures& measures, const std::vector<EpisodeSpikes>& conditions, double from_s,
               double seconds, const std::function<bool(const std::string& structure)>& frozen);
  /// [population]
  std::vector<bool> watched() const;
  bool any() const { return !structures_.empty(); }
  /// What grew before an event says nothing of what grows after it.
  void forget();
  /// Synapses have gone otherwise: with the dead, or cut.
  void count_again();
  const ElementCounts& dendritic(std::size_t structure) const;
  /// The target of the first structure.
  std::uint32_t target() const;
  void archive(StateArchive& a);

 private:
  struct Side;
  struct Structure;
  void grow(Structure& s, double seconds, double at_s);

  const Scenario& scenario_;
  Network& network_;
  const Injury& injury_;
  const Influences& influences_;
  std::vector<std::unique_ptr<Structure>> structures_;
  std::vector<GrowthRecord>& records_;
};

/// Does this structure grow by elements?
inline bool grows_by_elements(const StructureSpec& spec) { return spec.axonal || spec.dendritic; }

}  // namespace penfield
