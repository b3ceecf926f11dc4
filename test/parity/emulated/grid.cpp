// Cooperative launches of the stand-in.
#include <cooperative_groups.h>
#include <cuda_runtime.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "test/parity/emulated/blocks.hpp"

namespace penfield::cuda {

// Dynamic shared memory of kernels/cuda/persistent_kernel.cu.
extern thread_local std::int32_t persistent_sums[];
thread_local std::int32_t persistent_sums[emulated::kDynamicSharedBytes / sizeof(std::int32_t)];

}  // namespace penfield::cuda

namespace emulated {

namespace {

/// Where the blocks of the one cooperative launch at a time meet.
class Grid {
 public:
  void begin(std::uint32_t num_blocks) {
    blocks_ = num_blocks;
    waiting_ = ended_ = 0;
  }
  void sync() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    check();
    if (waiting_ == blocks_) {
      waiting_ = 0;
      ++round_;
      met_.notify_all();
      return;
    }
    met_.wait(lock, [&, round = round_] { return round_ != round; });
  }
  void end() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++ended_;
    check();
  }

 private:
  void check() const {
    if (ended_ == 0 || waiting_ == 0 || ended_ + waiting_ < blocks_) return;
    std::fprintf(stderr, "emulated CUDA: some blocks wait for others that have ended\n");
    std::abort();
  }

  std::mutex mutex_;
  std::condition_variable met_;
  std::uint32_t blocks_ = 0, waiting_ = 0, ended_ = 0;
  std::uint64_t round_ = 0;
};

Grid grid;

/// Threads for blocks, kept from launch to launch: their coroutines' stacks are dear.
class Blocks {
 public:
  ~Blocks() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    for (std::thread& t : threads_) t.join();
  }
  /// work(b) for every b below `num_blocks`.
  void run(std::uint32_t num_blocks, const std::function<void(std::uint32_t)>& work) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (threads_.size() < num_blocks)
      threads_.emplace_back(
          [this, b = static_cast<std::uint32_t>(threads_.size()), seen = launch_] { serve(b, seen); });
    work_ = &work;
    active_ = left_ = num_blocks;
    ++launch_;
    wake_.notify_all();
    done_.wait(lock, [&] { return left_ == 0; });
  }

 private:
  void serve(std::uint32_t b, std::uint64_t seen) {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return ending_ || launch_ != seen; });
      if (ending_) return;
      seen = launch_;
      if (b >= active_) continue;
      const auto* work = work_;
      lock.unlock();
      (*work)(b);
      lock.lock();
      if (--left_ == 0) done_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::vector<std::thread> threads_;
  const std::function<void(std::uint32_t)>* work_ = nullptr;
  std::uint32_t active_ = 0, left_ = 0;
  std::uint64_t launch_ = 0;
  bool ending_ = false;
};

}  // namespace

void run_cooperative_blocks(std::uint32_t num_blocks, std::uint32_t num_threads,
                            const std::function<void()>& kernel) {
  static Blocks blocks;
  grid.begin(num_blocks);
  blocks.run(num_blocks, [&](std::uint32_t b) {
    gridDim = dim3(num_blocks);
    blockDim = dim3(num_threads);
    blockIdx = {b, 0, 0};
    run_block(num_threads, kernel);
    grid.end();
  });
}

}  // namespace emulated

// The block's first thread waits for the other blocks, and the block's others for it.
void cooperative_groups::grid_group::sync() const {
  __syncthreads();
  if (threadIdx.x == 0) emulated::grid.sync();
  __syncthreads();
}
