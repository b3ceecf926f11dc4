#pragma once
#include <cstdint>
#include <functional>

namespace emulated {

/// Runs the threads of one block as coroutines that meet at __syncthreads(). Threads run forwards and
/// backwards in turn, so that a result which hangs on their order shows. Ends the program where some threads
/// wait at a barrier that others never reach.
void run_block(std::uint32_t num_threads, const std::function<void()>& kernel);

/// The most dynamic shared memory that a block of the stand-in has.
constexpr std::size_t kDynamicSharedBytes = std::size_t{96} << 10;

/// Runs the blocks [0, num_blocks) of a cooperative launch at once, each on a thread of the host's: they meet
/// at grid_group::sync(), and between two meetings run in any order. Ends the program where some blocks wait
/// for others that have ended.
void run_cooperative_blocks(std::uint32_t num_blocks, std::uint32_t num_threads,
                            const std::function<void()>& kernel);

}  // namespace emulated
