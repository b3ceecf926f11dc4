#pragma once
// Stand-in for CUB's scans over device memory, which may be in place.
#include <cuda_runtime.h>

#include <cstddef>

namespace cub {

struct DeviceScan {
  template <class T>
  static cudaError_t ExclusiveSum(void* room, std::size_t& bytes, const T* from, T* to, std::size_t n,
                                  cudaStream_t stream) {
    return when_there(room, bytes, stream, [=] {
      T sum{};
      for (std::size_t k = 0; k < n; ++k) {
        const T mine = from[k];
        to[k] = sum;
        sum = static_cast<T>(sum + mine);
      }
    });
  }
  template <class T, class Operator>
  static cudaError_t InclusiveScan(void* room, std::size_t& bytes, const T* from, T* to, Operator combine,
                                   std::size_t n, cudaStream_t stream) {
    return when_there(room, bytes, stream, [=] {
      for (std::size_t k = 0; k < n; ++k) to[k] = k == 0 ? from[0] : combine(to[k - 1], from[k]);
    });
  }

 private:
  template <class Scan>
  static cudaError_t when_there(void* room, std::size_t& bytes, cudaStream_t stream, Scan&& scan) {
    if (room == nullptr) {
      bytes = 256;
      return cudaSuccess;
    }
    return bytes < 256 ? cudaErrorInvalidValue : emulated::call_on_stream(stream, scan);
  }
};

}  // namespace cub
