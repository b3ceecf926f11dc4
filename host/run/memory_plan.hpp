#pragma once
// What a run will take, computed from the scenario before anything is built.
#include <cstdint>
#include <string>
#include <vector>

#include "host/build/build_network.hpp"
#include "host/run/session_schedule.hpp"
#include "host/scenario/scenario.hpp"

namespace penfield {

struct MemoryLine {
  std::string owner;  ///< population, projection, or what is being done
  std::string array;  ///< "ring", "weight"
  std::uint64_t bytes = 0;
};

/// How the estimate of the time compared with runs of 1 to 45 s of processor time on one core, in words.
extern const char* const kNominalError;

struct MemoryPlan {
  std::uint64_t neurons = 0;
  std::uint64_t synapses = 0;         ///< expected; exact for rules of fixed counts
  std::vector<MemoryLine> arrays;     ///< the network: as long as the run, and mirrored on a GPU
  std::vector<MemoryLine> transient;  ///< on the host, on top; one owner at a time
  std::uint64_t program = 0;          ///< the program itself, as resident now
  std::uint64_t network = 0;          ///< sum of `arrays`
  std::uint64_t records = 0;          ///< what recorders and slow processes keep to the end, but for spikes
  std::uint64_t spikes = 0;           ///< those recorded, at the rates assumed; no part of host_peak
  std::uint64_t host_peak = 0;        ///< program, network, records and the largest transient
  std::vector<MemoryLine> making;     ///< on a GPU that makes synapses, while it makes the costliest
  std::vector<MemoryLine> rewiring;   ///< ... and while it rewires the costliest
  std::uint64_t made_on_card = 0;     ///< of `network`: what the host has nothing of until it fetches it
  std::uint64_t device = 0;           ///< on a GPU at the peak: the network alone, made or rewired
  std::uint64_t checkpoint = 0;       ///< one file; two are kept, and a third while writing
  std::uint64_t results = 0;          ///< run.log, results.h5, report, before compression
  StudySchedule schedule;
  double events_per_s = 0.0;  ///< synaptic events of a second of spiking at the rates assumed
};

/// Plans a run of a network that is built like that, on several ranks one rank's part of it. Takes time and
/// memory of the order of the number of neurons, not of synapses. Throws Error as building does where the
/// scenario cannot be built, and at once where this machine could not hold a fraction of it; not `to_run`,
/// but for a reader who has another machine in mind, only where it could not hold the neurons.
MemoryPlan plan_memory(const Scenario& scenario, const BuildOptions& options, bool to_run = true);

/// Throws Error(memory) naming what is needed and what is there, if as many such runs as there are ranks on
/// this machine would not fit into available memory.
void require_memory(const MemoryPlan& plan, std::uint32_t ranks = 1);

/// What a card has.
struct CardMemory {
  std::string name;
  std::uint64_t free_bytes = 0, total_bytes = 0;
  std::uint32_t ranks = 1;  ///< that take it together
};
/// Throws Error(memory) naming what is needed and what is there, if the card has not that much free.
void require_card_memory(const MemoryPlan& plan, const CardMemory& card);

/// Seconds that the run takes on cores with nothing else to do, from the costs of a neuron's step and of a
/// synaptic event. Rates are taken to be the set-points, else 5 Hz; kNominalError says how far off this was.
double nominal_run_s(const MemoryPlan& plan, const Scenario& scenario, std::uint32_t threads);

}  // namespace penfield
