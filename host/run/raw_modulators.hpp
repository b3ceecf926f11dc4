#pragma once
// Pulses of neuromodulators during a raw run: listed, at random times, and those that spikes call for.
#include <cstdint>
#include <vector>

#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

class RawModulators {
 public:
  RawModulators(const Scenario& scenario, Network& network, Engine& engine);

  /// Populations whose spikes observe() needs: sets their flags.
  void require(std::vector<bool>& populations) const;
  /// Enters the pulses of the steps from engine.now() on, and returns the step (at most `until`) up to which
  /// they are all: no later spike can call for a pulse before it.
  StepIndex prepare(StepIndex until);
  /// Takes the spikes of a stretch that was run, sorted by step. Every rank calls this; the first has them.
  void observe(const std::vector<Spike>& spikes);

  /// What a checkpoint keeps of it: the pulses too, which are no part of the network's saved state.
  void archive(StateArchive& a);

 private:
  struct Pulse {
    StepIndex step;
    float amount;
  };
  struct Reward {
    const ModulatorSpec::Reward* spec;
    std::uint32_t source_population, target_population;
    StepIndex within, delay[2];  ///< steps
    std::uint64_t entity;        ///< of its draws
    StepIndex source_fired = kNeverStep;
    std::uint64_t given = 0;
  };
  struct State {
    const ModulatorSpec* spec;
    std::size_t next_listed = 0;
    std::uint64_t next_random = 0;  ///< number of the random pulse
    StepIndex random_step = -1;     ///< when it comes; negative: not drawn yet
    double random_s = 0.0;          ///< the same, unrounded
    std::vector<Pulse> called;      ///< by rewards, ascending, not yet entered
    std::vector<Reward> rewards;
  };
  void observe_reward(Reward& reward, std::vector<Pulse>& called, const std::vector<Spike>& spikes) const;
  bool enter(State& state, Modulator& modulator, StepIndex now, StepIndex until);
  void draw_random(State& state, std::size_t index) const;

  const Scenario& scenario_;
  Network& network_;
  Engine& engine_;
  StepIndex observed_;         ///< spikes of all steps before it have been observed
  StepIndex shortest_delay_;   ///< of all rewards
  std::vector<State> states_;  ///< [modulator]
};

}  // namespace penfield
