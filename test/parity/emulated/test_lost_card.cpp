// A card that is lost or full: one clear error, and what was there before is intact. On the stand-in alone,
// which can be told to fail.
#include <string>
#include <vector>

#include "host/run/session_checkpoint.hpp"
#include "penfield/base/error.hpp"
#include "test/parity/emulated/faults.hpp"
#include "test/parity/on_card.hpp"

namespace penfield::test {

namespace {

CudaEngineOptions by(cuda::StepKernel kernel) {
  CudaEngineOptions o;
  o.kernel = kernel;
  o.graph_steps = 8;
  return o;
}

std::vector<std::vector<std::byte>> arrays_of(Network& network) {
  std::vector<std::vector<std::byte>> out;
  for (const StateArray& a : network.arrays()) out.emplace_back(a.data, a.data + a.bytes);
  return out;
}

/// f() has to throw an error of this code; returns what it says.
template <class F>
std::string message_of(ExitCode code, F&& f) {
  try {
    f();
  } catch (const Error& e) {
    REQUIRE(e.code() == code);
    return e.what();
  }
  FAIL("no error");
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a lost card: one message with code 8, and nothing is read back from it") {
  const emulated::Repaired repaired;
  const auto kernel = GENERATE(cuda::StepKernel::graph, cuda::StepKernel::persistent);
  const cudaError_t error =
      GENERATE(cudaErrorLaunchFailure, cudaErrorECCUncorrectable, cudaErrorDevicesUnavailable);
  const bool early = GENERATE(true, false);
  CAPTURE(static_cast<int>(kernel), static_cast<int>(error), early);
  Pair pair(by(kernel));
  const std::vector<bool> all(pair.cpu.network.populations.size(), true);
  pair.gpu.engine->record_spikes(all);
  pair.run(20);
  pair.require_equal();
  static_cast<void>(pair.gpu.engine->take_spikes());
  const auto before = arrays_of(pair.gpu.network);

  emulated::fail_in_kernel(early || kernel == cuda::StepKernel::persistent ? 1 : 101, error);
  const std::string said = message_of(ExitCode::device_fault, [&] { pair.gpu.engine->run(60); });
  CAPTURE(said);
  REQUIRE(has(said, "the GPU failed: emulated on the host"));
  REQUIRE(has(said, "resume from the last checkpoint"));
  for (int k = 0; k < 2; ++k) {
    message_of(ExitCode::device_fault, [&] { pair.gpu.engine->download(); });
    message_of(ExitCode::device_fault, [&] { pair.gpu.engine->download_neurons(); });
    message_of(ExitCode::device_fault, [&] { pair.gpu.engine->run(1); });
    message_of(ExitCode::device_fault, [&] { pair.gpu.engine->upload(); });
  }
  REQUIRE(pair.gpu.engine->now() == 20);
  REQUIRE(pair.gpu.engine->take_spikes().empty());
  REQUIRE(arrays_of(pair.gpu.network) == before);
}

TEST_CASE("a run that lost its card goes on from its last checkpoint to the same end") {
  const emulated::Repaired repaired;
  const auto kernel = GENERATE(cuda::StepKernel::graph, cuda::StepKernel::persistent);
  Pair pair(by(kernel));
  const ScratchFolder folder;
  CheckpointWriter writer(folder.path() / "checkpoint");
  pair.run(60);
  save_state(&writer, {}, pair.gpu.network, *pair.gpu.engine, {});

  pair.gpu.engine->run(5);
  emulated::fail_in_kernel(1, cudaErrorIllegalAddress);
  message_of(ExitCode::device_fault, [&] { pair.gpu.engine->run(60); });
  // Who still tries to save what there is must not harm what was saved.
  message_of(ExitCode::device_fault,
             [&] { save_state(&writer, {}, pair.gpu.network, *pair.gpu.engine, {}); });
  pair.gpu.engine.reset();
  emulated::repair();

  EveryModelRun again(pair.cpu.scenario);
  again.engine = cuda::make_cuda_engine(again.network, by(kernel));
  restore_state(CheckpointReader::open(folder.path() / "checkpoint"), again.network, *again.engine);
  REQUIRE(again.engine->now() == 60);
  again.engine->run(60);
  again.engine->flush();
  again.engine->download();
  pair.cpu.engine->flush();  // as saving did
  pair.cpu.engine->run(60);
  pair.cpu.engine->flush();
  REQUIRE(digest(again.network) == digest(pair.cpu.network));
}

TEST_CASE("a full card: code 7, the bytes asked for and the bytes free") {
  const emulated::Repaired repaired;
  const ScratchFolder folder;
  EveryModelRun run(every_model_scenario(folder, size_of_network()));
  const auto before = arrays_of(run.network);
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{100000}}) {
    emulated::limit_memory(bytes);
    const std::string said =
        message_of(ExitCode::memory, [&] { static_cast<void>(cuda::make_cuda_engine(run.network, {})); });
    CAPTURE(said);
    REQUIRE(has(said, "not enough memory on emulated on the host"));
    REQUIRE(has(said, "MiB were asked for"));
    REQUIRE(has(said, " are free"));
  }
  emulated::repair();
  emulated::lack_pinned_memory();
  REQUIRE(
      has(message_of(ExitCode::memory, [&] { static_cast<void>(cuda::make_cuda_engine(run.network, {})); }),
          "not enough memory on the host"));
  REQUIRE(arrays_of(run.network) == before);
  emulated::repair();
  static_cast<void>(cuda::make_cuda_engine(run.network, {}));
}

TEST_CASE("a card without cooperative launch: the persistent kernel is refused, the graph runs") {
  const emulated::Repaired repaired;
  emulated::lack_cooperative_launch();
  const std::string said =
      message_of(ExitCode::no_device, [] { const Pair pair(by(cuda::StepKernel::persistent)); });
  REQUIRE(has(said, "needs a card with cooperative launch"));
  REQUIRE(has(said, "--kernel graph"));
  Pair pair(by(cuda::StepKernel::graph));
  pair.run(5);
  pair.require_equal();
}

}  // namespace penfield::test
