#pragma once
// Stand-in for CUB's radix sort over device memory. As the real one may, it leaves the result in the other
// buffer, and it sorts when its stream gets there.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace cub {

template <class T>
struct DoubleBuffer {
  T* d_buffers[2];
  int selector = 0;

  DoubleBuffer(T* current, T* alternate) : d_buffers{current, alternate} {}
  T* Current() { return d_buffers[selector]; }
  T* Alternate() { return d_buffers[selector ^ 1]; }
};

struct DeviceRadixSort {
  template <class Key>
  static cudaError_t SortKeys(void* room, std::size_t& bytes, DoubleBuffer<Key>& keys, std::size_t n,
                              int begin, int end, cudaStream_t stream) {
    return sort(room, bytes, keys, static_cast<DoubleBuffer<char>*>(nullptr), n, begin, end, stream);
  }
  template <class Key, class Value>
  static cudaError_t SortPairs(void* room, std::size_t& bytes, DoubleBuffer<Key>& keys,
                               DoubleBuffer<Value>& values, std::size_t n, int begin, int end,
                               cudaStream_t stream) {
    return sort(room, bytes, keys, &values, n, begin, end, stream);
  }

 private:
  template <class Key, class Value>
  static cudaError_t sort(void* room, std::size_t& bytes, DoubleBuffer<Key>& keys,
                          DoubleBuffer<Value>* values, std::size_t n, int begin, int end,
                          cudaStream_t stream) {
    if (room == nullptr) {
      bytes = 256;
      return cudaSuccess;
    }
    if (bytes < 256 || begin < 0 || begin >= end || end > static_cast<int>(8 * sizeof(Key)))
      return cudaErrorInvalidValue;
    const Key* const from = keys.Current();
    Key* const to = keys.Alternate();
    const Value* const along_from = values == nullptr ? nullptr : values->Current();
    Value* const along_to = values == nullptr ? nullptr : values->Alternate();
    keys.selector ^= 1;
    if (values != nullptr) values->selector ^= 1;
    return emulated::call_on_stream(stream, [=] {
      std::vector<std::size_t> order(n);
      std::iota(order.begin(), order.end(), std::size_t{0});
      const Key mask =
          end - begin == static_cast<int>(8 * sizeof(Key)) ? ~Key{0} : (Key{1} << (end - begin)) - 1;
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return (from[a] >> begin & mask) < (from[b] >> begin & mask);
      });
      for (std::size_t k = 0; k < n; ++k) {
        to[k] = from[order[k]];
        if (along_to != nullptr) along_to[k] = along_from[order[k]];
      }
    });
  }
};

}  // namespace cub
