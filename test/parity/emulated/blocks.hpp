#pragma once
#include <cstdint>
#include <functional>

namespace emulated {

/// Runs the threads of one block as coroutines that meet at __syncthreads(). Threads run forwards and
/// backwards in turn, so that a result which hangs on their order shows. Ends the program where some threads
/// wait at a barrier that others never reach.
void run_block(std::uint32_t num_threads, const std::function<void()>& kernel);

}  // namespace emulated
