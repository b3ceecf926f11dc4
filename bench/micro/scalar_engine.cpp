#include "bench/micro/scalar_engine.hpp"

namespace penfield::micro {

std::unique_ptr<Engine> make_scalar_engine(Network& network, const cpu::CpuEngineOptions& options) {
  return cpu::make_cpu_engine(network, options);
}

}  // namespace penfield::micro
