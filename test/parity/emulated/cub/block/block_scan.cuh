#pragma once
#include <cuda_runtime.h>

namespace cub {

template <class T, int num_threads>
class BlockScan {
 public:
  struct TempStorage {
    T value[num_threads];
  };
  explicit BlockScan(TempStorage& storage) : storage_(storage) {}

  /// As the real one, it needs a barrier before its storage is used again.
  void ExclusiveSum(T mine, T& before, T& total) {
    storage_.value[threadIdx.x] = mine;
    __syncthreads();
    before = total = 0;
    for (unsigned k = 0; k < static_cast<unsigned>(num_threads); ++k) {
      if (k == threadIdx.x) before = total;
      total += storage_.value[k];
    }
  }

 private:
  TempStorage& storage_;
};

}  // namespace cub
