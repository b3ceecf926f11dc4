#pragma once
#include "host/validate/validate.hpp"

namespace penfield {

ValidationReport validate_pd14(const ValidateOptions& options);
ValidationReport validate_brunel4(const ValidateOptions& options);
ValidationReport validate_coba(const ValidateOptions& options);
ValidationReport validate_stdp_rules(const ValidateOptions& options);
ValidationReport validate_distal_reward(const ValidateOptions& options);
ValidationReport validate_homeo_window(const ValidateOptions& options);
ValidationReport validate_istdp_balance(const ValidateOptions& options);
ValidationReport validate_scaling48h(const ValidateOptions& options);
ValidationReport validate_glun2b(const ValidateOptions& options);
ValidationReport validate_hmm_ladder(const ValidateOptions& options);
ValidationReport validate_hmm_bounds(const ValidateOptions& options);
ValidationReport validate_energy(const ValidateOptions& options);
ValidationReport validate_lactate(const ValidateOptions& options);
ValidationReport validate_lpz_msp(const ValidateOptions& options);
ValidationReport validate_spines(const ValidateOptions& options);
ValidationReport validate_unmask_fast(const ValidateOptions& options);
ValidationReport validate_sprout_8wk(const ValidateOptions& options);
ValidationReport validate_dorsal_column(const ValidateOptions& options);
ValidationReport validate_period(const ValidateOptions& options);
ValidationReport validate_stroke_rehab(const ValidateOptions& options);
ValidationReport validate_premotor(const ValidateOptions& options);
ValidationReport validate_rehab_window(const ValidateOptions& options);
ValidationReport validate_tonic_gaba(const ValidateOptions& options);

}  // namespace penfield
