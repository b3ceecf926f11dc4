#pragma once
// Launches a kernel. One function instead of <<< >>>, which only nvcc can read: test/parity runs these
// sources on the host.
#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/cuda/block_team.cuh"
#include "kernels/cuda/cuda_check.cuh"

namespace penfield::cuda {

/// Runs `kernel` on a grid of x by y blocks; nothing where that is empty.
template <class... Parameters, class... Arguments>
void launch(cudaStream_t stream, std::uint32_t threads, std::uint32_t x, std::uint32_t y,
            void (*kernel)(Parameters...), const Arguments&... arguments) {
  if (x == 0 || y == 0) return;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(x, y, 1);
  config.blockDim = dim3(threads, 1, 1);
  config.stream = stream;
  PENFIELD_CUDA_CHECK(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...));
}

}  // namespace penfield::cuda
