#pragma once
// The network on the host: owns every array, hands out views. The CPU engine works on it in place; the CUDA
// engine mirrors its arrays on the device (every array is in the register, so the mirror is generic).
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "penfield/base/span.hpp"
#include "penfield/ranks/ranks.hpp"
#include "penfield/state/aligned_array.hpp"
#include "penfield/state/arrays.hpp"
#include "penfield/state/population.hpp"
#include "penfield/state/projection.hpp"

namespace penfield {

/// One population's arrays. Shapes stand at PopulationView; `view` points into them.
struct Population {
  std::string name;
  std::string model;
  PopulationView view;

  AlignedArray<std::uint32_t>
      columns[kMaxColumns];  ///< 4-byte state columns, float or int32 by the model's table
  AlignedArray<std::byte> derived;
  AlignedArray<std::int32_t> ring[kMaxPorts];
  AlignedArray<float> factor[kMaxPorts];
  AlignedArray<float> input[kMaxPorts];
  AlignedArray<float> current_pA;
  AlignedArray<std::uint32_t> word;
  AlignedArray<std::int32_t> count;
  AlignedArray<std::uint32_t> thresholds[kMaxDrives];
  AlignedArray<float> rate_Hz, uniform, background_Hz, skin_gain;
  AlignedArray<float> bias_pA;         ///< empty until something gives cells a current of their own
  AlignedArray<float> tonic_share;     ///< empty unless a field scales tonic conductances
  AlignedArray<std::uint32_t> silent;  ///< empty until something silences cells
  AlignedArray<std::int32_t> part;
  AlignedArray<float> x_mm, y_mm;
  AlignedArray<std::uint32_t> spiked;
  AlignedArray<std::uint32_t> spike_count;
  AlignedArray<std::uint32_t> list_size, list_start, list_neuron;
  AlignedArray<StepIndex> list_previous_step;
  AlignedArray<float> list_previous_trace[kMaxTraces];
  AlignedArray<float> trace[kMaxTraces];
  AlignedArray<float> decay[kMaxTraces];
  AlignedArray<StepIndex> last_spike;
  AlignedArray<float> burst_sum;
  AlignedArray<StepIndex> earlier_spike;
  AlignedArray<StepIndex> history_step;
  AlignedArray<float> history_trace[kMaxTraces];
  AlignedArray<std::uint32_t> history_count, history_mark, flush_due;
  AlignedArray<StepIndex> history_flushed;

  std::vector<double> trace_tau_ms;  ///< time constant of each trace

  /// [ranks + 1] rank r owns the tiles [rank_tiles[r], rank_tiles[r + 1]): their potentials, input and
  /// synapses. Everything else of a neuron follows from its spikes and is the same on every rank. Empty: one
  /// rank.
  std::vector<std::uint32_t> rank_tiles;

  /// Points the view at the arrays; call after any resize.
  void bind();
  void list_arrays(std::vector<StateArray>& out);
};

/// The arrays behind a ModulatorView.
struct Modulator {
  std::string name;
  ModulatorView view;  ///< of the constants; bind() points it at the arrays
  AlignedArray<StepIndex> step;
  AlignedArray<float> level;
  std::uint32_t num_pulses = 0;

  /// Raises the concentration at `at`, a step that has not been run, no sooner than the latest pulse. Call
  /// Network::bind and Engine::upload_inputs afterwards.
  void add_pulse(StepIndex at, float amount);
  /// Of a checkpoint, in place of those that there are.
  void set_pulses(const std::vector<StepIndex>& steps, const std::vector<float>& levels);
  void bind();

 private:
  void make_room(std::uint32_t pulses);
};

/// The arrays of one projection's synapses into one tile.
struct SynapseTile {
  std::uint32_t source_begin = 0, source_end = 0;
  std::uint32_t pieces = 1;
  AlignedArray<std::uint32_t> offset;  ///< of RowPlaces, as the next two; one form is empty
  AlignedArray<RowGroup> group;
  AlignedArray<std::uint16_t> row_end;
  AlignedArray<std::uint16_t> code;
  AlignedArray<std::uint32_t> packed;
  AlignedArray<float> weight;
  AlignedArray<float> state;  ///< see TileSynapses

