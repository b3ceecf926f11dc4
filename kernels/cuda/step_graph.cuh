#pragma once
// Work that is launched again and again: branches that run side by side, and graphs that replay captured
// launches.
#include <cuda_runtime.h>

#include <cstddef>
#include <functional>

#include "kernels/cuda/device_buffer.cuh"

namespace penfield::cuda {

/// Launches that do not depend on each other, spread over a main stream and a few more. Between open() and
/// close() take a stream per launch from next(); the main stream goes on when all are done.
class Branches {
 public:
  explicit Branches(const Stream& main) : main_(main) {}
  void open();
  cudaStream_t next();
  void close();

 private:
  static constexpr std::size_t kSides = 3;
  const Stream& main_;
  Stream side_[kSides];
  Event forked_;
  Event joined_[kSides];
  std::size_t taken_ = 0;
};

/// A captured sequence of launches.
class StepGraph {
 public:
  StepGraph() = default;
  ~StepGraph() { reset(); }
  StepGraph(const StepGraph&) = delete;
  StepGraph& operator=(const StepGraph&) = delete;

  bool ready() const { return graph_ != nullptr; }
  /// Captures what `launches` launches on `stream` and on streams that branch off from it.
  void capture(const Stream& stream, const std::function<void()>& launches);
  void replay(const Stream& stream) const { PENFIELD_CUDA_CHECK(cudaGraphLaunch(graph_, stream.get())); }
  void reset();

 private:
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace penfield::cuda
