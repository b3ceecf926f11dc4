#pragma once
// Work of the host that comes in independent pieces, shared out among threads.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace penfield {

/// How many threads share_out() uses for so many pieces.
inline std::uint32_t sharers(std::uint32_t pieces, std::uint32_t threads) {
  return std::max(1u, std::min(pieces, threads));
}

/// Calls work(piece, worker) once for every piece of [begin, end), on at most `threads` threads, of which the
/// caller is worker 0; workers are below sharers(). Who takes which piece is chance: what `work` leaves
/// behind must not depend on it. The first exception is thrown again when all have ended; pieces that nobody
/// has begun by then are left.
template <class Work>
void share_out(std::uint32_t begin, std::uint32_t end, std::uint32_t threads, Work&& work) {
  if (begin >= end) return;
  std::atomic<std::uint32_t> next{begin};
  std::mutex failure_mutex;
  std::exception_ptr failure;
  const auto take = [&](std::uint32_t worker) {
    try {
      for (std::uint32_t piece = next++; piece < end; piece = next++) work(piece, worker);
    } catch (...) {
      next = end;
      std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  for (std::uint32_t w = 1; w < sharers(end - begin, threads); ++w) others.emplace_back(take, w);
  take(0);
  for (std::thread& t : others) t.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace penfield
