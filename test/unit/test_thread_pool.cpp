#include "kernels/cpu/thread_pool.hpp"

#include <atomic>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

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

}  // namespace penfield::cpu
