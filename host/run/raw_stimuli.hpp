#pragma once
// What changes from outside during a raw run: step currents, rate schedules, spike lists, touches, amputations.
#include <cstdint>
#include <vector>

#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

class RawStimuli {
 public:
  RawStimuli(const Scenario& scenario, Network& network, Engine& engine);

  /// Sets everything for the steps from engine.now() on and returns the step (at most `until`) up to which it holds.
  StepIndex prepare(StepIndex until);

  /// What a checkpoint keeps of it.
  void archive(StateArchive& a);

 private:
  struct Injection {
    StepIndex step;
    std::uint32_t population, port, neuron;
    std::int32_t weight_q;
  };

  bool set_currents(StepIndex now, StepIndex& until);
  bool set_rates(StepIndex now, StepIndex& until);
  bool inject(StepIndex now, StepIndex& until);
  bool amputate(StepIndex now, StepIndex& until);
  void touch(StepIndex now, StepIndex& until);

  const Scenario& scenario_;
  Network& network_;
  Engine& engine_;
  std::vector<float> constant_pA_;      ///< [population] without step currents
  std::vector<double> relay_Hz_;        ///< [stimulus] rate that a schedule added last
  std::vector<Injection> injections_;   ///< ascending in time
  std::uint64_t next_injection_ = 0;
  std::vector<bool> done_;              ///< [event]
  StepIndex touched_until_ = 0;
  std::uint64_t touch_episode_ = 0;
};

/// Resting potential of a population's neurons, mV: what relative potentials are relative to.
float rest_mV(const Scenario& scenario, std::uint32_t population);

}  // namespace penfield
