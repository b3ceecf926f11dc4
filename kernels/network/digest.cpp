// What the state says, independent of tiles and order: see StateDigest.
#include <algorithm>
#include <cstring>

#include "penfield/numerics/hash.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

namespace {

std::uint64_t bits_of(float v) {
  std::uint32_t b;
  std::memcpy(&b, &v, sizeof b);
  return b;
}
std::uint64_t bits_of(std::uint32_t v) { return v; }
std::uint64_t bits_of(std::int32_t v) { return static_cast<std::uint32_t>(v); }
std::uint64_t bits_of(std::int64_t v) { return static_cast<std::uint64_t>(v); }

/// Field numbers keep two arrays with equal contents apart.
enum Field : std::uint64_t {
  column = 0,
  ring = 16,
  factor = 32,
  background = 48,
  skin,
  spike_count,
  last_spike,
  burst_sum,
  bias,
  silent,
  tonic,
  trace = 64,
  history_step = 80,
  history_count,
  history_mark,
  flush_due,
  history_flushed,
  earlier_spike,
  history_trace = 96,
  list = 112,
  list_previous,
  list_trace = 120,
  synapse = 128,
  synapse_weight,
  damaged,
  synapse_state,
};

/// Elements [begin, end) of an array.
struct Elements {
  std::size_t begin, end;
};

template <class T>
std::uint64_t per_neuron(std::uint64_t array, const AlignedArray<T>& values, Elements own) {
  std::uint64_t sum = 0;
  if (!values.empty())
    for (std::size_t i = own.begin; i < own.end; ++i) sum += element_digest(array, i, bits_of(values[i]));
  return sum;
}

std::uint64_t array_id(std::uint64_t owner, std::uint64_t field) { return owner << 16 | field; }

// `id`: number of the population or projection in its network.

std::uint64_t digest_neurons(const Population& p, std::uint64_t id, TileRange tiles, bool first) {
  const Elements n{std::min<std::size_t>(std::size_t{tiles.begin} * p.view.tile_size, p.view.n),
                   std::min<std::size_t>(std::size_t{tiles.end} * p.view.tile_size, p.view.n)};
  std::uint64_t sum = 0;
  for (int k = 0; k < kMaxColumns; ++k) sum += per_neuron(array_id(id, column + k), p.columns[k], n);
  for (int k = 0; k < kMaxPorts; ++k) sum += per_neuron(array_id(id, factor + k), p.factor[k], n);
  sum += per_neuron(array_id(id, background), p.background_Hz, n);
  sum += per_neuron(array_id(id, skin), p.skin_gain, n);
  sum += per_neuron(array_id(id, bias), p.bias_pA, n);
  sum += per_neuron(array_id(id, silent), p.silent, n);
  sum += per_neuron(array_id(id, tonic), p.tonic_share, n);
  sum += per_neuron(array_id(id, spike_count), p.spike_count, n);
  sum += per_neuron(array_id(id, last_spike), p.last_spike, n);
  sum += per_neuron(array_id(id, burst_sum), p.burst_sum, n);
  const Elements entries{n.begin * p.view.history_capacity, n.end * p.view.history_capacity};
  for (std::uint32_t k = 0; k < kMaxTraces; ++k) {
    sum += per_neuron(array_id(id, trace + k), p.trace[k], n);
    sum += per_neuron(array_id(id, history_trace + k), p.history_trace[k], entries);
  }
  sum += per_neuron(array_id(id, earlier_spike), p.earlier_spike, n);
  sum += per_neuron(array_id(id, history_step), p.history_step, entries);
  sum += per_neuron(array_id(id, history_count), p.history_count, n);
  sum += per_neuron(array_id(id, history_mark), p.history_mark, n);
  sum += per_neuron(array_id(id, history_flushed), p.history_flushed, n);
  // Which tile asked for a flush depends on the tiling; that one did, does not. All ranks know of it.
  std::uint32_t due = 0;
  for (std::uint32_t f : p.flush_due) due |= f;
  return sum + (first && due != 0 ? element_digest(array_id(id, flush_due), 0, due) : 0);
}

std::uint64_t digest_input(const Population& p, std::uint64_t id, TileRange tiles) {
  const PopulationView& v = p.view;
  std::uint64_t sum = 0;
  for (std::uint32_t port = 0; port < v.num_ports; ++port)
    for (std::uint32_t tile = tiles.begin; tile < tiles.end && !p.ring[port].empty(); ++tile)
      for (std::uint32_t slot = 0; slot < v.ring_slots; ++slot) {
        const std::size_t base = (static_cast<std::size_t>(tile) * v.ring_slots + slot) * v.tile_size;
        // The last tile's spare places belong to no neuron and stay zero; they are walked so that damage
        // shows.
        for (std::uint32_t k = 0; k < v.tile_size; ++k) {
          const std::int32_t value = p.ring[port][base + k];
          if (value != 0)
            sum += element_digest(array_id(id, ring + port),
                                  static_cast<std::uint64_t>(slot) << 40 | (tile * v.tile_size + k),
                                  bits_of(value));
        }
      }
  for (std::uint32_t slot = 0; slot < v.list_slots; ++slot)
    for (std::uint32_t tile = tiles.begin; tile < tiles.end; ++tile) {
      const std::uint32_t place = list_place(v, slot, tile);
      std::uint32_t size = p.list_size[place];
      if (size > v.tile_size || p.list_start[place] > v.list_length - size) {
        sum += element_digest(array_id(id, damaged), place, size ^ p.list_start[place]);
        size = 0;
      }
      const std::size_t base = list_base(v, place, tile);
      for (std::uint32_t k = 0; k < size; ++k) {
        const std::uint64_t neuron = static_cast<std::uint64_t>(slot) << 40 | p.list_neuron[base + k];
        sum += element_digest(array_id(id, list), neuron, 1);
        if (!p.list_previous_step.empty())
          sum += element_digest(array_id(id, list_previous), neuron, bits_of(p.list_previous_step[base + k]));
        for (std::uint32_t t = 0; t < kMaxTraces; ++t)
          if (!p.list_previous_trace[t].empty())
            sum += element_digest(array_id(id, list_trace + t), neuron,
                                  bits_of(p.list_previous_trace[t][base + k]));
      }
    }
  return sum;
}

std::uint64_t digest_synapses(const Projection& projection, std::uint64_t id, TileRange tiles,
                              std::uint32_t tile_size) {
  const std::uint64_t pair_id = array_id(id, synapse);
  const std::uint64_t weight_id = array_id(id, synapse_weight);
  const std::uint64_t state_id = array_id(id, synapse_state);
  std::uint64_t sum = 0;
  for (std::size_t t = tiles.begin; t < tiles.end; ++t) {
    const SynapseTile& tile = projection.tiles[t];
    const std::size_t states = tile.state.empty() ? 0 : tile.state.size() / tile.num_synapses();
    const bool sound = tile.rows_are_sound();
    if (!sound) {
      const auto add = [&](std::size_t k, std::uint64_t value) {
        sum += element_digest(array_id(id, damaged), t << 32 | k, value);
      };
      for (std::size_t k = 0; k < tile.offset.size(); ++k) add(k, tile.offset[k]);
      for (std::size_t k = 0; k < tile.group.size(); ++k)
        add(k, element_digest(tile.group[k].first, tile.group[k].begin, tile.group[k].present));
      for (std::size_t k = 0; k < tile.row_end.size(); ++k) add(k, tile.row_end[k]);
    }
    if (sound)
      projection.for_each_synapse(t, [&](const Projection::Synapse& s) {
        const auto delay = static_cast<std::uint64_t>(s.delay - projection.view.min_delay);
        const std::uint64_t ends = std::uint64_t{s.source} << 32 | (t * tile_size + s.target);
        const std::uint64_t which = element_digest(pair_id, ends, delay);
        sum += element_digest(weight_id, which, s.weight_bits);
        // What belongs to one synapse is bound to its weight, so that two of a pair cannot trade it.
        for (std::size_t q = 0; q < states; ++q)
          sum += element_digest(state_id, element_digest(state_id + q + 1, which, s.weight_bits),
                                bits_of(tile.state[s.place * states + q]));
      });
  }
  return sum;
}

/// Of one of equal parts of the populations and projections.
StateDigest digest_of_part(const Network& network, std::size_t part, std::size_t parts) {
  network.fetch_synapses();
  const std::size_t populations = network.populations.size() / parts;
  const std::size_t projections = network.projections.size() / parts;
  std::uint64_t sums[3] = {};
  for (std::size_t k = 0; k < populations; ++k) {
    const Population& p = *network.populations[part * populations + k];
    sums[0] += digest_neurons(p, k, network.own_tiles(p), network.ranks->first());
    sums[1] += digest_input(p, k, network.own_tiles(p));
  }
  for (std::size_t k = 0; k < projections; ++k) {
    const Projection& p = *network.projections[part * projections + k];
    const Population& target = *network.populations[p.view.target];
    sums[2] += digest_synapses(p, k, network.own_tiles(target), target.view.tile_size);
  }
  network.ranks->sum(sums);
  return {sums[0], sums[1], sums[2]};
}

}  // namespace

StateDigest digest(const Network& network) { return digest_of_part(network, 0, 1); }

StateDigest digest_of_instance(const Network& network, std::uint32_t instance) {
  return digest_of_part(network, instance, network.instances);
}

}  // namespace penfield
