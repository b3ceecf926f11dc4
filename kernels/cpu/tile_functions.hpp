#pragma once
// The step's bodies, instantiated for the CPU: for each body a function compiled for baseline x86-64 and one
// for x86-64-v3 (AVX2, FMA), picked at run time. Both give the same bits; v3 is faster.
#include <cstdint>
#include <vector>

#include "kernels/cpu/row_queue.hpp"
#include "penfield/step/learn.hpp"
#include "penfield/step/update.hpp"

namespace penfield::cpu {

/// update_tile for one neuron model.
using UpdateTile = void (*)(const PopulationView&, const TouchTable&, std::uint32_t tile, std::uint32_t seed,
                            StepIndex);
/// deliver_static or deliver_plastic for one projection.
using ProjectionTile = void (*)(const PopulationView& source, const PopulationView& target,
                                const ProjectionView&, const FlushTimes&, std::uint32_t tile, StepIndex);
/// flush_tile for one projection.
using FlushTile = void (*)(const PopulationView& source, const PopulationView& target, const ProjectionView&,
                           const FlushTimes&, std::uint32_t tile, StepIndex, FlushScope);

/// Static delivery of steps [step, until) from all inputs of a tile: see row_queue.hpp.
using DeliverRows = void (*)(const std::vector<StaticInput>& inputs, std::uint32_t tile, StepIndex step,
                             StepIndex until);

/// Does this machine run x86-64-v3 code? PENFIELD_ISA=baseline in the environment says no, for tests.
bool has_v3();

DeliverRows find_deliver_rows(bool v3);
UpdateTile find_update(std::uint32_t model, bool v3);
ProjectionTile find_deliver(const ProjectionView& projection, bool v3, bool reversed);
/// deliver_static, whatever the projection's rule.
ProjectionTile find_static(bool v3, bool reversed);
FlushTile find_flush(const ProjectionView& projection, bool v3);

}  // namespace penfield::cpu
