#pragma once
// What the steps of one call of run() need beside the network's arrays. It lies in device memory, so that a
// captured graph can be replayed: nothing in it is a kernel's argument.
#include <cstdint>

#include "penfield/state/population.hpp"
#include "penfield/state/projection.hpp"

namespace penfield::cuda {

struct Control {
  StepIndex step = 0;  ///< the step at work; moved on by end_step_kernel
  FlushTimes flush;
  FlushScope flush_wanted =
      FlushScope::none;               ///< filled: a history ring is full, flush at the end of this step
  StepIndex flush_step = kNeverStep;  ///< the last step in which a history ring asked the persistent kernel
  std::uint32_t seed = 0;
  std::uint32_t num_spikes = 0;  ///< recorded since the last drain
  TouchTable touch;              ///< its pointers are device pointers
};

}  // namespace penfield::cuda
