#include "kernels/cuda/sort_scan.cuh"

#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>
#include <cub/device/device_select.cuh>

#include "penfield/base/host_device.hpp"

namespace penfield::cuda {

namespace {

struct Larger {
  PENFIELD_HD std::uint32_t operator()(std::uint32_t a, std::uint32_t b) const { return a < b ? b : a; }
};

template <class T>
cub::DoubleBuffer<T> double_buffer(const SortBuffers<T>& of) {
  return cub::DoubleBuffer<T>(of.values(), of.other());
}
template <class T>
void take_current(SortBuffers<T>& of, cub::DoubleBuffer<T>& sorted) {
  if (sorted.Current() != of.values()) of.current = 1 - of.current;
}

}  // namespace

/// CUB's calls say how much room they want where they are given none.
template <class Call>
void SortScan::with_room(Call&& call) {
  std::size_t bytes = 0;
  PENFIELD_CUDA_CHECK(call(nullptr, bytes));
  std::byte* const room = temporary_.need(bytes == 0 ? 1 : bytes);
  PENFIELD_CUDA_CHECK(call(room, bytes));
}

void SortScan::sort(SortBuffers<std::uint64_t>& keys, std::size_t n, std::uint32_t begin, std::uint32_t end) {
  if (n < 2 || begin == end) return;
  cub::DoubleBuffer<std::uint64_t> sorted = double_buffer(keys);
  with_room([&](void* room, std::size_t& bytes) {
    return cub::DeviceRadixSort::SortKeys(room, bytes, sorted, n, static_cast<int>(begin),
                                          static_cast<int>(end), stream_.get());
  });
  take_current(keys, sorted);
}

void SortScan::sort(SortBuffers<std::uint64_t>& keys, SortBuffers<std::uint32_t>& values, std::size_t n,
                    std::uint32_t begin, std::uint32_t end) {
  if (n < 2 || begin == end) return;
  cub::DoubleBuffer<std::uint64_t> sorted = double_buffer(keys);
  cub::DoubleBuffer<std::uint32_t> along = double_buffer(values);
  with_room([&](void* room, std::size_t& bytes) {
    return cub::DeviceRadixSort::SortPairs(room, bytes, sorted, along, n, static_cast<int>(begin),
                                           static_cast<int>(end), stream_.get());
  });
  take_current(keys, sorted);
  take_current(values, along);
}

void SortScan::sum_before(std::uint64_t* values, std::size_t n) {
  if (n == 0) return;
  with_room([&](void* room, std::size_t& bytes) {
    return cub::DeviceScan::ExclusiveSum(room, bytes, values, values, n, stream_.get());
  });
}

void SortScan::largest_so_far(std::uint32_t* values, std::size_t n) {
  if (n == 0) return;
  with_room([&](void* room, std::size_t& bytes) {
    return cub::DeviceScan::InclusiveScan(room, bytes, values, values, Larger{}, n, stream_.get());
  });
}

template <class T>
void SortScan::keep_flagged(SortBuffers<T>& values, const std::uint8_t* flags, std::size_t n) {
  if (n == 0) return;
  std::uint64_t* const num_kept = num_kept_.need(1);
  with_room([&](void* room, std::size_t& bytes) {
    return cub::DeviceSelect::Flagged(room, bytes, values.values(), flags, values.other(), num_kept,
                                      static_cast<std::int64_t>(n), stream_.get());
  });
  values.current = 1 - values.current;
}

void SortScan::keep(SortBuffers<std::uint64_t>& values, const std::uint8_t* flags, std::size_t n) {
  keep_flagged(values, flags, n);
}
void SortScan::keep(SortBuffers<std::uint32_t>& values, const std::uint8_t* flags, std::size_t n) {
  keep_flagged(values, flags, n);
}

}  // namespace penfield::cuda
