// A library to be put before a program (LD_PRELOAD): every file call below one folder is counted, and one of
// them fails, is cut short, or is where the process is killed.
//   PENFIELD_FAULT_FOLDER  calls on files in it count
//   PENFIELD_FAULT_KIND    a number of errno; or kill, kill_after, short; or nothing: only count
//   PENFIELD_FAULT_AT      which call, from 0
//   PENFIELD_FAULT_COUNT   a file outside the folder: the count is written there at the end
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace {

struct Setting {
  const char* folder = getenv("PENFIELD_FAULT_FOLDER");
  const char* kind = getenv("PENFIELD_FAULT_KIND");
  long at = getenv("PENFIELD_FAULT_AT") != nullptr ? atol(getenv("PENFIELD_FAULT_AT")) : -1;
  const char* count = getenv("PENFIELD_FAULT_COUNT");
};
const Setting& setting() {
  static const Setting instance;
  return instance;
}

std::atomic<long> calls{0};
bool watched_file[1024];

bool below(const char* path) {
  const char* folder = setting().folder;
  return folder != nullptr && path != nullptr && strncmp(path, folder, strlen(folder)) == 0;
}
bool watched(int file) { return file >= 0 && file < 1024 && watched_file[file]; }

enum class Fault { none, fail, cut };

/// What is to become of a call on a watched file; does not return where the process is to die before it.
Fault fault(bool* kill_after) {
  *kill_after = false;
  const long number = calls++;
  const char* kind = setting().kind;
  if (kind == nullptr || number != setting().at) return Fault::none;
  if (strcmp(kind, "kill") == 0) kill(getpid(), SIGKILL);
  if (strcmp(kind, "short") == 0) return Fault::cut;
  if (strcmp(kind, "kill_after") == 0) {
    *kill_after = true;
    return Fault::none;
  }
  errno = atoi(kind);
  return Fault::fail;
}

template <class Call>
long interposed(bool of_interest, Call&& call) {
  if (!of_interest) return call();
  bool kill_after = false;
  if (fault(&kill_after) == Fault::fail) return -1;
  const long result = call();
  if (kill_after) kill(getpid(), SIGKILL);
  return result;
}

template <class Write>
ssize_t interposed_write(int file, size_t bytes, Write&& write) {
  if (!watched(file)) return write(bytes);
  bool kill_after = false;
  const Fault what = fault(&kill_after);
  if (what == Fault::fail) return -1;
  const ssize_t result = write(what == Fault::cut ? (bytes + 1) / 2 : bytes);
  if (kill_after) kill(getpid(), SIGKILL);
  return result;
}

int opened(int file, const char* path) {
  if (file >= 0 && file < 1024) watched_file[file] = below(path);
  return file;
}

__attribute__((destructor)) void tell() {
  if (setting().count == nullptr) return;
  FILE* out = fopen(setting().count, "w");
  if (out == nullptr) return;
  fprintf(out, "%ld\n", calls.load());
  fclose(out);
}

}  // namespace

extern "C" {
ssize_t write(int file, const void* data, size_t bytes) {
  return interposed_write(file, bytes, [&](size_t n) { return syscall(SYS_write, file, data, n); });
}
ssize_t pwrite64(int file, const void* data, size_t bytes, off64_t at) {
  return interposed_write(file, bytes, [&](size_t n) { return syscall(SYS_pwrite64, file, data, n, at); });
}
ssize_t pwrite(int file, const void* data, size_t bytes, off_t at) { return pwrite64(file, data, bytes, at); }
int fsync(int file) {
  return static_cast<int>(interposed(watched(file), [&] { return syscall(SYS_fsync, file); }));
}
int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(interposed(below(to), [&] { return syscall(SYS_rename, from, to); }));
}
int link(const char* from, const char* to) noexcept {
  return static_cast<int>(interposed(below(to), [&] { return syscall(SYS_link, from, to); }));
}
int unlink(const char* path) noexcept {
  return static_cast<int>(interposed(below(path), [&] { return syscall(SYS_unlink, path); }));
}
int ftruncate64(int file, off64_t bytes) noexcept {
  return static_cast<int>(interposed(watched(file), [&] { return syscall(SYS_ftruncate, file, bytes); }));
}
int ftruncate(int file, off_t bytes) noexcept { return ftruncate64(file, bytes); }
int mkdir(const char* path, mode_t mode) noexcept {
  return static_cast<int>(interposed(below(path), [&] { return syscall(SYS_mkdir, path, mode); }));
}
int openat_checked(const char* path, int flags, mode_t mode) {
  // Reading is no business of durability.
  const bool of_interest = below(path) && (flags & (O_WRONLY | O_RDWR | O_CREAT | O_DIRECTORY)) != 0;
  return opened(static_cast<int>(interposed(
                    of_interest, [&] { return syscall(SYS_openat, AT_FDCWD, path, flags, mode); })),
                path);
}
int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openat_checked(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return openat_checked(path, flags, mode);
}
int close(int file) {
  const bool of_interest = watched(file);
  if (of_interest) watched_file[file] = false;
  return static_cast<int>(interposed(of_interest, [&] { return syscall(SYS_close, file); }));
}
}
