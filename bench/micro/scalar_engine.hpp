#pragma once
#include <memory>

#include "kernels/cpu/cpu_engine.hpp"

namespace penfield::micro {

/// The CPU engine, from the same sources, compiled without vectorisation: what the loops cost one neuron at a
/// time. In a library of its own whose other names are hidden, so that the two do not mix.
__attribute__((visibility("default"))) std::unique_ptr<Engine> make_scalar_engine(
    Network& network, const cpu::CpuEngineOptions& options);

}  // namespace penfield::micro
