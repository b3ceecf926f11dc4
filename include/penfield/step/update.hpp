#pragma once
// Phase "update": one tile of one population advances by one step. Gathers the delayed input, draws the
// stimuli, steps the neuron model, and publishes the tile's spikes (ascending) with what lazy plasticity
// needs to know about them.
#include <cstdint>

#include "penfield/model/neuron/catalogue.hpp"
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

/// Injected current: constant part plus white noise held for one step.
template <class Team>
PENFIELD_HD inline void draw_current(Team& team, const PopulationView& p, std::uint32_t begin,
                                     std::uint32_t count, std::uint32_t seed, StepIndex step) {
  draw_words(team, p, begin, count, seed, Stream::noise_current, step, 0);
  team.barrier();
  float* current = p.current_pA + begin;
  const std::uint32_t* word = p.word + begin;
  const float dc = p.dc_pA, sd = p.noise_sd_pA;
  team.for_each(count, [=](std::uint32_t i) { current[i] = fused(sd, normal_f(word[i]), dc); });
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
/// of its own; else gathered beforehand. The current is constant but where noise is drawn. The same bits; a
/// third of the memory traffic.
enum class InputFrom { rings, scratch, noisy_scratch };

PENFIELD_HD inline bool read_from_rings(const PopulationView& p) {
  bool drawn = p.noise_sd_pA > 0.0f;
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

/// Steps the neuron model over cells of a tile. `spiked` holds 4-byte flags: a store through a byte pointer
/// could change anything, and would keep the loop from vectorising.
template <class Model, InputFrom From, class Team>
PENFIELD_HD inline void step_neurons(Team& team, const PopulationView& p, const CellRange& cells,
                                     StepIndex step) {
  const std::uint32_t begin = first_cell(p, cells), count = cells.count;
  const typename Model::Derived derived = *static_cast<const typename Model::Derived*>(p.derived);
  // Indexed from the first cell: `begin + k` in 32 bits could wrap, for all the compiler knows, and would
  // not vectorise.
  Columns shifted = p.columns;
  for (std::size_t q = 0; q < num_columns<Model>; ++q)
    shifted.column[q] = static_cast<char*>(p.columns.column[q]) + sizeof(float) * begin;
  const ColumnPointers<Model> columns(shifted);
  constexpr std::uint32_t num_ports = static_cast<std::uint32_t>(Model::ports.size());
  using Reader = PortReader<From>;
  const Reader port0(p, 0, cells, step);
  const Reader port1(p, num_ports > 1 ? 1 : 0, cells, step);
  const Reader port2(p, num_ports > 2 ? 2 : 0, cells, step);
  const Reader port3(p, num_ports > 3 ? 3 : 0, cells, step);
  const float* current = p.current_pA + begin;
  const float dc = p.dc_pA;
  const float* rate = Model::stochastic ? p.rate_Hz + begin : nullptr;
  const float* uniform = Model::stochastic ? p.uniform + begin : nullptr;
  std::uint32_t* spiked = p.spiked + begin;
  team.for_each(count, [=](std::uint32_t k) {
    NeuronInput in{};
    in.port[0] = port0.take(k);
    if constexpr (num_ports > 1) in.port[1] = port1.take(k);
    if constexpr (num_ports > 2) in.port[2] = port2.take(k);
    if constexpr (num_ports > 3) in.port[3] = port3.take(k);
    in.current_pA = From == InputFrom::noisy_scratch ? current[k] : dc;
    if constexpr (Model::stochastic) {
      in.rate_Hz = rate[k];
      in.uniform = uniform[k];
    }
    typename Model::State s = load_state<Model>(columns, k);
    spiked[k] = Model::step(s, derived, in) ? 1u : 0u;
    store_state<Model>(columns, k, s);
  });
}

/// Sets a flag that several members of a team may set at once.
PENFIELD_HD inline void raise_flag(std::uint32_t* flag) {
#if defined(__CUDA_ARCH__)
  atomicExch(flag, 1u);
#else
  __atomic_store_n(flag, 1u, __ATOMIC_RELAXED);
#endif
}

/// Books one spike: counter, traces, burst calcium, history ring, and the record in the step's list.
PENFIELD_HD inline void book_spike(const PopulationView& p, std::uint32_t i, std::size_t place,
                                   StepIndex step) {
  p.list_neuron[place] = i;
  p.spike_count[i] += 1;
  if (p.num_traces == 0) return;
  const StepIndex previous = p.last_spike[i];
  p.last_spike[i] = step;
  if (p.list_previous_step != nullptr) p.list_previous_step[place] = previous;
  const bool history = p.history_capacity != 0;
  const std::uint32_t count = history ? p.history_count[i] : 0;
  const std::size_t ring =
      static_cast<std::size_t>(i) * p.history_capacity + (count & (p.history_capacity - 1));
  for (std::uint32_t k = 0; k < p.num_traces; ++k) {
    const float before = p.trace[k][i];
    if (p.list_previous_trace[k] != nullptr) p.list_previous_trace[k][place] = before;
    const float arriving = before * trace_decay(p, k, step - previous);
    if (static_cast<std::int32_t>(k) == p.burst_trace) p.burst_sum[i] += arriving;
    const float after = arriving + 1.0f;
    p.trace[k][i] = after;
    if (history) p.history_trace[k][ring] = after;
  }
  if (history) {
    p.earlier_spike[i] = previous;
    p.history_step[ring] = step;
    // After 2^32 spikes the count goes on at a full ring, of which the next place is the first again.
    p.history_count[i] = count + 1 != 0 ? count + 1 : p.history_capacity;
    if (count + 1 - p.history_mark[i] >= p.history_limit) raise_flag(p.flush_due + i / p.tile_size);
  }
}

/// Input, stimuli and the neuron model's step of some cells of a tile; leaves their flags in `spiked`.
template <class Model, class Team>
PENFIELD_HD inline void update_cells(Team& team, const PopulationView& p, const TouchTable& touch,
                                     const CellRange& cells, std::uint32_t seed, StepIndex step) {
  if (!Model::stochastic && read_from_rings(p)) {
    step_neurons<Model, InputFrom::rings>(team, p, cells, step);
    return;
  }
  const std::uint32_t begin = first_cell(p, cells), count = cells.count;
  seed += p.seed_shift;
  for (std::uint32_t port = 0; port < p.num_ports; ++port) gather_input(team, p, port, cells, step);
  add_poisson(team, p, begin, count, seed, step);
  if constexpr (Model::stochastic) relay_drive(team, p, touch, begin, count, seed, step);
  const bool noisy = p.noise_sd_pA > 0.0f;
  if (noisy) draw_current(team, p, begin, count, seed, step);
  team.barrier();
  if (noisy) {
    step_neurons<Model, InputFrom::noisy_scratch>(team, p, cells, step);
  } else {
    step_neurons<Model, InputFrom::scratch>(team, p, cells, step);
  }
}

/// Lists and books a tile's spikes of one step. `compact(emit)` calls emit(rank, k) for each that fired, k
/// within the tile and ascending with rank, and returns how many there are; `lead` is true for one member of
/// a team.
template <class Compact>
PENFIELD_HD inline void publish_spikes(const PopulationView& p, std::uint32_t tile, StepIndex step, bool lead,
                                       Compact&& compact) {
  const std::uint32_t begin = tile_begin(p, tile);
  const std::uint32_t place = list_place(p, step, tile);
  const std::uint32_t start = next_list_start(p, step, tile);
  const std::size_t base = static_cast<std::size_t>(tile) * p.list_length + start;
  const std::uint32_t kept =
      compact([=, &p](std::uint32_t rank, std::uint32_t k) { book_spike(p, begin + k, base + rank, step); });
  if (lead) {
    p.list_size[place] = kept;
    p.list_start[place] = start;
  }
}

/// The whole update phase of one tile.
template <class Model, class Team>
PENFIELD_HD inline void update_tile(Team& team, const PopulationView& p, const TouchTable& touch,
                                    std::uint32_t tile, std::uint32_t seed, StepIndex step) {
  const CellRange cells = whole_tile(p, tile);
  update_cells<Model>(team, p, touch, cells, seed, step);
  team.barrier();
  const std::uint32_t* spiked = p.spiked + tile_begin(p, tile);
  publish_spikes(p, tile, step, team.rank() == 0, [&](auto&& emit) {
    return team.compact(
        cells.count, [=](auto k) { return spiked[k] != 0; }, emit);
  });
}

}  // namespace penfield
