#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "penfield/base/error.hpp"

namespace penfield {

/// Throws Error (ExitCode::output unless told) for a failed file call: what was tried, on which file, why,
/// what to do. For a full disk, a quota or a size limit it also says how many bytes were needed and how many
/// are free.
[[noreturn]] void throw_file_error(std::string_view action, const std::filesystem::path& path,
                                   int error_number, std::uint64_t bytes_needed = 0,
                                   ExitCode code = ExitCode::output);

/// Bytes an ordinary user may still write at `path`, or at its nearest existing parent. Throws Error(output).
std::uint64_t free_bytes(const std::filesystem::path& path);

/// Throws Error(output) now, before anything is written, if fewer than `bytes` are free at `path`.
void require_free_bytes(const std::filesystem::path& path, std::uint64_t bytes);

/// Makes a write beyond a file size limit an ordinary error instead of a deadly signal (SIGXFSZ). Idempotent.
void ignore_file_size_signal();

/// An owned POSIX file. Every failure throws Error(output); a file to be read that is not there,
/// Error(input_file). Calls interrupted by a signal and short writes go on. A failed write or sync is final:
/// the kernel may have dropped the dirty pages, so a later success would prove nothing; every further write
/// or sync of this object throws.
class File {
 public:
  File() = default;
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  /// Opens for reading; a device or pipe is refused.
  static File open_read(const std::filesystem::path& path);
  /// Makes an empty file for writing, replacing the content of an old one.
  static File create(const std::filesystem::path& path);
  /// Opens an existing file for reading and writing, positioned at its end.
  static File open_append(const std::filesystem::path& path);

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  const std::filesystem::path& path() const { return path_; }

  void write_all(const void* data, std::size_t bytes);
  /// Reads up to `bytes` at `offset`; returns fewer only at the end of the file.
  std::size_t read_at(std::uint64_t offset, void* data, std::size_t bytes) const;
  std::uint64_t size() const;
  /// Cuts the file to `bytes` and moves the write position there.
  void truncate(std::uint64_t bytes);
  /// fsync: data and length are on the disk when it returns.
  void sync();
  /// Closes and reports what the kernel only tells at close (quota, network file systems).
  void close();

 private:
  File(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}
  void require_healthy() const;

  int descriptor_ = -1;
  bool failed_ = false;
  std::filesystem::path path_;
};

/// Makes names created, renamed or removed in `folder` durable. Throws Error(output).
void sync_folder(const std::filesystem::path& folder);

/// rename(2): atomic within one file system. Throws Error(output).
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// A file being made under `<target>.tmp`; the target is untouched until `commit`, and the temporary is
/// removed if `commit` is never reached. The name is fixed, so that a killed run leaves at most one; the run
/// folder's lock keeps two writers apart.
class PendingFile {
 public:
  explicit PendingFile(std::filesystem::path target);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  const std::filesystem::path& temporary() const { return temporary_; }
  /// Syncs the temporary, renames it over the target, syncs the folder. Throws Error(output).
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  bool committed_ = false;
};

/// Replaces `path` by `content` so that a reader or a crash sees the old or the new file, never a mixture.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// The whole of a text file of at most `max_bytes`. Throws Error(input_file) if it is longer or missing,
/// Error(output) if it cannot be read.
std::string read_text_file(const std::filesystem::path& path, std::uint64_t max_bytes);

}  // namespace penfield
