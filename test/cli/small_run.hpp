#pragma once
// Runs of the small study that are stopped and restored.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/record/checkpoint.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/run/session_job.hpp"
#include "host/scenario/scenario_json.hpp"

namespace penfield::test {

inline const std::string kSmall = PENFIELD_SOURCE_FOLDER "/test/cli/small_study.json";

inline Scenario small(std::vector<std::string> sets = {}) { return load_scenario(kSmall, sets); }

/// A run of the small study that may be left after some macro steps.
struct Run {
  explicit Run(const Scenario& s, std::uint32_t threads) : scenario(s), network(build_network(s, {})) {
    engine = make_engine(network, DeviceChoice::cpu, threads).engine;
    job = make_job(scenario, network, *engine);
  }
  /// True when the end was reached.
  bool go(int steps) {
    int left = steps;
    return job->run([] {}, [&] { return left-- == 0; });
  }
  std::vector<std::byte> results() {
    StateArchive a;
    job->archive(a);
    return a.written();
  }
  const Scenario& scenario;
  Network network;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Job> job;
};

inline void save(Run& run, const std::filesystem::path& folder) {
  CheckpointWriter writer(folder);
  save_state(&writer, {}, run.network, *run.engine, run.results());
}

inline void restore(Run& run, const std::filesystem::path& folder) {
  const std::vector<std::byte> bytes =
      restore_state(CheckpointReader::open(folder), run.network, *run.engine);
  StateArchive a(bytes, "test");
  run.job->archive(a);
  a.finish();
}

}  // namespace penfield::test
