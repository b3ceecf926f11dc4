#pragma once

namespace penfield {

/// While it lives, SIGINT, SIGTERM and SIGUSR1 only ask for a stop (penfield/base/stop.hpp), which the run
/// obeys within the moment; a second such signal, half a second or more after the first, ends the process at
/// once, as if nobody had listened: launchers and schedulers send several at a time. Of several that live,
/// the outermost counts; one thread makes them.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  bool requested() const;
  /// "SIGTERM"; empty if none came.
  const char* name() const;
  /// From `seconds` from now on work that can be done again is to be left: see stop_wished(). Not positive:
  /// at once.
  void leave_in(double seconds);
};

}  // namespace penfield
