#pragma once
#include <thread>
#include <vector>

#include "kernels/cpu/teams.hpp"

namespace penfield::test {

/// Runs `body(team)` on every member of a threaded team.
template <class Body>
void run_threaded(std::uint32_t size, Body&& body) {
  cpu::ThreadedTeam::Shared shared(size);
  std::vector<std::thread> threads;
  for (std::uint32_t rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      cpu::ThreadedTeam team(shared, rank);
      body(team);
    });
  for (std::thread& t : threads) t.join();
}

}  // namespace penfield::test
