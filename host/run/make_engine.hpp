#pragma once
#include <memory>
#include <optional>
#include <string>

#include "host/build/build_network.hpp"
#include "host/run/memory_plan.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

enum class DeviceChoice { automatic, cpu, cuda };
/// What a GPU runs the steps with (kernels/cuda/cuda_engine.hpp). The bits are the same.
enum class KernelChoice { graph, persistent };
/// Who makes the synapses. The bits are the same; no card has made any yet, so it is chosen by name alone.
enum class SynapseChoice { host, card };

/// What a card does in which way.
struct CardChoice {
  KernelChoice kernel = KernelChoice::graph;
  SynapseChoice synapses = SynapseChoice::host;
};

struct EngineChoice {
  std::unique_ptr<Engine> engine;
  std::string note;  ///< what the user should know: that a GPU was looked for and why it was not taken
};

/// The engine for a device. `cuda` without a usable GPU throws Error(no_device); `automatic` falls back to
/// the CPU and says so in the note. `threads` 0: all of the machine's, shared with its other ranks. A kernel
/// other than the graph throws Error(usage) for `cpu` and for several ranks.
EngineChoice make_engine(Network& network, DeviceChoice device, std::uint32_t threads,
                         KernelChoice kernel = KernelChoice::graph);

/// How to build a network for the engine that make_engine would give. Throws Error(no_device) where a card is
/// to make the synapses and that engine would have none.
BuildOptions build_options(DeviceChoice device, std::uint32_t threads, Ranks& ranks = one_rank(),
                           SynapseChoice synapses = SynapseChoice::host);

/// The same for `instances` of a scenario side by side: the persistent kernel likes about a tile for each
/// block that a card keeps.
BuildOptions build_options(const Scenario& scenario, std::uint32_t instances, DeviceChoice device,
                           std::uint32_t threads, const CardChoice& card, Ranks& ranks = one_rank());

/// For a plan alone: as above, but a card that makes synapses may be elsewhere.
BuildOptions plan_options(const Scenario& scenario, std::uint32_t instances, DeviceChoice device,
                          std::uint32_t threads, CardChoice card, Ranks& ranks = one_rank());

/// The card that make_engine would take for this rank; none where it would take the CPU.
std::optional<CardMemory> card_memory(DeviceChoice device, const Ranks& ranks = one_rank());

/// Throws Error(memory) where the run does not fit into this machine or the card.
void require_room(const MemoryPlan& plan, DeviceChoice device, const Ranks& ranks = one_rank());

/// What `penfield doctor` prints about the GPU: its description, or why there is none.
std::string describe_gpu();

/// Threads that one rank uses when none are asked for: those that share its processors leave it a part.
std::uint32_t available_threads(const Ranks& ranks = one_rank());

}  // namespace penfield
