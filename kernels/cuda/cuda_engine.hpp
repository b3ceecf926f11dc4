#pragma once
// The engine of one NVIDIA GPU. Plain C++: no CUDA type is seen from here.
#include <cstdint>
#include <memory>
#include <string>

#include "penfield/engine/engine.hpp"

namespace penfield::cuda {

/// What runs the steps between two contacts with the host: the same bodies, and the same bits.
enum class StepKernel {
  graph,      ///< a captured graph of a launch a phase
  persistent  ///< one cooperative launch, with barriers over the grid; for one rank alone
};

struct CudaEngineOptions {
  int device = 0;  ///< CUDA ordinal
  StepKernel kernel = StepKernel::graph;
  std::uint32_t persistent_blocks =
      0;  ///< at most so many blocks of the persistent kernel; 0: as many as the card takes
  std::uint32_t graph_steps =
      32;  ///< steps that one replay of a captured graph makes; 0: every kernel is launched by itself
  std::uint32_t spike_buffer_MiB =
      64;  ///< recorded spikes kept on the card before they are fetched; grows to hold one step
};

/// Mirrors `network` on the card and runs it there; the network must outlive the engine. Throws Error(usage)
/// for the persistent kernel with several ranks, Error(no_device) without a usable card, Error(memory) where
/// the network does not fit (with bytes asked and free), Error(device_fault) if it fails.
std::unique_ptr<Engine> make_cuda_engine(Network& network, const CudaEngineOptions& options);

/// Cards that the driver shows this process; 0 where it shows none.
int num_cuda_devices();

/// A card's name and its memory, bytes. Throws Error(no_device) without it.
void cuda_device_memory(int device, std::string* name, std::uint64_t* free_bytes, std::uint64_t* total_bytes);

/// Is there a card that this build can run on? If not, `why_not` says why; if so, `description` names it.
/// Never throws.
bool cuda_device_available(std::string* why_not, std::string* description);

}  // namespace penfield::cuda
