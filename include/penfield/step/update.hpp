#pragma once
// Phase "update": one tile of one population advances by one step. Gathers the delayed input, draws the
// stimuli, steps the neuron model, and publishes the tile's spikes (ascending) with what lazy plasticity
// needs to know about them.
#include <cstdint>

#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/state/population.hpp"
#include "penfield/step/drawn_input.hpp"
#include "penfield/step/input.hpp"
#include "penfield/step/team.hpp"

namespace penfield {

/// The state of the neurons from `begin` on. Indexed from there: `begin + k` in 32 bits could wrap, for all
/// the compiler knows, and would not vectorise.
template <class Model>
PENFIELD_HD inline ColumnPointers<Model> columns_from(const PopulationView& p, std::uint32_t begin) {
  Columns shifted = p.columns;
  for (std::size_t q = 0; q < num_columns<Model>; ++q)
    shifted.column[q] = static_cast<char*>(p.columns.column[q]) + sizeof(float) * begin;
  return ColumnPointers<Model>(shifted);
}

/// Steps the neuron model over cells of a tile. `spiked` holds 4-byte flags: a store through a byte pointer
/// could change anything, and would keep the loop from vectorising.
template <class Model, InputFrom From, class Team>
PENFIELD_HD inline void step_neurons(Team& team, const PopulationView& p, const CellRange& cells,
                                     StepIndex step) {
  const std::uint32_t begin = first_cell(p, cells), count = cells.count;
  const typename Model::Derived derived = *static_cast<const typename Model::Derived*>(p.derived);
  const auto columns = columns_from<Model>(p, begin);
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
  const float* tonic = nullptr;
  if constexpr (HasTonic<Model>)
    if (p.tonic_share != nullptr) tonic = p.tonic_share + begin;
  std::uint32_t* spiked = p.spiked + begin;
  team.for_each(count, [=](std::uint32_t k) {
    NeuronInput in{};
    in.port[0] = port0.take(k);
    if constexpr (num_ports > 1) in.port[1] = port1.take(k);
    if constexpr (num_ports > 2) in.port[2] = port2.take(k);
    if constexpr (num_ports > 3) in.port[3] = port3.take(k);
    in.current_pA = From == InputFrom::varied_scratch ? current[k] : dc;
    if constexpr (Model::stochastic) {
      in.rate_Hz = rate[k];
      in.uniform = uniform[k];
    }
    if constexpr (HasTonic<Model>)
      if (tonic != nullptr) in.tonic_share = tonic[k];
    typename Model::State s = load_state<Model>(columns, k);
    spiked[k] = Model::step(s, derived, in) ? 1u : 0u;
    store_state<Model>(columns, k, s);
  });
}

/// The same with input that is drawn neuron by neuron.
template <class Model, class Team>
PENFIELD_HD inline void step_drawn_neurons(Team& team, const PopulationView& p, const TouchTable& touch,
                                           const CellRange& cells, std::uint32_t seed, StepIndex step) {
  const std::uint32_t begin = first_cell(p, cells);
  const typename Model::Derived derived = *static_cast<const typename Model::Derived*>(p.derived);
  const auto columns = columns_from<Model>(p, begin);
  const DrawnInput<Model> input(p, touch, cells, seed, step);
  std::uint32_t* const spiked = p.spiked + begin;
  team.for_each(cells.count, [&](std::uint32_t k) {
    typename Model::State s = load_state<Model>(columns, k);
    const NeuronInput in = input.take(k);
    const bool fires = Model::step(s, derived, in);
    spiked[k] = fires && (p.silent == nullptr || p.silent[begin + k] == 0) ? 1u : 0u;
    store_state<Model>(columns, k, s);
  });
}

/// Takes the flags of neurons that cannot fire back. A loop of its own: the model's vectorises without it.
template <class Team>
PENFIELD_HD inline void silence(Team& team, const PopulationView& p, std::uint32_t begin,
                                std::uint32_t count) {
  if (p.silent == nullptr) return;
  std::uint32_t* const spiked = p.spiked + begin;
  const std::uint32_t* const silent = p.silent + begin;
  team.for_each(count, [=](std::uint32_t k) { spiked[k] &= silent[k] ^ 1u; });
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
    silence(team, p, first_cell(p, cells), cells.count);
    return;
  }
  if constexpr (DrawsByNeuron<Team>) {
    step_drawn_neurons<Model>(team, p, touch, cells, seed, step);
  } else {
    const std::uint32_t begin = first_cell(p, cells), count = cells.count;
    seed += p.seed_shift;
    for (std::uint32_t port = 0; port < p.num_ports; ++port) gather_input(team, p, port, cells, step);
    add_poisson(team, p, begin, count, seed, step);
    if constexpr (Model::stochastic) relay_drive(team, p, touch, begin, count, seed, step);
    const bool varied = varied_current(p);
    if (varied) draw_current(team, p, begin, count, seed, step);
    team.barrier();
    if (varied) {
      step_neurons<Model, InputFrom::varied_scratch>(team, p, cells, step);
    } else {
      step_neurons<Model, InputFrom::scratch>(team, p, cells, step);
    }
    silence(team, p, begin, count);
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
