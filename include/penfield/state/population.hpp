#pragma once
// The state of one population as views: raw pointers into arrays that an engine owns, passed to bodies by
// value.
#include <cstddef>
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/base/ids.hpp"
#include "penfield/model/neuron/concept.hpp"

namespace penfield {

constexpr std::uint32_t kMaxDrives = 4;  ///< Poisson drives of one population
constexpr std::uint32_t kMaxTraces = 8;  ///< spike traces (distinct time constants) of one population

/// Poisson input drawn at the neuron: the count is how many of `threshold` the neuron's random word reaches.
/// threshold[k] = 2^32 P(count <= k), rising; `length` entries.
struct PoissonDrive {
  const std::uint32_t* threshold = nullptr;
  std::uint32_t length = 0;
  std::uint32_t port = 0;
  float weight = 0.0f;  ///< unit of the port
};

/// Touches of the body, laid out for one call of Engine::run: at step `first + k` part q feels touch
/// active[k * num_parts + q], or none if that is negative.
struct TouchTable {
  StepIndex first = 0;
  StepIndex length = 0;  ///< steps; outside [first, first + length) nothing is touched
  std::uint32_t num_parts = 0;
  const std::int32_t* active = nullptr;
  const float* x_mm = nullptr;  ///< per touch: centre on the relay's sheet
  const float* y_mm = nullptr;
  const float* amplitude_Hz = nullptr;  ///< per touch: rate at the centre
  float inverse_two_sigma2 = 0.0f;      ///< 1 / (2 sigma^2), mm^-2
};

/// Everything a body needs to step one population. Arrays have `n` entries unless said otherwise; null = not
/// used.
struct PopulationView {
  std::uint32_t n = 0;
  std::uint32_t index = 0;       ///< number of the population in the network
  std::uint32_t key = 0;         ///< keys its random numbers: its index in the network that it was built in
  std::uint32_t seed_shift = 0;  ///< added to the network's seed: networks side by side have their own
  std::uint32_t model = 0;       ///< index in NeuronModels
  std::uint32_t num_ports = 0;
  std::uint32_t tile_size = 1;  ///< power of two
  std::uint32_t num_tiles = 0;
  std::uint32_t ring_slots = 1;   ///< power of two >= the most steps from delivery to arrival
  std::uint32_t list_slots = 2;   ///< power of two: steps for which spike lists are kept
  std::uint32_t list_length = 0;  ///< places for the spikes of a tile, all kept steps together

  Columns columns{};                   ///< state of the neuron model
  const void* derived = nullptr;       ///< Model::Derived, one for the population
  std::int32_t* ring[kMaxPorts] = {};  ///< [num_tiles][ring_slots][tile_size] input sums, fixed point; null:
                                       ///< a port that hears nothing
  std::int32_t scale_log2[kMaxPorts] = {};  ///< weight = fixed point * 2^-scale_log2
  float* factor[kMaxPorts] = {};  ///< gain on the summed input (synaptic scaling and its kin); null = 1
  float* input[kMaxPorts] = {};   ///< scratch: input of this step, unit of the port
  float* current_pA = nullptr;    ///< scratch: injected current of this step

  float dc_pA = 0.0f;
  float noise_sd_pA = 0.0f;  ///< per step
  std::uint32_t num_drives = 0;
  PoissonDrive drive[kMaxDrives] = {};
  std::uint32_t* word = nullptr;  ///< scratch: random words [n rounded up to 4]
  std::int32_t* count = nullptr;  ///< scratch: Poisson counts

  float* rate_Hz = nullptr;               ///< scratch of stochastic models: afferent rate of this step
  float* uniform = nullptr;               ///< scratch of stochastic models
  float* background_Hz = nullptr;         ///< afferent rate without touch
  const std::int32_t* part = nullptr;     ///< body part of each neuron, negative = none
  float* skin_gain = nullptr;             ///< 1 where the skin is there, 0 where it is lost
  const float* bias_pA = nullptr;         ///< current beside dc_pA: stimulation, tonic inhibition
  const float* tonic_share = nullptr;     ///< factor on the tonic conductance of models with one; null: 1
  const std::uint32_t* silent = nullptr;  ///< 1: it cannot fire (dead, or blocked), whatever its potential
  const float* x_mm = nullptr;
  const float* y_mm = nullptr;

  std::uint32_t* spiked = nullptr;       ///< scratch: fired in this step
  std::uint32_t* spike_count = nullptr;  ///< since the counters were last cleared

  std::uint32_t* list_size = nullptr;    ///< [num_tiles][list_slots] spikes of the step
  std::uint32_t* list_start = nullptr;   ///< same shape: where they begin among the tile's places
  std::uint32_t* list_neuron = nullptr;  ///< [num_tiles][list_length] neuron indices, ascending in a step
  StepIndex* list_previous_step =
      nullptr;  ///< as list_neuron: step of the neuron's spike before this one, or kNeverStep
  float* list_previous_trace[kMaxTraces] = {};  ///< as list_neuron: trace right after that earlier spike

