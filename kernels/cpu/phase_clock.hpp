#pragma once
#include <array>
#include <chrono>
#include <cstddef>

namespace penfield::cpu {

/// Wall time by phase of one worker's steps; does nothing for a null total.
class PhaseClock {
 public:
  enum Part : std::size_t { update, wait, exchange, deliver, learn, num_parts };
  using Times = std::array<double, num_parts>;  ///< [s]

  explicit PhaseClock(Times* total) : total_(total) {
    if (total_ != nullptr) last_ = Clock::now();
  }
  /// What has passed since the last call was `part`.
  void end(Part part) {
    if (total_ == nullptr) return;
    const Clock::time_point now = Clock::now();
    (*total_)[part] += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Times* total_;
  Clock::time_point last_;
};

}  // namespace penfield::cpu
