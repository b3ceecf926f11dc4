#pragma once
// Tissue that dies, and the rim around it that may: infarcts of the timeline, and projections that are cut.
#include <cstdint>
#include <string>
#include <vector>

#include "host/run/field_values.hpp"
#include "host/run/measure.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// An infarct kills the cells of its core at once. In the rim around it (the penumbra) blood supply is s,
/// between `blood_share` at the core's border and 1 at the rim's, and comes back:
///   s(t) = 1 - (1 - s0) exp(-t / reperfusion_tau)
/// A cell asks for rest + (1 - rest) r / r0, r0 being its mean rate before. What it lacks adds up,
///   d debt/dt = max(0, rest + (1 - rest) r / r0 - s),
/// and it dies when that reaches `lethal_debt_s`. The share of rest (13 %) is that of Attwell & Laughlin
/// (2001), J Cereb Blood Flow Metab 21:1133; a supply near a fifth at the core's border is the threshold of
/// infarction and a rim between it and normal flow the penumbra of Hossmann (1994), Ann Neurol 36:557. How
/// much debt kills is a choice. A dead cell is silent and has no synapses.
class Injury {
 public:
  Injury(const Scenario& scenario, Network& network);

  /// Has anything died or been cut?
  bool any() const { return !struck_.empty(); }
  /// Is it an event that kills or cuts?
  bool strikes(std::size_t event) const;
  /// Kills the core of an infarct, or cuts a projection. The caller has downloaded the network, and binds and
  /// uploads it. True if anything was injured.
  bool strike(std::size_t event, double time_s);
  /// Before an infarct: what the cells' rates are. After it: their debts over `seconds`. True if cells died:
  /// then the network is to be bound and uploaded. If may_kill(), the caller has downloaded it, synapses too,
  /// before anything else of this macro step changed the host's copy.
  bool advance(const Measures& measures, double seconds);
  /// advance() in two: the debts, of which it says whether they kill; and the deaths, for which alone the
  /// synapses are to be on the host.
  bool starve(const Measures& measures, double seconds);
  void bury_starved();
  bool may_kill() const { return !rim_.empty(); }

  /// [neuron] 1: dead; empty: none can be.
  const std::vector<std::uint8_t>& dead(std::uint32_t population) const { return dead_[population]; }
  std::uint64_t num_dead() const;
  std::vector<std::uint64_t> dead_by_population() const;
  /// How far a place lies outside the core of an infarct that has happened, 0 inside.
  struct Distance {
    double time_s;  ///< when it happened
    double mm;
  };
  std::vector<Distance> distances(const std::string& area, double x_mm, double y_mm) const;

  void archive(StateArchive& a);
  /// Biological time starts anew, so much earlier.
  void shift(double seconds);

 private:
  /// What the timeline said, which is another's where a run has branched.
  struct Struck {
    bool infarct = false;
    double time_s = 0.0;
    std::string area;
    Shape shape;
    double reperfusion_tau_s = 1.0, resting_share = 0.0, lethal_debt_s = 1.0;
  };
  /// A cell of a rim.
  struct RimCell {
    std::uint32_t population, neuron, struck;
    double blood, debt_s;
  };
  void mark(std::uint32_t population, std::uint32_t neuron);
  void kill(std::uint32_t population, std::uint32_t neuron);
  void bury();

  const Scenario& scenario_;
  Network& network_;
  std::vector<std::vector<std::uint8_t>> dead_;  ///< [population][neuron]
  std::vector<std::vector<float>> usual_Hz_;     ///< [population][neuron] low-passed, until an infarct; of
                                                 ///< every study, since another may branch from it, and of
                                                 ///< raw runs with an infarct
  bool usual_known_ = false;
  std::vector<Struck> struck_;
  std::vector<RimCell> rim_;
  std::vector<RimCell> starved_;  ///< between starve() and bury_starved()
};

/// A body part is gone: its relays hear no touch and fall to the residual rate, but for the dead.
void lose_skin(const Scenario& scenario, Network& network, const std::string& part, const Injury& injury);

}  // namespace penfield
