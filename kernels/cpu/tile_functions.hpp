#pragma once
// The step's bodies, instantiated for the CPU: each compiled for the instruction sets of isa.hpp, picked at
// run time. All give the same bits.
#include <cstdint>
#include <vector>

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/row_queue.hpp"
#include "penfield/step/learn.hpp"
#include "penfield/step/update.hpp"

namespace penfield::cpu {

/// update_steps (update_steps.hpp) for one neuron model.
using UpdateSteps = void (*)(const PopulationView&, const TouchTable&, std::uint32_t tile, std::uint32_t seed,
                             StepIndex step, StepIndex until);
/// deliver_static or deliver_plastic for one projection.
using ProjectionTile = void (*)(const PopulationView& source, const PopulationView& target,
                                const ProjectionView&, const FlushTimes&, std::uint32_t tile, StepIndex);
/// flush_tile for one projection.
using FlushTile = void (*)(const PopulationView& source, const PopulationView& target, const ProjectionView&,
                           const FlushTimes&, std::uint32_t tile, StepIndex, FlushScope);

/// Static delivery of steps [step, until) from all inputs of a tile: see row_queue.hpp.
using DeliverRows = void (*)(const std::vector<StaticInput>& inputs, std::uint32_t tile, StepIndex step,
                             StepIndex until);

/// Which loops deliver: tuned ones (row_queue.hpp, plastic_rows.hpp), or the plain bodies, whose loops run
/// backwards.
enum class Loops : std::uint8_t { tuned, plain_reversed };

DeliverRows find_deliver_rows(Isa isa);
UpdateSteps find_update(std::uint32_t model, Isa isa);
ProjectionTile find_deliver(const ProjectionView& projection, Isa isa, Loops loops);
/// deliver_static, whatever the projection's rule.
ProjectionTile find_static(Isa isa, Loops loops);
FlushTile find_flush(const ProjectionView& projection, Isa isa);

}  // namespace penfield::cpu
