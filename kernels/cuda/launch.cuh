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

/// Runs `kernel` on blocks that are all on the card at once, so that they can wait for each other, with
/// `shared_bytes` of dynamic shared memory each.
template <class... Parameters, class... Arguments>
void launch_cooperative(cudaStream_t stream, std::uint32_t threads, std::uint32_t blocks,
                        std::size_t shared_bytes, void (*kernel)(Parameters...),
                        const Arguments&... arguments) {
  cudaLaunchAttribute together{};
  together.id = cudaLaunchAttributeCooperative;
  together.val.cooperative = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(blocks, 1, 1);
  config.blockDim = dim3(threads, 1, 1);
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream;
  config.attrs = &together;
  config.numAttrs = 1;
  PENFIELD_CUDA_CHECK(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...));
}

}  // namespace penfield::cuda
