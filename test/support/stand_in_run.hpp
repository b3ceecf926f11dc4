#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "host/record/checkpoint.hpp"
#include "host/record/run_log.hpp"

namespace penfield::test {

/// A stand-in for a simulation in tests of durable output: its state is a pure function of the steps done; it
/// appends one frame a step and takes a checkpoint every third. Goes on from the folder's checkpoint, so that
/// it ends in the same bytes however often it was stopped. `on_durable(step)` is called after each
/// checkpoint.
template <class OnDurable>
void stand_in_run(const std::filesystem::path& folder, StepIndex end, OnDurable&& on_durable) {
  std::vector<std::uint64_t> state(2000, 1);
  const ArrayRef arrays[] = {{"state", reinterpret_cast<std::byte*>(state.data()), state.size() * 8, 8}};
  StepIndex step = 0;
  std::uint64_t offset = 0;
  if (CheckpointReader::exists(folder / "checkpoint")) {
    const CheckpointReader reader = CheckpointReader::open(folder / "checkpoint");
    reader.read_all(arrays);
    step = reader.header().step;
    offset = reader.header().log_offset;
  }
  const bool begun = std::filesystem::exists(folder / "run.log");
  RunLogWriter log =
      begun ? RunLogWriter::resume(folder / "run.log", offset) : RunLogWriter::create(folder / "run.log");
  CheckpointWriter checkpoints(folder / "checkpoint");
  while (step < end) {
    ++step;
    for (std::uint64_t& word : state) word = word * 6364136223846793005ULL + static_cast<std::uint64_t>(step);
    log.append(1, step, std::as_bytes(std::span(state).first(static_cast<std::size_t>(step) * 7)));
    if (step % 3 != 0) continue;
    log.sync();
    CheckpointHeader header;
    header.step = step;
    header.log_offset = log.offset();
    checkpoints.write(header, arrays);
    on_durable(step);
  }
}

}  // namespace penfield::test
