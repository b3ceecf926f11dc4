#pragma once
#include <span>
#include <string>

#include "host/record/manifest.hpp"
#include "host/run/session_job.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/engine/engine.hpp"

namespace penfield {

/// "0x0123456789abcdef", as hashes stand in manifests and checkpoints.
std::string hash_text(std::uint64_t hash);
/// "2026-01-31T12:00:00Z".
std::string utc_now();
/// The processor's name as the machine gives it; empty where it does not.
std::string processor_name();
/// Installed memory, bytes.
std::uint64_t machine_bytes();
/// Memory that a new process may take without swapping (MemAvailable, and what a control group leaves),
/// bytes.
std::uint64_t available_bytes();

/// What is known when a run starts: versions, build, host, device, scenario, quantisation.
Manifest new_manifest(const Scenario& scenario, const Network& network, const Engine& engine);
/// What a resumed run keeps of its earlier manifest: start, timings, number of resumes.
void carry_over(const Manifest& earlier, Manifest& manifest);
/// Digests of the state as it stands and of the results, what ranks waited for, and the time of the end.
/// Every rank calls it.
void complete_manifest(Manifest& manifest, const Network& network, const Engine& engine,
                       std::span<const std::byte> results);
/// Acceleration so far, and the error of a macro step.
void set_acceleration(Manifest& manifest, const Scenario& scenario, const Job& job);
/// What activity has cost so far, where the scenario asks for it.
void set_energy(Manifest& manifest, const Scenario& scenario, const Job& job);
/// Adds to the timing of that name.
void add_timing(Manifest& manifest, const std::string& what, double seconds);

}  // namespace penfield
