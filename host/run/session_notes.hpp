#pragma once
// What a session tells people on its way.
#include <filesystem>
#include <string>

#include "host/run/session_job.hpp"

namespace penfield {

/// "small study: 420 neurons, 18480 synapses on CPU, 2 threads; results in runs/small-study". `synapses`: of
/// all ranks.
std::string network_note(const Scenario& scenario, const Network& network, std::uint64_t synapses,
                         const Engine& engine, const std::filesystem::path& folder);

/// Where in a run something broke, to be put behind the message; empty without a job.
std::string situation(const Scenario& scenario, const Job* job);

/// Has this rank no tile of any population?
bool owns_nothing(const Network& network);

}  // namespace penfield
