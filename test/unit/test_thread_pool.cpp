#include "kernels/cpu/thread_pool.hpp"

#include <atomic>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "penfield/base/share_out.hpp"
#include "test/support/catch.hpp"

namespace penfield::cpu {

TEST_CASE("a pool calls every worker once in every round, the caller as worker 0") {
  const std::uint32_t size = GENERATE(1u, 2u, 3u, 8u);
  ThreadPool pool(size);
  REQUIRE(pool.size() == size);
  std::vector<int> calls(size, 0);
  const auto caller = std::this_thread::get_id();
  bool caller_is_first = true;
  for (int round = 0; round < 200; ++round)
    pool.run([&](std::uint32_t worker) {
      ++calls[worker];
      if (worker == 0 && std::this_thread::get_id() != caller) caller_is_first = false;
    });
  REQUIRE(calls == std::vector<int>(size, 200));
  REQUIRE(caller_is_first);
}

TEST_CASE("what workers did is visible when run returns") {
  ThreadPool pool(4);
  std::vector<std::uint64_t> sums(4, 0);
  for (std::uint64_t round = 1; round <= 100; ++round) {
    pool.run([&](std::uint32_t worker) { sums[worker] += round; });
    for (const std::uint64_t sum : sums) REQUIRE(sum == round * (round + 1) / 2);
  }
}

TEST_CASE("an exception in any worker reaches the caller after all have stopped, and the pool goes on") {
  const std::uint32_t thrower = GENERATE(0u, 1u, 2u);
  ThreadPool pool(3);
  std::atomic<int> finished{0};
  std::string message;
  try {
    pool.run([&](std::uint32_t worker) {
      if (worker == thrower) throw std::runtime_error("worker " + std::to_string(worker));
      ++finished;
    });
  } catch (const std::runtime_error& e) {
    message = e.what();
  }
  REQUIRE(message == "worker " + std::to_string(thrower));
  REQUIRE(finished == 2);
  pool.run([&](std::uint32_t) { ++finished; });
  REQUIRE(finished == 5);
}

TEST_CASE("a pool that never ran ends cleanly") {
  const ThreadPool pool(3);
  REQUIRE(pool.size() == 3);
}

TEST_CASE("nobody passes a barrier before all have come, over many generations") {
  const std::uint32_t size = GENERATE(1u, 2u, 3u, 5u);
  constexpr std::uint32_t rounds = 300;
  SpinBarrier barrier(size);
  REQUIRE(barrier.size() == size);
  ThreadPool pool(size);
  std::vector<std::uint32_t> at(size, 0);  // plain memory: the barrier alone orders it
  std::atomic<int> wrong{0};
  pool.run([&](std::uint32_t worker) {
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      at[worker] = round;
      barrier.wait();
      for (const std::uint32_t other : at)
        if (other != round) ++wrong;
      barrier.wait();
    }
  });
  REQUIRE(wrong == 0);
}

TEST_CASE("those who wait long at a barrier leave the processor to others") {
  const std::uint32_t size = GENERATE(2u, 4u);
  SpinBarrier barrier(size);
  ThreadPool pool(size);
  const std::clock_t before = std::clock();  // of all threads of the process
  pool.run([&](std::uint32_t worker) {
    if (worker == 0) std::this_thread::sleep_for(std::chrono::milliseconds(300));
    barrier.wait();
  });
  REQUIRE(std::clock() - before < CLOCKS_PER_SEC / 10);
}

TEST_CASE("pieces that are shared out are done once each, by workers that there are") {
  const std::uint32_t threads = GENERATE(0u, 1u, 3u, 8u);
  const std::uint32_t end = GENERATE(5u, 6u, 40u);  // none, one, many pieces
  std::vector<std::atomic<int>> done(end);
  std::atomic<std::uint32_t> largest{0};
  share_out(5, end, threads, [&](std::uint32_t piece, std::uint32_t worker) {
    ++done[piece];
    for (std::uint32_t seen = largest; worker > seen && !largest.compare_exchange_weak(seen, worker);) {
    }
  });
  for (std::uint32_t piece = 0; piece < end; ++piece) CHECK(done[piece] == (piece < 5 ? 0 : 1));
  CHECK(largest < sharers(end - 5, threads));
}

TEST_CASE("an error in a shared piece reaches the caller once all have ended") {
  const std::uint32_t threads = GENERATE(1u, 4u);
  std::atomic<int> within{0};
  const auto work = [&](std::uint32_t piece, std::uint32_t) {
    ++within;
    if (piece == 3) {
      --within;
      throw std::runtime_error("piece 3");
    }
    --within;
  };
  CHECK_THROWS_WITH(share_out(0, 1000, threads, work), "piece 3");
  CHECK(within == 0);
}

}  // namespace penfield::cpu
