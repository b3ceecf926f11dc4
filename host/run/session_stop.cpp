#include "host/run/session_stop.hpp"

#include <csignal>

namespace penfield {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGUSR1};
constexpr int kNumSignals = 3;

volatile std::sig_atomic_t received = 0;
struct sigaction before[kNumSignals];

void on_signal(int signal) {
  if (received != 0) {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, nullptr);
    raise(signal);
    return;
  }
  received = signal;
}

}  // namespace

StopSignals::StopSignals() {
  received = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (int k = 0; k < kNumSignals; ++k) sigaction(kSignals[k], &action, &before[k]);
}

StopSignals::~StopSignals() {
  for (int k = 0; k < kNumSignals; ++k) sigaction(kSignals[k], &before[k], nullptr);
}

bool StopSignals::requested() const { return received != 0; }

const char* StopSignals::name() const {
  switch (received) {
    case SIGINT: return "SIGINT";
    case SIGTERM: return "SIGTERM";
    case SIGUSR1: return "SIGUSR1";
    default: return "";
  }
}

}  // namespace penfield
