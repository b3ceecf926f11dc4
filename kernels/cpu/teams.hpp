#pragma once
// Two more CPU teams beside SoloTeam (penfield/step/team.hpp), for tests of what must not matter.
#include <atomic>
#include <cstdint>

#include "kernels/cpu/thread_pool.hpp"

namespace penfield::cpu {

/// One thread that walks every loop backwards: shows that order does not matter. compact keeps its ascending
/// ranks.
class ReversedTeam {
 public:
  std::uint32_t rank() const { return 0; }
  std::uint32_t size() const { return 1; }
  void barrier() const {}
  template <class F>
  void for_each(std::uint32_t n, F&& f) const {
    for (std::uint32_t i = n; i-- > 0;) f(i);
  }
  template <class F>
  void for_each_row(std::uint32_t n, F&& f) const {
    for (std::uint32_t i = n; i-- > 0;) f(i, 0u, 1u);
  }
  void add(std::int32_t* p, std::int32_t v) const { *p += v; }
  std::uint32_t claim(std::uint32_t* counter) const { return (*counter)++; }
  template <class Keep, class Emit>
  std::uint32_t compact(std::uint32_t n, Keep&& keep, Emit&& emit) const {
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < n; ++i) kept += keep(i) ? 1 : 0;
    std::uint32_t rank = kept;
    for (std::uint32_t i = n; i-- > 0;)
      if (keep(i)) emit(--rank, i);
    return kept;
  }
};

/// Several real threads with a real barrier run one body together, as the threads of a CUDA block do: rows
/// are shared by pairs of lanes where the size is even. The thread sanitizer then sees a missing barrier.
class ThreadedTeam {
 public:
  /// What the members share; one per team.
  struct Shared {
    explicit Shared(std::uint32_t size) : barrier(size), kept(size + 1) {}
    SpinBarrier barrier;
    std::vector<std::uint32_t> kept;
  };
  ThreadedTeam(Shared& shared, std::uint32_t rank) : shared_(&shared), rank_(rank) {}

  std::uint32_t rank() const { return rank_; }
  std::uint32_t size() const { return shared_->barrier.size(); }
  void barrier() const { shared_->barrier.wait(); }
  template <class F>
  void for_each(std::uint32_t n, F&& f) const {
    for (std::uint32_t i = rank_; i < n; i += size()) f(i);
  }
  template <class F>
  void for_each_row(std::uint32_t n, F&& f) const {
    const std::uint32_t lanes = size() % 2 == 0 ? 2 : 1;
    for (std::uint32_t i = rank_ / lanes; i < n; i += size() / lanes) f(i, rank_ % lanes, lanes);
  }
  void add(std::int32_t* p, std::int32_t v) const {
    std::atomic_ref<std::int32_t>(*p).fetch_add(v, std::memory_order_relaxed);
  }
  std::uint32_t claim(std::uint32_t* counter) const {
    return std::atomic_ref<std::uint32_t>(*counter).fetch_add(1, std::memory_order_relaxed);
  }
  template <class Keep, class Emit>
  std::uint32_t compact(std::uint32_t n, Keep&& keep, Emit&& emit) const {
    const std::uint32_t begin = static_cast<std::uint32_t>(static_cast<std::uint64_t>(n) * rank_ / size());
    const std::uint32_t end =
        static_cast<std::uint32_t>(static_cast<std::uint64_t>(n) * (rank_ + 1) / size());
    std::uint32_t mine = 0;
    for (std::uint32_t i = begin; i < end; ++i) mine += keep(i) ? 1 : 0;
    shared_->kept[rank_] = mine;
    barrier();
    std::uint32_t rank = 0, total = 0;
    for (std::uint32_t r = 0; r < size(); ++r) {
      if (r < rank_) rank += shared_->kept[r];
      total += shared_->kept[r];
    }
    for (std::uint32_t i = begin; i < end; ++i)
      if (keep(i)) emit(rank++, i);
    barrier();
    return total;
  }

 private:
  Shared* shared_;
  std::uint32_t rank_;
};

}  // namespace penfield::cpu
