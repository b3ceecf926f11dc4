#pragma once
// The whole state of a run in a checkpoint: the network's arrays, the engine's clock, and what the study
// keeps.
#include <span>
#include <string>
#include <vector>

#include "host/record/checkpoint.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// Writes a checkpoint; the log must be synced up to `header.log_offset`. `study` is stored as it is, and so
/// is `origin` (host/run/branch.hpp). `header.step` is set. Of a network on several ranks the first, which
/// alone needs a writer, writes all of it: every rank calls this.
void save_state(CheckpointWriter* writer, CheckpointHeader header, Network& network, Engine& engine,
                std::span<const std::byte> study, const std::string& origin = {});

/// Puts network and engine back into the state of a checkpoint of the same scenario, whatever the engine and
/// its threads and ranks; synapse arrays take the sizes they had. Returns what was given as `study`. Throws
/// Error(input_file) if it does not fit.
std::vector<std::byte> restore_state(const CheckpointReader& reader, Network& network, Engine& engine);

/// What was given as `origin`; empty if there is none.
std::string stored_origin(const CheckpointReader& reader);

/// [population] neurons in a tile: the network that is to take the state has to be built with them.
std::vector<std::uint32_t> stored_tile_sizes(const CheckpointReader& reader);

}  // namespace penfield
