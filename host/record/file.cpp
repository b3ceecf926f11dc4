#include "host/record/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace penfield {
namespace fs = std::filesystem;

namespace {

// One write call moves at most 0x7ffff000 bytes on Linux; smaller pieces also keep a stop signal responsive.
constexpr std::size_t kLargestCall = std::size_t{1} << 30;

fs::path nearest_existing(const fs::path& path) {
  std::error_code ignored;
  fs::path at = fs::absolute(path, ignored);
  while (!at.empty() && at != at.root_path() && !fs::exists(at, ignored)) at = at.parent_path();
  return at.empty() ? fs::path(".") : at;
}

int open_retrying(const fs::path& path, int flags, mode_t mode = 0) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

std::string room(const fs::path& path, std::uint64_t bytes_needed) {
  struct statvfs info {};
  std::string text =
      bytes_needed > 0 ? std::to_string(bytes_needed) + " bytes needed" : std::string("more needed");
  if (::statvfs(nearest_existing(path).c_str(), &info) == 0) {
    text += ", " + std::to_string(std::uint64_t{info.f_bavail} * info.f_frsize) + " bytes free";
  }
  return text;
}

std::string cure(int error_number, const fs::path& path, std::uint64_t bytes_needed) {
  switch (error_number) {
    case ENOSPC:
      return "the disk is full: " + room(path, bytes_needed) +
             "; free some space or choose a folder on another disk with --out";
    case EDQUOT:
      return "your disk quota is used up: " + room(path, bytes_needed) +
             "; free some space or choose a folder on another disk with --out";
    case EFBIG:
      return "the file size limit is reached: " + room(path, bytes_needed) +
             "; raise the limit (ulimit -f) or choose another file system with --out";
    case EACCES:
    case EPERM:
      return "permission denied; give yourself the right to write there or choose another folder with --out";
    case EROFS: return "the file system is read-only; choose another folder with --out";
    case ENOENT: return "no such file or folder; check the path";
    case ENOTDIR: return "a part of the path is a file, not a folder; check the path";
    case ELOOP:
      return "the name is a link where a plain file is expected; remove the link or choose another folder";
    case EMFILE:
    case ENFILE: return "too many open files; raise the limit (ulimit -n)";
    case EIO:
      return "the disk reported an input/output error; what was written last may be lost: check the disk, "
             "then run "
             "the same command to resume from the last checkpoint";
    default: return std::string(std::strerror(error_number)) + "; check the path and the disk";
  }
}

}  // namespace

void throw_file_error(std::string_view action, const fs::path& path, int error_number,
                      std::uint64_t bytes_needed, ExitCode code) {
  throw Error(code, "cannot " + std::string(action) + " (" + path.string() +
                        "): " + cure(error_number, path, bytes_needed));
}

std::uint64_t free_bytes(const fs::path& path) {
  struct statvfs info {};
  const fs::path at = nearest_existing(path);
  if (::statvfs(at.c_str(), &info) != 0) throw_file_error("ask for the free space", at, errno);
  return std::uint64_t{info.f_bavail} * info.f_frsize;
}

void require_free_bytes(const fs::path& path, std::uint64_t bytes) {
  if (free_bytes(path) < bytes) throw_file_error("write", path, ENOSPC, bytes);
}

void ignore_file_size_signal() { std::signal(SIGXFSZ, SIG_IGN); }

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      failed_(other.failed_),
      path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    failed_ = other.failed_;
    path_ = std::move(other.path_);
  }
  return *this;
}

File File::open_read(const fs::path& path) {
  // O_NONBLOCK: opening a pipe somebody left under the name must not hang.
  const int descriptor = open_retrying(path, O_RDONLY | O_NONBLOCK);
  if (descriptor < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    throw_file_error("read", path, errno, 0, missing ? ExitCode::input_file : ExitCode::output);
  }
  File file(descriptor, path);
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) throw_file_error("read", path, errno);
  if (!S_ISREG(info.st_mode)) {
    throw Error(ExitCode::input_file,
                "cannot read (" + path.string() + "): it is not a plain file; check the path");
  }
  return file;
}

File File::create(const fs::path& path) {
  const int descriptor = open_retrying(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0666);
  if (descriptor < 0) throw_file_error("make the file", path, errno);
  return File(descriptor, path);
}

