#pragma once
// Homeostats: per-neuron gains on an input port that pull the neuron's rate to its set-point.
#include <cstdint>
#include <string>
#include <vector>

#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/state/arrays.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// Of a gain.
struct GainBounds {
  double low, high;
};

/// One homeostat: d ln g/dt = s (1 - r/rho0) / tau, with s = +1 where a larger gain raises the rate (synaptic
/// scaling of excitation; Turrigiano et al., Nature 391:892, 1998) and -1 where it lowers it (inhibitory
/// plasticity in rate form; the mean drift of Vogels et al., Science 334:1569, 2011). A macro step uses the
/// closed-loop slope d ln r / d ln g = s G, together with all other homeostats of the population
/// (host/run/rate_loop.hpp). G is the scenario's, or measured by small perturbations
/// (host/run/loop_gain.hpp).
class Homeostat {
 public:
  Homeostat(const HomeostasisSpec& spec, const Network& network);

  const HomeostasisSpec& spec() const { return spec_; }
  /// [neuron] what a field multiplies the port's factor by beside the homeostat, which neither sees nor
  /// bounds that share; null: nothing does. It outlives the homeostat.
  void set_share(const std::vector<float>* share) { share_ = share; }
  /// [neuron] 1: dead, its gain stays; empty: none is.
  void set_dead(const std::vector<std::uint8_t>& dead) { dead_ = dead; }
  bool is_dead(std::size_t neuron) const { return !dead_.empty() && dead_[neuron] != 0; }
  /// Of a factor, the homeostat's own part.
  float own(std::size_t neuron, float factor) const {
    return share_ == nullptr ? factor : factor / (*share_)[neuron];
  }
  /// Remembers the present gains as the intact ones: bounds are relative to them from now on.
  void take_snapshot(const Network& network);
  /// 1 - r/rho0, at least -3: a burst of one short episode must not swing the gain by orders of magnitude.
  /// The limit never binds near the set-point.
  double error_at(double rate_Hz) const {
    const double error = 1.0 - rate_Hz / spec_.set_point_Hz;
    return error < -3.0 ? -3.0 : error;
  }
  /// Of the homeostat's own part of a neuron's factor, now.
  GainBounds bounds(std::size_t neuron) const;
  /// Its own part becomes `gain`.
  void set_own(Network& network, std::size_t neuron, double gain) const;
  /// [neuron] gains of the intact network.
  const std::vector<float>& intact() const { return intact_; }
  std::uint32_t port() const { return port_; }
  std::uint32_t population() const { return population_; }
  double sign() const { return spec_.raises_rate ? 1.0 : -1.0; }
  double loop_gain() const { return loop_gain_; }
  /// Has the loop gain to be measured before a macro step from `time_s` on?
  bool loop_gain_is_due(double time_s) const;
  /// It was measured at that time; `gain` 0: in vain, so that the one before goes on.
  void set_loop_gain(double gain, double time_s);
  /// Rates may answer otherwise from now on.
  void forget_loop_gain() { gain_known_ = false; }
  /// Time begins anew at `time_s`.
  void shift_time(double time_s) { gain_time_s_ -= time_s; }
  /// What changes in a run, for checkpoints (host/run/study_state.cpp).
  void archive(StateArchive& a);

 private:
  HomeostasisSpec spec_;
  std::uint32_t population_ = 0;
  std::uint32_t port_ = 0;
  bool snapshot_taken_ = false;
  double loop_gain_ = 0.0;
  bool gain_known_ = false;  ///< from a measurement, at gain_time_s_
  double gain_time_s_ = 0.0;
  std::vector<float> intact_;
  const std::vector<float>* share_ = nullptr;
  std::vector<std::uint8_t> dead_;
};

}  // namespace penfield
