#pragma once
#include "host/record/hdf5.hpp"
#include "host/record/results_file.hpp"

namespace penfield {

/// File attributes `magic` (0x0A7A) and `version` ({0, 1}) of the SONATA format.
void mark_sonata(Hdf5File* file);
/// Sorts the set by time, then id, and writes it to /spikes/POPULATION. Throws Error(internal) if its arrays
/// differ in length or two populations share a name.
void write_spikes(Hdf5File* file, SpikeSet* set);

}  // namespace penfield
