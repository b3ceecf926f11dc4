#include "host/run/interruptible_engine.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace penfield {

namespace {

constexpr double kSlice_s = 0.25;  // wall time; a stop is to be obeyed within 5 s
constexpr StepIndex kGrowth = 8;   // a slice is at most so many times the one before

}  // namespace

void InterruptibleEngine::run(StepIndex num_steps) {
  while (num_steps > 0) {
    if (std::exchange(stopping_, false)) throw Interrupted{};
    const StepIndex steps = std::min(num_steps, slice_);
    const std::int64_t began_ns = steady_now_ns();
    engine_.run(steps);
    num_steps -= steps;
    // The slowest rank's time, so that all cut alike.
    std::array<std::uint64_t, 2> seen{stop_() ? 1u : 0u,
                                      static_cast<std::uint64_t>(steady_now_ns() - began_ns)};
    ranks_.largest(seen);
    const double fits = kSlice_s * 1e9 * static_cast<double>(steps) /
                        static_cast<double>(std::max<std::uint64_t>(seen[1], 1000));
    if (fixed_ > 0) {
      slice_ = fixed_;
    } else if (steps == slice_ || fits < static_cast<double>(slice_)) {
      slice_ = std::clamp(static_cast<StepIndex>(fits), StepIndex{1}, kGrowth * slice_);
    }
    stopping_ = seen[0] != 0;
  }
}

}  // namespace penfield
