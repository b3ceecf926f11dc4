#pragma once
// Runs of the small study that are stopped and restored.
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/record/checkpoint.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/run/session_job.hpp"
#include "host/scenario/scenario_json.hpp"
#include "test/support/catch.hpp"
#include "test/support/scratch_folder.hpp"

namespace penfield::test {

inline const std::string kSmall = PENFIELD_SOURCE_FOLDER "/test/cli/small_study.json";

inline Scenario small(std::vector<std::string> sets = {}) { return load_scenario(kSmall, sets); }

/// A run of the small study that may be left after some macro steps.
struct Run {
  Run(const Scenario& s, std::uint32_t threads)
      : Run(s, [&](Network& n) { return make_engine(n, DeviceChoice::cpu, threads).engine; }) {}
  /// `make(Network&)` gives the engine.
  template <class Make>
  requires std::is_invocable_v<Make, Network&> Run(const Scenario& s, Make&& make,
                                                   const BuildOptions& build = {})
      : scenario(s), network(build_network(s, build)), engine(make(network)) {
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
  /// What the manifest's digest of results is taken of.
  std::vector<std::byte> digested() {
    StateArchive a = StateArchive::for_digest();
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

/// Stops the study of `whole`, which has ended, after so many macro steps, each time anew, goes on with other
/// threads, and compares bits and results.
inline void require_same_after_stops(Run& whole, std::initializer_list<int> stops) {
  const StateDigest expected = digest(whole.network);
  const std::vector<std::byte> results = whole.results();
  for (const int steps : stops) {
    INFO("stopped after " << steps << " macro steps");
    const ScratchFolder scratch;
    {
      Run first(whole.scenario, 2);
      REQUIRE_FALSE(first.go(steps));
      save(first, scratch.path());
    }
    Run second(whole.scenario, steps % 2 == 0 ? 1 : 3);
    restore(second, scratch.path());
    REQUIRE(second.go(-1));
    CHECK(digest(second.network) == expected);
    CHECK(second.results() == results);
  }
}

/// One thread or three, stopped after so many macro steps or never: the same bits and results.
inline void require_same_however_run(const Scenario& scenario, std::initializer_list<int> stops) {
  Run whole(scenario, 1);
  REQUIRE(whole.go(-1));
  Run threaded(scenario, 3);
  REQUIRE(threaded.go(-1));
  CHECK(digest(threaded.network) == digest(whole.network));
  CHECK(threaded.results() == whole.results());
  require_same_after_stops(whole, stops);
}

/// A run of `scenario` that goes on from `branched_from`, at the end of its settling.
inline StateDigest branched_digest(const Scenario& branched_from, const Scenario& scenario) {
  const ScratchFolder scratch;
  Run settled(branched_from, 1);
  REQUIRE_FALSE(settled.job->run([] {}, [&] { return settled.job->settled(); }));
  save(settled, scratch.path());
  Run branched(scenario, 1);
  const std::vector<std::byte> bytes =
      restore_state(CheckpointReader::open(scratch.path()), branched.network, *branched.engine);
  StateArchive a(bytes, "test");
  branched.job->branch(a);
  a.finish();
  REQUIRE(branched.go(-1));
  return digest(branched.network);
}

}  // namespace penfield::test
