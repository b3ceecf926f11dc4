// Fuzzes the scenario reader. Any input must give a scenario or an Error with one of the two codes of a bad
// scenario; what is accepted must dump to a text that reads back to the same text and hash.
//
// Input: a document, and after a NUL byte `path=value` overrides, one a line. Mutations are made on the
// parsed document (mutate.hpp), so that most inputs get past the parser and into the checks; the rest are
// mutated byte by byte.
#include <stdlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "fuzz/mutate.hpp"
#include "host/scenario/scenario_json.hpp"
#include "penfield/base/error.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

struct Counters {
  std::uint64_t inputs = 0, parsed = 0, range_checked = 0, accepted = 0;
} counters;

std::string folder;  // holds base.json, body.json, spikes.csv for inputs to refer to

double percent(std::uint64_t part) {
  return counters.inputs > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(counters.inputs) : 0.0;
}

/// Says how deep the inputs got; a fuzzer that only tests the parser fails. tools/fuzz reads the line.
void finish() {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  const auto print = [](const char* name, std::uint64_t n) {
    std::fprintf(stderr, ", %s %llu (%.1f %%)", name, static_cast<unsigned long long>(n), percent(n));
  };
  std::fprintf(stderr, "inputs %llu", static_cast<unsigned long long>(counters.inputs));
  print("parsed", counters.parsed);
  print("range-checked", counters.range_checked);
  print("accepted", counters.accepted);
  std::fprintf(stderr, "\n");
  if (counters.inputs >= 10000 &&
      (percent(counters.parsed) < 50.0 || percent(counters.range_checked) < 10.0)) {
    std::fprintf(stderr, "too few inputs got past the parser (needed: 50 %% parsed, 10 %% range checks)\n");
    std::_Exit(1);
  }
}

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

/// Keeps an accepted document for another validator to compare with the schema (tools/fuzz).
void keep_sample(const std::string& text) {
  static const char* const samples = std::getenv("PENFIELD_FUZZ_SAMPLES");
  static int kept = 0;
  if (samples == nullptr || kept >= 2000) return;
  std::ofstream(std::string(samples) + "/" + std::to_string(kept++) + ".json", std::ios::binary) << text;
}

}  // namespace

/// Deep stacks of every allocation and a large quarantine would take a third of the time; a finding that is
/// run again with ASAN_OPTIONS=malloc_context_size=30 has them.
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=2:quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  std::string pattern = (std::filesystem::temp_directory_path() / "penfield-fuzz-XXXXXX").string();
  demand(::mkdtemp(pattern.data()) != nullptr, "a temporary folder can be made");
  folder = pattern;
  const auto& seeds = penfield::fuzz::seeds();
  std::ofstream(folder + "/base.json") << seeds[1];
  std::ofstream(folder + "/body.json")
      << R"({"relay": "VPL/relay", "parts": [{"name": "hand/D3", "x_mm": 0, "y_mm": 0, "width_mm": 2, "height_mm": 1}]})";
  std::ofstream(folder + "/spikes.csv") << "0,1.5\n3,2\n";
  for (const std::string& seed : seeds) penfield::parse_scenario(seed, "seed", folder);  // each is accepted
  std::atexit(finish);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  const std::string out =
      penfield::fuzz::mutated({reinterpret_cast<const char*>(data), size}, max_size, seed);
  if (out.empty()) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, out.data(), out.size());
  return out.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> sets;
  const std::size_t end = text.find('\0');
  if (end != std::string::npos) {
    std::size_t begin = end + 1;
    while (begin < text.size() && sets.size() < 8) {
      const std::size_t stop = std::min(text.find('\n', begin), text.size());
      sets.push_back(text.substr(begin, stop - begin));
      begin = stop + 1;
    }
    text.resize(end);
  }
  ++counters.inputs;
  penfield::ParseCounts counts;
  try {
    const penfield::Scenario s = penfield::parse_scenario(text, "input", folder, sets, &counts);
    ++counters.accepted;
    const penfield::Scenario again = penfield::parse_scenario(s.canonical_json, "canonical", folder);
    demand(again.canonical_json == s.canonical_json, "the canonical dump is a fixed point");
    demand(again.hash == s.hash, "the canonical dump has the same hash");
    if (sets.empty() && counters.accepted % 16 == 1) keep_sample(text);
  } catch (const penfield::Error& error) {
    const bool code =
        error.code() == penfield::ExitCode::scenario || error.code() == penfield::ExitCode::input_file;
    if (!code || error.what()[0] == '\0' || std::strncmp(error.what(), "canonical:", 10) == 0)
      std::fprintf(stderr, "code %d: %s\n", static_cast<int>(error.code()), error.what());
    demand(code, "a bad scenario gives the code of a bad scenario or data file");
    demand(error.what()[0] != '\0', "an error has a message");
    demand(std::strncmp(error.what(), "canonical:", 10) != 0,
           "the canonical dump of an accepted scenario is accepted");
  }
  counters.parsed += counts.parsed;
  counters.range_checked += counts.range_checks > 0;
  return 0;
}
