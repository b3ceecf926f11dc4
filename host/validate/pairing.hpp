#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/validate/validate.hpp"

namespace penfield {

/// Pairs of one presynaptic and one postsynaptic spike at one synapse of one cell onto another, as in
/// experiments on spike timing.
struct PairingProtocol {
  std::string plasticity;  ///< as in a scenario: {"rule": {...}}
  double first_weight = 0.0;
  double rate_Hz = 1.0;  ///< of the pairs
  double lag_ms = 10.0;  ///< of the postsynaptic spike behind the presynaptic one, both at the synapse
  double calcium_delay_ms = 0.0;  ///< by which the presynaptic spike comes to the synapse after it was fired;
                                  ///< of this the lag knows nothing
  std::uint32_t num_pairs = 60;
  double reward_after_ms = -1.0;  ///< a pulse of dopamine (0.5, decay 200 ms) so long after each postsynaptic
                                  ///< spike; negative: none, and the rule reads no modulator
};

/// The weight a second after the last pair, 10 s after its reward where there is one, run by the engine at
/// steps of 0.1 ms. Throws Error(stopped) when asked to stop, and what building or running throws.
double weight_after_pairs(const ValidateOptions& options, const PairingProtocol& protocol);

/// The same for a cell with a synapse of its own for each lag [ms] (`lag_ms` of the protocol is not read).
/// Pairs are further apart than the lags are.
std::vector<double> weights_after_pairs(const ValidateOptions& options, const PairingProtocol& protocol,
                                        const std::vector<double>& lags_ms);

}  // namespace penfield
