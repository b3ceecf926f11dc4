#pragma once
#include <memory>

#include "penfield/engine/engine.hpp"

namespace penfield::cpu {

struct CpuEngineOptions {
  std::uint32_t threads = 0;       ///< 0: as many as the machine has
  bool reversed_delivery = false;  ///< walk spikes and rows backwards (a test of order-freedom)
  std::uint32_t team_threads =
      0;  ///< > 0: one team of this many threads runs every body (a test of cooperation)
};

/// Threads in use when `threads` is 0.
std::uint32_t default_threads();

/// Runs `network` in place; it must outlive the engine. Call upload() after changing sizes in it.
std::unique_ptr<Engine> make_cpu_engine(Network& network, const CpuEngineOptions& options);

}  // namespace penfield::cpu
