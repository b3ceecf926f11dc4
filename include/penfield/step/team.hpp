#pragma once
// A team runs one cooperative body together: one CPU thread, several CPU threads with a barrier (tests), or
// one CUDA block (kernels/cuda/block_team.cuh). The interface that every team offers:
//   rank(), size()                      this member and how many there are
//   barrier()                           all members wait for each other; memory is visible after it
//   for_each(n, f)                      f(i) once for every i in [0, n), shared out over the members; the
//   calls must not
//                                       touch each other's data (the CPU vectorises this loop)
//   for_each_row(n, f)                  f(row, lane, lanes): a row is shared by `lanes` members
//   add(int32_t*, int32_t)              adds; order-free because integers are
//   claim(uint32_t*)                    counts one more, and returns what it was before: a place of the
//   caller's own compact(n, keep, emit)              emit(rank_among_kept, i) for every i with keep(i), ranks
//   in ascending i;
//                                       returns the number kept, the same on every member
// and may offer, where it can do better than the functions of these names below:
//   for_each_listed_row(n, look, range, f)  rows of n lists, most of which are short or empty
//   for_each_ahead(first, end, stride, load, use)
//   for_each_kept(n, keep, use)
#include <cstddef>
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/state/row_places.hpp"

#if defined(__clang__)
#define PENFIELD_INDEPENDENT_LOOP _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define PENFIELD_INDEPENDENT_LOOP _Pragma("GCC ivdep")
#else
#define PENFIELD_INDEPENDENT_LOOP
#endif

namespace penfield {

/// Places of rows that lie one behind the other.
struct RowList {
  std::uint32_t size;
  std::size_t begin;
};

/// For every place of the RowList look(i), i in [0, n), whose RowRange range(i, place) is not empty: f(i,
/// place, range, lane, lanes), where a row is shared by `lanes` members as in for_each_row. Any member may
/// call look and range, and so may several.
template <class Team, class Look, class Range, class F>
PENFIELD_HD inline void for_each_listed_row(Team& team, std::uint32_t n, Look&& look, Range&& range, F&& f) {
  if constexpr (requires { team.for_each_listed_row(n, look, range, f); }) {
    team.for_each_listed_row(n, look, range, f);
  } else {
    for (std::uint32_t i = 0; i < n; ++i) {
      const RowList list = look(i);
      team.for_each_row(list.size, [&](std::uint32_t row, std::uint32_t lane, std::uint32_t lanes) {
        const RowRange held = range(i, list.begin + row);
        if (held.begin < held.end) f(i, list.begin + row, held, lane, lanes);
      });
    }
  }
}

/// use(k) for every k in [0, n) with keep(k), of which there may be few. Any member may call either; each
/// gets its k in ascending order.
template <class Team, class Keep, class Use>
PENFIELD_HD inline void for_each_kept(Team& team, std::uint32_t n, Keep&& keep, Use&& use) {
  if constexpr (requires { team.for_each_kept(n, keep, use); }) {
    team.for_each_kept(n, keep, use);
  } else {
    for (std::uint32_t k = team.rank(); k < n; k += team.size())
      if (keep(k)) use(k);
  }
}

/// One member's share of a row: use(load(k)) for k = first, first + stride and so on, below `end`. A load may
/// run before uses of smaller k, so that memory is waited for once and not at every k.
template <class Team, class Load, class Use>
[[gnu::always_inline]] PENFIELD_HD inline void for_each_ahead(Team& team, std::uint32_t first,
                                                              std::uint32_t end, std::uint32_t stride,
                                                              Load&& load, Use&& use) {
  if constexpr (requires { team.for_each_ahead(first, end, stride, load, use); }) {
    team.for_each_ahead(first, end, stride, load, use);
  } else {
    for (std::uint32_t k = first; k < end; k += stride) use(load(k));
  }
}

/// Sets a flag that several members of a team may set at once.
PENFIELD_HD inline void raise_flag(std::uint32_t* flag) {
#if defined(__CUDA_ARCH__)
  atomicExch(flag, 1u);
#else
  __atomic_store_n(flag, 1u, __ATOMIC_RELAXED);
#endif
}

/// The team of one CPU thread: every call is a plain loop.
class SoloTeam {
 public:
  std::uint32_t rank() const { return 0; }
  std::uint32_t size() const { return 1; }
  void barrier() const {}

  template <class F>
  void for_each(std::uint32_t n, F&& f) const {
    PENFIELD_INDEPENDENT_LOOP
    for (std::uint32_t i = 0; i < n; ++i) f(i);
  }
  template <class F>
  void for_each_row(std::uint32_t n, F&& f) const {
    for (std::uint32_t i = 0; i < n; ++i) f(i, 0u, 1u);
  }
  void add(std::int32_t* p, std::int32_t v) const { *p += v; }
  std::uint32_t claim(std::uint32_t* counter) const { return (*counter)++; }

  template <class Keep, class Emit>
  std::uint32_t compact(std::uint32_t n, Keep&& keep, Emit&& emit) const {
    // Few are kept: blocks of which none is are passed over at a vector's speed. For that keep is asked with
    // 64-bit places: a 32-bit sum might wrap, for all the compiler knows.
    constexpr std::size_t kBlock = 64;
    std::uint32_t kept = 0;
    std::size_t i = 0;
    const auto emit_kept = [&](std::size_t end) {
      for (; i < end; ++i)
        if (keep(i)) emit(kept++, static_cast<std::uint32_t>(i));
    };
    while (i + kBlock <= n) {
      std::uint32_t any = 0;
      for (std::size_t k = 0; k < kBlock; ++k) any |= keep(i + k) ? 1u : 0u;
      if (any == 0) {
        i += kBlock;
      } else {
        emit_kept(i + kBlock);
      }
    }
    emit_kept(n);
    return kept;
  }
};

}  // namespace penfield
