#include "host/run/session_notes.hpp"

#include <algorithm>

#include "host/run/session_progress.hpp"
#include "host/run/watchdog.hpp"

namespace penfield {

std::string network_note(const Scenario& scenario, const Network& network, std::uint64_t synapses,
                         const Engine& engine, const std::filesystem::path& folder) {
  const Ranks& ranks = *network.ranks;
  return scenario.name + ": " + std::to_string(network.num_neurons()) + " neurons, " +
         std::to_string(synapses) + " synapses on " +
         (ranks.alone() ? "" : std::to_string(ranks.size()) + " ranks, each ") + engine.device() +
         "; results in " + folder.string();
}

std::string situation(const Scenario& scenario, const Job* job) {
  if (job == nullptr) return "";
  return "; at biological time " + time_point_text(job->time_s()) + ", " +
         last_event(scenario, job->time_s());
}

bool owns_nothing(const Network& network) {
  return std::all_of(network.populations.begin(), network.populations.end(), [&](const auto& p) {
    const TileRange own = network.own_tiles(*p);
    return own.begin == own.end;
  });
}

}  // namespace penfield
