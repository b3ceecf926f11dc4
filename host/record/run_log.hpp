#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "host/record/file.hpp"
#include "penfield/base/ids.hpp"

namespace penfield {

// run.log: frames one after the other, nothing between them, all integers little-endian.
//   bytes 0..3   magic "PFL1"
//         4..7   type, uint32: what the payload is; given by the recorder
//         8..15  step, int64: the step the frame belongs to
//        16..23  length n of the payload in bytes, uint64
//        24..    payload, n bytes
//        24+n..  XXH3-64 of the 24+n bytes before it, uint64
// A file cut or damaged anywhere is good up to the last whole frame before that place.

/// Bytes a frame takes on top of its payload.
constexpr std::uint64_t kFrameOverhead = 32;

/// Appends frames. Frames are gathered in memory (1 MiB) and reach the file in order; `sync` makes them
/// durable. Errors are Error(ExitCode::output); after one, every call throws and the log stays good up to a
/// whole frame.
class RunLogWriter {
 public:
  /// Starts an empty log and makes its name durable. Refuses to replace a log that holds anything.
  static RunLogWriter create(const std::filesystem::path& path);
  /// Goes on after the first `offset` bytes (a checkpoint's `log_offset`); what follows is cut off.
  /// Throws Error(input_file) as require_whole().
  static RunLogWriter resume(const std::filesystem::path& path, std::uint64_t offset);

  RunLogWriter(RunLogWriter&&) = default;
  RunLogWriter& operator=(RunLogWriter&&) = default;

  void append(std::uint32_t type, StepIndex step, std::span<const std::byte> payload);
  /// Hands what is gathered to the operating system, so that a reader of the running folder sees it.
  void flush();
  /// Flush and fsync; only after it may a checkpoint name `offset()`.
  void sync();
  /// Bytes of log so far, those still gathered in memory included.
  std::uint64_t offset() const { return offset_; }

 private:
  RunLogWriter(File file, std::uint64_t offset) : file_(std::move(file)), offset_(offset) {}

  File file_;
  std::uint64_t offset_ = 0;
  std::vector<std::byte> gathered_;
};

/// One frame; `payload` is valid until the next call of the reader.
struct LogFrame {
  std::uint32_t type = 0;
  StepIndex step = 0;
  std::uint64_t offset = 0;  ///< where the frame begins in the file, bytes
  std::span<const std::byte> payload;
};

/// Walks the frames of a log from its start, or from an offset that begins a frame. Works on a log that is
/// still being written. Throws Error(output) only if the file cannot be read at all.
class RunLogReader {
 public:
  explicit RunLogReader(const std::filesystem::path& path, std::uint64_t offset = 0);

  /// The next good frame, or false at the end of the file and at the first frame that is not whole and right.
  bool next(LogFrame* frame);
  /// End of the last good frame: where a writer may go on.
  std::uint64_t offset() const { return offset_; }
  /// What stopped the walk, with file and offset; empty if it was the end of the file.
  const std::string& problem() const { return problem_; }

 private:
  bool stop(const std::string& why);

  File file_;
  std::uint64_t offset_ = 0;
  std::uint64_t file_bytes_ = 0;
  std::string problem_;
  std::vector<std::byte> buffer_;
};

/// Throws Error(input_file) unless whole frames fill the first `offset` bytes of a log: where it is shorter,
/// damaged or missing, it is not the one that a checkpoint goes on from.
void require_whole(const std::filesystem::path& path, std::uint64_t offset);

/// Cuts a log to `offset` bytes and makes that durable. Throws Error(input_file) if the log is shorter.
void truncate_to(const std::filesystem::path& path, std::uint64_t offset);

}  // namespace penfield
