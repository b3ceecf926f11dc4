#pragma once
// Worker threads that run one function together and meet at barriers. Nothing here decides what is computed:
// work is dealt out by tile, so results do not depend on the number of workers.
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace penfield::cpu {

/// A sense-reversing barrier: spins briefly, as the others are mostly a few microseconds away, then sleeps,
/// so that members without a core (more threads than cores, other programs) get the time of those who wait.
/// Where there are not as many cores as members it does not spin.
class SpinBarrier {
 public:
  explicit SpinBarrier(std::uint32_t size)
      : size_(size), spins_(size <= std::thread::hardware_concurrency() ? kSpins : 0) {}

  void wait() {
    if (size_ == 1) return;
    const std::uint32_t generation = generation_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
      arrived_.store(0, std::memory_order_relaxed);
      generation_.store(generation + 1, std::memory_order_release);
      generation_.notify_all();  // costs a load where nobody sleeps
      return;
    }
    for (std::uint32_t spin = 0; spin < spins_; ++spin) {
      if (generation_.load(std::memory_order_acquire) != generation) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    generation_.wait(generation, std::memory_order_acquire);
  }
  std::uint32_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kSpins = 1000;  // some 25 to 50 us: a few steps of a small network
  const std::uint32_t size_, spins_;
  alignas(64) std::atomic<std::uint32_t> arrived_{0};
  alignas(64) std::atomic<std::uint32_t> generation_{0};  // a line of its own, which the waiting keep reading
};

/// `size` workers; the caller is worker 0. run(f) calls f(worker) on each and returns when all have returned.
/// An exception in a worker ends the process's use of the pool: it is rethrown in the caller after all have
/// stopped, so f must not leave others waiting at a barrier (the engine's bodies do not throw).
class ThreadPool {
 public:
  explicit ThreadPool(std::uint32_t size);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void run(const std::function<void(std::uint32_t)>& f);
  std::uint32_t size() const { return static_cast<std::uint32_t>(threads_.size()) + 1; }

 private:
  void work(std::uint32_t worker);

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  const std::function<void(std::uint32_t)>* job_ = nullptr;
  std::uint64_t round_ = 0;
  std::uint32_t busy_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
};

}  // namespace penfield::cpu
