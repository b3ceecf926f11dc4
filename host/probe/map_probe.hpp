#pragma once
// The receptive-field probe: touches a grid of skin sites one at a time and counts what cortex answers.
#include <cstdint>
#include <vector>

#include "host/readout/decoding.hpp"
#include "host/readout/types.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

struct MapProbeResult {
  readout::MapProbe map;
  /// Single trials for the decoder, all cells of the probed population: see run_map_probe.
  readout::Trials trials;
  double spiking_s = 0.0;
};

/// Probes population `spec.of`. Sites are placed symmetrically in each part. Parts in `at_relay` have lost
/// their skin: there the probe drives the surviving relay cells themselves, at touch rates. The run goes on
/// as if nothing had happened. The decoder gets the sites of `decoded_parts` that lie in `decoded_around` or
/// within half its width of it: cells of that part's territory hear nothing from further off, and could not
/// tell it from silence.
MapProbeResult run_map_probe(const Scenario& scenario, Network& network, Engine& engine,
                             const ProbeSpec& spec, const std::vector<bool>& at_relay,
                             const std::vector<std::uint32_t>& decoded_parts, std::uint32_t decoded_around);

}  // namespace penfield
