#include "host/record/run_log.hpp"

#include <bit>
#include <cstring>

#include "host/record/hash.hpp"
#include "penfield/base/error.hpp"

namespace penfield {
namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "files are written in the memory's byte order");

namespace {

constexpr std::uint32_t kMagic = 0x314C4650;  // "PFL1"
constexpr std::size_t kGatherBytes = std::size_t{1} << 20;

struct FrameHead {
  std::uint32_t magic;
  std::uint32_t type;
  std::int64_t step;
  std::uint64_t payload_bytes;
};
static_assert(sizeof(FrameHead) + sizeof(std::uint64_t) == kFrameOverhead);

File open_cut(const fs::path& path, std::uint64_t offset) {
  File file = File::open_append(path);
  const std::uint64_t bytes = file.size();
  if (bytes < offset) {
    throw Error(ExitCode::input_file,
                "log too short (" + path.string() + "): the checkpoint was taken at byte " +
                    std::to_string(offset) + " but the log ends at byte " + std::to_string(bytes) +
                    "; restore the log that belongs to this checkpoint, or start a new folder");
  }
  if (bytes > offset) {
    file.truncate(offset);
    file.sync();
  }
  return file;
}

}  // namespace

RunLogWriter RunLogWriter::create(const fs::path& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && fs::file_size(path, ignored) > 0) {
    throw Error(ExitCode::output,
                "log exists (" + path.string() +
                    "): it holds results of an earlier run; resume that run, or use another folder");
  }
  File file = File::create(path);
  file.sync();
  sync_folder(path.parent_path());
  return RunLogWriter(std::move(file), 0);
}

RunLogWriter RunLogWriter::resume(const fs::path& path, std::uint64_t offset) {
  require_whole(path, offset);
  return RunLogWriter(open_cut(path, offset), offset);
}

void RunLogWriter::append(std::uint32_t type, StepIndex step, std::span<const std::byte> payload) {
  const FrameHead head{kMagic, type, step, payload.size()};
  ContentHasher hasher;
  hasher.add(&head, sizeof head);
  hasher.add(payload.data(), payload.size());
  const std::uint64_t hash = hasher.value();

  const auto gather = [this](const void* data, std::size_t bytes) {
    const auto* begin = static_cast<const std::byte*>(data);
    gathered_.insert(gathered_.end(), begin, begin + bytes);
  };
  if (gathered_.size() + payload.size() + kFrameOverhead > kGatherBytes) flush();
  gather(&head, sizeof head);
  if (payload.size() >= kGatherBytes) {  // too big to be worth a copy
    flush();
    file_.write_all(payload.data(), payload.size());
  } else {
    gather(payload.data(), payload.size());
  }
  gather(&hash, sizeof hash);
  offset_ += payload.size() + kFrameOverhead;
}

void RunLogWriter::flush() {
  file_.write_all(gathered_.data(), gathered_.size());
  gathered_.clear();
}

void RunLogWriter::sync() {
  flush();
  file_.sync();
}

RunLogReader::RunLogReader(const fs::path& path, std::uint64_t offset)
    : file_(File::open_read(path)), offset_(offset), file_bytes_(file_.size()) {}

bool RunLogReader::stop(const std::string& why) {
  problem_ = why + " (" + file_.path().string() + ", byte " + std::to_string(offset_) + ")";
  return false;
}

bool RunLogReader::next(LogFrame* frame) {
  problem_.clear();
  if (offset_ + kFrameOverhead > file_bytes_) file_bytes_ = file_.size();  // a live log grows
  if (offset_ == file_bytes_) return false;
  if (offset_ > file_bytes_) return stop("the log ends before the asked offset");
  const std::uint64_t left = file_bytes_ - offset_;
  if (left < kFrameOverhead) return stop("the log ends inside a frame");

  FrameHead head{};
  if (file_.read_at(offset_, &head, sizeof head) != sizeof head) return stop("the log ends inside a frame");
  if (head.magic != kMagic) return stop("no frame begins here: the log is damaged");
  // The length is compared with the file before any memory is asked for: a damaged one may say anything.
  if (head.payload_bytes > left - kFrameOverhead)
    return stop("the log ends inside a frame, or its length is damaged");

  const std::size_t payload_bytes = head.payload_bytes;
  buffer_.resize(payload_bytes + sizeof(std::uint64_t));
  if (file_.read_at(offset_ + sizeof head, buffer_.data(), buffer_.size()) != buffer_.size()) {
    return stop("the log ends inside a frame");
  }
  ContentHasher hasher;
  hasher.add(&head, sizeof head);
  hasher.add(buffer_.data(), payload_bytes);
  std::uint64_t stored = 0;
  std::memcpy(&stored, buffer_.data() + payload_bytes, sizeof stored);
  if (stored != hasher.value()) return stop("the frame's hash does not fit its content: the log is damaged");

  *frame = {head.type, head.step, offset_, {buffer_.data(), payload_bytes}};
  offset_ += payload_bytes + kFrameOverhead;
  return true;
}

void require_whole(const fs::path& path, std::uint64_t offset) {
  if (offset == 0) return;
  const auto refuse = [&](const std::string& why) {
    throw Error(ExitCode::input_file,
                "the checkpoint goes on after byte " + std::to_string(offset) + " of run.log, and " + why +
                    "; put a copy of it back, or begin the run again with another --out");
  };
  std::error_code ignored;
  if (!fs::exists(path, ignored)) refuse("there is none (" + path.string() + ")");
  RunLogReader reader(path);
  for (LogFrame frame; reader.offset() < offset && reader.next(&frame);) {
  }
  if (reader.offset() == offset) return;
  refuse(reader.problem().empty() ? "it is shorter, or another run's (" + path.string() + ")"
                                  : reader.problem());
}

void truncate_to(const fs::path& path, std::uint64_t offset) { open_cut(path, offset); }

}  // namespace penfield
