// Files: missing, hostile, outside of the folder.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "host/scenario/document.hpp"
#include "host/scenario/reader.hpp"
#include "test/scenario/example.hpp"
#include "test/support/catch.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

double seconds_of(const Thrown& expected, const std::string& text) {
  const auto begin = std::chrono::steady_clock::now();
  const Thrown fault = fault_of(text);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  INFO(fault.message);
  CHECK(fault.code == expected.code);
  CHECK(fault.says(expected.message));
  return took.count();
}

/// Loads `text` as scenario.json of a folder in which `prepare` made files.
template <class Prepare>
Thrown fault_with_files(const std::string& text, const Prepare& prepare) {
  const ScratchFolder folder;
  prepare(folder.path());
  write(folder / "scenario/example.json", text);
  return thrown_by([&] { load_scenario((folder / "scenario/example.json").string()); });
}

const std::string kEdges = "\"rule\": { \"file\": \"edges.csv\" }";
const std::string kRule = "\"rule\": { \"fixed_in_degree\": 80 }";

}  // namespace

TEST_CASE("a missing scenario is named", "[scenario][files]") {
  const Thrown fault = thrown_by([] { load_scenario("/nowhere/at/all.json"); });
  CHECK(fault.code == ExitCode::scenario);
  CHECK(fault.says("/nowhere/at/all.json"));
  CHECK(thrown_by([] { load_scenario("/tmp"); }).says("not a regular file"));
}

TEST_CASE("nesting of 10,000 is refused at once", "[scenario][files]") {
  CHECK(seconds_of({ExitCode::scenario, "nested too deeply"}, nested(10000)) < 0.5);
  CHECK(seconds_of({ExitCode::scenario, "example.json:1:65: "}, nested(65)) < 0.5);
  CHECK(seconds_of({ExitCode::scenario, "an object"}, nested(64)) < 0.5);  // only the type is wrong
  std::string objects;
  for (int i = 0; i < 10000; ++i) objects += "{\"a\":";
  CHECK(seconds_of({ExitCode::scenario, "nested too deeply"}, objects) < 0.5);
}

TEST_CASE("a file of 1 GB is refused at once", "[scenario][files]") {
  const ScratchFolder folder;
  const auto path = folder / "big.json";
  write(path, "{");
  REQUIRE(::truncate(path.c_str(), 1 << 30) == 0);
  const auto begin = std::chrono::steady_clock::now();
  const Thrown fault = thrown_by([&] { load_scenario(path.string()); });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  CHECK(fault.code == ExitCode::scenario);
  CHECK(fault.says("too large, seen 1073741824 bytes, allowed 16777216 bytes"));
  CHECK(took.count() < 0.5);
}

TEST_CASE("a named pipe does not hang the reader", "[scenario][files]") {
  const ScratchFolder folder;
  const auto path = folder / "pipe.json";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(thrown_by([&] { load_scenario(path.string()); }).says("not a regular file"));
}

TEST_CASE("many values are refused before they take memory", "[scenario][files]") {
  std::string text = "[0";
  for (std::size_t i = 0; i < kMaxValues; ++i) text += ",0";
  CHECK(seconds_of({ExitCode::scenario, "too many values"}, text + "]") < 5.0);
}

TEST_CASE("lists that are compared element by element are bounded", "[scenario][files]") {
  std::string parts;
  for (int i = 0; i < 5000; ++i)
    parts += "{ \"name\": \"p" + std::to_string(i) +
             "\", \"x_mm\": 0, \"y_mm\": 0, \"width_mm\": 1, \"height_mm\": 1 }, ";
  CHECK(seconds_of({ExitCode::scenario, "too many elements, seen a list of 5002, allowed at most 4096"},
                   changed("\"parts\": [", "\"parts\": [" + parts)) < 2.0);
}

