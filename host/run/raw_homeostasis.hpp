#pragma once
// Homeostats on the raw clock: every so many steps the host reads spike counters and moves gains.
#include <cstdint>
#include <vector>

#include "host/run/raw_injury.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// Per neuron, with s = +1 where a larger gain raises the rate (synaptic scaling) and -1 where it lowers it:
///   T dr/dt = spikes - r                  r: running mean of the rate, Hz; T: sensor_tau_s
///   tau_s dg/dt = s (rho0 - r) / rho0 g   g: gain on all synaptic input of one port
/// This is the multiplicative scaling of van Rossum, Bi & Turrigiano, J Neurosci 20:8812 (2000), with a
/// sensor of its own as in Zenke, Hennequin & Gerstner, PLoS Comput Biol 9:e1003330 (2013). Over an interval
/// `every` spikes count as evenly spread and r as constant. r begins at rho0. Poisson stimuli, which are
/// drawn at the neuron, have no gain; give a neuron afferents from relays where they are to be scaled. What a
/// field multiplies a port by is no part of g, and the dead keep theirs.
class RawHomeostasis {
 public:
  RawHomeostasis(const Scenario& scenario, Network& network, Engine& engine, const RawInjury& injury);

  /// Moves the gains that are due at engine.now(), and returns the step (at most `until`) up to which they
  /// hold.
  StepIndex prepare(StepIndex until);

  /// What a checkpoint keeps of it; gains themselves are arrays of the network.
  void archive(StateArchive& a);

 private:
  struct Homeostat {
    const HomeostasisSpec* spec;
    std::uint32_t population, port;
    StepIndex interval;                  ///< steps
    StepIndex moved;                     ///< the step up to which spikes have been counted
    std::vector<float> rate_Hz;          ///< [neuron] r
    std::vector<std::uint32_t> counted;  ///< [neuron] spikes up to `moved`, modulo 2^32 as counters are
  };
  void move(Homeostat& h, StepIndex now);

  const Scenario& scenario_;
  Network& network_;
  Engine& engine_;
  const RawInjury& injury_;
  std::vector<Homeostat> homeostats_;
};

}  // namespace penfield
