#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace penfield {

/// "41 s", "3 min 05 s", "2 h 12 min".
std::string duration_text(double seconds);
/// "12.5 d", "6 h", "0.2 s": biological time.
std::string time_point_text(double seconds);

/// How far a run is, on stderr: a bar that is rewritten on a terminal, else lines, the first at once and then
/// every 10 s. A thread of its own writes, so that a long macro step does not look like a standstill.
class ProgressReport {
 public:
  explicit ProgressReport(bool quiet);
  ~ProgressReport();
  ProgressReport(const ProgressReport&) = delete;
  ProgressReport& operator=(const ProgressReport&) = delete;

  /// What is being done: "building the network".
  void phase(const std::string& what);
  /// The run goes from biological time `start_s` to `end_s` and spikes through `spiking_s` seconds in all,
  /// `spiked_s` of which are done already.
  void expect(double start_s, double end_s, double spiking_s, double spiked_s);
  /// Biological time reached, spiking simulated so far.
  void advance(double time_s, double spiked_s);
  /// A line of its own, above the bar.
  void note(const std::string& text);
  /// No more output.
  void finish();

 private:
  void work();
  std::string line() const;
  void show();
  void clear();

  using Clock = std::chrono::steady_clock;
  const bool quiet_;
  const bool terminal_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  bool running_ = false;
  std::string phase_;
  double start_s_ = 0.0, end_s_ = 0.0, spiking_s_ = 0.0, spiked_at_start_s_ = 0.0, spiked_s_ = 0.0,
         time_s_ = 0.0;
  Clock::time_point began_, last_line_, last_advance_;
  std::thread thread_;
};

}  // namespace penfield
