// Which card, and what its errors mean.
#include "kernels/cuda/device.cuh"

#include <cuda_runtime.h>

#include <cstdio>

#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/cuda_engine.hpp"
#include "penfield/base/error.hpp"

namespace penfield::cuda {

namespace {

/// The card in use. Kept from when it was opened: after a fault, the card itself can no longer be asked.
struct OpenDevice {
  std::string identity;
  std::uint32_t multiprocessors = 1;
};
OpenDevice& open_one() {
  static OpenDevice one;
  return one;
}

std::string said(cudaError_t status) {
  return std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status);
}

std::string mebibytes(std::size_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / 1048576.0);
  return text;
}

/// After these the process cannot use the card any more.
bool is_fault(cudaError_t status) {
  constexpr int kContained = 226;  // cudaErrorContained, which older toolkits do not know
  if (static_cast<int>(status) == kContained) return true;
  switch (status) {
    case cudaErrorDeviceUninitialized:
    case cudaErrorExternalDevice:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorAssert:
    case cudaErrorUnknown: return true;
    default: return false;
  }
}

std::string describe(const cudaDeviceProp& p, int device) {
  char pci[32] = "";
  if (cudaDeviceGetPCIBusId(pci, sizeof pci, device) != cudaSuccess)
    std::snprintf(pci, sizeof pci, "PCI id unknown");
  return std::string(p.name) + " (" + pci + "), compute capability " + std::to_string(p.major) + "." +
         std::to_string(p.minor);
}

/// A card that was there answers so when it is lost. What it cannot run was so from the start.
bool is_loss(cudaError_t status) {
  return !open_one().identity.empty() && means_no_device(status) && status != cudaErrorNoKernelImageForDevice;
}

/// Machine code is built for 8.0 and 9.0, and PTX for what comes after.
constexpr int kOldestMajor = 8;

}  // namespace

bool means_no_device(cudaError_t status) {
  switch (status) {
    case cudaErrorNoDevice:
    case cudaErrorInsufficientDriver:
    case cudaErrorInvalidDevice:
    case cudaErrorDevicesUnavailable:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorCompatNotSupportedOnDevice:
    case cudaErrorSystemNotReady:
    case cudaErrorStubLibrary:
    case cudaErrorNoKernelImageForDevice: return true;
    default: return false;
  }
}

void check(cudaError_t status, const char* call, const char* file, int line, std::size_t asked_bytes) {
  if (status == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // a passing error must not be blamed on a later call
  const std::string card = device_identity().empty() ? "the GPU" : device_identity();
  const std::string where = std::string(" [") + call + " in " + file + ":" + std::to_string(line) + "]";
  if (status == cudaErrorMemoryAllocation) {
    std::size_t free_bytes = 0, total_bytes = 0;
    std::string room;
    if (cudaMemGetInfo(&free_bytes, &total_bytes) == cudaSuccess)
      room = ", " + mebibytes(free_bytes) + " of " + mebibytes(total_bytes) + " are free";
    throw Error(ExitCode::memory,
                "not enough memory on " + card + ": " +
                    (asked_bytes > 0 ? mebibytes(asked_bytes) + " were asked for" : "an allocation failed") +
                    room + "; use a larger card, --device cpu, or lower n or the in-degrees" + where);
  }
  if (is_fault(status) || is_loss(status))
    throw Error(ExitCode::device_fault, "the GPU failed: " + card + ", " + said(status) +
                                            "; leave this node out and resume from the last checkpoint" +
                                            where);
  if (means_no_device(status))
    throw Error(ExitCode::no_device, "no usable GPU (" + said(status) + "); use --device cpu" + where);
  throw Error(ExitCode::internal, "a CUDA call failed on " + card + ", " + said(status) +
                                      "; this is a defect in Penfield, report it" + where);
}

void check_pinned(cudaError_t status, std::size_t asked_bytes) {
  if (status != cudaErrorMemoryAllocation) return check(status, "cudaMallocHost", __FILE__, __LINE__);
  static_cast<void>(cudaGetLastError());
  throw Error(ExitCode::memory, "not enough memory on the host: " + mebibytes(asked_bytes) +
                                    " that the GPU can reach were asked for; free some, or raise the limit "
                                    "of locked memory (ulimit -l)");
}

const std::string& device_identity() { return open_one().identity; }
std::uint32_t num_multiprocessors() { return open_one().multiprocessors; }

void open_device(int device) {
  open_one() = {};
  int count = 0;
  PENFIELD_CUDA_CHECK(cudaGetDeviceCount(&count));
  if (device < 0 || device >= count)
    throw Error(ExitCode::no_device, "no GPU number " + std::to_string(device) + ", the driver lists " +
                                         std::to_string(count) + "; see CUDA_VISIBLE_DEVICES");
  PENFIELD_CUDA_CHECK(cudaSetDevice(device));
  cudaDeviceProp p{};
  PENFIELD_CUDA_CHECK(cudaGetDeviceProperties(&p, device));
  open_one() = {describe(p, device), static_cast<std::uint32_t>(p.multiProcessorCount)};
}

int num_cuda_devices() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  static_cast<void>(cudaGetLastError());
  return 0;
}

void cuda_device_memory(int device, std::string* name, std::uint64_t* free_bytes,
                        std::uint64_t* total_bytes) {
  open_device(device);
  std::size_t free = 0, total = 0;
  PENFIELD_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  *name = device_identity();
  *free_bytes = free;
  *total_bytes = total;
}

bool cuda_device_available(std::string* why_not, std::string* description) {
  int count = 0;
  cudaDeviceProp p{};
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) status = cudaGetDeviceProperties(&p, 0);
  std::string reason;
  if (status == cudaErrorInsufficientDriver) {
    reason = "no NVIDIA driver, or one older than the CUDA runtime of this build";
  } else if (status != cudaSuccess) {
    reason = said(status);
  } else if (count == 0) {
    reason = "the driver lists no GPU";
  } else if (p.major < kOldestMajor) {
    reason = describe(p, 0) + ", is older than the oldest that this build has code for (8.0)";
  }
  if (status != cudaSuccess) static_cast<void>(cudaGetLastError());
  if (!reason.empty()) {
    if (why_not != nullptr) *why_not = reason;
    return false;
  }
  if (description != nullptr) *description = describe(p, 0);
  return true;
}

}  // namespace penfield::cuda
