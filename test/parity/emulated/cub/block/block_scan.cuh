#pragma once
#include <cuda_runtime.h>

namespace cub {

template <class T, int num_threads>
class BlockScan {
 public:
  struct TempStorage {
    T value[num_threads], before[num_threads], total;
    int written;
  };
  explicit BlockScan(TempStorage& storage) : storage_(storage) {}

  /// As the real one, it needs a barrier before its storage is used again. The last thread to write sums for
  /// all.
  void ExclusiveSum(T mine, T& before, T& total) {
    storage_.value[threadIdx.x] = mine;
    if (++storage_.written == num_threads) {
      storage_.written = 0;
      storage_.total = 0;
      for (int k = 0; k < num_threads; ++k) {
        storage_.before[k] = storage_.total;
        storage_.total += storage_.value[k];
      }
    }
    __syncthreads();
    before = storage_.before[threadIdx.x];
    total = storage_.total;
  }

 private:
  TempStorage& storage_;
};

}  // namespace cub
