#include "kernels/cpu/thread_pool.hpp"

#include <utility>

namespace penfield::cpu {

ThreadPool::ThreadPool(std::uint32_t size) {
  for (std::uint32_t w = 1; w < size; ++w) threads_.emplace_back([this, w] { work(w); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void ThreadPool::run(const std::function<void(std::uint32_t)>& f) {
  {
    std::lock_guard lock(mutex_);
    job_ = &f;
    busy_ = static_cast<std::uint32_t>(threads_.size());
    failure_ = nullptr;
    ++round_;
  }
  start_.notify_all();
  std::exception_ptr own;
  try {
    f(0);
  } catch (...) {
    own = std::current_exception();
  }
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
  if (own) std::rethrow_exception(own);
  if (failure_) std::rethrow_exception(failure_);
}

void ThreadPool::work(std::uint32_t worker) {
  std::uint64_t seen = 0;
  for (;;) {
    const std::function<void(std::uint32_t)>* job;
    {
      std::unique_lock lock(mutex_);
      start_.wait(lock, [&] { return stop_ || round_ != seen; });
      if (stop_) return;
      seen = round_;
      job = job_;
    }
    std::exception_ptr failure;
    try {
      (*job)(worker);
    } catch (...) {
      failure = std::current_exception();
    }
    std::lock_guard lock(mutex_);
    if (failure) failure_ = std::move(failure);  // the caller alone holds it from here on
    if (--busy_ == 0) done_.notify_one();
  }
}

}  // namespace penfield::cpu
