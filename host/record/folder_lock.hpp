#pragma once
#include <filesystem>
#include <string>

#include "host/record/file.hpp"

namespace penfield {

/// Name of the lock file inside a run folder.
inline constexpr const char* kLockName = "penfield.lock";

/// Who holds a run folder, found without touching the lock.
struct LockLook {
  enum class Writer {
    none,       ///< no lock: nobody writes there
    alive,      ///< a process of this host that is running
    gone,       ///< a process of this host that is no more: killed
    elsewhere,  ///< of another host, which cannot be asked from here
  };
  Writer writer = Writer::none;
  std::string owner;  ///< "process 17 on host h, started ..."; empty without a lock
};
LockLook look_at_lock(const std::filesystem::path& folder);

/// The one writer of a run folder. The file `penfield.lock` says host, pid, start time and batch job; a
/// kernel lock (flock) on it makes taking over a dead writer's lock free of races. Removed on destruction.
class FolderLock {
 public:
  FolderLock() = default;
  /// Takes the lock of an existing folder. A lock left by a dead process of this host, or by an earlier start
  /// of the same batch job, is taken over. Throws Error(output), at once, if somebody holds it.
  static FolderLock take(const std::filesystem::path& folder);

  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

  bool is_held() const { return descriptor_ >= 0; }
  /// Removes the lock file and lets the next writer in.
  void release() noexcept;
  /// Whether a dead writer's lock was taken over, and whose; empty otherwise.
  const std::string& taken_over_from() const { return taken_over_from_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::string taken_over_from_;
};

}  // namespace penfield
