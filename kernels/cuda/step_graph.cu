#include "kernels/cuda/step_graph.cuh"

#include <algorithm>

namespace penfield::cuda {

void Branches::open() {
  taken_ = 0;
  forked_.record(main_.get());
}

cudaStream_t Branches::next() {
  const std::size_t k = taken_++ % (kSides + 1);
  if (k == 0) return main_.get();
  if (taken_ <= kSides + 1) forked_.hold(side_[k - 1].get());
  return side_[k - 1].get();
}

void Branches::close() {
  const std::size_t used = std::min(taken_, kSides + 1);
  for (std::size_t k = 1; k < used; ++k) {
    joined_[k - 1].record(side_[k - 1].get());
    joined_[k - 1].hold(main_.get());
  }
}

void StepGraph::capture(const Stream& stream, const std::function<void()>& launches) {
  reset();
  PENFIELD_CUDA_CHECK(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal));
  cudaGraph_t captured = nullptr;
  try {
    launches();
  } catch (...) {
    // The stream must leave capture, or nothing could be launched on it again.
    if (cudaStreamEndCapture(stream.get(), &captured) == cudaSuccess && captured != nullptr)
      static_cast<void>(cudaGraphDestroy(captured));
    throw;
  }
  PENFIELD_CUDA_CHECK(cudaStreamEndCapture(stream.get(), &captured));
  const cudaError_t status = cudaGraphInstantiate(&graph_, captured, 0);
  static_cast<void>(cudaGraphDestroy(captured));
  PENFIELD_CUDA_CHECK(status);
}

void StepGraph::reset() {
  if (graph_ != nullptr) static_cast<void>(cudaGraphExecDestroy(graph_));
  graph_ = nullptr;
}

}  // namespace penfield::cuda
