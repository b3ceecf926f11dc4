#pragma once
// `run --from CHECKPOINT`: a network that another run has settled, taken into another study.
#include <filesystem>
#include <string>
#include <vector>

#include "host/record/checkpoint.hpp"
#include "host/record/manifest.hpp"
#include "host/run/session_job.hpp"
#include "host/scenario/scenario.hpp"

namespace penfield {

/// What a checkpoint says of the run that it is of.
struct CheckpointOrigin {
  std::string run_id;
  double time_s = 0.0;  ///< biological
  bool episodic = false;
  std::string scenario_json;  ///< canonical
  std::string data_files;     ///< path and hash of each, a line each
};

/// As it is kept in a checkpoint.
std::string origin_text(const Scenario& scenario, const std::string& run_id, double time_s);
/// Throws Error(input_file) for a checkpoint that says nothing of it.
CheckpointOrigin read_origin(const CheckpointReader& checkpoint);

/// Opens what `--from` names: a run folder or its checkpoint folder (the last checkpoint, or the one before
/// where that is damaged), or one checkpoint file. Throws Error(input_file).
CheckpointReader open_branch_point(const std::filesystem::path& path);

/// Puts network, engine and job into the checkpoint's state, as where this run starts; returns what the
/// manifest says of it. The network has been built with its tile sizes. Throws Error(input_file).
BranchEntry take_branch(const CheckpointReader& checkpoint, const std::filesystem::path& path,
                        Network& network, Engine& engine, Job& job);

/// Where the network of `scenario` is another than that of the checkpoint's scenario, as lines "PATH: VALUE
/// here, VALUE there", at most `most`; empty if they are the same. What may differ: timeline, probes, record,
/// clock, until, names, and of homeostats and structure all that shapes no array.
std::vector<std::string> network_differences(const Scenario& scenario, const CheckpointOrigin& origin,
                                             std::size_t most = 8);

/// Throws Error(scenario) with those differences, and for a raw clock on either side.
void require_same_network(const Scenario& scenario, const CheckpointOrigin& origin,
                          const std::filesystem::path& path);

}  // namespace penfield
