#pragma once
// Raw runs that are stopped and gone on with. `Run` has a scenario, network, engine and raw, all its own.
#include <filesystem>

#include "host/run/interruptible_engine.hpp"
#include "host/run/raw_run.hpp"
#include "host/run/session_checkpoint.hpp"
#include "host/scenario/scenario.hpp"
#include "test/support/catch.hpp"

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

}  // namespace penfield::test
