#pragma once
// Copies of single arrays, asynchronous: the host's memory has to stay until the stream has been waited for.
#include <cuda_runtime.h>

#include <cstddef>

#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/device_buffer.cuh"

namespace penfield::cuda {

template <class T>
void upload(const Stream& stream, T* to, const T* from, std::size_t n) {
  if (n > 0)
    PENFIELD_CUDA_CHECK(cudaMemcpyAsync(to, from, n * sizeof(T), cudaMemcpyHostToDevice, stream.get()));
}
template <class T>
void download(const Stream& stream, T* to, const T* from, std::size_t n) {
  if (n > 0)
    PENFIELD_CUDA_CHECK(cudaMemcpyAsync(to, from, n * sizeof(T), cudaMemcpyDeviceToHost, stream.get()));
}
/// Zeros.
inline void clear(const Stream& stream, void* at, std::size_t bytes) {
  if (bytes > 0) PENFIELD_CUDA_CHECK(cudaMemsetAsync(at, 0, bytes, stream.get()));
}

}  // namespace penfield::cuda
