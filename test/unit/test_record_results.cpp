// results.h5 and the SONATA files: round trip, refusals, the full disk. Outside readers: check_sonata.py.
#include <sys/mount.h>

#include <algorithm>

#include "host/record/file.hpp"
#include "host/record/hdf5.hpp"
#include "host/record/results_file.hpp"
#include "test/support/catch.hpp"
#include "test/support/errors.hpp"
#include "test/support/scratch_folder.hpp"

using namespace penfield;
using penfield::test::ScratchFolder;
using penfield::test::Thrown;
using penfield::test::thrown_by;
namespace fs = std::filesystem;

namespace {

Results example(std::size_t num_values) {
  Results results;
  results.scenario_json = R"({"penfield":1})";
  results.manifest_json = R"({"state":"finished"})";
  std::vector<float> map(num_values * 2);
  for (std::size_t i = 0; i < map.size(); ++i) map[i] = static_cast<float>((i * 2654435761U) % 1000003U);
  results.datasets = {
      {"/maps/S1/area", {num_values, 2}, map, "mm^2", "area of each body part", {"time (d)", "body part"}},
      {"/readouts/overlap", {}, std::vector<double>{0.25}, "1", "overlap of digit maps", {}},
      {"/readouts/names",
       {2},
       std::vector<std::string>{"D1", "D2 \xc3\xa9"},
       "1",
       "body parts",
       {"body part"}},
      {"/weights/in_degree",
       {3},
       std::vector<std::int32_t>{1, -2, 3},
       "1",
       "synapses on a neuron",
       {"neuron"}},
      {"/traces/step", {2}, std::vector<std::int64_t>{-1, std::int64_t{1} << 60}, "1", "step", {"sample"}},
      {"/traces/key", {1}, std::vector<std::uint64_t>{~std::uint64_t{0}}, "1", "key", {"sample"}},
      {"/rates/active", {2, 1, 2}, std::vector<std::uint8_t>{0, 1, 255, 3}, "1", "flag", {"a", "b", "c"}},
      {"/rates/none", {0}, std::vector<float>{}, "Hz", "no sample was due", {"sample"}},
  };
  results.spikes = {{"S1/E", {5, 2, 7}, {1.5, 0.1, 0.1}}, {"S1/PV", {}, {}}};
  return results;
}

}  // namespace

TEST_CASE("results come back with shapes and attributes", "[record]") {
  if (!hdf5_available()) return;
  const ScratchFolder scratch;
  const fs::path path = scratch / "results.h5";
  write_results(path, example(20000));
  CHECK_FALSE(fs::exists(scratch / "results.h5.tmp"));
  const Hdf5File file = Hdf5File::open_read(path);
  std::vector<std::uint64_t> shape;
  CHECK(file.read<float>("/maps/S1/area", &shape) ==
        std::get<std::vector<float>>(example(20000).datasets[0].values));
  CHECK(shape == std::vector<std::uint64_t>{20000, 2});
  CHECK(file.read_attribute("/maps/S1/area", "unit") == "mm^2");
  CHECK(file.read<double>("/readouts/overlap", &shape) == std::vector<double>{0.25});
  CHECK(shape.empty());
  CHECK(file.read_strings("/readouts/names") == std::vector<std::string>{"D1", "D2 \xc3\xa9"});
  CHECK(file.read<std::int64_t>("/traces/step") == std::vector<std::int64_t>{-1, std::int64_t{1} << 60});
  CHECK(file.read<std::uint64_t>("/traces/key") == std::vector<std::uint64_t>{~std::uint64_t{0}});
  CHECK(file.read<std::uint8_t>("/rates/active", &shape) == std::vector<std::uint8_t>{0, 1, 255, 3});
  CHECK(shape == std::vector<std::uint64_t>{2, 1, 2});
  CHECK(file.read<float>("/rates/none").empty());
  CHECK(file.read_strings("/settings/scenario").at(0) == R"({"penfield":1})");
  CHECK(file.read<std::uint64_t>("/spikes/S1_E/node_ids") == std::vector<std::uint64_t>{2, 7, 5});
  CHECK(file.read<double>("/spikes/S1_E/timestamps") == std::vector<double>{0.1, 0.1, 1.5});
  CHECK(file.read_attribute("/spikes/S1_E", "sorting") == "by_time");
  CHECK(file.read<double>("/spikes/S1_PV/timestamps").empty());
}

