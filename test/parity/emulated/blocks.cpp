#include "test/parity/emulated/blocks.hpp"

#include <cuda_runtime.h>
#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

thread_local uint3 threadIdx{}, blockIdx{};
thread_local dim3 blockDim, gridDim;

namespace emulated {

namespace {

constexpr std::size_t kStackBytes = std::size_t{128} << 10;

struct Coroutine {
  ucontext_t start;  ///< for its first entry
  jmp_buf place;     ///< where it goes on
  bool started = false;
  std::unique_ptr<char[]> stack{new char[kStackBytes]};
  std::uint32_t thread = 0;  ///< the one that it runs
};

/// A coroutine runs one thread after another to their ends, until one of them waits at a barrier; then
/// another coroutine starts the next thread. So kernels without barriers never switch.
class Scheduler {
 public:
  void run(std::uint32_t num_threads, const std::function<void()>& kernel) {
    kernel_ = &kernel;
    num_threads_ = num_threads;
    started_ = 0;
    while (started_ < num_threads_) resume(idle());
    const std::size_t finished = num_threads_ - waiting_.size();
    if (finished > 0 && !waiting_.empty()) diverged();
    while (!waiting_.empty()) {
      std::vector<Coroutine*> ready = std::exchange(waiting_, {});
      backwards_ = !backwards_;
      std::sort(ready.begin(), ready.end(), [this](const Coroutine* a, const Coroutine* b) {
        return backwards_ ? a->thread > b->thread : a->thread < b->thread;
      });
      for (Coroutine* c : ready) resume(c);
      if (!waiting_.empty() && waiting_.size() != ready.size()) diverged();
    }
  }

  void barrier() {
    Coroutine* const me = running_;
    waiting_.push_back(me);
    leave(me);
  }

 private:
  [[noreturn]] static void diverged() {
    std::fprintf(stderr,
                 "emulated CUDA: some threads of a block wait at a barrier that others do not reach\n");
    std::abort();
  }
  Coroutine* idle() {
    if (idle_.empty()) {
      all_.push_back(std::make_unique<Coroutine>());
      Coroutine* c = all_.back().get();
      getcontext(&c->start);
      c->start.uc_stack.ss_sp = c->stack.get();
      c->start.uc_stack.ss_size = kStackBytes;
      c->start.uc_link = nullptr;
      makecontext(&c->start, &Scheduler::work, 0);
      idle_.push_back(c);
    }
    Coroutine* c = idle_.back();
    idle_.pop_back();
    return c;
  }
  // swapcontext() asks the kernel for the signal mask at each switch, which took six sevenths of the time; so
  // it is jumps, and a context only for the first entry of a stack.
  [[gnu::noinline]] void resume(Coroutine* c) {
    running_ = c;
    threadIdx = {c->thread, 0, 0};
    if (_setjmp(main_) != 0) return;
    if (c->started) _longjmp(c->place, 1);
    c->started = true;
    setcontext(&c->start);
  }
  [[gnu::noinline]] void leave(Coroutine* c) {
    if (_setjmp(c->place) == 0) _longjmp(main_, 1);
  }
  static void work();

  const std::function<void()>* kernel_ = nullptr;
  std::uint32_t num_threads_ = 0, started_ = 0;
  bool backwards_ = false;
  jmp_buf main_;
  Coroutine* running_ = nullptr;
  std::vector<std::unique_ptr<Coroutine>> all_;
  std::vector<Coroutine*> idle_, waiting_;
};

Scheduler& scheduler() {
  static thread_local Scheduler one;
  return one;
}

void Scheduler::work() {
  Scheduler& s = scheduler();
  for (;;) {
    Coroutine* const me = s.running_;
    while (s.started_ < s.num_threads_) {
      const std::uint32_t k = s.started_++;
      me->thread = s.backwards_ ? s.num_threads_ - 1 - k : k;
      threadIdx = {me->thread, 0, 0};
      (*s.kernel_)();
    }
    s.idle_.push_back(me);
    s.leave(me);
  }
}

}  // namespace

void run_block(std::uint32_t num_threads, const std::function<void()>& kernel) {
  scheduler().run(num_threads, kernel);
}

}  // namespace emulated

void __syncthreads() { emulated::scheduler().barrier(); }
