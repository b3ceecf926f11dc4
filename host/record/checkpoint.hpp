#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "host/record/file.hpp"
#include "penfield/base/ids.hpp"

namespace penfield {

// checkpoint/current.pfc, the one before it as checkpoint/previous.pfc, that of the end of settling as
// checkpoint/settled.pfc; all integers little-endian, no
// padding.
//   bytes 0..7    magic "PENFCKPT"
//         8..11   format number, uint32
//         12..15  0
//         16..23  length h of the header text, uint64
//         24..31  XXH3-64 of bytes 0..23 followed by the header text, uint64
//         32..    header text: JSON with the fields of CheckpointHeader and, in file order, each array's
//         name,
//                 element size, byte count and XXH3-64 (16 hexadecimal digits)
//         32+h..  the arrays' bytes, one after the other, up to the end of the file

constexpr std::uint32_t kCheckpointFormat = 1;

/// One array of the state, in host memory. `data` may be null if `bytes` is 0. Of an array that lies
/// elsewhere it is null too, `hash` is its content_hash, and `fetch` brings its bytes when they are to be
/// written: arrays are fetched one at a time, in order.
struct ArrayRef {
  std::string name;  ///< unique within the checkpoint, e.g. "S1/E/v_m_mV"
  std::byte* data = nullptr;
  std::size_t bytes = 0;
  std::uint32_t element_bytes = 1;
  std::uint64_t hash = 0;
  std::function<void(std::byte* to)> fetch = {};
};

struct CheckpointHeader {
  std::string program_version;
  std::string scenario_hash;
  std::uint64_t seed = 0;
  StepIndex step = 0;
  std::uint64_t log_offset = 0;   ///< bytes of run.log, synced before the checkpoint is written
  std::string clock_json = "{}";  ///< state of the clocks and the timeline, free form, valid JSON
};

/// Description of one stored array.
struct CheckpointArray {
  std::string name;
  std::uint32_t element_bytes = 1;
  std::uint64_t bytes = 0;
  std::uint64_t hash = 0;
  std::uint64_t offset = 0;  ///< in the file, bytes
};

/// Writes the checkpoints of one run. Each is written aside, synced and renamed; the one before is kept.
class CheckpointWriter {
 public:
  /// Makes `folder` (its parent must exist). Throws Error(output).
  explicit CheckpointWriter(std::filesystem::path folder);

  /// Returns when the checkpoint is durable. Sync the log up to `header.log_offset` first. Throws
  /// Error(output) for any failure of the disk, before anything is written if there is clearly no room; the
  /// newest older checkpoint stays good. Throws Error(internal) for two arrays of one name or a `clock_json`
  /// that is no JSON.
  void write(const CheckpointHeader& header, std::span<const ArrayRef> arrays);

  /// Keeps the checkpoint that was written last as settled.pfc as well, which later ones do not replace: a
  /// second name for the same bytes where the file system knows such. Throws Error(output).
  void keep_as_settled();

  /// Bytes a checkpoint with these arrays takes on disk (two of them are kept, and a third while writing).
  static std::uint64_t bytes_needed(std::span<const ArrayRef> arrays);

 private:
  std::filesystem::path folder_;
  bool current_is_good_ = false;
};

/// A checkpoint whose every byte has been verified.
class CheckpointReader {
 public:
  /// Whether the folder holds any checkpoint, good or not.
  static bool exists(const std::filesystem::path& folder);
  /// Opens current.pfc, or previous.pfc if that is missing or damaged. Throws Error(input_file), naming the
  /// damaged array and its place in both files, if neither is good, and at once for a format this version
  /// does not read.
  static CheckpointReader open(const std::filesystem::path& folder);
  /// Opens one file (`--from CHECKPOINT`). Throws Error(input_file).
  static CheckpointReader open_file(const std::filesystem::path& file);

  const CheckpointHeader& header() const { return header_; }
  const std::vector<CheckpointArray>& arrays() const { return arrays_; }
  /// The array of that name, or null.
  const CheckpointArray* find(const std::string& name) const;
  /// Copies an array to `data`, verifying it again. Throws Error(input_file) if there is none of that name,
  /// if it does not have exactly `bytes` bytes, or if it changed on disk.
  void read_into(const std::string& name, void* data, std::size_t bytes) const;
  /// read_into for each; also refuses an element size that differs.
  void read_all(std::span<const ArrayRef> arrays) const;

  const std::filesystem::path& path() const { return file_.path(); }
  /// Of everything in it: the hash of its header, which holds the hash of every array.
  std::uint64_t digest() const { return digest_; }
  /// Why current.pfc was not used; empty if it was.
  const std::string& fallback_reason() const { return fallback_reason_; }

 private:
  explicit CheckpointReader(File file) : file_(std::move(file)) {}
  void read_header();
  void verify_arrays() const;

  File file_;
  CheckpointHeader header_;
  std::vector<CheckpointArray> arrays_;
  std::string fallback_reason_;
  std::uint64_t digest_ = 0;
};

}  // namespace penfield