  std::uint32_t num_traces = 0;
  float* trace[kMaxTraces] = {};  ///< value right after the last spike, in spikes
  const float* decay[kMaxTraces] =
      {};  ///< decay[k][gap] = exp(-gap dt / tau_k), `decay_length[k]` entries, 0 beyond
  std::uint32_t decay_length[kMaxTraces] = {};
  StepIndex* last_spike = nullptr;  ///< kNeverStep before the first

  std::int32_t burst_trace = -1;  ///< which trace the burst calcium reads; negative = none
  float* burst_sum = nullptr;     ///< sum over own spikes of that trace just before the spike

  std::uint32_t history_capacity = 0;  ///< power of two; 0 = no plastic input reads this population's spikes
  StepIndex* earlier_spike = nullptr;  ///< the spike before last_spike, or kNeverStep
  StepIndex* history_step = nullptr;   ///< [n][capacity] ring of own spike steps
  float* history_trace[kMaxTraces] = {};   ///< [n][capacity] trace right after each
  std::uint32_t* history_count = nullptr;  ///< spikes ever put in the ring (mod 2^32)
  std::uint32_t* history_mark = nullptr;   ///< history_count at the neuron's last flush
  StepIndex* history_flushed = nullptr;    ///< step of that flush, kNeverStep before the first
  std::uint32_t history_limit = 0;         ///< spikes since its flush at which a neuron asks for a new one
  std::uint32_t* flush_due = nullptr;      ///< [num_tiles] 1: a history ring of the tile asks for a flush
};

constexpr StepIndex kNeverStep = -(StepIndex{1} << 60);

/// First neuron of a tile, and how many it holds.
PENFIELD_HD inline std::uint32_t tile_begin(const PopulationView& p, std::uint32_t tile) {
  return tile * p.tile_size;
}
PENFIELD_HD inline std::uint32_t tile_count(const PopulationView& p, std::uint32_t tile) {
  const std::uint32_t begin = tile * p.tile_size;
  const std::uint32_t left = p.n - begin;
  return left < p.tile_size ? left : p.tile_size;
}
/// Place of (step, tile) in list_size and list_start. A tile's lie together, so that no two workers write to
/// one cache line.
PENFIELD_HD inline std::uint32_t list_place(const PopulationView& p, StepIndex step, std::uint32_t tile) {
  const auto slot = static_cast<std::uint32_t>(step) & (p.list_slots - 1);
  return tile * p.list_slots + slot;
}
/// Where the spikes of a step of a tile begin in list_neuron, `place` being list_place(step, tile).
PENFIELD_HD inline std::size_t list_base(const PopulationView& p, std::uint32_t place, std::uint32_t tile) {
  return static_cast<std::size_t>(tile) * p.list_length + p.list_start[place];
}
/// Where a tile's spikes of `step` go: after those of the step before, or at the start where not all its
/// neurons would fit behind them. list_length leaves room for that: see list_places.
PENFIELD_HD inline std::uint32_t next_list_start(const PopulationView& p, StepIndex step,
                                                 std::uint32_t tile) {
  const std::uint32_t before = list_place(p, step - 1, tile);
  const std::uint32_t start = p.list_start[before] + p.list_size[before];
  return start + p.tile_size <= p.list_length ? start : 0;
}
/// Places that a tile's lists of `slots` steps need where a neuron fires at most once in `interval` steps:
/// its spikes, a rest at the end that no step fitted into, and room for one more step.
constexpr std::uint64_t list_places(std::uint32_t tile_size, std::uint32_t slots, std::uint32_t interval) {
  return static_cast<std::uint64_t>(tile_size) * ((slots - 1) / interval + 3);
}
/// Place in the list arrays of the spike that `neuron` fired at `step`, one of the last list_slots steps.
PENFIELD_HD inline std::size_t listed_spike(const PopulationView& p, StepIndex step, std::uint32_t neuron) {
  const std::uint32_t tile = neuron / p.tile_size;
  const std::uint32_t place = list_place(p, step, tile);
  const std::size_t base = list_base(p, place, tile);
  std::uint32_t low = 0, high = p.list_size[place];
  while (low + 1 < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (p.list_neuron[base + middle] <= neuron) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return base + low;
}
/// The decay of a trace over a whole number of steps.
PENFIELD_HD inline float trace_decay(const PopulationView& p, std::uint32_t trace, StepIndex gap) {
  return gap >= 0 && gap < static_cast<StepIndex>(p.decay_length[trace]) ? p.decay[trace][gap] : 0.0f;
}

}  // namespace penfield