  /// Are the arrays on a card, and only their sizes here?
  bool elsewhere() const { return offset.elsewhere() || group.elsewhere(); }
  std::size_t num_synapses() const { return code.size() + packed.size(); }
  std::uint32_t num_sources() const { return source_end - source_begin; }
  std::size_t num_rows() const { return std::size_t{num_sources()} * pieces; }
  RowPlaces rows() const;
  /// Keeps the places of all rows, [num_rows() + 1] offsets, in the form that pays.
  void set_rows(Span<const std::uint32_t> offsets);
  /// Do the rows follow one upon the other, from the first synapse to the last? Looks at nothing that is not
  /// there.
  bool rows_are_sound() const;
  /// All pieces of the row of the source `s` places after source_begin.
  RowRange row(std::uint32_t s) const;
  TileSynapses view();
};

/// Tiles of one projection that a card has made and holds; the host knows the sizes of their arrays.
class DistantTiles {
 public:
  virtual ~DistantTiles() = default;
  /// Does it hold this tile?
  virtual bool holds(std::uint32_t tile) const = 0;
  /// One that it holds, with the card's pointers.
  virtual TileSynapses view(std::uint32_t tile) const = 0;
  /// Fills the host's arrays of the tiles that it holds: all of them, or the weights of arrays that are
  /// there.
  virtual void fetch(std::vector<SynapseTile>& tiles) = 0;
  virtual void fetch_weights(std::vector<SynapseTile>& tiles) = 0;
  /// Takes the host's arrays of the tiles that it holds for its own, whatever their sizes.
  virtual void take(const std::vector<SynapseTile>& tiles) = 0;
  /// Which delays the rows from one tile of sources have in a piece: bit d for the delay d of its codes.
  virtual std::uint32_t held_delays(std::uint32_t tile, std::uint32_t source_tile,
                                    std::uint32_t piece) const = 0;
};

/// Tiles [begin, end) of a population.
struct TileRange {
  std::uint32_t begin, end;

  bool holds(std::uint32_t tile) const { return tile >= begin && tile < end; }
};

struct Projection {
  std::string name;
  ProjectionView view;
  std::string rule;             ///< plasticity rule or empty
  std::int32_t modulator = -1;  ///< in Network::modulators, negative: none
  AlignedArray<std::byte> rule_params;
  std::vector<SynapseTile> tiles;
  AlignedArray<TileSynapses> tile_views;
  /// Where a card has made tiles: they stay there until the host's copies, once fetched, go back to an
  /// engine.
  std::unique_ptr<DistantTiles> distant;

  /// Does a card alone hold synapses of it?
  bool away() const;
  /// Fetches what is elsewhere.
  void fetch();
  /// Forgets what was fetched and nobody has changed: the card alone holds it again.
  void leave_on_card();
  /// Hands the host's arrays to the card that has made the tiles, if one has: it alone holds them then.
  void hand_to_card();

  std::uint64_t num_synapses() const;
  void bind();
  void list_arrays(std::vector<StateArray>& out) {
    list_arrays(out, {0, static_cast<std::uint32_t>(tiles.size())});
  }
  /// Of some tiles alone. Throws Error(internal) for tiles that are elsewhere.
  void list_arrays(std::vector<StateArray>& out, TileRange of);
  /// Of the tiles that are here.
  void list_held_arrays(std::vector<StateArray>& out);

  /// One synapse as it is read back.
  struct Synapse {
    std::uint32_t source;       ///< neuron of the source population
    std::uint32_t target;       ///< neuron within the tile
    std::int32_t delay;         ///< steps
    float weight;               ///< unit of the port
    std::uint32_t weight_bits;  ///< as stored: 16 bits of a static weight, or those of the float
    std::size_t place;          ///< within the tile's arrays
  };
  /// Calls f(Synapse) for all synapses into a tile: by source, delay, target, ordinal.
  template <class F>
  void for_each_synapse(std::size_t tile, F&& f) const;

