#pragma once
// Every CUDA call goes through PENFIELD_CUDA_CHECK, which turns a failure into an Error with one exit code
// and one cure.
#include <cuda_runtime.h>

#include <cstddef>

namespace penfield::cuda {

/// Throws for anything but cudaSuccess: Error(memory) where the card is full (with the bytes asked and free),
/// Error(no_device) where there is no usable card, Error(device_fault) for faults that leave the card
/// unusable to this process and for a card that is lost, naming it, else Error(internal). After a fault every
/// further call fails too, so that nothing is read back.
void check(cudaError_t status, const char* call, const char* file, int line, std::size_t asked_bytes = 0);

/// The same for an allocation of `asked_bytes` that the card can reach on the host: Error(memory) names the
/// host.
void check_pinned(cudaError_t status, std::size_t asked_bytes);

/// Is this what a machine without a usable GPU answers? An old driver counts as none.
bool means_no_device(cudaError_t status);

}  // namespace penfield::cuda

/// PENFIELD_CUDA_CHECK(call) or, for an allocation, PENFIELD_CUDA_CHECK(call, bytes).
#define PENFIELD_CUDA_CHECK(call, ...) \
  ::penfield::cuda::check((call), #call, __FILE__, __LINE__ __VA_OPT__(, ) __VA_ARGS__)
