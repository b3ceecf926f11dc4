#pragma once
#include <cstdint>

namespace penfield {

/// What is read of the synapses into each neuron: null for what is not wanted. Outputs are [neurons of the
/// target population]; those of other ranks' neurons stay as they are.
struct RowReading {
  const float* source_rate_Hz = nullptr;      ///< [neurons of the source population]
  const float* target_gain = nullptr;         ///< [neurons of the target population]
  const std::uint8_t* source_flag = nullptr;  ///< [neurons of the source population]

  float* input = nullptr;            ///< |weight| x rate x gain is added to what is there, synapse by synapse
  float* weight_sum = nullptr;       ///< in the order of the synapses
  std::uint32_t* length = nullptr;   ///< synapses
  std::uint32_t* flagged = nullptr;  ///< of them, those from flagged sources
};

}  // namespace penfield
