// Checkpoints: round trip, damage of every header byte and of random bits, truncation, falling back.
#include <cstring>
#include <fstream>
#include <random>

#include "host/record/checkpoint.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using penfield::test::ScratchFolder;
using penfield::test::Thrown;
using penfield::test::thrown_by;
namespace fs = std::filesystem;

namespace {

struct State {
  std::vector<float> v_mV = std::vector<float>(1000);
  std::vector<std::uint64_t> history = std::vector<std::uint64_t>(77);
  std::vector<std::uint8_t> nothing;

  explicit State(int seed) {
    for (std::size_t i = 0; i < v_mV.size(); ++i)
      v_mV[i] = static_cast<float>(i) * 0.25F + static_cast<float>(seed);
    for (std::size_t i = 0; i < history.size(); ++i)
      history[i] = i * 0x9E3779B97F4A7C15ULL + static_cast<unsigned>(seed);
  }
  std::vector<ArrayRef> arrays() {
    return {{"S1/E/v_m_mV", reinterpret_cast<std::byte*>(v_mV.data()), v_mV.size() * 4, 4},
            {"S1/E/history", reinterpret_cast<std::byte*>(history.data()), history.size() * 8, 8},
            {"S1/E/nothing", reinterpret_cast<std::byte*>(nothing.data()), 0, 1}};
  }
};

CheckpointHeader header_at(StepIndex step) {
  return {
      "1.0", "abc123", 7, step, static_cast<std::uint64_t>(step) * 10, R"({"mode":"raw","events":[1,2]})"};
}

/// Two checkpoints, steps 1 and 2, of State(1) and State(2).
void write_two(const fs::path& folder) {
  CheckpointWriter writer(folder);
  for (const int step : {1, 2}) {
    State state(step);
    writer.write(header_at(step), state.arrays());
  }
}

void flip(const fs::path& path, std::uint64_t bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  char byte = 0;
  file.seekg(static_cast<std::streamoff>(bit / 8)).get(byte);
  file.seekp(static_cast<std::streamoff>(bit / 8)).put(static_cast<char>(byte ^ (1 << (bit % 8))));
}

}  // namespace

TEST_CASE("a checkpoint gives back header and arrays", "[record]") {
  const ScratchFolder scratch;
  const fs::path folder = scratch / "checkpoint";
  CHECK_FALSE(CheckpointReader::exists(folder));
  write_two(folder);
  CHECK(CheckpointReader::exists(folder));
  const CheckpointReader reader = CheckpointReader::open(folder);
  CHECK(reader.fallback_reason().empty());
  CHECK(reader.header().step == 2);
  CHECK(reader.header().seed == 7);
  CHECK(reader.header().log_offset == 20);
  CHECK(reader.header().scenario_hash == "abc123");
  CHECK(reader.header().clock_json == R"({"mode":"raw","events":[1,2]})");
  REQUIRE(reader.arrays().size() == 3);
  State restored(0);
  reader.read_all(restored.arrays());
  CHECK(restored.v_mV == State(2).v_mV);
  CHECK(restored.history == State(2).history);
  CHECK(CheckpointReader::open_file(folder / "previous.pfc").header().step == 1);
  CHECK(fs::file_size(folder / "current.pfc") <= CheckpointWriter::bytes_needed(restored.arrays()));
}

TEST_CASE("an array that does not fit is refused by name", "[record]") {
  const ScratchFolder scratch;
  write_two(scratch / "checkpoint");
  const CheckpointReader reader = CheckpointReader::open(scratch / "checkpoint");
  float value = 0;
  CHECK(
      thrown_by([&] { reader.read_into("S1/E/v_m_mV", &value, 4); }).says("S1/E/v_m_mV is 4000 bytes long"));
  CHECK(thrown_by([&] { reader.read_into("M1/E/v_m_mV", &value, 4); }).code == ExitCode::input_file);
  State state(0);
  std::vector<ArrayRef> arrays = state.arrays();
  arrays[0].element_bytes = 8;
  CHECK(thrown_by([&] { reader.read_all(arrays); }).says("elements of 4 bytes"));
  arrays[1].name = arrays[0].name;
  CheckpointWriter writer(scratch / "checkpoint");
  CHECK(thrown_by([&] { writer.write(header_at(3), arrays); }).code == ExitCode::internal);
  CHECK(CheckpointReader::open(scratch / "checkpoint").header().step == 2);
}

TEST_CASE("every flipped header byte is noticed and the previous checkpoint serves", "[record]") {
  const ScratchFolder scratch;
  const fs::path folder = scratch / "checkpoint";
  write_two(folder);
  const std::uint64_t header_bytes = CheckpointReader::open(folder).arrays().front().offset;
  for (std::uint64_t byte = 0; byte < header_bytes; ++byte) {
    const std::uint64_t bit = byte * 8 + byte % 8;
    flip(folder / "current.pfc", bit);
    const CheckpointReader reader = CheckpointReader::open(folder);
    REQUIRE(reader.header().step == 1);
    REQUIRE(reader.fallback_reason().find("current.pfc") != std::string::npos);
    flip(folder / "current.pfc", bit);
  }
  CHECK(CheckpointReader::open(folder).header().step == 2);
}

TEST_CASE("random flipped bits are noticed and the damaged array is named", "[record]") {
  const ScratchFolder scratch;
  const fs::path folder = scratch / "checkpoint";
  write_two(folder);
  const std::uint64_t begin = CheckpointReader::open(folder).arrays().front().offset;
  const std::uint64_t num_bits = fs::file_size(folder / "current.pfc") * 8;
  std::mt19937_64 random(5);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t bit = random() % num_bits;
    flip(folder / "current.pfc", bit);
    const Thrown thrown = thrown_by([&] { CheckpointReader::open_file(folder / "current.pfc"); });
    REQUIRE(thrown.code == ExitCode::input_file);
    if (bit / 8 >= begin) REQUIRE(thrown.says(bit / 8 < begin + 4000 ? "S1/E/v_m_mV" : "S1/E/history"));
    flip(folder / "current.pfc", bit);
  }
}

TEST_CASE("a checkpoint cut anywhere, or grown, is noticed", "[record]") {
  const ScratchFolder scratch;
  const fs::path folder = scratch / "checkpoint";
  write_two(folder);
  const std::uint64_t bytes = fs::file_size(folder / "current.pfc");
  fs::resize_file(folder / "current.pfc", bytes + 1);
  CHECK(CheckpointReader::open(folder).header().step == 1);
  for (std::uint64_t cut = bytes; cut-- > 0;) {
    if (cut % 16 != 0 && cut > 64) continue;
    fs::resize_file(folder / "current.pfc", cut);
    REQUIRE(CheckpointReader::open(folder).header().step == 1);
  }
  fs::resize_file(folder / "previous.pfc", 100);
  const Thrown thrown = thrown_by([&] { CheckpointReader::open(folder); });
  CHECK(thrown.code == ExitCode::input_file);
  CHECK(thrown.says("current.pfc"));
  CHECK(thrown.says("previous.pfc"));
}

TEST_CASE("a damaged checkpoint is never rotated over the good one", "[record]") {
  const ScratchFolder scratch;
  const fs::path folder = scratch / "checkpoint";
  write_two(folder);
  flip(folder / "current.pfc", 8 * (fs::file_size(folder / "current.pfc") - 1));
  CheckpointWriter writer(folder);
  State state(3);
  writer.write(header_at(3), state.arrays());
  CHECK(CheckpointReader::open(folder).header().step == 3);
  CHECK(CheckpointReader::open_file(folder / "previous.pfc").header().step == 1);
}
