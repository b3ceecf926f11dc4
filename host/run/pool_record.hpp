#pragma once
// What astrocytes held.
#include <span>
#include <string>
#include <vector>

#include "host/run/history.hpp"

namespace penfield {

/// Pools of one field of astrocytes at the ends of its intervals or macro steps, means over its bins.
struct PoolRecord {
  static constexpr const char *group = "/astrocytes", *name_key = "astrocytes";
  const std::string& name() const { return astrocytes; }
  std::string& name() { return astrocytes; }
  static std::span<const HistorySeries<PoolRecord>> series();

  std::string astrocytes;
  std::vector<double> time_s, glycogen_mM, lactate_mM, atp_mM;
  std::vector<double> least_atp_mM;  ///< of all bins
};

inline constexpr HistorySeries<PoolRecord> kPoolSeries[] = {
    {"time", "s", "end of each interval", &PoolRecord::time_s},
    {"glycogen", "mM", "mean glycogen of astrocytes, in glucose units", &PoolRecord::glycogen_mM},
    {"lactate", "mM", "mean lactate outside cells", &PoolRecord::lactate_mM},
    {"atp", "mM", "mean ATP of neurons", &PoolRecord::atp_mM},
    {"least_atp", "mM", "ATP in the bin that has least", &PoolRecord::least_atp_mM},
};
inline std::span<const HistorySeries<PoolRecord>> PoolRecord::series() { return kPoolSeries; }

}  // namespace penfield
