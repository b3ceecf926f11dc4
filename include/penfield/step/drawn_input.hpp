#pragma once
// Phase "update", input of one neuron at a time: what gather_input, add_poisson, draw_current and relay_drive
// (penfield/step/input.hpp) leave in scratch arrays, by the same operations in the same order, and so the
// same bits. A GPU's thread keeps it in registers: the arrays are 44 bytes of memory traffic a neuron and
// step, and a wait for each port. Every thread draws its neuron's block of four words for the one that it
// needs; the integer units are idle while memory is waited for.
#include <cstdint>

#include "penfield/step/input.hpp"

namespace penfield {

/// Has a team threads of its own for neurons, so that input is better drawn neuron by neuron?
template <class Team>
concept DrawsByNeuron = requires {
  Team::kDrawsByNeuron;
};

/// The random word of neuron `i`: see draw_words.
PENFIELD_HD inline std::uint32_t word_of_neuron(const PopulationView& p, std::uint32_t i, std::uint32_t seed,
                                                Stream stream, StepIndex step, std::uint32_t draw) {
  const std::uint64_t key = static_cast<std::uint64_t>(p.key) << 32;
  const RandomBlock block = philox4x32(seed, static_cast<std::uint32_t>(stream), key | i / 4,
                                       static_cast<std::uint64_t>(step), draw);
  // Chosen by compares: an index would put the block into memory.
  const std::uint32_t low = (i & 1u) == 0 ? block.word[0] : block.word[1];
  const std::uint32_t high = (i & 1u) == 0 ? block.word[2] : block.word[3];
  return (i & 2u) == 0 ? low : high;
}

/// How many of a drive's thresholds, which rise, `word` reaches.
PENFIELD_HD inline std::uint32_t thresholds_reached(const PoissonDrive& drive, std::uint32_t word) {
  std::uint32_t low = 0, high = drive.length;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (word >= drive.threshold[middle]) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// Afferent rate of relay `i`, Hz.
PENFIELD_HD inline float relay_rate(const PopulationView& p, const TouchTable& touch, std::uint32_t i,
                                    StepIndex step) {
  const float background = p.background_Hz[i];
  const StepIndex row = step - touch.first;
  if (row < 0 || row >= touch.length || p.part == nullptr) return background;
  const std::int32_t part = p.part[i];
  const std::int32_t at = part >= 0 ? touch.active[row * touch.num_parts + part] : -1;
  if (at < 0) return background;
  const float dx = p.x_mm[i] - touch.x_mm[at];
  const float dy = p.y_mm[i] - touch.y_mm[at];
  const float bump = exp_f(-(dx * dx + dy * dy) * touch.inverse_two_sigma2);
  return fused(touch.amplitude_Hz[at] * p.skin_gain[i], bump, background);
}

/// All that comes into a neuron of some cells in `step`. Clears the rings' slots for their next use. Holds
/// references: lives no longer than they.
template <class Model>
class DrawnInput {
 public:
  PENFIELD_HD DrawnInput(const PopulationView& p, const TouchTable& touch, const CellRange& cells,
                         std::uint32_t seed, StepIndex step)
      : p_(p), touch_(touch), cells_(cells), seed_(seed + p.seed_shift), step_(step) {}

  /// Of the cell `k` places after the first.
  PENFIELD_HD NeuronInput take(std::uint32_t k) const {
    constexpr auto num_ports = static_cast<std::uint32_t>(Model::ports.size());
    const std::uint32_t i = first_cell(p_, cells_) + k;
    NeuronInput in{};
    for (std::uint32_t port = 0; port < num_ports; ++port) {
      if (p_.ring[port] == nullptr) continue;
      std::int32_t* const sum = ring_of_step(p_, port, cells_, step_) + k;
      const float arriving = from_fixed(*sum, p_.scale_log2[port]);
      in.port[port] = p_.factor[port] != nullptr ? arriving * p_.factor[port][i] : arriving;
      *sum = 0;
    }
    for (std::uint32_t d = 0; d < p_.num_drives; ++d) {
      const PoissonDrive& drive = p_.drive[d];
      if (drive.length == 0) continue;
      const std::uint32_t word = word_of_neuron(p_, i, seed_, Stream::poisson_drive, step_, d);
      const auto events = static_cast<float>(static_cast<std::int32_t>(thresholds_reached(drive, word)));
      for (std::uint32_t port = 0; port < num_ports; ++port)
        if (drive.port == port) in.port[port] = fused(drive.weight, events, in.port[port]);
    }
    in.current_pA = p_.bias_pA != nullptr ? p_.dc_pA + p_.bias_pA[i] : p_.dc_pA;
    if (p_.noise_sd_pA > 0.0f)
      in.current_pA =
          fused(p_.noise_sd_pA, normal_f(word_of_neuron(p_, i, seed_, Stream::noise_current, step_, 0)),
                in.current_pA);
    if constexpr (HasTonic<Model>)
      if (p_.tonic_share != nullptr) in.tonic_share = p_.tonic_share[i];
    if constexpr (Model::stochastic) {
      in.rate_Hz = relay_rate(p_, touch_, i, step_);
      in.uniform = uniform_f(word_of_neuron(p_, i, seed_, Stream::relay_spike, step_, 0));
    }
    return in;
  }

 private:
  const PopulationView& p_;
  const TouchTable& touch_;
  const CellRange cells_;
  const std::uint32_t seed_;
  const StepIndex step_;
};

}  // namespace penfield
