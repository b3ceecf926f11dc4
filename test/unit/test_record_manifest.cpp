#include "host/record/file.hpp"
#include "host/record/manifest.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using penfield::test::ScratchFolder;
using penfield::test::thrown_by;

TEST_CASE("a manifest comes back as it was written", "[record]") {
  const ScratchFolder scratch;
  Manifest m;
  m.program_version = "0.1";
  m.build = {{"compiler", "g++ 12"}, {"preset", "release"}};
  m.devices = {{"cpu", "some CPU", "", std::uint64_t{1} << 40, 8}};
  m.host = "node \"7\"";
  m.scenario_name = "digit amputation \xc3\xa9";
  m.scenario_hash = "deadbeef";
  m.seed = 0xFFFFFFFFFFFFFFFFULL;
  m.dt_ms = 0.1;
  m.last_step = std::int64_t{1} << 60;
  m.quantisation = {{"S1/E", "AMPA", 17, 1.25, "nS"}};
  m.acceleration = {"episodic", 120.5, 0.02, "map area"};
  m.digests = {{5, "update", 0x8000000000000001ULL}};
  m.timings = {{"build", 0.5}};
  m.state = RunState::stopped;
  m.exit_code = 75;
  m.message = "stopped by a signal";
  write_manifest(scratch / "manifest.json", m);
  const Manifest back = read_manifest(scratch / "manifest.json");
  CHECK(manifest_json(back) == manifest_json(m));
  CHECK(back.seed == m.seed);
  CHECK(back.digests.at(0).value == m.digests[0].value);
  CHECK(back.state == RunState::stopped);
  CHECK(back.scenario_name == m.scenario_name);
}

TEST_CASE("text that is not UTF-8 does not stop a manifest", "[record]") {
  Manifest m;
  m.message = "path \xff";
  CHECK(manifest_json(m).find("path") != std::string::npos);
}

TEST_CASE("what is not a manifest is refused with its path", "[record]") {
  const ScratchFolder scratch;
  for (const char* text :
       {"", "{", "[]", "{}", R"({"penfield_manifest":99})", R"({"penfield_manifest":1,"state":3})"}) {
    write_file_atomically(scratch / "manifest.json", text);
    const auto thrown = thrown_by([&] { read_manifest(scratch / "manifest.json"); });
    CHECK(thrown.code == ExitCode::input_file);
    CHECK(thrown.says("manifest.json"));
  }
}
