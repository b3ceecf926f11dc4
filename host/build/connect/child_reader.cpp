#include "host/build/connect/child_reader.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>

#include "penfield/base/error.hpp"
#include "penfield/base/stop.hpp"

namespace penfield {

namespace {

constexpr std::uint64_t kMostMessageBytes = 64 << 10;
constexpr std::uint8_t kData = 1, kFault = 2;  ///< the first byte that a child writes

/// Bytes of address space in use; the limit is on what comes on top.
std::uint64_t address_space_bytes() {
  unsigned long long pages = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%llu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void lower_limit(int resource, std::uint64_t value) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, value);
  ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

[[noreturn]] void be_child(int descriptor, const ChildLimits& limits, const ChildWork& work) {
  lower_limit(RLIMIT_CORE, 0);
  lower_limit(RLIMIT_CPU, limits.cpu_s);
  lower_limit(RLIMIT_AS, address_space_bytes() + limits.memory_bytes);
  PipeEnd out(descriptor);
  std::string fault;
  try {
    const std::function<void(PipeEnd&)> write = work();
    out.write(&kData, sizeof kData);
    write(out);
    ::_exit(0);
  } catch (const std::bad_alloc&) {
    fault = "reading it needs more than the " + std::to_string(limits.memory_bytes >> 20) +
            " MiB that a file of its size may take; split it";
  } catch (const std::exception& error) {
    fault = error.what();
  }
  try {
    const std::uint64_t length = std::min<std::uint64_t>(fault.size(), kMostMessageBytes);
    out.write(&kFault, sizeof kFault);
    out.write(&length, sizeof length);
    out.write(fault.data(), length);
  } catch (...) {
  }
  ::_exit(1);
}

/// Why a child ended without a word.
std::string reason_of(int status, const ChildLimits& limits) {
  if (!WIFSIGNALED(status)) return "its reader stopped early; the file is damaged or not what it says";
  const int signal = WTERMSIG(status);
  if (signal == SIGXCPU)
    return "reading it took more than the " + std::to_string(limits.cpu_s) +
           " s that a file of its size may take; split it";
  if (signal == SIGKILL) return "its reader was killed, perhaps for want of memory; split it";
  return "it crashed its reader (signal " + std::to_string(signal) +
         "): the file is damaged or hostile; write it again";
}

}  // namespace

void PipeEnd::write(const void* data, std::size_t bytes) {
  for (auto* at = static_cast<const std::byte*>(data); bytes > 0;) {
    const ssize_t done = ::write(descriptor_, at, bytes);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) throw Error(ExitCode::input_file, "nobody listens");
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
}

void PipeEnd::read(void* data, std::size_t bytes) {
  for (auto* at = static_cast<std::byte*>(data); bytes > 0;) {
    leave_if_stopped();
    const ssize_t done = ::read(descriptor_, at, bytes);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) throw Error(ExitCode::input_file, "the reader stopped early");
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
}

void read_in_child(const std::string& what, const ChildLimits& limits, const ChildWork& work,
                   const std::function<void(PipeEnd&)>& take) {
  int ends[2];
  if (::pipe(ends) != 0)
    throw Error(ExitCode::memory, what + ": no pipe to read it through; close other programs");
  const pid_t child = ::fork();
  if (child < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw Error(ExitCode::memory, what + ": no process to read it in; close other programs");
  }
  if (child == 0) {
    ::close(ends[0]);
    be_child(ends[1], limits, work);
  }
  ::close(ends[1]);
  PipeEnd in(ends[0]);
  std::string fault;
  bool told = false;
  std::exception_ptr ours;
  try {
    std::uint8_t kind = 0;
    in.read(&kind, sizeof kind);
    if (kind == kData) {
      take(in);
      told = true;
    } else {
      std::uint64_t length = 0;
      in.read(&length, sizeof length);
      fault.resize(std::min(length, kMostMessageBytes));
      in.read(fault.data(), fault.size());
      told = true;
    }
  } catch (const Error&) {
    told = false;
  } catch (...) {
    ours = std::current_exception();
  }
  ::close(ends[0]);  // a child that still writes now ends by SIGPIPE
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (ours) std::rethrow_exception(ours);
  if (!told) throw Error(ExitCode::input_file, what + ": " + reason_of(status, limits));
  if (!fault.empty()) throw Error(ExitCode::input_file, fault);
}

}  // namespace penfield
