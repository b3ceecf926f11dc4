// File helpers: atomic replace, the words of each failure, the full disk.
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "host/record/checkpoint.hpp"
#include "host/record/file.hpp"
#include "host/record/hash.hpp"
#include "host/record/run_log.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using penfield::test::ScratchFolder;
using penfield::test::Thrown;
using penfield::test::thrown_by;
namespace fs = std::filesystem;

namespace {

/// A 1 MiB file system of its own; `ready` is false where mounting is not allowed.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& at) : at_(at) {
    fs::create_directories(at);
    ready = ::mount("none", at.c_str(), "tmpfs", 0, "size=1m") == 0;
  }
  ~SmallDisk() {
    if (ready) ::umount2(at_.c_str(), MNT_DETACH);
  }
  bool ready = false;

 private:
  fs::path at_;
};

}  // namespace

TEST_CASE("content hash agrees with the published XXH3 values and with itself in pieces", "[record]") {
  CHECK(content_hash(nullptr, 0) == 0x2D06800538D394C2ULL);  // xxHash sanity table, length 0, seed 0
  std::string text(5000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31);
  ContentHasher hasher;
  for (std::size_t i = 0; i < text.size(); i += 7)
    hasher.add(text.data() + i, std::min<std::size_t>(7, text.size() - i));
  CHECK(hasher.value() == content_hash(text.data(), text.size()));
}

TEST_CASE("a file is replaced whole or not at all", "[record]") {
  const ScratchFolder scratch;
  write_file_atomically(scratch / "a", "old");
  write_file_atomically(scratch / "a", "new");
  CHECK(read_text_file(scratch / "a", 100) == "new");
  {
    PendingFile pending(scratch / "a");
    File::create(pending.temporary()).write_all("half", 4);
    CHECK(fs::exists(pending.temporary()));
  }
  CHECK(read_text_file(scratch / "a", 100) == "new");
  CHECK_FALSE(fs::exists(scratch / "a.tmp"));
}

TEST_CASE("file errors say what, where and what to do", "[record]") {
  const ScratchFolder scratch;
  Thrown thrown = thrown_by([&] { read_text_file(scratch / "absent", 10); });
  CHECK(thrown.code == ExitCode::input_file);
  CHECK(thrown.says("absent"));
  write_file_atomically(scratch / "long", "0123456789");
  CHECK(thrown_by([&] { read_text_file(scratch / "long", 5); }).code == ExitCode::input_file);
  CHECK(thrown_by([&] { write_file_atomically(scratch / "no/such/folder", "x"); }).code == ExitCode::output);
  thrown = thrown_by([&] { throw_file_error("write", scratch / "f", ENOSPC, 12345); });
  CHECK(thrown.says("12345 bytes needed"));
  CHECK(thrown.says("bytes free"));
  CHECK(thrown_by([&] { throw_file_error("write", "/f", EROFS); }).says("read-only"));
  CHECK(thrown_by([&] { throw_file_error("write", "/f", EACCES); }).says("--out"));
  CHECK(thrown_by([&] { require_free_bytes(scratch.path(), std::uint64_t{1} << 62); }).says("disk is full"));
  REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  CHECK(thrown_by([&] { read_text_file(scratch / "pipe", 10); }).code == ExitCode::input_file);
  REQUIRE(::symlink("/dev/null", (scratch / "link").c_str()) == 0);
  CHECK(thrown_by([&] { File::create(scratch / "link"); }).code == ExitCode::output);
}

TEST_CASE("after one failed write a file takes nothing more", "[record]") {
  const ScratchFolder scratch;
  // In a child, because a size limit cannot be raised again by everybody.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ignore_file_size_signal();
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    File file = File::create(scratch / "limited");
    const std::string text(10000, 'x');
    const Thrown first = thrown_by([&] { file.write_all(text.data(), text.size()); });
    const Thrown second = thrown_by([&] { file.sync(); });
    const bool right = first.code == ExitCode::output && first.says("file size limit") &&
                       first.says("bytes needed") && second.code == ExitCode::output;
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

TEST_CASE("a full disk ends in one clear message and leaves log and checkpoint good", "[record]") {
  const ScratchFolder scratch;
  const SmallDisk disk(scratch / "disk");
  if (!disk.ready) {
    WARN("cannot mount a small file system here; the size limit test covers the same path");
    return;
  }
  const fs::path folder = scratch / "disk/run";
  fs::create_directories(folder);
  std::vector<std::byte> state(200 << 10, std::byte{7});
  const ArrayRef arrays[] = {{"state", state.data(), state.size(), 1}};
  CheckpointWriter checkpoints(folder / "checkpoint");
  CheckpointHeader header;
  RunLogWriter log = RunLogWriter::create(folder / "run.log");
  const std::vector<std::byte> payload(10000);
  StepIndex last_good = -1;
  const Thrown thrown = thrown_by([&] {
    for (StepIndex step = 0; step < 1000; ++step) {
      log.append(1, step, payload);
      log.sync();
      header.step = step;
      header.log_offset = log.offset();
      checkpoints.write(header, arrays);
      last_good = step;
    }
  });
  CHECK(thrown.code == ExitCode::output);
  CHECK(thrown.says("disk is full"));
  CHECK(thrown.says("bytes needed"));
  CHECK(thrown.says(folder.string()));
  REQUIRE(last_good > 0);
  const CheckpointReader reader = CheckpointReader::open(folder / "checkpoint");
  CHECK(reader.header().step == last_good);
  CHECK_FALSE(fs::exists(folder / "checkpoint/current.pfc.tmp"));
  StepIndex expected = 0;
  RunLogReader frames(folder / "run.log");
  for (LogFrame frame; frames.next(&frame);) CHECK(frame.step == expected++);
  CHECK(frames.offset() >= reader.header().log_offset);
}
