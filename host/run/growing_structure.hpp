#pragma once
// One projection that grows by synaptic elements or spines, whatever clock moves it.
#include <cstdint>
#include <functional>
#include <vector>

#include "host/run/element_growth.hpp"
#include "host/run/growth_record.hpp"
#include "host/run/influences.hpp"
#include "host/run/partner_matching.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/connect/synapse_fate.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

struct TileEdit;

/// Pairs that one change of synapses formed and lost: for who reads along.
struct GrowthStep {
  std::vector<FormedSynapse> formed, deleted;
};

/// After Butz & van Ooyen (PLoS Comput Biol 9:e1003259, 2013):
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
/// A projection has elements of its own: two projections share none. In-degrees reach twice the largest of
/// the network as built. A clock moves calcium and elements, and then has change() see to the synapses.
class GrowingStructure {
 public:
  GrowingStructure(const StructureSpec& spec, const Scenario& scenario, Network& network);

  const StructureSpec& spec() const { return *spec_; }
  const Population& source() const { return *source_; }
  const Population& target() const { return *target_; }
  std::uint32_t projection() const { return projection_; }
  std::uint32_t intervals() const { return intervals_; }
  /// Sees to synapses after `seconds` in which elements grew; at_s: the time of fields. `fetch` is called
  /// before synapses change, if any do. Returns how many spines became mature.
  std::uint64_t change(double seconds, double at_s, const Injury& injury, const Influences& influences,
                       const std::function<void()>& fetch);
  /// Another interval has begun, with other draws.
  void begin_interval();
  /// Another change within the same interval has other draws, too.
  void draw_anew() { ++intervals_; }
  /// Synapses have gone otherwise: with the dead, or cut.
  void count_again(const Injury& injury);
  /// Adds the present state, and what the latest interval did.
  void append_to(GrowthRecord& record, double time_s, std::uint64_t matured) const;
  /// What a checkpoint keeps; synapses themselves are arrays of the network.
  void archive(StateArchive& a);

  CalciumSensor source_calcium, target_calcium;
  ElementCounts axonal, dendritic;
  GrowthStep latest;             ///< of the latest interval
  double modulator_level = 0.0;  ///< its mean, of spines

 private:
  struct Degrees;
  GrowingStructure(const StructureSpec& spec, const Scenario& scenario, Network& network,
                   std::uint32_t projection, Degrees degrees);
  static Degrees degrees_of(const Network& network, std::uint32_t projection);
  std::uint64_t key() const { return std::uint64_t{projection_} << 32 | intervals_; }
  void bury(const Injury& injury);
  void attract(const Injury& injury, const Influences& influences, double at_s);
  void set_spines(double seconds, TileEdit& edit) const;
  void find_wanted_spines(double seconds);

  const StructureSpec* spec_;
  const Scenario& scenario_;
  Network& network_;
  std::uint32_t projection_;
  const Population *source_, *target_;
  std::uint32_t intervals_ = 0;  ///< and further changes so far, which key the draws
  std::uint32_t max_in_degree_;
  PartnerMatching matching_;
  // Of the present change.
  std::vector<Chance32> source_loss_;       ///< of each synapse
  std::vector<std::uint32_t> target_loss_;  ///< synapses
  std::vector<std::uint32_t> offered_, wanted_;
};

}  // namespace penfield
