#pragma once
#include <compare>
#include <cstdint>

#include "penfield/base/host_device.hpp"

namespace penfield {

/// Integer time, in steps of `dt`. 64-bit: never wraps in a run.
using StepIndex = std::int64_t;

/// A strongly typed index; `Tag` keeps populations, projections and neurons from being mixed up.
template <class Tag>
struct Id {
  std::uint32_t value = 0;

  constexpr Id() = default;
  PENFIELD_HD constexpr explicit Id(std::uint32_t v) : value(v) {}
  friend constexpr auto operator<=>(Id, Id) = default;
};

using PopulationId = Id<struct PopulationTag>;
using ProjectionId = Id<struct ProjectionTag>;
/// A neuron's index over the whole network (populations are consecutive).
using NeuronId = Id<struct NeuronTag>;

}  // namespace penfield
