#pragma once
// The register of state arrays: checkpoints, probes, digests, device mirrors and the memory plan all walk
// this one list.
#include <cstddef>
#include <cstdint>
#include <string>

namespace penfield {

/// What an array is for. A probe saves and restores the `fast` ones; `constant` ones are rebuilt from the
/// scenario.
enum class ArrayKind : std::uint8_t {
  fast,      ///< potentials, rings, traces, histories, counters of an episode
  slow,      ///< weights, factors, elements
  topology,  ///< offsets, targets, delays: changed by rewiring
  constant,  ///< positions, tables, parameters
  scratch,   ///< rewritten in every step before it is read: carries nothing from step to step
};

/// One array of the network: `count` elements of `element_bytes` bytes.
struct StateArray {
  std::string name;
  ArrayKind kind;
  std::byte* data;
  std::size_t bytes;
  std::uint32_t element_bytes;
};

}  // namespace penfield
