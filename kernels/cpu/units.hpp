#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/cpu/tile_functions.hpp"
#include "penfield/state/network.hpp"

namespace penfield::cpu {

/// A tile of a population and what runs on it: the unit of work that one worker owns.
struct Unit {
  Population* population;
  std::uint32_t tile;
  UpdateSteps update;
  struct Incoming {
    Projection* projection;
    const PopulationView* source;
    ProjectionTile deliver;
    ProjectionTile deliver_frozen;  ///< the same without learning
    FlushTile flush;                ///< null for static projections
  };
  std::vector<Incoming> incoming;          ///< without those below
  std::vector<StaticInput> static_inputs;  ///< on several ranks: of own spikes alone
  std::vector<StaticInput> static_others;  ///< of other ranks' spikes
  double cost;
};

/// Orders the units by worker such that all have about equal costs (the costliest first, each to the worker
/// with least to do): shares[w] = first unit of worker w, one more entry at the end.
std::vector<std::size_t> share_out(std::vector<Unit>& units, std::uint32_t workers);

}  // namespace penfield::cpu
