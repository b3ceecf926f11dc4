#pragma once
// Injury, fields and what acts on cells (host/run/injury.hpp, influences.hpp) on the raw clock.
#include <cstdint>
#include <vector>

#include "host/run/event_steps.hpp"
#include "host/run/influences.hpp"
#include "host/run/injury.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// Events act at their step. What moves by itself is looked at on a grid of steps, whatever else cuts the
/// run: courses of fields and nerves that grow back every 100 ms, with the value of the middle between two
/// looks; the debts of a rim every second. A rim's rates are low-passed over 10 s: debts add up only where
/// demand exceeds supply, and the noise of a count of spikes in a second would add up alone. What a cell's
/// rate usually is, is its mean from the run's start to the first infarct.
class RawInjury {
 public:
  RawInjury(const Scenario& scenario, Network& network, Engine& engine);

  /// Does what is due at engine.now(), and returns the step (at most `until`) up to which it holds.
  StepIndex prepare(StepIndex until);

  /// Has the scenario anything of the kind?
  bool any() const { return any_; }
  /// Did the last prepare() kill cells or cut synapses?
  bool struck() const { return struck_; }
  const Injury& injury() const { return injury_; }
  const Influences& influences() const { return influences_; }

  /// What a checkpoint keeps of it; nothing where there is nothing of the kind.
  void archive(StateArchive& a);

 private:
  struct Strike {
    std::size_t event;
    StepIndex step;
  };
  double seconds(StepIndex steps) const { return static_cast<double>(steps) * scenario_.dt_ms * 1e-3; }
  bool strikes_at(StepIndex step) const;
  void fetch();
  void put_back();
  void starve(StepIndex now);
  void strike(StepIndex now);
  void look(StepIndex now);
  bool moves(StepIndex now) const;
  StepIndex look_after(StepIndex now) const;
  void begin_rim(StepIndex now);
  void require_fit() const;

  const Scenario& scenario_;
  Network& network_;
  Engine& engine_;
  Injury injury_;
  Influences influences_;  ///< after what it looks at
  bool any_;
  bool struck_ = false;
  std::vector<Strike> strikes_;      ///< in the order of the file
  std::vector<EventSteps> acting_;   ///< what begins and ends
  std::vector<EventSteps> growing_;  ///< nerves that grow back by and by, once they are over
  const StepIndex look_interval_, rim_interval_;
  StepIndex prepared_ = -1;                 ///< the latest step whose events and looks are done
  StepIndex next_look_ = 0;                 ///< at influences
  StepIndex starved_to_ = 0;                ///< up to which debts have been added up
  std::vector<std::vector<float>> rim_Hz_;  ///< [population][neuron] low-passed; empty: no infarct yet
  std::vector<std::vector<std::uint32_t>> counted_;  ///< likewise: spikes up to starved_to_, modulo 2^32
};

}  // namespace penfield
