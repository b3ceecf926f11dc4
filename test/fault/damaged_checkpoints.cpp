// A checkpoint of a study with its bytes damaged: every byte of the header, random bits of the whole file,
// every truncation at 512 bytes. Each must be found, and the checkpoint before it taken in its place.
// usage: penfield_damaged_checkpoints [--count N]   (N random bits; every N-th byte of the header with
// --every)
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include "host/build/build_network.hpp"
#include "host/record/checkpoint.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/run/session_job.hpp"
#include "host/scenario/scenario_json.hpp"
#include "test/support/scratch_folder.hpp"

namespace {

using namespace penfield;
namespace fs = std::filesystem;

long number_after(int argc, char** argv, const char* name, long otherwise) {
  for (int k = 1; k + 1 < argc; ++k)
    if (std::strcmp(argv[k], name) == 0) return std::atol(argv[k + 1]);
  return otherwise;
}

struct Tally {
  long tried = 0, missed = 0;
};

/// The folder's current.pfc is damaged: it must be refused, and previous.pfc be taken.
void expect_found(const fs::path& folder, StepIndex previous_step, const std::string& what, Tally& tally) {
  ++tally.tried;
  std::string fault;
  try {
    CheckpointReader::open_file(folder / "current.pfc");
    fault = "taken for good";
  } catch (const Error& e) {
    // A header of another format number whose hash fits cannot come from one flipped byte.
    if (e.code() != ExitCode::input_file) fault = std::string("exit code of another kind: ") + e.what();
  }
  try {
    const CheckpointReader reader = CheckpointReader::open(folder);
    if (reader.header().step != previous_step || reader.fallback_reason().empty())
      fault += " not the checkpoint before it";
  } catch (const Error& e) {
    fault += std::string(" nothing to fall back to: ") + e.what();
  }
  if (fault.empty()) return;
  ++tally.missed;
  if (tally.missed < 20) std::fprintf(stderr, "%s: %s\n", what.c_str(), fault.c_str());
}

void put(const fs::path& path, std::uint64_t at, char byte) {
  FILE* file = std::fopen(path.c_str(), "r+b");
  if (file == nullptr || std::fseek(file, static_cast<long>(at), SEEK_SET) != 0 ||
      std::fputc(byte, file) == EOF)
    std::abort();
  std::fclose(file);
}

}  // namespace

int main(int argc, char** argv) {
  const long count = number_after(argc, argv, "--count", 300), every = number_after(argc, argv, "--every", 1);
  const test::ScratchFolder scratch;
  const fs::path folder = scratch / "checkpoint", current = folder / "current.pfc";
  const Scenario scenario = load_scenario(PENFIELD_SOURCE_FOLDER "/test/cli/small_study.json");
  Network network = build_network(scenario, {});
  const auto engine = make_engine(network, DeviceChoice::cpu, 1).engine;
  const auto job = make_job(scenario, network, *engine);
  StateArchive study;
  job->archive(study);
  CheckpointWriter writer(folder);
  save_state(&writer, {}, network, *engine, study.written());
  const StepIndex previous_step = engine->now();
  engine->run(50);
  save_state(&writer, {}, network, *engine, study.written());

  const std::string good = read_text_file(current, 1 << 28);
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, good.data() + 16, sizeof header_bytes);
  header_bytes += 32;
  if (CheckpointReader::open(folder).header().step != engine->now()) return 1;
  std::mt19937 random(1);
  Tally header, bits, cuts;

  for (std::uint64_t at = 0; at < header_bytes; at += static_cast<std::uint64_t>(every)) {
    const auto flip = static_cast<char>(1 + random() % 255);
    put(current, at, static_cast<char>(good[at] ^ flip));
    expect_found(folder, previous_step, "header byte " + std::to_string(at), header);
    put(current, at, good[at]);
  }
  for (long k = 0; k < count; ++k) {
    const std::uint64_t at = random() % good.size();
    put(current, at, static_cast<char>(good[at] ^ static_cast<char>(1 << random() % 8)));
    expect_found(folder, previous_step, "bit of byte " + std::to_string(at), bits);
    put(current, at, good[at]);
  }
  // From the end, so that each cut only shortens the file.
  for (std::uint64_t cut = (good.size() - 1) / 512;; --cut) {
    fs::resize_file(current, cut * 512);
    expect_found(folder, previous_step, "cut at byte " + std::to_string(cut * 512), cuts);
    if (cut == 0) break;
  }
  std::printf("checkpoint of %zu bytes: %ld of %llu header bytes, %ld random bits, %ld cuts: %ld missed\n",
              good.size(), header.tried, static_cast<unsigned long long>(header_bytes), bits.tried,
              cuts.tried, header.missed + bits.missed + cuts.missed);
  const bool enough = header.tried > 0 && cuts.tried > 10;
  return enough && header.missed + bits.missed + cuts.missed == 0 ? 0 : 1;
}