File File::open_append(const fs::path& path) {
  const int descriptor = open_retrying(path, O_RDWR | O_NOFOLLOW);
  if (descriptor < 0) throw_file_error("open for writing", path, errno);
  File file(descriptor, path);
  if (::lseek(descriptor, 0, SEEK_END) < 0) throw_file_error("open for writing", path, errno);
  return file;
}

void File::require_healthy() const {
  if (descriptor_ >= 0 && !failed_) return;
  throw Error(ExitCode::output,
              "cannot write (" + path_.string() +
                  "): an earlier write or sync of this file failed, so nothing more is written to "
                  "it; run the same command to resume from the last checkpoint");
}

void File::write_all(const void* data, std::size_t bytes) {
  require_healthy();
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t done = ::write(descriptor_, at, std::min(bytes, kLargestCall));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) {
      failed_ = true;
      // POSIX lets write return 0 only for a count of 0; a file system that does so anyway has no room.
      throw_file_error("write", path_, done < 0 ? errno : ENOSPC, bytes);
    }
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
}

std::size_t File::read_at(std::uint64_t offset, void* data, std::size_t bytes) const {
  char* at = static_cast<char*>(data);
  std::size_t total = 0;
  while (total < bytes) {
    const ssize_t done = ::pread(descriptor_, at + total, std::min(bytes - total, kLargestCall),
                                 static_cast<off_t>(offset + total));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw_file_error("read", path_, errno);
    if (done == 0) break;
    total += static_cast<std::size_t>(done);
  }
  return total;
}

std::uint64_t File::size() const {
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0) throw_file_error("ask for the size", path_, errno);
  return static_cast<std::uint64_t>(info.st_size);
}

void File::truncate(std::uint64_t bytes) {
  require_healthy();
  int result = 0;
  do {
    result = ::ftruncate(descriptor_, static_cast<off_t>(bytes));
  } while (result != 0 && errno == EINTR);
  if (result != 0 || ::lseek(descriptor_, static_cast<off_t>(bytes), SEEK_SET) < 0) {
    failed_ = true;
    throw_file_error("cut the file", path_, errno);
  }
}

void File::sync() {
  require_healthy();
  if (::fsync(descriptor_) != 0) {
    failed_ = true;
    throw_file_error("make the file durable", path_, errno);
  }
}

void File::close() {
  if (descriptor_ < 0) return;
  // After EINTR the descriptor is gone on Linux; closing again could hit somebody else's file.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) throw_file_error("close", path_, errno);
}

void sync_folder(const fs::path& folder) {
  const fs::path at = folder.empty() ? fs::path(".") : folder;
  const int descriptor = open_retrying(at, O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) throw_file_error("open the folder", at, errno);
  const int result = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  // EINVAL: a file system without folder sync (some network and FUSE ones); nothing more can be asked of it.
  if (result != 0 && error_number != EINVAL) throw_file_error("make the folder durable", at, error_number);
}

void rename_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    throw_file_error("rename " + from.filename().string() + " to", to, errno);
}

PendingFile::PendingFile(fs::path target) : target_(std::move(target)), temporary_(target_) {
  temporary_ += ".tmp";
}

PendingFile::~PendingFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void PendingFile::commit() {
  // A second descriptor still sees a write-back error that nobody has been told of (Linux errseq), so this
  // also serves files written by a library.
  File file = File::open_append(temporary_);
  file.sync();
  file.close();
  rename_file(temporary_, target_);
  committed_ = true;
  sync_folder(target_.parent_path());
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  PendingFile pending(path);
  File file = File::create(pending.temporary());
  file.write_all(content.data(), content.size());
  file.sync();
  file.close();
  pending.commit();
}

std::string read_text_file(const fs::path& path, std::uint64_t max_bytes) {
  const File file = File::open_read(path);
  const std::uint64_t bytes = file.size();
  if (bytes > max_bytes) {
    throw Error(ExitCode::input_file, "file too long (" + path.string() + "): " + std::to_string(bytes) +
                                          " bytes where at most " + std::to_string(max_bytes) +
                                          " are expected; check that this is the right file");
  }
  std::string text(bytes, '\0');
  text.resize(file.read_at(0, text.data(), text.size()));
  return text;
}

}  // namespace penfield
