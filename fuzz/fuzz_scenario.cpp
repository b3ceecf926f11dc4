// Fuzzes the scenario reader. Any input must give a scenario or an Error with one of the two codes of a bad
// scenario; what is accepted must dump to a text that reads back to the same text and hash.
//
// Input: a document, and after a NUL byte `path=value` overrides, one a line. Mutations are made on the
// parsed document, so that most inputs get past the parser and into the checks; the rest are mutated byte by
// byte.
#include <stdlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "host/scenario/describe.hpp"
#include "host/scenario/scenario_json.hpp"
#include "penfield/base/error.hpp"
#include "test/scenario/example.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using Json = nlohmann::ordered_json;
using Random = std::minstd_rand;

struct Counters {
  std::uint64_t inputs = 0, parsed = 0, range_checked = 0, accepted = 0;
} counters;

std::string folder;  // holds base.json, body.json, spikes.csv for inputs to refer to

double percent(std::uint64_t part) {
  return counters.inputs > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(counters.inputs) : 0.0;
}

/// Says how deep the inputs got; a fuzzer that only tests the parser fails.
void finish() {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  std::fprintf(stderr, "inputs %llu, parsed %.1f %%, reached range checks %.1f %%, accepted %.1f %%\n",
               static_cast<unsigned long long>(counters.inputs), percent(counters.parsed),
               percent(counters.range_checked), percent(counters.accepted));
  if (counters.inputs >= 10000 &&
      (percent(counters.parsed) < 50.0 || percent(counters.range_checked) < 10.0)) {
    std::fprintf(stderr, "too few inputs got past the parser (needed: 50 %% parsed, 10 %% range checks)\n");
    std::_Exit(1);
  }
}

// ---- mutation
// -----------------------------------------------------------------------------------------------------

std::size_t below(Random& random, std::size_t n) { return n > 0 ? random() % n : 0; }

template <class T>
const T& pick(Random& random, const std::vector<T>& all) {
  return all[below(random, all.size())];
}

const std::vector<std::string>& words() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out{
        "S1/E",      "S1/*",       "VPL/relay", "hand/D3",     "structure", "EI",      "base.json",
        "body.json", "spikes.csv", "../x",      "/etc/passwd", "5 s",       "-1 d",    "2 d 6 h",
        "1e3 s",     "//",         "extends",   "override",    "normal",    "uniform", "min",
        "max",       "constant",   "lognormal", "excitatory",  ""};
    for (const auto& table : penfield::described_tables()) {
      out.push_back(table.name);
      for (const auto& key : table.keys) out.push_back(key.key.substr(key.key.find('.') + 1));
    }
    return out;
  }();
  return all;
}

Json random_value(Random& random) {
  static const std::vector<double> numbers{0,
                                           -0.0,
                                           1,
                                           -1,
                                           0.5,
                                           1e-320,
                                           1e308,
                                           -1e308,
                                           2147483648.0,
                                           1e18,
                                           3.5,
                                           1e-12,
                                           1000,
                                           7,
                                           0.1,
                                           4e9,
                                           9007199254740993.0};
  switch (below(random, 8)) {
    case 0: return nullptr;
    case 1: return below(random, 2) == 1;
    case 2: return pick(random, words());
    case 3: return Json::array({pick(random, numbers), pick(random, numbers)});
    case 4: return Json::object({{pick(random, words()), random_value(random)}});
    case 5:
      return Json::object(
          {{"normal", {pick(random, numbers), pick(random, numbers)}}, {"min", pick(random, numbers)}});
    default: return pick(random, numbers);
  }
}

void collect(Json& node, std::vector<Json*>& all) {
  all.push_back(&node);
  if (node.is_structured())
    for (Json& child : node) collect(child, all);
}

void mutate(Json& document, Random& random) {
  static const Json example = Json::parse(penfield::test::kExample);
  std::vector<Json*> all, donors;
  collect(document, all);
  Json& node = *pick(random, all);
  switch (below(random, 7)) {
    case 0:
    case 1: node = random_value(random); break;
    case 2: {
      Json donor = example;
      collect(donor, donors);
      node = Json(*pick(random, donors));
      break;
    }
    case 3:
      if (node.is_object()) node[pick(random, words())] = random_value(random);
      if (node.is_array()) node.push_back(random_value(random));
      break;
    case 4:
      if (node.is_object() && !node.empty())
        node.erase(std::next(node.begin(), static_cast<std::ptrdiff_t>(below(random, node.size()))));
      if (node.is_array() && !node.empty()) node.erase(below(random, node.size()));
      break;
    case 5:
      if (node.is_array() && !node.empty()) node.push_back(Json(node[below(random, node.size())]));
      if (node.is_string()) node = pick(random, words());
      break;
    default:
      if (node.is_number())
        node = node.get<double>() * (below(random, 2) == 1 ? 0.5 : 3.0) + (below(random, 3) == 0 ? 1.0 : 0.0);
  }
}

std::string overrides(Random& random) {
  static const std::vector<std::string> paths{"populations[S1/E].n",
                                              "projections[EI].rule",
                                              "timeline[freeze_it].enabled",
                                              "until",
                                              "clock.mode",
                                              "projections[0].weight_pA",
                                              "body.touch.on_ms",
                                              "homeostasis[0]",
                                              "areas.S1",
                                              "a[",
                                              "timeline[9].at",
                                              "stimuli[0].poisson.to"};
  std::string text;
  for (std::size_t i = below(random, 3); i > 0; --i)
    text += pick(random, paths) + "=" +
            (below(random, 2) == 1 ? random_value(random).dump() : pick(random, words())) + "\n";
  return text;
}

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  std::string pattern = (std::filesystem::temp_directory_path() / "penfield-fuzz-XXXXXX").string();
  demand(::mkdtemp(pattern.data()) != nullptr, "a temporary folder can be made");
  folder = pattern;
  const Json example = Json::parse(penfield::test::kExample);
  std::ofstream(folder + "/base.json") << example.dump();
  std::ofstream(folder + "/body.json") << example["body"].dump();
  std::ofstream(folder + "/spikes.csv") << "0,1.5\n3,2\n";
  std::atexit(finish);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  Random random(seed);
  if (below(random, 8) == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string text(reinterpret_cast<const char*>(data), size);
  Json document = Json::parse(text.substr(0, text.find('\0')), nullptr, false);
  // Starting afresh now and then keeps inputs near to what is accepted.
  const bool afresh = document.is_discarded() || !document.is_object() || below(random, 3) == 0;
  if (afresh) document = Json::parse(penfield::test::kExample);
  for (std::size_t i = 1 + below(random, afresh ? 2 : 4); i > 0; --i) mutate(document, random);
  // Text that is not UTF-8 came from a byte mutation; the dump must not throw on it.
  std::string out = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (below(random, 4) == 0) out += '\0' + overrides(random);
  if (out.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
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
