#pragma once
// Trains of current pulses, as of intracortical microstimulation: 13 pulses of 0.2 ms at 350 Hz.
#include <cstdint>

namespace penfield {

struct PulseTrainSpec {
  double pulse_ms = 0.0;         ///< length of a pulse; 0: no train, the current is constant
  double rate_Hz = 0.0;          ///< of the pulses of a train
  std::uint32_t pulses = 1;      ///< in a train
  double trains_every_s = -1.0;  ///< from onset to onset; negative: one train
};

}  // namespace penfield
