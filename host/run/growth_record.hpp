#pragma once
// What structural plasticity by elements or spines did.
#include <span>
#include <string>
#include <vector>

#include "host/run/history.hpp"

namespace penfield {

/// Means over the neurons, and counts, of one structure after each of its intervals or macro steps.
struct GrowthRecord {
  static constexpr const char *group = "/growth", *name_key = "structure";
  const std::string& name() const { return structure; }
  std::string& name() { return structure; }
  static std::span<const HistorySeries<GrowthRecord>> series();

  std::string structure;
  std::vector<double> time_s;
  std::vector<double> source_calcium, target_calcium;  ///< in units of the baseline, if there is one
  std::vector<double> axonal, dendritic;               ///< elements; with spines axonal ones are synapses
  std::vector<double> formed, deleted, matured, synapses;
};

inline constexpr HistorySeries<GrowthRecord> kGrowthSeries[] = {
    {"time", "s", "end of each interval", &GrowthRecord::time_s},
    {"source_calcium", "1", "mean calcium of the sources; with a baseline, in units of each cell's own",
     &GrowthRecord::source_calcium},
    {"target_calcium", "1", "the same of the targets", &GrowthRecord::target_calcium},
    {"axonal", "1", "mean axonal elements of a source", &GrowthRecord::axonal},
    {"dendritic", "1", "mean dendritic elements of a target", &GrowthRecord::dendritic},
    {"formed", "1", "synapses formed in the interval", &GrowthRecord::formed},
    {"deleted", "1", "synapses deleted in the interval", &GrowthRecord::deleted},
    {"matured", "1", "spines that became mature in the interval", &GrowthRecord::matured},
    {"synapses", "1", "synapses there are", &GrowthRecord::synapses},
};
inline std::span<const HistorySeries<GrowthRecord>> GrowthRecord::series() { return kGrowthSeries; }

}  // namespace penfield