TEST_CASE("equal results give equal bytes", "[record]") {
  if (!hdf5_available()) return;
  const ScratchFolder scratch;
  write_results(scratch / "a.h5", example(5000));
  write_results(scratch / "b.h5", example(5000));
  CHECK(read_text_file(scratch / "a.h5", 1 << 28) == read_text_file(scratch / "b.h5", 1 << 28));
}

TEST_CASE("a result without unit, with a wrong shape or a strange place is refused", "[record]") {
  if (!hdf5_available()) return;
  const ScratchFolder scratch;
  const auto refused = [&](auto&& change) {
    Results results = example(10);
    change(&results);
    const Thrown thrown = thrown_by([&] { write_results(scratch / "results.h5", results); });
    CHECK_FALSE(fs::exists(scratch / "results.h5"));
    CHECK_FALSE(fs::exists(scratch / "results.h5.tmp"));
    return thrown.code == ExitCode::internal;
  };
  CHECK(refused([](Results* r) { r->datasets[0].unit.clear(); }));
  CHECK(refused([](Results* r) { r->datasets[0].shape[0] = 11; }));
  CHECK(refused([](Results* r) { r->datasets[0].path = "/mapsX/a"; }));
  CHECK(refused([](Results* r) { r->datasets[0].axes.pop_back(); }));
  CHECK(refused([](Results* r) { r->spikes[0].node_ids.pop_back(); }));
  CHECK(refused([](Results* r) { r->spikes[1].population = "S1_E"; }));
}

TEST_CASE("HDF5 errors carry its reason and its own printing is off", "[record]") {
  if (!hdf5_available()) return;
  const ScratchFolder scratch;
  write_file_atomically(scratch / "text.h5", "this is no HDF5 file");
  const Thrown thrown = thrown_by([&] { Hdf5File::open_read(scratch / "text.h5"); });
  CHECK(thrown.code == ExitCode::output);
  CHECK(thrown.says("text.h5"));
  CHECK(thrown.says("file signature not found"));
  CHECK(thrown_by([&] { write_results(scratch / "no/folder/results.h5", example(1)); }).code ==
        ExitCode::output);
}

TEST_CASE("on a disk that fills up, results are whole or refused", "[record]") {
  if (!hdf5_available()) return;
  const ScratchFolder scratch;
  const fs::path disk = scratch / "disk";
  fs::create_directories(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    WARN("cannot mount a small file system here");
    return;
  }
  // Written through Hdf5File, past the free-space check, so that HDF5 itself meets the full disk.
  int refused = 0;
  int whole = 0;
  const std::vector<float> values = std::get<std::vector<float>>(example(2000).datasets[0].values);
  for (std::uint64_t rows = 4; rows < 100; rows += 3) {
    try {
      PendingFile pending(disk / "results.h5");
      Hdf5File file = Hdf5File::create(pending.temporary());
      const std::uint64_t shape[] = {values.size()};
      for (std::uint64_t i = 0; i < rows; ++i) {
        file.write("/maps/m" + std::to_string(i), std::span<const float>(values), shape);
      }
      file.close();
      pending.commit();
      ++whole;
      const Hdf5File back = Hdf5File::open_read(disk / "results.h5");
      for (std::uint64_t i = 0; i < rows; ++i)
        REQUIRE(back.read<float>("/maps/m" + std::to_string(i)) == values);
    } catch (const Error& error) {
      ++refused;
      CHECK(error.code() == ExitCode::output);
    }
    std::error_code ignored;
    fs::remove(disk / "results.h5", ignored);
    CHECK(fs::is_empty(disk));
  }
  CHECK(whole > 0);
  const Thrown thrown = thrown_by([&] { write_results(disk / "results.h5", example(200000)); });
  CHECK(thrown.says("bytes needed"));
  CHECK(refused > 0);
  ::umount2(disk.c_str(), MNT_DETACH);
}
