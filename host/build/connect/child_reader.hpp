#pragma once
// Files of a stranger's making are read by a large library in a child process: what they break there is the
// child alone, and what they ask for is bounded.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace penfield {

/// What the child may use, on top of what the process had when it began.
struct ChildLimits {
  std::uint64_t memory_bytes = std::uint64_t{4} << 30;
  std::uint32_t cpu_s = 60;
};

/// The end of a pipe; both calls throw Error(input_file) when the other side is gone.
class PipeEnd {
 public:
  explicit PipeEnd(int descriptor) : descriptor_(descriptor) {}
  void write(const void* data, std::size_t bytes);
  void read(void* data, std::size_t bytes);

 private:
  int descriptor_;
};

/// Reads, and returns what then writes it to the pipe: a fault comes before the first byte of data or not at
/// all.
using ChildWork = std::function<std::function<void(PipeEnd& out)>()>;

/// Runs `work` in a child process; `take` reads here what it writes there. `what` names the file in messages.
/// An Error that `work` throws is thrown here too, with its message, as input_file; so is the end of a child
/// that crashed or went over its limits. The child sees this process's memory as it was, and changes nothing
/// of it.
void read_in_child(const std::string& what, const ChildLimits& limits, const ChildWork& work,
                   const std::function<void(PipeEnd& in)>& take);

}  // namespace penfield
