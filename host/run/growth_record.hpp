#pragma once
// What structural plasticity on the raw clock did, interval by interval.
#include <string>
#include <vector>

namespace penfield {

/// Means over the neurons, and counts, of one structure after each of its intervals.
struct GrowthRecord {
  std::string structure;
  std::vector<double> time_s;
  std::vector<double> source_calcium, target_calcium;  ///< in units of the baseline, if there is one
  std::vector<double> axonal, dendritic;               ///< elements; with spines axonal ones are synapses
  std::vector<double> formed, deleted, matured, synapses;
};

/// One of its curves, as files and pages name it.
struct GrowthSeries {
  const char* name;
  const char* unit;
  const char* meaning;
  std::vector<double> GrowthRecord::*values;
};

inline constexpr GrowthSeries kGrowthSeries[] = {
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

}  // namespace penfield
