#pragma once
// What a probe of the map showed, in numbers.
#include "host/probe/map_probe.hpp"
#include "host/run/study.hpp"
#include "host/run/zones.hpp"

namespace penfield {

/// All but the time of a probe. `study`: the intact map and what is derived from it; `lost_part` or kNoPart,
/// which is gone already where `lesioned`.
MapPoint read_map_point(const Scenario& scenario, const readout::MapStudy& study, std::uint32_t lost_part,
                        bool lesioned, const StudyZones& zones, const MapProbeResult& probed);

/// What a reader of the lost part's territory has to tell apart: it and the parts beside it; none if none is
/// lost.
std::vector<std::uint32_t> decoded_parts(std::uint32_t lost_part, std::uint32_t num_parts);

/// The map without the cells that are dead: bins without living ones have no neurons. `dead` [neuron] of the
/// probed population, or empty.
readout::MapProbe living_map(readout::MapProbe map, const std::vector<std::uint8_t>& dead);

}  // namespace penfield
