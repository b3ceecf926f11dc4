// run.log: round trip, every truncation, every flipped byte, going on after a cut.
#include <algorithm>
#include <fstream>

#include "host/record/run_log.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using penfield::test::ScratchFolder;
using penfield::test::thrown_by;
namespace fs = std::filesystem;

namespace {

std::vector<std::byte> payload_of(int number, std::size_t bytes) {
  std::vector<std::byte> payload(bytes);
  for (std::size_t i = 0; i < bytes; ++i) payload[i] = static_cast<std::byte>(number * 37 + i);
  return payload;
}

/// Writes frames 0..n-1 of growing length; returns where each ends.
std::vector<std::uint64_t> write_frames(const fs::path& path, int n) {
  std::vector<std::uint64_t> ends;
  RunLogWriter log = RunLogWriter::create(path);
  for (int i = 0; i < n; ++i) {
    log.append(static_cast<std::uint32_t>(i % 3), i * 100, payload_of(i, static_cast<std::size_t>(i) * 5));
    ends.push_back(log.offset());
  }
  log.sync();
  return ends;
}

int count_good(const fs::path& path, std::uint64_t* end, std::string* problem) {
  RunLogReader reader(path);
  int count = 0;
  for (LogFrame frame; reader.next(&frame); ++count) {
    const std::vector<std::byte> expected = payload_of(count, static_cast<std::size_t>(count) * 5);
    REQUIRE(frame.step == count * 100);
    REQUIRE(frame.payload.size() == expected.size());
    REQUIRE(std::equal(expected.begin(), expected.end(), frame.payload.begin()));
  }
  *end = reader.offset();
  *problem = reader.problem();
  return count;
}

}  // namespace

TEST_CASE("a log gives back what was appended", "[record]") {
  const ScratchFolder scratch;
  const std::vector<std::uint64_t> ends = write_frames(scratch / "run.log", 40);
  std::uint64_t end = 0;
  std::string problem;
  CHECK(count_good(scratch / "run.log", &end, &problem) == 40);
  CHECK(end == ends.back());
  CHECK(end == fs::file_size(scratch / "run.log"));
  CHECK(problem.empty());
  CHECK(thrown_by([&] { RunLogWriter::create(scratch / "run.log"); }).code == ExitCode::output);
}

TEST_CASE("frames larger than the writer's memory keep their order", "[record]") {
  const ScratchFolder scratch;
  RunLogWriter log = RunLogWriter::create(scratch / "run.log");
  const std::size_t sizes[] = {10, 3 << 20, 0, (1 << 20) - 10, 1 << 20, 5};
  for (int i = 0; i < 6; ++i) log.append(1, i, payload_of(i, sizes[i]));
  log.sync();
  RunLogReader reader(scratch / "run.log");
  LogFrame frame;
  for (int i = 0; i < 6; ++i) {
    REQUIRE(reader.next(&frame));
    const std::vector<std::byte> expected = payload_of(i, sizes[i]);
    CHECK(frame.step == i);
    CHECK(std::equal(frame.payload.begin(), frame.payload.end(), expected.begin(), expected.end()));
  }
  CHECK_FALSE(reader.next(&frame));
  CHECK(reader.offset() == log.offset());
}

TEST_CASE("a log cut at any byte is good up to the last whole frame", "[record]") {
  const ScratchFolder scratch;
  const fs::path path = scratch / "run.log";
  const std::vector<std::uint64_t> ends = write_frames(path, 12);
  for (std::uint64_t bytes = ends.back(); bytes-- > 0;) {
    fs::resize_file(path, bytes);
    std::uint64_t end = 0;
    std::string problem;
    const int whole = static_cast<int>(std::upper_bound(ends.begin(), ends.end(), bytes) - ends.begin());
    REQUIRE(count_good(path, &end, &problem) == whole);
    REQUIRE(end == (whole == 0 ? 0 : ends[static_cast<std::size_t>(whole - 1)]));
    REQUIRE(problem.empty() == (end == bytes));
  }
}

TEST_CASE("a flipped byte anywhere in a log is noticed at its frame", "[record]") {
  const ScratchFolder scratch;
  const fs::path path = scratch / "run.log";
  const std::vector<std::uint64_t> ends = write_frames(path, 10);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  for (std::uint64_t at = 0; at < ends.back(); ++at) {
    char byte = 0;
    file.seekg(static_cast<std::streamoff>(at)).get(byte);
    file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(byte ^ (1 << (at % 8)))).flush();
    std::uint64_t end = 0;
    std::string problem;
    const int whole = static_cast<int>(std::upper_bound(ends.begin(), ends.end(), at) - ends.begin());
    REQUIRE(count_good(path, &end, &problem) == whole);
    REQUIRE_FALSE(problem.empty());
    REQUIRE(problem.find("run.log") != std::string::npos);
    file.seekp(static_cast<std::streamoff>(at)).put(byte).flush();
  }
}

TEST_CASE("a writer goes on at a checkpoint's offset", "[record]") {
  const ScratchFolder scratch;
  const fs::path path = scratch / "run.log";
  const std::vector<std::uint64_t> ends = write_frames(path, 12);
  const std::string whole = read_text_file(path, 1 << 20);
  {
    RunLogWriter log = RunLogWriter::resume(path, ends[6]);
    CHECK(log.offset() == ends[6]);
    for (int i = 7; i < 12; ++i) {
      log.append(static_cast<std::uint32_t>(i % 3), i * 100, payload_of(i, static_cast<std::size_t>(i) * 5));
    }
    log.sync();
  }
  CHECK(read_text_file(path, 1 << 20) == whole);
  CHECK(thrown_by([&] { RunLogWriter::resume(path, ends.back() + 1); }).code == ExitCode::input_file);
  truncate_to(path, ends[2]);
  CHECK(fs::file_size(path) == ends[2]);
}

TEST_CASE("a reader follows a log that is still written", "[record]") {
  const ScratchFolder scratch;
  RunLogWriter log = RunLogWriter::create(scratch / "run.log");
  RunLogReader reader(scratch / "run.log");
  LogFrame frame;
  CHECK_FALSE(reader.next(&frame));
  for (int i = 0; i < 3; ++i) {
    log.append(9, i, payload_of(i, 50));
    log.flush();
    REQUIRE(reader.next(&frame));
    CHECK(frame.type == 9);
    CHECK(frame.step == i);
    CHECK_FALSE(reader.next(&frame));
    CHECK(reader.problem().empty());
  }
}