 private:
  void list_arrays(std::vector<StateArray>& out, TileRange of, bool held_alone);
  Synapse read(const SynapseTile& tile, std::uint32_t source, std::uint32_t piece, std::size_t place) const;
};

template <class F>
void Projection::for_each_synapse(std::size_t tile, F&& f) const {
  const SynapseTile& t = tiles[tile];
  const RowPlaces rows = t.rows();
  std::size_t row = 0;
  for (std::uint32_t s = t.source_begin; s < t.source_end; ++s)
    for (std::uint32_t piece = 0; piece < t.pieces; ++piece, ++row) {
      const RowRange range = rows.at(row);
      for (std::size_t k = range.begin; k < range.end; ++k) f(read(t, s, piece, k));
    }
}

struct Network {
  Ranks* ranks = &one_rank();      ///< that hold it together
  std::uint32_t host_threads = 1;  ///< that share the host's work on its tiles; no bit depends on them
  std::uint32_t instances = 1;     ///< networks side by side in it: see host/build/merge_networks.hpp
  std::uint32_t seed = 1;          ///< of the first of them
  double dt_ms = 0.1;
  std::vector<std::unique_ptr<Population>> populations;
  std::vector<std::unique_ptr<Projection>> projections;

  std::vector<std::unique_ptr<Modulator>> modulators;

  // Touch schedule of the next run: see TouchTable.
  TouchTable touch;
  AlignedArray<std::int32_t> touch_active;
  AlignedArray<float> touch_x_mm, touch_y_mm, touch_amplitude_Hz;

  std::uint64_t num_neurons() const;
  std::uint64_t num_synapses() const;  ///< on this rank
  /// Fetches the synapses that a card has made and the host has not read yet: who reads tiles and has called
  /// neither Engine::download() nor arrays() calls this first.
  void fetch_synapses() const;
  /// The tiles of a population that a rank owns; this rank's own.
  TileRange tiles_of(const Population& population, std::uint32_t rank) const;
  TileRange own_tiles(const Population& population) const { return tiles_of(population, ranks->rank()); }
  /// Steps that may be updated before any of their spikes is delivered: no spike arrives sooner, and the
  /// lists hold as many twice over, since a worker may be a batch ahead of one that still delivers. One where
  /// anything can learn.
  StepIndex batched_steps() const;
  /// Every state array, in a fixed order. Valid until the next resize.
  std::vector<StateArray> arrays();
  /// Without those that a card alone holds.
  std::vector<StateArray> held_arrays();
  void bind();
};

/// Synapses that a card alone holds may be fetched and read while this lives, by whoever asks for them; then
/// the host's copies go, and the card's, which nobody has changed, count on. An engine that is uploaded to in
/// between keeps the host's.
class BorrowedSynapses {
 public:
  explicit BorrowedSynapses(const Network& network);
  ~BorrowedSynapses();
  BorrowedSynapses(const BorrowedSynapses&) = delete;
  BorrowedSynapses& operator=(const BorrowedSynapses&) = delete;

 private:
  std::vector<Projection*> away_;
};

/// Digests of the network's state by what it says, not how it lies in memory: sums over (population, neuron,
/// field) and (projection, source, target, delay, weight), so tile size and order do not matter and any
/// flipped bit does. Of a network on several ranks, every rank gets the whole one's.
struct StateDigest {
  std::uint64_t neurons = 0;   ///< columns, factors, traces, histories, counters
  std::uint64_t input = 0;     ///< input on its way in the delay rings, and the spike lists
  std::uint64_t synapses = 0;  ///< wiring, delays and weights

  std::uint64_t all() const { return neurons + input + synapses; }
  friend bool operator==(const StateDigest&, const StateDigest&) = default;
};
StateDigest digest(const Network& network);
/// Of one of the networks side by side in it: what it would be if that one were alone.
StateDigest digest_of_instance(const Network& network, std::uint32_t instance);

/// Fetches from their owners the `width` values of every neuron of a population, in order of the neurons.
template <class T>
void gather_neurons(const Network& network, const Population& population, T* values, std::size_t width = 1);
/// The potentials and other columns of all populations that lie on other ranks.
void gather_columns(Network& network);
/// The rings of delayed input, likewise.
void gather_rings(Network& network);

template <class T>
void gather_neurons(const Network& network, const Population& population, T* values, std::size_t width) {
  if (network.ranks->alone()) return;
  std::vector<std::uint64_t> begin;
  for (std::uint32_t r = 0; r < network.ranks->size(); ++r)
    begin.push_back(std::uint64_t{network.tiles_of(population, r).begin} * population.view.tile_size);
  begin.push_back(population.view.n);
  for (std::uint64_t& neuron : begin)
    neuron = std::min<std::uint64_t>(neuron, population.view.n) * width * sizeof(T);
  network.ranks->gather(reinterpret_cast<std::byte*>(values), begin);
}

}  // namespace penfield
