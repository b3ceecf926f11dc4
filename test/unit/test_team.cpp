// The three CPU teams keep the promises of penfield/step/team.hpp, whatever their size.
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "kernels/cpu/teams.hpp"
#include "penfield/step/team.hpp"
#include "test/support/catch.hpp"
#include "test/support/run_threaded.hpp"

namespace penfield::test {

namespace {

/// Runs a body on a solo team, a reversed one, and threaded ones of 1 to 5 members.
template <class Body>
void on_every_team(Body&& body) {
  SECTION("solo") {
    SoloTeam team;
    body([&](auto&& run) { run(team); });
  }
  SECTION("reversed") {
    cpu::ReversedTeam team;
    body([&](auto&& run) { run(team); });
  }
  const std::uint32_t size = GENERATE(1u, 2u, 3u, 4u, 5u);
  SECTION("threaded") {
    CAPTURE(size);
    body([&](auto&& run) { run_threaded(size, run); });
  }
}

constexpr std::uint32_t kCounts[] = {0, 1, 2, 3, 7, 64, 1001};

}  // namespace

TEST_CASE("for_each calls every index once") {
  on_every_team([](auto&& run) {
    for (const std::uint32_t n : kCounts) {
      std::vector<int> calls(n, 0);
      run([&](auto& team) { team.for_each(n, [&](std::uint32_t i) { ++calls[i]; }); });
      REQUIRE(calls == std::vector<int>(n, 1));
    }
  });
}

TEST_CASE("for_each_row shares out every row among its lanes") {
  on_every_team([](auto&& run) {
    for (const std::uint32_t n : kCounts) {
      constexpr std::uint32_t width = 5;
      std::vector<std::int32_t> calls(n * width, 0);
      run([&](auto& team) {
        team.for_each_row(n, [&](std::uint32_t row, std::uint32_t lane, std::uint32_t lanes) {
          for (std::uint32_t k = lane; k < width; k += lanes) ++calls[row * width + k];
        });
      });
      REQUIRE(calls == std::vector<std::int32_t>(n * width, 1));
    }
  });
}

TEST_CASE("add loses nothing when all members add to one place") {
  on_every_team([](auto&& run) {
    std::int32_t sum = 5;
    run([&](auto& team) {
      team.for_each(1000, [&](std::uint32_t i) { team.add(&sum, static_cast<std::int32_t>(i) - 400); });
    });
    REQUIRE(sum == 5 + 999 * 500 - 400 * 1000);
  });
}

TEST_CASE("compact numbers what it keeps in ascending order and tells every member how many") {
  on_every_team([](auto&& run) {
    for (const std::uint32_t n : kCounts)
      for (const std::uint32_t every : {1u, 2u, 3u, 2000u}) {
        std::vector<std::uint32_t> kept(n, 0xffffffffu);
        std::vector<std::uint32_t> returned(8, 0);
        run([&](auto& team) {
          returned[team.rank()] = team.compact(
              n, [&](std::uint32_t i) { return i % every == every - 1; },
              [&](std::uint32_t rank, std::uint32_t i) { kept[rank] = i; });
        });
        const std::uint32_t expected = n / every;
        for (std::uint32_t k = 0; k < n; ++k)
          REQUIRE(kept[k] == (k < expected ? every * (k + 1) - 1 : 0xffffffffu));
        REQUIRE(returned[0] == expected);
        for (const std::uint32_t r : returned) REQUIRE((r == expected || r == 0));
      }
  });
}

TEST_CASE("what members wrote before a barrier, all read after it") {
  on_every_team([](auto&& run) {
    std::vector<std::uint32_t> a(333, 0), b(333, 0);
    std::vector<int> wrong(8, 0);
    run([&](auto& team) {
      for (std::uint32_t round = 1; round <= 50; ++round) {
        team.for_each(333, [&](std::uint32_t i) { a[i] = round * i; });
        team.barrier();
        // Another member wrote the neighbour.
        team.for_each(333, [&](std::uint32_t i) { b[i] = a[(i + 1) % 333]; });
        team.barrier();
        team.for_each(
            333, [&](std::uint32_t i) { wrong[team.rank()] += b[i] != round * ((i + 1) % 333) ? 1 : 0; });
        team.barrier();
      }
    });
    REQUIRE(wrong == std::vector<int>(8, 0));
  });
}

}  // namespace penfield::test
