#include "host/run/session_stop.hpp"

#include <time.h>

#include <algorithm>
#include <csignal>

#include "penfield/base/stop.hpp"

namespace penfield {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGUSR1};
constexpr int kNumSignals = 3;
constexpr std::int64_t kOneWish_ns = 500'000'000;

struct sigaction before[kNumSignals];
int listeners = 0;
volatile std::sig_atomic_t left = 0;  ///< nobody listens any more, since a stop was asked for
std::atomic<std::int64_t> first_at_ns{0};

// clock_gettime may be called from a signal handler, std::chrono is not said to be.
std::int64_t handler_now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void on_signal(int signal) {
  if (stop_signal.load() != 0 || left != 0) {
    if (handler_now_ns() - first_at_ns.load() < kOneWish_ns) return;
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, nullptr);
    raise(signal);
    return;
  }
  first_at_ns = handler_now_ns();
  stop_signal = signal;
}

}  // namespace

StopSignals::StopSignals() {
  if (listeners++ > 0) return;
  stop_signal = 0;
  const bool installed = left != 0;
  left = 0;
  stop_at_ns = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (int k = 0; k < kNumSignals; ++k) sigaction(kSignals[k], &action, installed ? nullptr : &before[k]);
}

StopSignals::~StopSignals() {
  if (--listeners > 0) return;
  // After a stop the process ends, with its own code though a launcher may have sent a signal twice.
  if (stop_signal.load() != 0) left = 1;
  for (int k = 0; left == 0 && k < kNumSignals; ++k) sigaction(kSignals[k], &before[k], nullptr);
  stop_signal = 0;
  stop_at_ns = 0;
}

bool StopSignals::requested() const { return stop_signal.load() != 0; }

const char* StopSignals::name() const {
  switch (stop_signal.load()) {
    case SIGINT: return "SIGINT";
    case SIGTERM: return "SIGTERM";
    case SIGUSR1: return "SIGUSR1";
    default: return "";
  }
}

void StopSignals::leave_in(double seconds) {
  stop_at_ns = steady_now_ns() + static_cast<std::int64_t>(std::max(0.0, seconds) * 1e9);
}

}  // namespace penfield
