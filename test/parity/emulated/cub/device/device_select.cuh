#pragma once
// Stand-in for CUB's compaction over device memory; what is kept may not go to where it comes from.
#include <cuda_runtime.h>

#include <cstddef>

namespace cub {

struct DeviceSelect {
  template <class T, class Flag, class Number>
  static cudaError_t Flagged(void* room, std::size_t& bytes, const T* from, const Flag* flags, T* to,
                             Number* num_kept, std::int64_t n, cudaStream_t stream) {
    if (room == nullptr) {
      bytes = 256;
      return cudaSuccess;
    }
    if (bytes < 256 || n < 0 || from == to) return cudaErrorInvalidValue;
    return emulated::call_on_stream(stream, [=] {
      Number kept = 0;
      for (std::int64_t k = 0; k < n; ++k)
        if (flags[k]) to[kept++] = from[k];
      *num_kept = kept;
    });
  }
};

}  // namespace cub
