#pragma once

namespace penfield {

/// While it lives, SIGINT, SIGTERM and SIGUSR1 only ask for a stop, which the run obeys between macro steps;
/// a second such signal ends the process at once, as if nobody had listened. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  bool requested() const;
  /// "SIGTERM"; empty if none came.
  const char* name() const;
};

}  // namespace penfield
