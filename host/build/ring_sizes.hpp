#pragma once
// How many steps of input and of spikes a population keeps: one rule for the builder and for `penfield plan`.
#include <array>
#include <cstdint>
#include <vector>

#include "host/scenario/scenario.hpp"
#include "penfield/state/projection.hpp"

namespace penfield {

/// What the sizes depend on, of one projection. Delays in steps.
struct ProjectionDelays {
  std::uint32_t source = 0, target = 0;  ///< populations
  std::uint32_t port = 0;                ///< of the target
  std::int32_t min_delay = 1, max_delay = 1;
  bool plastic = false, dendritic = false;

  DelayPieces pieces() const;
  /// The most steps between delivery and arrival.
  std::int32_t longest_ahead() const;
  /// The most steps between a spike and its delivery, and the fewest between delivery and arrival.
  std::int32_t longest_wait() const;
  std::int32_t shortest_ahead() const;
};

struct RingSizes {
  std::array<bool, kMaxPorts> heard{};  ///< ports that anything is delivered to; the others have no ring
  std::uint32_t ring_slots = 1;         ///< power of two, not below the steps from delivery to arrival
  std::uint32_t list_slots = 2;         ///< power of two: steps for which spikes are kept
  std::uint32_t spike_interval = 1;     ///< steps: a neuron fires at most once in so many
};

/// Sizes of population `index`. Static synapses only: several steps may be updated before any is delivered.
RingSizes ring_sizes(const Scenario& scenario, std::uint32_t index,
                     const std::vector<ProjectionDelays>& projections);

/// Refractory time of a population, ms; 0 where none is given.
double refractory_ms(const PopulationSpec& spec);

}  // namespace penfield
