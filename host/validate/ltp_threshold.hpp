#pragma once
#include <string>

#include "host/validate/validate.hpp"

namespace penfield {

/// The rate, Hz, of pairs (+10 ms) above which synapses onto one cell grow, after the cell has fired evenly
/// at `before_Hz` for an hour. A train of ten pairs at each of a series of rates, a tenth apart, reaches a
/// synapse of its own; the threshold lies where the change turns from loss to growth, by a line between two
/// rates. 0 or infinite where it does so below or above all of them. `plasticity` as in a scenario. Throws
/// Error(stopped) when asked to stop, and what building or running throws.
double ltp_threshold_Hz(const ValidateOptions& options, const std::string& plasticity, double before_Hz);

}  // namespace penfield
