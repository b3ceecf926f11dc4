#include "host/record/results_file.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "host/record/file.hpp"
#include "host/record/hdf5.hpp"
#include "host/record/sonata.hpp"

namespace penfield {
namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 11> kGroups = {"/maps",    "/readouts", "/traces",     "/clock",
                                                      "/growth",  "/injury",   "/astrocytes", "/rates",
                                                      "/weights", "/energy",   "/settings"};
// HDF5's own bookkeeping per data set, for the free-space check only.
constexpr std::uint64_t kOverheadBytes = 8192;

[[noreturn]] void contradiction(const std::string& path, const std::string& why) {
  throw Error(ExitCode::internal, "bad description of a result (" + path + "): " + why +
                                      "; this is a defect in Penfield, please report it");
}

std::uint64_t bytes_of(const Values& values) {
  return std::visit(
      [](const auto& list) -> std::uint64_t {
        using T = typename std::decay_t<decltype(list)>::value_type;
        if constexpr (std::is_same_v<T, std::string>) {
          std::uint64_t bytes = 0;
          for (const std::string& text : list) bytes += text.size() + 24;
          return bytes;
        } else {
          return list.size() * sizeof(T);
        }
      },
      values);
}

void check(const Dataset& dataset) {
  const bool known = std::any_of(kGroups.begin(), kGroups.end(), [&](std::string_view group) {
    return dataset.path.size() > group.size() + 1 && dataset.path.starts_with(group) &&
           dataset.path[group.size()] == '/';
  });
  if (!known) contradiction(dataset.path, "its path is not below a group of the results file");
  if (dataset.unit.empty() || dataset.meaning.empty())
    contradiction(dataset.path, "it has no unit or no meaning");
  if (dataset.axes.size() != dataset.shape.size())
    contradiction(dataset.path, "it needs one axis name per extent");
}

void write_dataset(Hdf5File* file, const Dataset& dataset) {
  std::visit(
      [&](const auto& list) {
        using T = typename std::decay_t<decltype(list)>::value_type;
        file->write(dataset.path, std::span<const T>(list), dataset.shape);
      },
      dataset.values);
  file->attribute(dataset.path, "unit", dataset.unit);
  file->attribute(dataset.path, "meaning", dataset.meaning);
  if (!dataset.axes.empty())
    file->attribute(dataset.path, "axes", std::span<const std::string>(dataset.axes));
}

void write_text(Hdf5File* file, const std::string& path, const std::string& text,
                const std::string& meaning) {
  file->write(path, std::span<const std::string>(&text, 1), {});
  file->attribute(path, "unit", std::string("1"));
  file->attribute(path, "meaning", meaning);
}

}  // namespace

void write_results(const fs::path& path, Results results) {
  std::uint64_t bytes = kOverheadBytes + results.scenario_json.size() + results.manifest_json.size();
  for (const Dataset& dataset : results.datasets) {
    check(dataset);
    // Compression may need less, never much more; asking for all of it refuses a run's end too early only
    // when the disk is about to be full anyway.
    bytes += bytes_of(dataset.values) + kOverheadBytes;
  }
  for (const SpikeSet& set : results.spikes) bytes += set.node_ids.size() * 16 + kOverheadBytes;

  PendingFile pending(path);
  require_free_bytes(path, bytes);
  Hdf5File file = Hdf5File::create(pending.temporary());
  mark_sonata(&file);
  for (const std::string_view group : kGroups) file.group(std::string(group));
  write_text(&file, "/settings/scenario", results.scenario_json, "the scenario, defaults filled in, JSON");
  write_text(&file, "/settings/manifest", results.manifest_json, "what ran, on what, and how it ended, JSON");
  for (const Dataset& dataset : results.datasets) write_dataset(&file, dataset);
  file.group("/spikes");
  for (SpikeSet& set : results.spikes) write_spikes(&file, &set);
  file.close();
  pending.commit();
}

}  // namespace penfield
