#pragma once
// Static delivery on a CPU, tuned: the same sums as deliver_static (penfield/step/deliver.hpp). In a large
// network a step has a handful of spikes from each of many populations and tiles, and every row of theirs is
// a walk through memory that nothing announces. Here the rows of all projections into a tile are listed
// first, so that each can be asked for while those before it are added.
#include <array>
#include <cstdint>
#include <vector>

#include "penfield/step/deliver.hpp"
#include "penfield/step/team.hpp"

namespace penfield::cpu {

/// One projection into one tile, as the queue reads it. Lives no longer than the network's views.
struct StaticInput {
  const PopulationView* source;
  const PopulationView* target;
  const ProjectionView* projection;
  TileSynapses synapses;
  PieceAdder adder;

  StaticInput(const PopulationView& s, const PopulationView& t, const ProjectionView& p, std::uint32_t tile)
      : source(&s), target(&t), projection(&p), synapses(p.tiles[tile]), adder(p, synapses) {}
};

/// Rows that are to be added to a tile's rings.
class RowQueue {
 public:
  /// Delivers what is due in steps [step, until).
  void deliver(const std::vector<StaticInput>& inputs, std::uint32_t tile, StepIndex step, StepIndex until) {
    grouped_ = false;
    for (const StaticInput& in : inputs) {
      ask_for_lists(in, until - 1 - in.projection->pieces.first_age);
      grouped_ = grouped_ || in.synapses.rows.grouped();
    }
    for (const StaticInput& in : inputs) {
      if (in.synapses.source_begin >= in.synapses.source_end) continue;
      StepIndex age = in.projection->pieces.first_age;
      for (std::uint32_t piece = 0; piece < in.synapses.pieces; ++piece, age += kPieceDelays)
        for (StepIndex s = step > age ? step : age; s < until; ++s) list_rows(in, tile, s - age, piece);
    }
    add_rows();
  }

 private:
  struct Row {
    std::uint32_t source, piece;
    const StaticInput* input;
    RingTile ring;
    RowRange range;  ///< once it is asked for
  };
  static constexpr std::uint32_t kRows = 256;
  static constexpr std::uint32_t kLists = 8;   ///< of a population that are asked for at once
  static constexpr std::uint32_t kAhead = 16;  ///< rows asked for before they are added

  /// The newest lists were written by other cores, each a wait if they were asked for one after the other.
  [[gnu::always_inline]] void ask_for_lists(const StaticInput& in, StepIndex emitted) const {
    const PopulationView& source = *in.source;
    for (std::uint32_t t = 0; t < source.num_tiles && t < kLists; ++t) {
      const std::uint32_t place = list_place(source, emitted, t);
      __builtin_prefetch(source.list_size + place);
      __builtin_prefetch(source.list_start + place);
    }
  }

  void list_rows(const StaticInput& in, std::uint32_t tile, StepIndex emitted, std::uint32_t piece) {
    const PopulationView& source = *in.source;
    const std::uint32_t first = in.synapses.source_begin / source.tile_size;
    const std::uint32_t last = (in.synapses.source_end - 1) / source.tile_size;
    const std::uint32_t reach = in.synapses.source_end - in.synapses.source_begin;
    const RingTile ring = ring_tile(*in.target, in.projection->port, tile, emitted);
    for (std::uint32_t t = first; t <= last; ++t) {
      const std::uint32_t place = list_place(source, emitted, t);
      const std::uint32_t size = source.list_size[place];
      if (size == 0) continue;
      const std::uint32_t* neuron = source.list_neuron + list_base(source, place, t);
      for (std::uint32_t k = 0; k < size; ++k) {
        const std::uint32_t s = neuron[k] - in.synapses.source_begin;  // below it: wraps to a large number
        if (s >= reach) continue;
        __builtin_prefetch(in.synapses.rows.looked_at_first(std::size_t{s} * in.synapses.pieces + piece));
        rows_[size_++] = {s, piece, &in, ring, {}};
        if (size_ == kRows) add_rows();
      }
    }
  }

  // Inlined by force: the compiler takes a function that only asks for memory for one without effect.
  [[gnu::always_inline]] void approach(const Row& row) const {
    const TileSynapses& tile = row.input->synapses;
    if (tile.rows.grouped())
      __builtin_prefetch(tile.rows.looked_at_then(std::size_t{row.source} * tile.pieces + row.piece));
  }
  [[gnu::always_inline]] void fetch(Row& row) const {
    const TileSynapses& tile = row.input->synapses;
    const auto [begin, end] = row.range = tile.piece(row.source, row.piece);
    if (begin == end) return;
    if (tile.packed != nullptr) fetch_lines(tile.packed + begin, tile.packed + end);
    if (tile.code != nullptr) fetch_lines(tile.code + begin, tile.code + end);
    if (tile.weight != nullptr) fetch_lines(tile.weight + begin, tile.weight + end);
  }
  /// The first lines of [begin, end): those that follow, the processor sees coming.
  template <class T>
  [[gnu::always_inline]] static void fetch_lines(const T* begin, const T* end) {
    constexpr std::uintptr_t kLine = 64, kMost = 16;
    const auto first = reinterpret_cast<std::uintptr_t>(begin) / kLine;
    const auto last = (reinterpret_cast<std::uintptr_t>(end) - 1) / kLine;
    for (std::uintptr_t line = first; line <= last && line < first + kMost; ++line)
      __builtin_prefetch(reinterpret_cast<const void*>(line * kLine));
  }

  void add_rows() {
    SoloTeam team;
    for (std::uint32_t r = 0; grouped_ && r < 2 * kAhead && r < size_; ++r) approach(rows_[r]);
    for (std::uint32_t r = 0; r < kAhead && r < size_; ++r) fetch(rows_[r]);
    for (std::uint32_t r = 0; r < size_; ++r) {
      if (grouped_ && r + 2 * kAhead < size_) approach(rows_[r + 2 * kAhead]);
      if (r + kAhead < size_) fetch(rows_[r + kAhead]);
      const Row& row = rows_[r];
      row.input->adder.add(team, row.ring, row.piece, row.range.begin, row.range.end, 0, 1);
    }
    size_ = 0;
  }

  std::array<Row, kRows> rows_;
  std::uint32_t size_ = 0;
  bool grouped_ = false;  ///< are rows of any input?
};

}  // namespace penfield::cpu
