#pragma once
// The files beside the scenario: where they may lie, what belongs to the scenario's identity.
#include <cstdint>
#include <string>
#include <string_view>

#include "host/scenario/document.hpp"
#include "host/scenario/scenario.hpp"

namespace penfield {

/// The path of a data file below `folder`, symbolic links resolved. Throws Error(input_file) when it is
/// missing, Error(scenario) when it leads out of the folder.
std::string resolve_below(const std::string& folder, const std::string& relative);

/// Whether a file of edges is SONATA by its name (.h5, .hdf5) and not CSV.
bool is_sonata_name(const std::string& file);

/// Looks up every data file that the scenario names, notes its hash, and reads the spikes of `spikes`
/// stimuli.
void load_data_files(Scenario& scenario, const Value& document, Faults& faults);

/// XXH3-64 (seed 0) of `data`. Source: the xxHash specification, https://github.com/Cyan4973/xxHash.
std::uint64_t text_hash(std::string_view data);

/// The same of a file's content, read piece by piece. Throws Error(input_file) when it cannot be read.
std::uint64_t file_hash(const std::string& path);

}  // namespace penfield
