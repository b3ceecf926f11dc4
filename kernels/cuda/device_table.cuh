#pragma once
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include "kernels/cuda/device_buffer.cuh"

namespace penfield::cuda {

/// A small table with a copy on the device, whose address holds as long as the table does not grow.
template <class T>
class DeviceTable {
 public:
  /// True if kernels that were captured with data() and size() must be captured again.
  bool assign(std::vector<T> values, const Stream& stream) {
    const bool moved = values.size() > device_.size();
    const bool resized = values.size() != values_.size();
    values_ = std::move(values);
    if (moved) device_ = DeviceBuffer<T>(values_.size());
    if (!values_.empty()) {
      PENFIELD_CUDA_CHECK(cudaMemcpyAsync(device_.data(), values_.data(), values_.size() * sizeof(T),
                                          cudaMemcpyHostToDevice, stream.get()));
      stream.wait();
    }
    return moved || resized;
  }

  const T* data() const { return device_.data(); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(values_.size()); }
  bool empty() const { return values_.empty(); }
  const std::vector<T>& values() const { return values_; }

 private:
  std::vector<T> values_;
  DeviceBuffer<T> device_;
};

}  // namespace penfield::cuda
