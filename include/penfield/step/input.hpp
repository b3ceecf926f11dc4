#pragma once
// Phase "update", what comes into the neurons of one step: delayed input from the rings, and the stimuli that
// are drawn. Left in scratch arrays, over which a CPU's loops vectorise; a GPU's thread keeps its neuron's in
// registers (penfield/step/drawn_input.hpp).
#include <cstdint>

#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fixed_point.hpp"
#include "penfield/numerics/philox.hpp"
#include "penfield/numerics/streams.hpp"
#include "penfield/state/population.hpp"
#include "penfield/step/poisson_drive.hpp"

namespace penfield {

/// Random words for a tile, four neurons to a Philox block: word of neuron i = block(i / 4).word[i % 4]. A
/// team may have its own way to the same words.
template <class Team>
PENFIELD_HD inline void draw_words(Team& team, const PopulationView& p, std::uint32_t begin,
                                   std::uint32_t count, std::uint32_t seed, Stream stream, StepIndex step,
                                   std::uint32_t draw) {
  const std::uint64_t key = static_cast<std::uint64_t>(p.key) << 32;
  std::uint32_t* word = p.word + begin;
  if constexpr (requires { &Team::draw_words; }) {
    team.draw_words(seed, static_cast<std::uint32_t>(stream), key | begin / 4,
                    static_cast<std::uint64_t>(step), draw, (count + 3) / 4, word);
    return;
  }
  team.for_each((count + 3) / 4, [=](std::uint32_t g) {
    const RandomBlock block = philox4x32(seed, static_cast<std::uint32_t>(stream), key | (begin / 4 + g),
                                         static_cast<std::uint64_t>(step), draw);
    word[4 * g] = block.word[0];
    word[4 * g + 1] = block.word[1];
    word[4 * g + 2] = block.word[2];
    word[4 * g + 3] = block.word[3];
  });
}

/// Neighbouring cells of a tile: all of it, or a part that a core's first cache holds. `first` and `count`
/// are multiples of four but for the tile's end, since random words come four neurons to a block.
struct CellRange {
  std::uint32_t tile;
  std::uint32_t first;  ///< within the tile
  std::uint32_t count;
};

PENFIELD_HD inline CellRange whole_tile(const PopulationView& p, std::uint32_t tile) {
  return {tile, 0, tile_count(p, tile)};
}
/// Index in the population of a range's first cell.
PENFIELD_HD inline std::uint32_t first_cell(const PopulationView& p, const CellRange& cells) {
  return tile_begin(p, cells.tile) + cells.first;
}
/// [count] input sums that these cells read in step `step`.
PENFIELD_HD inline std::int32_t* ring_of_step(const PopulationView& p, std::uint32_t port,
                                              const CellRange& cells, StepIndex step) {
  const std::uint32_t slot = static_cast<std::uint32_t>(step) & (p.ring_slots - 1);
  return p.ring[port] + (static_cast<std::size_t>(cells.tile) * p.ring_slots + slot) * p.tile_size +
         cells.first;
}

/// Delayed input of this step times the port's factor; clears the ring's slot for its next use.
template <class Team>
PENFIELD_HD inline void gather_input(Team& team, const PopulationView& p, std::uint32_t port,
                                     const CellRange& cells, StepIndex step) {
  const std::uint32_t begin = first_cell(p, cells), count = cells.count;
  float* input = p.input[port] + begin;
  if (p.ring[port] == nullptr) {
    team.for_each(count, [=](std::uint32_t i) { input[i] = 0.0f; });
    return;
  }
  std::int32_t* ring = ring_of_step(p, port, cells, step);
  const std::int32_t scale_log2 = p.scale_log2[port];
  if (p.factor[port] != nullptr) {
    const float* factor = p.factor[port] + begin;
    team.for_each(count, [=](std::uint32_t i) {
      input[i] = from_fixed(ring[i], scale_log2) * factor[i];
      ring[i] = 0;
    });
  } else {
    team.for_each(count, [=](std::uint32_t i) {
      input[i] = from_fixed(ring[i], scale_log2);
      ring[i] = 0;
    });
  }
}

/// Adds the Poisson drives (inverse of the cumulative distribution, one word a neuron and drive).
template <class Team>
PENFIELD_HD inline void add_poisson(Team& team, const PopulationView& p, std::uint32_t begin,
                                    std::uint32_t count, std::uint32_t seed, StepIndex step) {
  for (std::uint32_t d = 0; d < p.num_drives; ++d) {
    const PoissonDrive drive = p.drive[d];
    if (drive.length == 0) continue;
    draw_words(team, p, begin, count, seed, Stream::poisson_drive, step, d);
    team.barrier();
    add_drive(team, drive, p.word + begin, p.count + begin, p.input[drive.port] + begin, count);
    team.barrier();
  }
}

/// Is the injected current another for each neuron?
PENFIELD_HD inline bool varied_current(const PopulationView& p) {
  return p.noise_sd_pA > 0.0f || p.bias_pA != nullptr;
}

/// Injected current: what all have, the neuron's own, and white noise held for one step.
template <class Team>
PENFIELD_HD inline void draw_current(Team& team, const PopulationView& p, std::uint32_t begin,
                                     std::uint32_t count, std::uint32_t seed, StepIndex step) {
  float* current = p.current_pA + begin;
  const float dc = p.dc_pA, sd = p.noise_sd_pA;
  const float* bias = p.bias_pA;
  if (sd > 0.0f) {
    draw_words(team, p, begin, count, seed, Stream::noise_current, step, 0);
    team.barrier();
    const std::uint32_t* word = p.word + begin;
    if (bias == nullptr) {
      team.for_each(count, [=](std::uint32_t i) { current[i] = fused(sd, normal_f(word[i]), dc); });
    } else {
      bias += begin;
      team.for_each(count, [=](std::uint32_t i) { current[i] = fused(sd, normal_f(word[i]), dc + bias[i]); });
    }
  } else if (bias != nullptr) {
    bias += begin;
    team.for_each(count, [=](std::uint32_t i) { current[i] = dc + bias[i]; });
  }
}

/// Afferent rate of a relay: background plus the touch that its body part feels, a Gaussian bump on the skin.
template <class Team>
PENFIELD_HD inline void relay_drive(Team& team, const PopulationView& p, const TouchTable& touch,
                                    std::uint32_t begin, std::uint32_t count, std::uint32_t seed,
                                    StepIndex step) {
  draw_words(team, p, begin, count, seed, Stream::relay_spike, step, 0);
  team.barrier();
  // Two loops, as the one with the touches does not vectorise, and most steps have none.
  const float* background = p.background_Hz + begin;
  const std::uint32_t* word = p.word + begin;
  float* rate = p.rate_Hz + begin;
  float* uniform = p.uniform + begin;
  team.for_each(count, [=](std::uint32_t k) {
    rate[k] = background[k];
    uniform[k] = uniform_f(word[k]);
  });
  const StepIndex row = step - touch.first;
  if (row >= 0 && row < touch.length && p.part != nullptr) {
    const std::int32_t* active = touch.active + row * touch.num_parts;
    team.for_each(count, [=](std::uint32_t k) {
      const std::uint32_t i = begin + k;
      const std::int32_t part = p.part[i];
      const std::int32_t at = part >= 0 ? active[part] : -1;
      if (at < 0) return;
      const float dx = p.x_mm[i] - touch.x_mm[at];
      const float dy = p.y_mm[i] - touch.y_mm[at];
      const float bump = exp_f(-(dx * dx + dy * dy) * touch.inverse_two_sigma2);
      rate[k] = fused(touch.amplitude_Hz[at] * p.skin_gain[i], bump, rate[k]);
    });
  }
  team.barrier();
}

/// Where a step's input comes from: straight from the rings, where no spike is drawn and no port has a gain
/// of its own; else gathered beforehand. The current is constant but for noise and where neurons have one of
/// their own. The same bits; a third of the memory traffic.
enum class InputFrom { rings, scratch, varied_scratch };

PENFIELD_HD inline bool read_from_rings(const PopulationView& p) {
  bool drawn = varied_current(p);
  for (std::uint32_t d = 0; d < p.num_drives; ++d) drawn = drawn || p.drive[d].length > 0;
  for (std::uint32_t port = 0; port < p.num_ports; ++port) drawn = drawn || p.factor[port] != nullptr;
#if !defined(__CUDA_ARCH__)
  // A loop that asks whether there is a ring does not vectorise.
  for (std::uint32_t port = 0; port < p.num_ports; ++port) drawn = drawn || p.ring[port] == nullptr;
#endif
  return !drawn;
}

/// Input of one port: reads it, and clears the ring's slot for its next use.
template <InputFrom From>
class PortReader {
 public:
  PENFIELD_HD PortReader(const PopulationView& p, std::uint32_t port, const CellRange& cells,
                         StepIndex step) {
    if constexpr (From != InputFrom::rings) {
      input_ = p.input[port] + first_cell(p, cells);
    } else {
      if (p.ring[port] == nullptr) return;
      ring_ = ring_of_step(p, port, cells, step);
      scale_log2_ = p.scale_log2[port];
    }
  }
  PENFIELD_HD float take(std::uint32_t k) const {
    if constexpr (From != InputFrom::rings) return input_[k];
    if (ring_ == nullptr) return 0.0f;
    const float input = from_fixed(ring_[k], scale_log2_);
    ring_[k] = 0;
    return input;
  }

 private:
  const float* input_ = nullptr;
  std::int32_t* ring_ = nullptr;  ///< null: nothing ever comes to this port
  std::int32_t scale_log2_ = 0;
};

}  // namespace penfield
