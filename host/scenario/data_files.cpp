#include "host/scenario/data_files.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

namespace penfield {
namespace {

namespace fs = std::filesystem;

#ifdef PENFIELD_HAVE_HDF5
constexpr bool kReadsSonata = true;
#else
constexpr bool kReadsSonata = false;
#endif
constexpr std::size_t kMaxSpikeFileBytes = std::size_t{256} << 20;

/// Reads lines `neuron,time_ms` (a header line, blank lines and lines that start with # are skipped).
std::vector<std::pair<std::uint32_t, double>> read_spikes(const std::string& text, const std::string& file) {
  std::vector<std::pair<std::uint32_t, double>> spikes;
  std::size_t line = 0, begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view row(text.data() + begin, end - begin);
    ++line;
    begin = end + 1;
    while (!row.empty() && (row.back() == '\r' || row.back() == ' ')) row.remove_suffix(1);
    if (row.empty() || row.front() == '#' || (line == 1 && row == "neuron,time_ms")) continue;
    std::uint32_t neuron = 0;
    double time_ms = -1.0;
    const char* const stop = row.data() + row.size();
    auto result = std::from_chars(row.data(), stop, neuron);
    bool good = result.ec == std::errc() && result.ptr != stop && *result.ptr == ',';
    if (good) {
      const char* from = result.ptr + 1;
      while (from != stop && *from == ' ') ++from;
      result = std::from_chars(from, stop, time_ms);
      good = result.ec == std::errc() && result.ptr == stop && time_ms >= 0.0 && time_ms - time_ms == 0.0;
    }
    if (!good)
      throw Error(ExitCode::input_file, file + ":" + std::to_string(line) + ": not a spike, seen " +
                                            in_quotes(row) + "; write `neuron,time_ms`, such as 3,12.5");
    spikes.emplace_back(neuron, time_ms);
  }
  return spikes;
}

}  // namespace

std::string resolve_below(const std::string& folder, const std::string& relative) {
  std::error_code error;
  const fs::path root = fs::canonical(folder.empty() ? "." : folder, error);
  if (error)
    throw Error(ExitCode::input_file, folder + ": the scenario's folder cannot be found; check the name");
  const fs::path wanted = root / relative;
  if (!fs::exists(wanted, error))
    throw Error(ExitCode::input_file,
                "the file " + wanted.string() + " does not exist; check the name, or create it");
  const fs::path real = fs::canonical(wanted, error);
  if (error)
    throw Error(ExitCode::input_file, "the file " + wanted.string() + " cannot be resolved; check its links");
  const auto [end, at] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  if (end != root.end())
    throw Error(ExitCode::scenario,
                "the file " + relative + " is a link that leaves the scenario's folder; copy it there");
  return real.string();
}

void load_data_files(Scenario& s, const Value& document, Faults& faults) {
  const auto load = [&](const std::string& file, const std::string& path, auto&& use) {
    if (file.empty()) return;
    try {
      const std::string real = resolve_below(s.folder, file);
      if (!fs::is_regular_file(real))
        throw Error(ExitCode::input_file,
                    "the file " + real + " is not a regular file; name the file itself");
      use(real);
      s.data_files.emplace_back(file, file_hash(real));
    } catch (const Error& e) {
      faults.add({place_of(document, path), path, e.what(), "", "", "", e.code()});
    }
  };
  for (std::size_t i = 0; i < s.stimuli.size(); ++i) {
    StimulusSpec& stimulus = s.stimuli[i];
    const std::string path = join_path("stimuli", i) + ".spikes";
    if (!stimulus.file.empty() && !stimulus.spikes.empty())
      faults.add({place_of(document, path), path, "both a list of spikes and a file", "", "",
                  "keep one of the two"});
    load(stimulus.file, path + ".file", [&](const std::string& real) {
      stimulus.spikes = read_spikes(read_text_file(real, kMaxSpikeFileBytes, ExitCode::input_file), real);
    });
  }
  for (std::size_t i = 0; i < s.projections.size(); ++i) {
    const RuleSpec& rule = s.projections[i].rule;
    const std::string path = join_path("projections", i) + ".rule.file";
    load(rule.file, path, [](const std::string&) {});
    const bool sonata = is_sonata_name(rule.file);
    if (sonata && !kReadsSonata)
      faults.add({place_of(document, path), path,
                  "SONATA edges need HDF5, which this program was built without", in_quotes(rule.file), "",
                  "install libhdf5-dev and build it again, or give the edges as CSV"});
    if (!sonata && !rule.edge_population.empty())
      faults.add({place_of(document, path + ".edge_population"), path + ".edge_population",
                  "an edge population, but the file is CSV", in_quotes(rule.file), "",
                  "remove it, or name a SONATA file (.h5)"});
  }
}

bool is_sonata_name(const std::string& file) { return file.ends_with(".h5") || file.ends_with(".hdf5"); }

std::uint64_t text_hash(std::string_view data) { return XXH3_64bits(data.data(), data.size()); }

std::uint64_t file_hash(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  const auto fail = [&] {
    return Error(ExitCode::input_file, path + ": cannot be read; check its permissions and the disk");
  };
  if (!file) throw fail();
  alignas(64) XXH3_state_t state;
  XXH3_64bits_reset(&state);
  std::vector<char> piece(std::size_t{1} << 16);
  std::size_t got = 0;
  while ((got = std::fread(piece.data(), 1, piece.size(), file.get())) > 0)
    XXH3_64bits_update(&state, piece.data(), got);
  if (std::ferror(file.get()) != 0) throw fail();
  return XXH3_64bits_digest(&state);
}

}  // namespace penfield
