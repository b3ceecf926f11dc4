#pragma once
// What the programs for a card share, beside measure.hpp.
#include <cuda_runtime.h>

#include "bench/micro/measure.hpp"
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/device_buffer.cuh"
#include "kernels/cuda/launch.cuh"
#include "penfield/base/host_device.hpp"

namespace penfield::micro {

using cuda::DeviceBuffer;
using cuda::Stream;

/// Wall time of work on a stream by the card's own clock.
class Stopwatch {
 public:
  Stopwatch() {
    PENFIELD_CUDA_CHECK(cudaEventCreate(&from_));
    PENFIELD_CUDA_CHECK(cudaEventCreate(&to_));
  }
  ~Stopwatch() {
    static_cast<void>(cudaEventDestroy(from_));
    static_cast<void>(cudaEventDestroy(to_));
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

  /// Seconds from before to after what f puts on the stream.
  template <class F>
  double seconds(const Stream& stream, F&& f) {
    PENFIELD_CUDA_CHECK(cudaEventRecord(from_, stream.get()));
    f();
    PENFIELD_CUDA_CHECK(cudaEventRecord(to_, stream.get()));
    PENFIELD_CUDA_CHECK(cudaEventSynchronize(to_));
    float ms = 0.0f;
    PENFIELD_CUDA_CHECK(cudaEventElapsedTime(&ms, from_, to_));
    return 1e-3 * static_cast<double>(ms);
  }

 private:
  cudaEvent_t from_ = nullptr, to_ = nullptr;
};

/// Time of f's work on the stream, [s]: the median, warm; `calls` in a row each time.
template <class F>
double device_seconds_of(const Options& options, const Stream& stream, int calls, F&& f) {
  Stopwatch watch;
  return median_of(options, [&] {
    return watch.seconds(stream, [&] {
      for (int k = 0; k < calls; ++k) f();
    }) / calls;
  });
}

template <class T>
void fill_zero(const DeviceBuffer<T>& buffer, const Stream& stream) {
  PENFIELD_CUDA_CHECK(cudaMemsetAsync(buffer.data(), 0, buffer.bytes(), stream.get()));
}
template <class T>
std::vector<T> to_host(const DeviceBuffer<T>& buffer, const Stream& stream) {
  std::vector<T> out(buffer.size());
  PENFIELD_CUDA_CHECK(
      cudaMemcpyAsync(out.data(), buffer.data(), buffer.bytes(), cudaMemcpyDeviceToHost, stream.get()));
  stream.wait();
  return out;
}

/// Copy within the card: bytes read and written a second.
inline double device_copy_bytes_per_s(std::size_t bytes, const Options& options, const Stream& stream) {
  const DeviceBuffer<std::byte> from(bytes / 2), to(bytes / 2);
  fill_zero(from, stream);
  const double s = device_seconds_of(options, stream, options.tiny ? 1 : 20, [&] {
    PENFIELD_CUDA_CHECK(
        cudaMemcpyAsync(to.data(), from.data(), from.bytes(), cudaMemcpyDeviceToDevice, stream.get()));
  });
  return static_cast<double>(bytes) / s;
}

/// Scatters the whole numbers: a mixing of 32 bits (the finaliser of MurmurHash3, A. Appleby, public domain).
PENFIELD_HD inline std::uint32_t scattered(std::uint32_t k) {
  k ^= k >> 16;
  k *= 0x85ebca6bu;
  k ^= k >> 13;
  k *= 0xc2b2ae35u;
  return k ^ k >> 16;
}

/// Opens the first card, or throws Error(no_device); its name.
inline std::string open_card() {
  cuda::open_device(0);
  return cuda::device_identity();
}

}  // namespace penfield::micro
