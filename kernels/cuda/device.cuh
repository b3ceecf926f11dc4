#pragma once
#include <cstdint>
#include <string>

namespace penfield::cuda {

/// Makes a card the calling thread's current one and remembers it for error messages. Throws
/// Error(no_device).
void open_device(int device);

/// "NVIDIA H200 (0000:19:00.0), compute capability 9.0" of the card opened last; empty before.
const std::string& device_identity();

/// Multiprocessors of the card opened last.
std::uint32_t num_multiprocessors();

}  // namespace penfield::cuda
