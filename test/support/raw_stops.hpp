#pragma once
// Raw runs that are stopped and gone on with. `Run` has a scenario, network, engine and raw, all its own.
#include <cstdint>
#include <filesystem>
#include <initializer_list>

#include "host/run/interruptible_engine.hpp"
#include "host/run/raw_run.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/scenario/scenario.hpp"
#include "test/support/catch.hpp"
#include "test/support/scratch_folder.hpp"

namespace penfield::test {

template <class Run>
void save_raw(Run& run, RawRun& raw, const std::filesystem::path& folder) {
  StateArchive a;
  raw.archive(a);
  CheckpointWriter writer(folder);
  save_state(&writer, {}, run.network, *run.engine, a.written());
}

template <class Run>
void restore_raw(Run& run, const std::filesystem::path& folder) {
  const auto bytes = restore_state(CheckpointReader::open(folder), run.network, *run.engine);
  StateArchive a(bytes, "test");
  run.raw->archive(a);
  a.finish();
}

/// Runs `run` until it is stopped after so many slices of 7 steps, wherever that is, and saves it.
template <class Run>
void save_after_slices(Run& run, int slices, const std::filesystem::path& folder) {
  InterruptibleEngine cut(*run.engine, one_rank(), [&] { return --slices == 0; });
  cut.cut_every(7);
  RawRun raw(run.scenario, run.network, cut);
  REQUIRE_FALSE(raw.run());
  save_raw(run, raw, folder);
}

/// Stops a raw run after so many slices, each time anew, goes on with other threads, and compares the digest
/// with `bits`.
template <class Run>
void require_same_after_slices(const Scenario& scenario, std::uint64_t bits,
                               std::initializer_list<int> stops) {
  for (const int slices : stops) {
    CAPTURE(slices);
    const ScratchFolder folder;
    Run first(scenario);
    save_after_slices(first, slices, folder / "checkpoint");
    Run second(scenario, 2);
    restore_raw(second, folder / "checkpoint");
    CHECK(second.finish() == bits);
  }
}

}  // namespace penfield::test
