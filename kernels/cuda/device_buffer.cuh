#pragma once
// Owned memory whose type says where it lies, so that a device pointer is never read on the host by mistake.
#include <cuda_runtime.h>

#include <cstddef>
#include <type_traits>
#include <utility>

#include "kernels/cuda/cuda_check.cuh"

namespace penfield::cuda {

enum class Space { device, pinned };

/// `size()` values of type T in one memory space; move-only, not initialised. Throws Error(memory) where they
/// do not fit.
template <class T, Space space>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::size_t size) : size_(size) {
    if (size == 0) return;
    if constexpr (space == Space::device) {
      PENFIELD_CUDA_CHECK(cudaMalloc(&data_, size * sizeof(T)), size * sizeof(T));
    } else {
      check_pinned(cudaMallocHost(&data_, size * sizeof(T)), size * sizeof(T));
    }
  }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() {
    // A fault that the process is already reporting must not be followed by a second one.
    if (data_ == nullptr) return;
    if constexpr (space == Space::device) {
      static_cast<void>(cudaFree(data_));
    } else {
      static_cast<void>(cudaFreeHost(data_));
    }
  }

  T* data() const { return static_cast<T*>(data_); }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  bool empty() const { return size_ == 0; }

  /// Host access, for memory that the host can read.
  T& operator[](std::size_t i) const {
    static_assert(space == Space::pinned, "device memory cannot be read on the host: copy it");
    return data()[i];
  }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

template <class T>
using DeviceBuffer = Buffer<T, Space::device>;
template <class T>
using PinnedBuffer = Buffer<T, Space::pinned>;

/// A stream of its own: nothing here waits for the default stream.
class Stream {
 public:
  Stream() { PENFIELD_CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  ~Stream() { static_cast<void>(cudaStreamDestroy(stream_)); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  cudaStream_t get() const { return stream_; }
  /// Waits for all work on the stream; reports its faults.
  void wait() const { PENFIELD_CUDA_CHECK(cudaStreamSynchronize(stream_)); }

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  Event() { PENFIELD_CUDA_CHECK(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming)); }
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  cudaEvent_t get() const { return event_; }
  void record(cudaStream_t stream) const { PENFIELD_CUDA_CHECK(cudaEventRecord(event_, stream)); }
  void wait() const { PENFIELD_CUDA_CHECK(cudaEventSynchronize(event_)); }
  /// Later work on `stream` waits for what was recorded.
  void hold(cudaStream_t stream) const { PENFIELD_CUDA_CHECK(cudaStreamWaitEvent(stream, event_, 0)); }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace penfield::cuda
