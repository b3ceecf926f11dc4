// Fails, or kills the process at, every file call of a small run in turn, and then resumes it. Passes when no
// error is mistaken for success, each failure is an Error(output), and every resumed run ends in the same
// bytes. The file calls are interposed by the definitions below, so this is a program of its own (not under a
// sanitizer).
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "penfield/base/error.hpp"
#include "test/support/scratch_folder.hpp"
#include "test/support/stand_in_run.hpp"

namespace {

constexpr penfield::StepIndex kEnd = 9;
constexpr int kKill = -1;        // SIGKILL instead of the call
constexpr int kKillAfter = -2;   // SIGKILL right after the call
constexpr int kShortWrite = -3;  // half of the bytes are written

int fault_kind = 0;
long fault_at = -1;  // which call, counted from 0; -1: none
long num_calls = 0;
bool watching = false;

/// Runs `call` unless this is the chosen position; `name` only tells a write from the rest.
template <class Call>
long interposed(const char* name, Call&& call) {
  if (!watching || num_calls++ != fault_at) return call();
  if (fault_kind == kKill) ::kill(::getpid(), SIGKILL);
  if (fault_kind == kKillAfter) {
    call();
    ::kill(::getpid(), SIGKILL);
  }
  if (fault_kind == kShortWrite) return std::strcmp(name, "write") == 0 ? -2 : call();
  errno = fault_kind;
  return -1;
}

}  // namespace

extern "C" {
ssize_t write(int file, const void* data, size_t bytes) {
  const long result = interposed("write", [&] { return ::syscall(SYS_write, file, data, bytes); });
  return result == -2 ? ::syscall(SYS_write, file, data, (bytes + 1) / 2) : result;
}
int fsync(int file) {
  return static_cast<int>(interposed("fsync", [&] { return ::syscall(SYS_fsync, file); }));
}
int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(interposed("rename", [&] { return ::syscall(SYS_rename, from, to); }));
}
int ftruncate(int file, off_t bytes) noexcept {
  return static_cast<int>(interposed("ftruncate", [&] { return ::syscall(SYS_ftruncate, file, bytes); }));
}
int mkdir(const char* path, mode_t mode) noexcept {
  return static_cast<int>(interposed("mkdir", [&] { return ::syscall(SYS_mkdir, path, mode); }));
}
int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return static_cast<int>(
      interposed("open", [&] { return ::syscall(SYS_openat, AT_FDCWD, path, flags, mode); }));
}
int close(int file) {
  return static_cast<int>(interposed("close", [&] { return ::syscall(SYS_close, file); }));
}
}

namespace {

using penfield::test::ScratchFolder;

/// Runs in a child with one fault; returns its wait status: exit 0 done, 5 an Error(output), else a defect.
int run_with_fault(const std::filesystem::path& folder, int kind, long at, int report) {
  const pid_t child = ::fork();
  if (child == 0) {
    fault_kind = kind;
    fault_at = at;
    watching = true;
    int code = 70;
    try {
      penfield::test::stand_in_run(folder, kEnd, [](penfield::StepIndex) {});
      code = 0;
    } catch (const penfield::Error& error) {
      code = static_cast<int>(error.code());
    }
    watching = false;
    const bool told = report < 0 || ::write(report, &num_calls, sizeof num_calls) == sizeof num_calls;
    ::_exit(told ? code : 70);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

std::string bytes_of(const std::filesystem::path& folder) {
  return penfield::read_text_file(folder / "run.log", 1 << 28) +
         penfield::read_text_file(folder / "checkpoint/current.pfc", 1 << 28);
}

}  // namespace

int main() {
  const ScratchFolder whole;
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) return 70;
  if (run_with_fault(whole.path(), 0, -1, pipe_ends[1]) != 0) return 1;
  long positions = 0;
  if (::read(pipe_ends[0], &positions, sizeof positions) != sizeof positions) return 70;
  const std::string expected = bytes_of(whole.path());

  int failures = 0;
  int refused = 0;
  for (const int kind : {ENOSPC, EIO, EDQUOT, EINTR, kShortWrite, kKill, kKillAfter}) {
    for (long at = 0; at < positions; ++at) {
      const ScratchFolder scratch;
      const int status = run_with_fault(scratch.path(), kind, at, -1);
      const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && kind < 0;
      const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      refused += code == 5 ? 1 : 0;
      const bool ended_well = killed || code == 0 || code == 5;
      const bool resumed = run_with_fault(scratch.path(), 0, -1, -1) == 0;
      if (!ended_well || !resumed || bytes_of(scratch.path()) != expected) {
        ++failures;
        std::fprintf(stderr, "fault %d at file call %ld: status %d, resumed %d\n", kind, at, status, resumed);
      }
    }
  }
  std::printf("%ld file calls, 7 kinds of fault: %d failures, %d refusals\n", positions, failures, refused);
  return failures == 0 && refused > 0 ? 0 : 1;
}
