#pragma once
// A raw run on the CPU and all that it needs, from a scenario.
#include <memory>
#include <utility>

#include "host/build/build_network.hpp"
#include "host/run/raw_run.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "test/support/catch.hpp"

namespace penfield::test {

struct CpuRawRun {
  explicit CpuRawRun(Scenario s, std::uint32_t threads = 1, const BuildOptions& build = {})
      : scenario(std::move(s)), network(build_network(scenario, build)) {
    cpu::CpuEngineOptions options;
    options.threads = threads;
    engine = cpu::make_cpu_engine(network, options);
    raw = std::make_unique<RawRun>(scenario, network, *engine);
  }
  /// Runs to the end; returns the digest of all state.
  std::uint64_t finish() {
    REQUIRE(raw->run());
    engine->flush();
    return digest(network).all();
  }

  Scenario scenario;
  Network network;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<RawRun> raw;
};

}  // namespace penfield::test
