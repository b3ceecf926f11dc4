#pragma once
// What short episodes say of the calcium of single cells.
#include <cstdint>
#include <vector>

#include "host/run/element_growth.hpp"
#include "host/run/neighbour_bins.hpp"
#include "host/run/state_archive.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// How much a cell's rate, as episodes show it, scatters: its spike counts have `fano` times the variance of
/// a Poisson process, over `seconds` of spiking.
struct RateScatter {
  double fano = 0.0, seconds = 0.0;
};

/// An episode of a few seconds shows every cell's calcium with the scatter of a few spikes, and to grow by
/// that for H seconds would multiply the scatter as well. Of each cell, therefore,
///   level     g + rho e   g: mean of its neighbours (NeighbourBins), as of now
///                         e: how far it lies from them, low-passed over spiking time with calcium's own tau
///                         rho: the share of the variance of e within a bin that scatter does not explain
///   variance  what the raw clock's calcium, a low-pass over tau, has beyond what the level still has: a
///             curve that bends turns it into growth
///   walk      variance a second of the integral of calcium over time, F level / r1 with r1 Hz at level 1
///             (white noise of counts with Fano factor F). Of it a step adds the share `walk_left`, since the
///             scatter of the level does the rest.
class LevelEstimate {
 public:
  LevelEstimate(const Population& cells, double tau_s);

  /// The sensor has just been told the rates of an episode. macro_step_s: H; dead: [neuron] 1: dead, which is
  /// nobody's neighbour; empty: none is.
  void observe(const CalciumSensor& calcium, const RateScatter& scatter, double macro_step_s,
               const std::vector<std::uint8_t>& dead);
  /// Before an event and after it cells do not lie apart from each other in the same way.
  void forget() { share_ = 0.0; }

  const std::vector<double>& level() const { return level_; }
  const std::vector<double>& variance() const { return variance_; }
  const std::vector<double>& walk() const { return walk_; }
  double walk_left(std::uint32_t neuron) const { return walk_left_[bin_[neuron]]; }
  /// Archive; after reading, has it `n` neurons?
  void archive(StateArchive& a, std::string_view prefix);
  bool fits() const { return apart_.size() == bin_.num_cells(); }

 private:
  double tau_s_;
  NeighbourBins bin_;
  std::vector<double> apart_;  ///< [neuron] e
  double share_ = 0.0;         ///< of an episode's variance that e has by scatter; 0: e is not known yet
  std::vector<double> level_, variance_, walk_;  ///< [neuron]
  std::vector<double> walk_left_;                ///< [bin]
};

}  // namespace penfield
