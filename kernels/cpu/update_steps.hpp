#pragma once
// Phase "update" on a CPU, tuned: several steps of a tile, a part of its cells after the other, so that state
// and scratch of the part stay in the core's first cache. The same bits as update_tile step by step
// (penfield/step/update.hpp): until spikes are exchanged, cells do not hear of each other.
#include <algorithm>
#include <bit>
#include <cstdint>

#include "penfield/step/update.hpp"

namespace penfield::cpu {

/// Who of a tile fired in each of some steps: a bit a cell.
class SpikeBits {
 public:
  static constexpr std::uint32_t kWord = 64;

  /// Takes the flags (0 or 1) of `count` cells from `first` on, a multiple of kWord.
  void take(StepIndex step, std::uint32_t first, const std::uint32_t* flag, std::uint32_t count) {
    for (std::uint32_t k = 0; k < count; k += kWord)
      word_[step][(first + k) / kWord] = bits_of(flag + k, std::min(kWord, count - k));
  }

  /// Calls emit(rank, k) for each cell k that fired, ascending; returns how many did.
  template <class Emit>
  std::uint32_t for_each(StepIndex step, std::uint32_t count, Emit&& emit) const {
    std::uint32_t rank = 0;
    for (std::uint32_t first = 0; first < count; first += kWord)
      for (std::uint64_t bits = word_[step][first / kWord]; bits != 0; bits &= bits - 1)
        emit(rank++, first + static_cast<std::uint32_t>(std::countr_zero(bits)));
    return rank;
  }

 private:
  static std::uint64_t bits_of(const std::uint32_t* flag, std::size_t count) {
    // Few fire: words of none are passed over at a vector's speed.
    std::uint32_t any = 0;
    for (std::size_t k = 0; k < count; ++k) any |= flag[k];
    if (any == 0) return 0;
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < count; ++k) bits |= std::uint64_t{flag[k]} << k;
    return bits;
  }

  std::uint64_t word_[kMostBatchedSteps][SynapseCode::kMaxWideTileSize / kWord];
};

/// The update phase of one tile in steps [step, until), at most kMostBatchedSteps. Between two of them
/// nothing may be delivered.
template <class Model, class Team>
void update_steps(Team& team, const PopulationView& p, const TouchTable& touch, std::uint32_t tile,
                  std::uint32_t seed, StepIndex step, StepIndex until) {
  constexpr std::uint32_t kCells = 512;
  const std::uint32_t count = tile_count(p, tile);
  const std::uint32_t* spiked = p.spiked + tile_begin(p, tile);
  SpikeBits bits;
  for (std::uint32_t first = 0; first < count; first += kCells) {
    const CellRange cells{tile, first, std::min(kCells, count - first)};
    for (StepIndex s = step; s < until; ++s) {
      update_cells<Model>(team, p, touch, cells, seed, s);
      bits.take(s - step, first, spiked + first, cells.count);
    }
  }
  for (StepIndex s = step; s < until; ++s)
    publish_spikes(p, tile, s, true, [&](auto&& emit) { return bits.for_each(s - step, count, emit); });
}

}  // namespace penfield::cpu
