#pragma once
// CUB's sorting, scanning and compaction as construction and rewiring use it. test/parity/emulated has
// stand-ins for these few functions of CUB; nothing else here calls them.
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/cuda/device_buffer.cuh"

namespace penfield::cuda {

/// Device memory that is asked for again and again: it only grows, and what it held is lost when it does.
template <class T>
class Room {
 public:
  /// At least `size` values. Work that still uses what was there has to be waited for first.
  T* need(std::size_t size) {
    if (size > memory_.size()) {
      memory_ = DeviceBuffer<T>();  // first, so that the old one and the new one need not fit together
      memory_ = DeviceBuffer<T>(size + size / 8);
    }
    return memory_.data();
  }
  T* data() const { return memory_.data(); }
  void release() { memory_ = DeviceBuffer<T>(); }

 private:
  DeviceBuffer<T> memory_;
};

/// Values, and as much room for those that a pass of sorting writes.
template <class T>
struct SortBuffers {
  Room<T> room[2];
  int current = 0;

  void need(std::size_t size) {
    room[0].need(size);
    room[1].need(size);
  }
  T* values() const { return room[current].data(); }
  T* other() const { return room[1 - current].data(); }
  void release() {
    room[0].release();
    room[1].release();
  }
};

/// All are asynchronous; `temporary` is memory that they may use.
class SortScan {
 public:
  explicit SortScan(const Stream& stream) : stream_(stream) {}

  /// Ascending by the bits [begin, end) of each key; equal ones keep their order.
  void sort(SortBuffers<std::uint64_t>& keys, std::size_t n, std::uint32_t begin, std::uint32_t end);
  /// The same; values go with their keys.
  void sort(SortBuffers<std::uint64_t>& keys, SortBuffers<std::uint32_t>& values, std::size_t n,
            std::uint32_t begin, std::uint32_t end);
  /// In place: each becomes the sum of those before it.
  void sum_before(std::uint64_t* values, std::size_t n);
  /// In place: each becomes the largest of itself and those before it.
  void largest_so_far(std::uint32_t* values, std::size_t n);

  /// The values whose flag is not 0, in their order, become those of the buffers.
  void keep(SortBuffers<std::uint64_t>& values, const std::uint8_t* flags, std::size_t n);
  void keep(SortBuffers<std::uint32_t>& values, const std::uint8_t* flags, std::size_t n);

  void release() {
    temporary_.release();
    num_kept_.release();
  }

 private:
  template <class Call>
  void with_room(Call&& call);
  template <class T>
  void keep_flagged(SortBuffers<T>& values, const std::uint8_t* flags, std::size_t n);

  const Stream& stream_;
  Room<std::byte> temporary_;
  Room<std::uint64_t> num_kept_;
};

}  // namespace penfield::cuda
