#pragma once
// Runs for the rungs of the ladder: one network with every step simulated, and on the episodic clock at an
// acceleration.
#include <cstdint>
#include <string>
#include <vector>

#include "host/validate/run_cache.hpp"
#include "host/validate/validate.hpp"

namespace penfield {

/// Of the episodic clock, in each macro step, unless a job says otherwise.
inline constexpr double kLadderEpisode_s = 4.0, kLadderHeal_s = 0.3;

/// One run, read at some times.
struct LadderJob {
  std::string file;               ///< below the scenarios' validation/
  std::string what;               ///< for people, and with seed and length the name of a stored reference
  std::vector<std::string> sets;  ///< values changed as by --set, beside seed, length and clock
  std::uint32_t seed = 1;
  std::vector<double> read_at_s;  ///< ascending; the last one ends the run
  double acceleration = 1.0;      ///< 1: every step
  /// False: every macro step is as long as the acceleration says, whatever its error.
  bool fitted = true;
  double episode_s = kLadderEpisode_s;  ///< of every macro step
};

/// Runs what is neither in the cache nor stored as a reference; [job]. Numbers hold, for each time of
/// reading: where the first projection learns, "mean" and "sd" of its weights, of its rule's upper bound;
/// where there are homeostats, "gain_mean" and "gain_sd" of the last one's factors, and "log gain NAME", the
/// mean logarithm of those of each; where there is structure, its
/// synapses onto a cell, in the mean ("inputs NAME") and in the territory of the part that is lost ("zone
/// inputs NAME"); "rate_0", "rate_1", ...: mean rate of each population, Hz, over the last twelfth of the
/// run's length before, and "zone_rate" that of the territory. Runs with every step that take hours are
/// stored, with the digest of their first 10 s and a hash of structure and timeline, which act later; they
/// are run again when either has changed.
std::vector<RunNumbers> run_ladder(const ValidateOptions& options, const std::vector<LadderJob>& jobs);

}  // namespace penfield
