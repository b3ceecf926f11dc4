#pragma once
// Studies of infarcts, read by the area of the hand in the input map.
#include "host/validate/study_runs.hpp"

namespace penfield {

inline constexpr double kDay_s = 86400.0;

/// Area that all parts of the hand answer best, over what it was, where there are living cells.
double hand_share(const StudyResult& result, const MapPoint& map);

/// "map_s" and "hand", that share, of each map (-1 s: the intact one); "step_s" and "dead", the cells that
/// have died by the end of each macro step.
RunNumbers read_hand(const Scenario& scenario, const StudyResult& result);

/// Change of the hand's area against the intact map, %.
double hand_change(const RunNumbers& run, double time_s);

}  // namespace penfield