TEST_CASE("a missing data file is the file's fault, and named", "[scenario][files]") {
  const std::string text = changed(kRule, kEdges);
  const Thrown fault = fault_with_files(text, [](const auto&) {});
  INFO(fault.message);
  CHECK(fault.code == ExitCode::input_file);
  CHECK(fault.says("example.json:" + line_of("edges.csv", text) + ":"));
  CHECK(fault.says("projections[1].rule.file"));
  CHECK(fault.says("scenario/edges.csv does not exist"));
  // With a fault of the scenario's own beside it, the scenario comes first.
  const Thrown both = fault_with_files(changed("\"seed\": 7", "\"sead\": 7", text), [](const auto&) {});
  CHECK(both.code == ExitCode::scenario);
  CHECK(both.says("does not exist"));
  CHECK(fault_with_files(text, [](const auto& root) {
          write(root / "scenario/edges.csv", "0,0\n");
        }).message == "");
  CHECK(fault_with_files(text, [](const auto& root) {
          std::filesystem::create_directories(root / "scenario/edges.csv");
        }).says("not a regular file"));
}

TEST_CASE("paths that leave the folder are refused", "[scenario][files]") {
  const auto outside = [](const auto& root) { write(root / "edges.csv", "0,0\n"); };
  const auto fault_of_path = [&](const std::string& path) {
    return fault_with_files(changed(kRule, "\"rule\": { \"file\": \"" + path + "\" }"), outside);
  };
  CHECK(fault_of_path("../edges.csv").says("leaves the folder by \"..\""));
  CHECK(fault_of_path("a/../../edges.csv").says("leaves the folder by \"..\""));
  CHECK(fault_of_path("/etc/passwd").says("is absolute"));
  CHECK(fault_of_path("a\\\\..\\\\b").says("holds a backslash"));
  CHECK(fault_of_path("").says("is empty"));
  const Thrown link = fault_with_files(changed(kRule, kEdges), [&](const auto& root) {
    outside(root);
    std::filesystem::create_directories(root / "scenario");
    std::filesystem::create_symlink(root / "edges.csv", root / "scenario/edges.csv");
  });
  INFO(link.message);
  CHECK(link.code == ExitCode::scenario);
  CHECK(link.says("a link that leaves the scenario's folder"));
  // A folder that is a link leads out just as well.
  const Thrown linked_folder =
      fault_with_files(changed(kRule, "\"rule\": { \"file\": \"in/edges.csv\" }"), [&](const auto& root) {
        outside(root);
        std::filesystem::create_directories(root / "scenario");
        std::filesystem::create_directory_symlink(root, root / "scenario/in");
      });
  CHECK(linked_folder.says("a link that leaves the scenario's folder"));
  // A link that stays inside is fine.
  CHECK(fault_with_files(changed(kRule, kEdges), [&](const auto& root) {
          write(root / "scenario/real.csv", "0,0\n");
          std::filesystem::create_symlink("real.csv", root / "scenario/edges.csv");
        }).message == "");
  CHECK(fault_with_files(changed("\"seed\": 7", "\"seed\": 7, \"extends\": \"../base.json\""), outside)
            .says("leaves the folder"));
  CHECK(path_problem("a/b.csv") == "");
  CHECK(path_problem("a..b/..c") == "");
}

TEST_CASE("spikes come from a file, line by line", "[scenario][files]") {
  const std::string text =
      changed("\"spikes\": [[0, 10.5], [3, 12]]", "\"file\": \"spikes.csv\"", kRawExample);
  const auto load = [&](const std::string& csv) {
    const ScratchFolder folder;
    write(folder / "spikes.csv", csv);
    write(folder / "example.json", text);
    return load_scenario((folder / "example.json").string());
  };
  const Scenario s = load("neuron,time_ms\n# a comment\n0,10.5\r\n3, 12\n\n");
  REQUIRE(s.stimuli[1].spikes.size() == 2);
  CHECK(s.stimuli[1].spikes[1] == std::pair<std::uint32_t, double>{3, 12.0});
  REQUIRE(s.data_files.size() == 1);
  CHECK(s.data_files[0].first == "spikes.csv");
  CHECK(s.hash != load("0,10.5\n3,12.5\n").hash);  // the content belongs to the scenario
  for (const char* bad :
       {"0,10.5\nx,1\n", "0,1\n3\n", "0,1\n3,-1\n", "0,1\n3,nan\n", "0,1\n-3,1\n", "0,1\n3,1,1\n"}) {
    const Thrown fault = thrown_by([&] { load(bad); });
    INFO(fault.message);
    CHECK(fault.code == ExitCode::input_file);
    CHECK(fault.says("spikes.csv:2: not a spike"));
  }
  CHECK(thrown_by([&] { load("0,1\n800,1\n"); }).says("a neuron that does not exist"));
}
