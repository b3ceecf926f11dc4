#include "host/run/session_checkpoint.hpp"

#include <cstring>
#include <map>

#include "host/record/hash.hpp"
#include "host/run/state_archive.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield {

namespace {

// Which sources a tile's offsets are for; two numbers a tile, and beside the register, since no engine reads
// them.
constexpr const char* kRanges = "/source_ranges";
constexpr const char* kEngine = "session/engine";
constexpr const char* kStudy = "session/study";
constexpr const char* kTiles = "session/tile_sizes";
constexpr const char* kOrigin = "session/origin";

void archive_engine(StateArchive& a, StepIndex& now, FlushTimes& flushes) {
  a.value("now", now);
  a.value("flush_times", flushes);
}

TileRange own_tiles(const Network& network, const Projection& projection) {
  return network.own_tiles(*network.populations[projection.view.target]);
}

/// Of all ranks' tiles.
std::vector<std::uint32_t> source_ranges(const Network& network, const Projection& projection) {
  std::vector<std::uint32_t> own;
  const TileRange tiles = own_tiles(network, projection);
  for (std::uint32_t t = tiles.begin; t < tiles.end; ++t) {
    own.push_back(projection.tiles[t].source_begin);
    own.push_back(projection.tiles[t].source_end);
  }
  return join_values(*network.ranks, own);
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

void resize_synapses(const CheckpointReader& reader, const Sizes& sizes, TileRange own,
                     Projection& projection) {
  std::vector<std::uint32_t> ranges(projection.tiles.size() * 2);
  reader.read_into(projection.name + kRanges, ranges.data(), ranges.size() * sizeof(std::uint32_t));
  for (std::size_t t = own.begin; t < own.end; ++t) {
    SynapseTile& tile = projection.tiles[t];
    const std::string prefix = projection.name + "/tile" + std::to_string(t) + "/";
    tile.source_begin = ranges[2 * t];
    tile.source_end = ranges[2 * t + 1];
    tile.pieces = projection.view.pieces.count;
    tile.offset.resize(sizes.count(prefix + "offset", sizeof(std::uint32_t)));
    tile.group.resize(sizes.count(prefix + "group", sizeof(RowGroup)));
    tile.row_end.resize(sizes.count(prefix + "row_end", sizeof(std::uint16_t)));
    tile.code.resize(sizes.count(prefix + "code", sizeof(std::uint16_t)));
    tile.packed.resize(sizes.count(prefix + "packed", sizeof(std::uint32_t)));
    tile.weight.resize(sizes.count(prefix + "weight", sizeof(float)));
    tile.state.resize(sizes.count(prefix + "state", sizeof(float)));
  }
}

/// A kernel follows these numbers without looking, so they are looked at here.
void check_synapses(const Sizes& sizes, const Network& network, const Projection& projection) {
  const PopulationView& source = network.populations[projection.view.source]->view;
  const PopulationView& target = network.populations[projection.view.target]->view;
  const TileRange own = own_tiles(network, projection);
  for (std::size_t t = own.begin; t < own.end; ++t) {
    const SynapseTile& tile = projection.tiles[t];
    const std::size_t n = tile.num_synapses();
    const bool packed = projection.view.storage == WeightStorage::fixed16;
    const bool floats = projection.view.storage == WeightStorage::float32;
    const bool plain = tile.source_begin <= tile.source_end && tile.source_end <= source.n &&
                       (packed ? tile.code.empty() : tile.packed.empty()) &&
                       tile.weight.size() == (floats ? n : 0) &&
                       tile.state.size() == n * num_states_of_rule(projection.rule) && tile.rows_are_sound();
    if (!plain) sizes.misfit(projection.name);
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

/// Arrays of a checkpoint that lie on this rank: all of the neurons', the own tiles' of the synapses.
std::vector<ArrayRef> neuron_arrays(Network& network) {
  std::vector<StateArray> all;
  for (auto& p : network.populations) p->list_arrays(all);
  std::vector<ArrayRef> out;
  for (const StateArray& a : all)
    if (kept(a.kind)) out.push_back({a.name, a.data, a.bytes, a.element_bytes});
  return out;
}
std::vector<ArrayRef> synapse_arrays(Network& network) {
  std::vector<StateArray> all;
  for (auto& p : network.projections) p->list_arrays(all, own_tiles(network, *p));
  std::vector<ArrayRef> out;
  for (const StateArray& a : all)
    if (kept(a.kind)) out.push_back({a.name, a.data, a.bytes, a.element_bytes});
  return out;
}

/// What the first rank has to know of another's array to write it.
struct RemoteArray {
  std::string name;
  std::uint64_t bytes = 0, hash = 0;
  std::uint32_t element_bytes = 1;
};
void archive(StateArchive& a, RemoteArray& array) {
  a.value("name", array.name);
  a.value("bytes", array.bytes);
  a.value("hash", array.hash);
  a.value("element_bytes", array.element_bytes);
}

/// Appends the synapses of the other ranks, which stay there until they are written.
void add_remote_arrays(Ranks& ranks, const std::vector<ArrayRef>& own, std::vector<ArrayRef>& arrays) {
  std::vector<RemoteArray> described;
  for (const ArrayRef& array : own)
    described.push_back(
        {array.name, array.bytes, content_hash(array.data, array.bytes), array.element_bytes});
  StateArchive written;
  written.list("arrays", described, [](StateArchive& a, RemoteArray& array) { archive(a, array); });
  std::vector<std::uint64_t> begin;
  const std::vector<std::byte> all = ranks.join(written.written(), &begin);
  for (std::uint32_t r = 1; ranks.first() && r < ranks.size(); ++r) {
    StateArchive reader(std::span<const std::byte>(all).subspan(begin[r], begin[r + 1] - begin[r]),
                        "arrays of another rank");
    reader.list("arrays", described, [](StateArchive& a, RemoteArray& array) { archive(a, array); });
    for (const RemoteArray& array : described)
      arrays.push_back(
          {array.name, nullptr, array.bytes, array.element_bytes, array.hash,
           [&ranks, r, bytes = array.bytes](std::byte* to) { ranks.hand_to_first(r, to, bytes); }});
  }
}

}  // namespace

void save_state(CheckpointWriter* writer, CheckpointHeader header, Network& network, Engine& engine,
                std::span<const std::byte> study, const std::string& origin) {
  const BorrowedSynapses borrowed(network);
  engine.download();
  gather_columns(network);
  gather_rings(network);
  StepIndex now = engine.now();
  FlushTimes flushes = engine.flush_times();
  StateArchive engine_state;
  archive_engine(engine_state, now, flushes);
  header.step = now;

  std::vector<ArrayRef> arrays = neuron_arrays(network);
  const std::vector<ArrayRef> own = synapse_arrays(network);
  arrays.insert(arrays.end(), own.begin(), own.end());
  std::vector<std::vector<std::uint32_t>> ranges;
  ranges.reserve(network.projections.size());
  for (const auto& p : network.projections) {
    ranges.push_back(source_ranges(network, *p));
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
  std::string origin_copy = origin;
  arrays.push_back({kOrigin, reinterpret_cast<std::byte*>(origin_copy.data()), origin_copy.size(), 1});
  if (!network.ranks->alone()) add_remote_arrays(*network.ranks, own, arrays);
  if (network.ranks->first()) {
    writer->write(header, arrays);
  } else {
    for (const ArrayRef& array : own)
      network.ranks->hand_to_first(network.ranks->rank(), array.data, array.bytes);
  }
}

std::string stored_origin(const CheckpointReader& reader) {
  std::string text(Sizes(reader).count(kOrigin, 1), '\0');
  if (!text.empty()) reader.read_into(kOrigin, text.data(), text.size());
  return text;
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
  for (auto& p : network.projections) resize_synapses(reader, sizes, own_tiles(network, *p), *p);
  reader.read_all(neuron_arrays(network));
  reader.read_all(synapse_arrays(network));
  for (const auto& p : network.projections) {
    check_synapses(sizes, network, *p);
    p->hand_to_card();
  }
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

}  // namespace penfield
