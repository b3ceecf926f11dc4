#pragma once
// The rungs of the ladder that the episodic clock is held against: see hmm_ladder.cpp.
#include "host/validate/validate.hpp"

namespace penfield {

/// L0: problems with known solutions.
void add_linear_rows(const ValidateOptions& options, ValidationReport& report);

/// L1: weights of plastic networks against runs of every step.
void add_weight_rows(const ValidateOptions& options, ValidationReport& report);

/// L1: ten thousand cells whose elements repair a lesion.
void add_repair_rows(const ValidateOptions& options, ValidationReport& report);

/// L1: two homeostats that pull at one rate.
void add_homeostat_rows(const ValidateOptions& options, ValidationReport& report);

/// L2: learning and synaptic scaling together, for a day.
void add_two_population_rows(const ValidateOptions& options, ValidationReport& report);

/// L3: the amputation study with macro steps half as long. Only in the long form.
void add_study_rows(const ValidateOptions& options, ValidationReport& report);

}  // namespace penfield
