#include "host/record/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

namespace penfield {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32] = {};
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

long number(const std::string& text) { return text.empty() ? 0 : std::strtol(text.c_str(), nullptr, 10); }

/// Field 22 of /proc/PID/stat, clock ticks after boot: with the pid it names a process for good, so that a
/// reused pid is not taken for the old writer. Empty if there is no such process, or it is dead and only
/// waits for its parent to ask, which in a container may never happen (proc(5)).
std::string process_start(long pid) {
  const int descriptor = ::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return "";
  char text[1024] = {};
  const ssize_t bytes = ::read(descriptor, text, sizeof text - 1);
  ::close(descriptor);
  if (bytes <= 0) return "";
  const std::string line(text, static_cast<std::size_t>(bytes));
  std::size_t at = line.rfind(')');  // the command name may hold spaces and brackets
  if (at != std::string::npos && line.compare(at, 3, ") Z") == 0) return "";
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  return at == std::string::npos ? "" : line.substr(at + 1, line.find(' ', at + 1) - at - 1);
}

Json own_identity() {
  return Json{{"host", host_name()},
              {"pid", static_cast<long>(::getpid())},
              {"process_start", process_start(::getpid())},
              {"started", utc_now()},
              {"job", environment("SLURM_JOB_ID")},
              {"job_restart", number(environment("SLURM_RESTART_COUNT"))}};
}

std::string describe(const Json& owner) {
  if (!owner.is_object()) return "an unknown process";
  return "process " + std::to_string(owner.value("pid", 0L)) + " on host " + owner.value("host", "unknown") +
         ", started " + owner.value("started", "at an unknown time");
}

[[noreturn]] void refuse(const fs::path& lock, const Json& owner) {
  throw Error(ExitCode::output,
              "run folder in use (" + lock.parent_path().string() + "): " + describe(owner) +
                  " writes there; wait for it, stop it, or choose another folder with --out. If you "
                  "know that it is gone, delete " +
                  lock.string());
}

/// Whether the writer that left this lock is known to be gone. `kernel_lock`: flock works here and was free.
bool is_stale(const Json& owner, bool kernel_lock) {
  const std::string job = owner.value("job", "");
  if (!job.empty() && job == environment("SLURM_JOB_ID") &&
      owner.value("job_restart", 0L) < number(environment("SLURM_RESTART_COUNT"))) {
    return true;  // the batch system restarted this very job, so its earlier start has ended, on whichever
                  // host
  }
  // Another host's lock: a network file system may not pass flock on, so a free one proves nothing.
  if (owner.value("host", "") != host_name()) return false;
  if (kernel_lock) return true;
  const long pid = owner.value("pid", 0L);
  if (pid <= 0) return true;
  if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return true;
  return process_start(pid) != owner.value("process_start", "");
}

Json read_owner(int descriptor) {
  char text[4096] = {};
  const ssize_t bytes = ::pread(descriptor, text, sizeof text, 0);
  const Json owner = Json::parse(text, text + (bytes > 0 ? bytes : 0), nullptr, /*allow_exceptions=*/false);
  return owner.is_object() ? owner : Json();
}

bool same_file(int descriptor, const fs::path& path) {
  struct stat open_one {};
  struct stat named {};
  return ::fstat(descriptor, &open_one) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

}  // namespace

LockLook look_at_lock(const fs::path& folder) {
  const int descriptor = ::open((folder / kLockName).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return {};
  const Json owner = read_owner(descriptor);
  ::close(descriptor);
  LockLook look{LockLook::Writer::gone, describe(owner)};
  if (!owner.is_object()) return look;
  const long pid = owner.value("pid", 0L);
  if (owner.value("host", "") != host_name()) {
    look.writer = LockLook::Writer::elsewhere;
  } else if (pid > 0 && process_start(pid) == owner.value("process_start", "")) {
    look.writer = LockLook::Writer::alive;
  }
  return look;
}

FolderLock FolderLock::take(const fs::path& folder) {
  const fs::path path = folder / kLockName;
  FolderLock lock;
  while (true) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0) throw_file_error("make the lock file", path, errno);
    lock.descriptor_ = descriptor;
    const bool taken = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    const int error_number = errno;
    if (!taken && error_number == EINTR) {
      lock.descriptor_ = -1;
      ::close(descriptor);
      continue;
    }
    Json owner;
    try {
      owner = read_owner(descriptor);
      if (!taken && error_number == EWOULDBLOCK) refuse(path, owner);
      // The last owner may have removed the name between our open and our flock: then start over.
      if (taken && !same_file(descriptor, path)) {
        lock.descriptor_ = -1;
        ::close(descriptor);
        continue;
      }
      if (owner.is_object() && !is_stale(owner, taken)) refuse(path, owner);
      if (owner.is_object()) lock.taken_over_from_ = describe(owner);
      const std::string text = own_identity().dump(2) + "\n";
      errno = 0;
      if (::ftruncate(descriptor, 0) != 0 ||
          ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
        throw_file_error("write the lock file", path, errno == 0 ? ENOSPC : errno, text.size());
      }
    } catch (const Json::exception&) {  // a key of the wrong kind: not a lock of ours
      ::close(std::exchange(lock.descriptor_, -1));
      refuse(path, Json());
    } catch (...) {
      ::close(std::exchange(lock.descriptor_, -1));
      throw;
    }
    lock.path_ = path;
    return lock;
  }
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      taken_over_from_(std::move(other.taken_over_from_)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  if (this != &other) {
    release();
    path_ = std::move(other.path_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    taken_over_from_ = std::move(other.taken_over_from_);
  }
  return *this;
}

FolderLock::~FolderLock() { release(); }

void FolderLock::release() noexcept {
  if (descriptor_ < 0) return;
  // Unlink before the kernel lock goes, and only our own file.
  if (same_file(descriptor_, path_)) ::unlink(path_.c_str());
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace penfield
