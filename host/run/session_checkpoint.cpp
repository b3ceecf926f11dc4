#include "host/run/session_checkpoint.hpp"

#include <cmath>
#include <cstring>
#include <map>

#include "host/run/state_archive.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/neuron/catalogue.hpp"

namespace penfield {

namespace {

// Which sources a tile's offsets are for; two numbers a tile, and beside the register, since no engine reads
// them.
constexpr const char* kRanges = "/source_ranges";
constexpr const char* kEngine = "session/engine";
constexpr const char* kStudy = "session/study";
constexpr const char* kTiles = "session/tile_sizes";

void archive_engine(StateArchive& a, StepIndex& now, FlushTimes& flushes) {
  a.value("now", now);
  a.value("flush_times", flushes);
}

std::vector<std::uint32_t> source_ranges(const Projection& projection) {
  std::vector<std::uint32_t> ranges;
  for (const SynapseTile& tile : projection.tiles) {
    ranges.push_back(tile.source_begin);
    ranges.push_back(tile.source_end);
  }
  return ranges;
}

class Sizes {
 public:
  explicit Sizes(const CheckpointReader& reader) : path_(reader.path().string()) {
    for (const CheckpointArray& array : reader.arrays()) bytes_[array.name] = array.bytes;
  }
  /// Elements of a stored array, 0 if it was empty and left out.
  std::size_t count(const std::string& name, std::size_t element_bytes) const {
    const auto found = bytes_.find(name);
    return found == bytes_.end() ? 0 : found->second / element_bytes;
  }
  [[noreturn]] void misfit(const std::string& name) const {
    throw Error(ExitCode::input_file,
                "checkpoint does not fit this run (" + path_ + "): the numbers in " + name +
                    " contradict each other; resume with the scenario and version that wrote it");
  }

