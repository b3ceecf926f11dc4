#pragma once
// A wish to end the program early, seen from everywhere: a signal may come in any loop, so every loop that
// can last looks here. Nothing else in Penfield is global.
#include <atomic>
#include <chrono>
#include <cstdint>

namespace penfield {

/// Thrown where a stop was wished for in the middle of something long. No Error: nothing is wrong, and who
/// catches it puts the state back to where a run can go on.
struct Interrupted {};

/// Number of the stop signal that came; 0: none. Set by a signal handler (host/run/session_stop.hpp).
inline std::atomic<int> stop_signal{0};
/// On the steady clock, ns: work that can be done again is left from then on. 0: never.
inline std::atomic<std::int64_t> stop_at_ns{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may touch nothing else");

inline std::int64_t steady_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Is the program to end? Some ten nanoseconds; callable from any thread.
inline bool stop_wished() {
  if (stop_signal.load(std::memory_order_relaxed) != 0) return true;
  const std::int64_t at = stop_at_ns.load(std::memory_order_relaxed);
  return at != 0 && steady_now_ns() >= at;
}

/// For loops whose work can simply be done again: building, exporting, verifying.
inline void leave_if_stopped() {
  if (stop_wished()) throw Interrupted{};
}

}  // namespace penfield
