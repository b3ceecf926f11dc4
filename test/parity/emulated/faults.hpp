#pragma once
// Faults of the stand-in's card, for tests.
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace emulated {

/// The `number`-th kernel that runs from now on stops half-way with this error, and every call after it
/// returns the same: nothing runs any more, nothing is copied. Until repair().
void fail_in_kernel(std::uint64_t number, cudaError_t error);
/// Memory that the card has, for allocations to come, [bytes].
void limit_memory(std::size_t bytes);
void lack_pinned_memory();
void lack_cooperative_launch();
/// All is well again, as in a new process.
void repair();

/// The card is in order before and after each case.
struct Repaired {
  Repaired() { repair(); }
  ~Repaired() { repair(); }
};

}  // namespace emulated
