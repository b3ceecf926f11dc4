#pragma once
#include <stdexcept>
#include <string>

namespace penfield {

/// Process exit codes: one code, one cure (see the README's table).
enum class ExitCode : int {
  done = 0,
  check_failed = 1,  ///< a check or validation did not pass
  usage = 2,         ///< the command line is wrong
  scenario = 3,      ///< the scenario is wrong
  input_file = 4,    ///< a data file that the scenario names is wrong
  output = 5,        ///< the output folder or the disk
  no_device = 6,     ///< the asked device is missing
  memory = 7,        ///< not enough memory, host or device
  device_fault = 8,  ///< the device failed: leave this node out
  numerics = 9,      ///< non-finite or absurd state, overflow
  internal = 70,     ///< a defect in Penfield
  stopped = 75,      ///< stopped early and resumable
};

/// An error whose message is meant for the user: `problem (where), why, what to do`.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace penfield
