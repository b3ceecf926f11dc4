#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace penfield {

/// Values of one data set, C order (last index fastest).
using Values = std::variant<std::vector<float>, std::vector<double>, std::vector<std::int32_t>,
                            std::vector<std::int64_t>, std::vector<std::uint64_t>, std::vector<std::uint8_t>,
                            std::vector<std::string>>;

/// One array of results.h5. Written with the attributes unit, meaning and axes.
struct Dataset {
  std::string path;  ///< below /maps, /readouts, /traces, /clock, /growth, /injury, /astrocytes, /rates,
                     ///< /weights, /energy or /settings
  std::vector<std::uint64_t> shape;  ///< 0 to 3 extents; their product is the number of values
  Values values;
  std::string unit;               ///< "Hz", "mm", "nS"; "1" for a pure number; never empty
  std::string meaning;            ///< one line, never empty
  std::vector<std::string> axes;  ///< one entry per extent, with unit: "time (d)", "neuron"
};

/// Spikes of one population. Any order; they are stored by time, and by id within one time.
struct SpikeSet {
  std::string population;               ///< "S1/E"; stored with '/' as '_', since SONATA names are flat
  std::vector<std::uint64_t> node_ids;  ///< index within the population
  std::vector<double> timestamps_ms;
};

/// Nodes of one population: node_id is the position in the arrays.
struct NodeSet {
  std::string population;
  std::string model;               ///< neuron model, for the type table
  std::vector<double> x_mm, y_mm;  ///< on the sheet; stored in um, as SONATA asks
};

/// Edges of one projection. Any order; they are stored by target, then source, and keep their order below
/// that.
struct EdgeSet {
  std::string projection;  ///< flat name; empty: SOURCE_to_TARGET
  std::string source_population, target_population;
  std::vector<std::uint64_t> source_ids, target_ids;  ///< index within the populations
  std::vector<float> weight;                          ///< in `weight_unit`
  std::vector<float> delay_ms;
  std::string weight_unit;  ///< "nS", "pA" or "mV"
  std::uint64_t num_target_nodes = 0;
};

/// Everything that goes into results.h5.
struct Results {
  std::vector<Dataset> datasets;
  std::vector<SpikeSet> spikes;
  std::string scenario_json;  ///< canonical; stored as /settings/scenario
  std::string manifest_json;  ///< stored as /settings/manifest
};

/// "S1/E" -> "S1_E": the population's name in SONATA files.
std::string sonata_name(const std::string& population);

/// Writes results.h5 aside and renames it. Spikes follow SONATA (/spikes/POPULATION/{node_ids, timestamps}),
/// so SONATA spike readers open the file itself. Sorts `results.spikes` in place of copying. Throws
/// Error(output), and Error(internal) for a description that contradicts itself. Source of the layout: SONATA
/// developer guide, https://github.com/AllenInstitute/sonata/blob/master/docs/SONATA_DEVELOPER_GUIDE.md
void write_results(const std::filesystem::path& path, Results results);

/// Writes nodes.h5 and node_types.csv into `folder` (SONATA circuit files are read on their own).
void write_sonata_nodes(const std::filesystem::path& folder, std::span<const NodeSet> nodes);
/// Writes edges.h5 and edge_types.csv into `folder`, with the target_to_source index.
void write_sonata_edges(const std::filesystem::path& folder, std::span<const EdgeSet> edges);

}  // namespace penfield
