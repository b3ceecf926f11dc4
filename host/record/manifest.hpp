#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "penfield/base/ids.hpp"

namespace penfield {

enum class RunState {
  running,   ///< being written, or killed: resumable from the last checkpoint
  finished,  ///< results are whole
  stopped,   ///< ended early with a message; resumable if there is a checkpoint
};

struct NamedText {
  std::string name;
  std::string value;
};

struct DeviceEntry {
  std::string kind;    ///< "cpu" or "cuda"
  std::string name;    ///< as the vendor prints it
  std::string bus_id;  ///< PCI id of a GPU, empty for the CPU
  std::uint64_t memory_bytes = 0;
  int num_threads = 0;  ///< CPU workers
};

/// How one (target population, receptor) input is rounded: a weight w is delivered as round(w *
/// 2^scale_log2).
struct QuantisationEntry {
  std::string population;
  std::string receptor;
  int scale_log2 = 0;
  double max_sum = 0;  ///< the largest sum one step can deliver, in `unit`
  std::string unit;
};

/// How far biological time was advanced by projection instead of step by step, and what that may have cost.
struct AccelerationEntry {
  std::string mode = "raw";   ///< raw, episodic, compressed
  double factor = 1;          ///< biological seconds per simulated second
  double error_estimate = 0;  ///< relative, of the quantity named in `error_of`; 0 for raw
  std::string error_of;
};

/// 64-bit order-free digest of one phase's state.
struct DigestEntry {
  StepIndex step = 0;
  std::string phase;
  std::uint64_t value = 0;
};

/// The checkpoint that a run branched from (`run --from`).
struct BranchEntry {
  std::string path;          ///< as the user gave it; empty: the run began anew
  std::string run_id;        ///< of the run that wrote it
  std::string scenario;      ///< its name
  std::uint64_t digest = 0;  ///< of the checkpoint, all arrays
  StepIndex step = 0;
  double biological_s = 0.0;  ///< time of that run
};

/// What activity has cost so far.
struct EnergyEntry {
  std::string mode;     ///< of the scenario's energy section; empty: none was counted
  double time_s = 0.0;  ///< biological, since 0
  double total_J = 0.0;
  std::vector<std::pair<std::string, double>> term_J, population_J;
};

struct TimingEntry {
  std::string what;
  double seconds = 0;  ///< wall clock
};

/// manifest.json: what ran, on what, and how it ended. Numbers that JSON readers would round (hashes,
/// digests, seeds above 2^53) are written as text.
struct Manifest {
  std::string run_id;  ///< 16 hexadecimal digits, the same in every process that goes on with the run
  BranchEntry from;
  std::string program_version;
  std::vector<NamedText> build;  ///< compiler, preset, libraries, version control revision
  std::vector<DeviceEntry> devices;
  std::string host;
  std::string scenario_name;
  std::string scenario_hash;
  std::uint64_t seed = 0;
  double dt_ms = 0;
  StepIndex first_step = 0;
  StepIndex last_step = 0;  ///< reached so far
  StepIndex end_step = 0;   ///< asked for
  std::vector<QuantisationEntry> quantisation;
  AccelerationEntry acceleration;
  EnergyEntry energy;
  std::vector<DigestEntry> digests;
  std::vector<TimingEntry> timings;
  std::string started_utc;  ///< ISO 8601
  std::string ended_utc;    ///< empty while running
  int num_resumes = 0;
  RunState state = RunState::running;
  int exit_code = 0;
  std::string message;  ///< the error's text when the run stopped with one
};

/// Replaces manifest.json atomically. Throws Error(output).
void write_manifest(const std::filesystem::path& path, const Manifest& manifest);
/// Reads it back; keys of newer versions are passed over. Throws Error(input_file) if it is not a manifest.
Manifest read_manifest(const std::filesystem::path& path);
/// The text that `write_manifest` writes, for results.h5 and `status --json`.
std::string manifest_json(const Manifest& manifest);

}  // namespace penfield
