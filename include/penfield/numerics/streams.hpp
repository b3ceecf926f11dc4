#pragma once
#include <cstdint>

namespace penfield {

/// What random numbers are for: the second half of every Philox key, so that no two uses ever share a draw.
enum class Stream : std::uint32_t {
  positions = 1,           ///< entity: neuron; step: population
  initial_state = 2,       ///< entity: neuron; step: population
  connect_source = 3,      ///< connection rules; entity: target (or source) neuron; step: projection
  connect_weight = 4,      ///< entity: target neuron; step: projection; draw: ordinal in the row
  connect_delay = 5,       ///< as connect_weight
  connect_count = 6,       ///< fixed_total_number's tree; entity: tree node; step: projection
  poisson_drive = 7,       ///< entity: population, neuron / 4; step: time; draw: number of the drive
  relay_spike = 8,         ///< entity: population, neuron / 4; step: time
  noise_current = 9,       ///< entity: population, neuron / 4; step: time
  touch_schedule = 10,     ///< entity: body part; step: episode
  probe_schedule = 11,     ///< seeds of probes
  structure_delete = 12,   ///< entity: target neuron; step: macro step
  structure_form = 13,     ///< entity: target neuron; step: macro step
  structure_partner = 14,  ///< entity: target neuron; step: macro step
  decoder_pick = 15,       ///< entity: subset; step: probe
  sensor_perturb = 16,     ///< entity: sensor; step: macro step
  modulator_pulse = 17,    ///< pulses at random times; entity: modulator; step: number of the pulse
  modulator_reward = 18,   ///< entity: modulator, reward; step: number of the reward
  weight_diffusion = 19,   ///< entity: ordinal, target neuron; step: projection, macro step; draw: source
  structure_fate = 20,     ///< entity: copy, target neuron; step: projection, update; draw: source
  structure_match = 21,    ///< entity: attempt, target neuron; step: projection, update
  plastic_noise = 22,      ///< entity: projection, target neuron; step: latest event; draw: source
  structure_walk = 23,     ///< entity: side of a projection, neuron; step: macro step
};

}  // namespace penfield
