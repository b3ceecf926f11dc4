#pragma once
// What changes from outside during a raw run: step currents, noise, rate schedules, spike lists, touches and
// how often they come, amputations, drugs.
#include <cstdint>
#include <vector>

#include "host/run/drugs.hpp"
#include "host/run/event_steps.hpp"
#include "host/run/raw_injury.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

class RawStimuli {
 public:
  /// `injury` says who is dead and how much the body is used.
  RawStimuli(const Scenario& scenario, Network& network, Engine& engine, const RawInjury& injury);

  /// Sets everything for the steps from engine.now() on and returns the step (at most `until`) up to which it
  /// holds.
  StepIndex prepare(StepIndex until);

  /// What a checkpoint keeps of it.
  void archive(StateArchive& a);

 private:
  /// A listed spike arrives in the step that begins at its time.
  struct Injection {
    StepIndex step;
    std::uint32_t population, port, neuron;
    std::int32_t weight_q;
  };

  /// To be called before anything in the network is changed: what an engine holds is fetched first, since all
  /// of it goes back afterwards.
  void change();
  bool active(const StimulusSpec& s, StepIndex now, StepIndex& until) const;

  void dose(StepIndex now, StepIndex& until);
  void set_currents(StepIndex now, StepIndex& until);
  void set_noise(StepIndex now, StepIndex& until);
  void set_drives(StepIndex now, StepIndex& until);
  void inject(StepIndex now, StepIndex& until);
  void amputate(StepIndex now, StepIndex& until);
  void touch(StepIndex now, StepIndex& until);
  void plan_touches(StepIndex first, StepIndex length, std::uint64_t episode);

  const Scenario& scenario_;
  Network& network_;
  Engine& engine_;
  const RawInjury& injury_;
  bool changed_ = false;               ///< in this prepare()
  std::vector<float> constant_pA_;     ///< [population] without step currents
  std::vector<double> relay_Hz_;       ///< [stimulus] rate that a schedule added last
  std::vector<Injection> injections_;  ///< ascending in time
  std::uint64_t next_injection_ = 0;
  std::vector<bool> done_;  ///< [event]
  std::vector<EventSteps> uses_;
  StepIndex touched_until_ = 0;
  std::uint64_t touch_episode_ = 0;
  DrugTimes drug_times_;
  Drugs drugs_;
};

/// Resting potential of a population's neurons, mV: what relative potentials are relative to.
float rest_mV(const Scenario& scenario, std::uint32_t population);

}  // namespace penfield