 private:
  std::map<std::string, std::uint64_t> bytes_;
  std::string path_;
};

void resize_synapses(const CheckpointReader& reader, const Sizes& sizes, Projection& projection) {
  std::vector<std::uint32_t> ranges(projection.tiles.size() * 2);
  reader.read_into(projection.name + kRanges, ranges.data(), ranges.size() * sizeof(std::uint32_t));
  for (std::size_t t = 0; t < projection.tiles.size(); ++t) {
    SynapseTile& tile = projection.tiles[t];
    const std::string prefix = projection.name + "/tile" + std::to_string(t) + "/";
    tile.source_begin = ranges[2 * t];
    tile.source_end = ranges[2 * t + 1];
    tile.pieces = projection.view.pieces.count;
    tile.offset.resize(sizes.count(prefix + "offset", sizeof(std::uint32_t)));
    tile.code.resize(sizes.count(prefix + "code", sizeof(std::uint16_t)));
    tile.packed.resize(sizes.count(prefix + "packed", sizeof(std::uint32_t)));
    tile.weight.resize(sizes.count(prefix + "weight", sizeof(float)));
  }
}

/// A kernel follows these numbers without looking, so they are looked at here.
void check_synapses(const Sizes& sizes, const Network& network, const Projection& projection) {
  const PopulationView& source = network.populations[projection.view.source]->view;
  const PopulationView& target = network.populations[projection.view.target]->view;
  for (std::size_t t = 0; t < projection.tiles.size(); ++t) {
    const SynapseTile& tile = projection.tiles[t];
    const std::size_t n = tile.num_synapses();
    const bool packed = projection.view.storage == WeightStorage::fixed16;
    const bool floats = projection.view.storage == WeightStorage::float32;
    const bool plain = tile.source_begin <= tile.source_end && tile.source_end <= source.n &&
                       tile.offset.size() == std::size_t{tile.num_sources()} * tile.pieces + 1 &&
                       (packed ? tile.code.empty() : tile.packed.empty()) &&
                       tile.weight.size() == (floats ? n : 0) && tile.offset[0] == 0 &&
                       tile.offset[tile.offset.size() - 1] == n;
    if (!plain) sizes.misfit(projection.name);
    for (std::size_t s = 1; s < tile.offset.size(); ++s)
      if (tile.offset[s] < tile.offset[s - 1]) sizes.misfit(projection.name);
    projection.for_each_synapse(t, [&](const Projection::Synapse& s) {
      if (s.target >= tile_count(target, static_cast<std::uint32_t>(t)) ||
          s.delay > projection.view.max_delay)
        sizes.misfit(projection.name);
    });
  }
}

bool kept(ArrayKind kind) {
  return kind == ArrayKind::fast || kind == ArrayKind::slow || kind == ArrayKind::topology;
}

[[noreturn]] void not_finite(const std::string& what, StepIndex step) {
  throw Error(ExitCode::numerics,
              "the numbers broke: " + what + " is not finite before step " + std::to_string(step) +
                  "; a drive or weight is too strong for dt_ms, or a time constant too short: lower "
                  "dt_ms or the drive");
}

}  // namespace

void save_state(CheckpointWriter& writer, CheckpointHeader header, Network& network, Engine& engine,
                std::span<const std::byte> study) {
  engine.download();
  StepIndex now = engine.now();
  FlushTimes flushes = engine.flush_times();
  StateArchive engine_state;
  archive_engine(engine_state, now, flushes);
  header.step = now;

  std::vector<ArrayRef> arrays;
  for (const StateArray& a : network.arrays())
    if (kept(a.kind)) arrays.push_back({a.name, a.data, a.bytes, a.element_bytes});
  std::vector<std::vector<std::uint32_t>> ranges;
  ranges.reserve(network.projections.size());
  for (const auto& p : network.projections) {
    ranges.push_back(source_ranges(*p));
    arrays.push_back({p->name + kRanges, reinterpret_cast<std::byte*>(ranges.back().data()),
                      ranges.back().size() * sizeof(std::uint32_t), sizeof(std::uint32_t)});
  }
  std::vector<std::uint32_t> tiles;
  for (const auto& p : network.populations) tiles.push_back(p->view.tile_size);
  arrays.push_back({kTiles, reinterpret_cast<std::byte*>(tiles.data()), tiles.size() * sizeof(std::uint32_t),
                    sizeof(std::uint32_t)});
  std::vector<std::byte> engine_bytes(engine_state.written());
  std::vector<std::byte> study_bytes(study.begin(), study.end());
  arrays.push_back({kEngine, engine_bytes.data(), engine_bytes.size(), 1});
  arrays.push_back({kStudy, study_bytes.data(), study_bytes.size(), 1});
  writer.write(header, arrays);
}

std::vector<std::uint32_t> stored_tile_sizes(const CheckpointReader& reader) {
  const Sizes sizes(reader);
  std::vector<std::uint32_t> tiles(sizes.count(kTiles, sizeof(std::uint32_t)));
  reader.read_into(kTiles, tiles.data(), tiles.size() * sizeof(std::uint32_t));
  for (std::uint32_t size : tiles)
    if (size < 4 || size > 65536 || (size & (size - 1)) != 0) sizes.misfit(kTiles);
  return tiles;
}

std::vector<std::byte> restore_state(const CheckpointReader& reader, Network& network, Engine& engine) {
  const Sizes sizes(reader);
  for (auto& p : network.projections) resize_synapses(reader, sizes, *p);
  std::vector<ArrayRef> arrays;
  for (const StateArray& a : network.arrays())
    if (kept(a.kind)) arrays.push_back({a.name, a.data, a.bytes, a.element_bytes});
  reader.read_all(arrays);
  for (const auto& p : network.projections) check_synapses(sizes, network, *p);
  network.bind();

  std::vector<std::byte> engine_bytes(sizes.count(kEngine, 1)), study(sizes.count(kStudy, 1));
  reader.read_into(kEngine, engine_bytes.data(), engine_bytes.size());
  reader.read_into(kStudy, study.data(), study.size());
  StepIndex now = 0;
  FlushTimes flushes;
  StateArchive engine_state(engine_bytes, "checkpoint (" + reader.path().string() + ")");
  archive_engine(engine_state, now, flushes);
  engine_state.finish();
  engine.set_now(now);
  engine.set_flush_times(flushes);
  engine.upload();
  return study;
}

void require_finite(const Network& network, StepIndex step) {
  for (const auto& p : network.populations) {
    const auto& columns = neuron_model_infos[p->view.model].columns;
    for (std::size_t k = 0; k < columns.size(); ++k) {
      if (columns[k].is_integer) continue;
      for (std::uint32_t i = 0; i < p->view.n; ++i) {
        float v;
        std::memcpy(&v, &p->columns[k][i], sizeof v);
        if (!std::isfinite(v))
          not_finite(p->name + " neuron " + std::to_string(i) + " " + columns[k].key, step);
      }
    }
    for (std::uint32_t port = 0; port < p->view.num_ports; ++port)
      for (std::size_t i = 0; i < p->factor[port].size(); ++i)
        if (!std::isfinite(p->factor[port][i]))
          not_finite("the input gain of " + p->name + " neuron " + std::to_string(i), step);
  }
  for (const auto& p : network.projections)
    for (const SynapseTile& tile : p->tiles)
      for (float w : tile.weight)
        if (!std::isfinite(w)) not_finite("a weight of projection " + p->name, step);
}

}  // namespace penfield
