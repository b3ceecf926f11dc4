// Phase "update": penfield/step/update.hpp on the card.
#include <algorithm>

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/step_kernels.cuh"
#include "penfield/step/update.hpp"

namespace penfield::cuda {

namespace {

/// After a tile's spikes are booked: a history ring may ask for a flush at the end of the step.
__device__ void note_flush(const BlockTeam& team, const PopulationView& p, std::uint32_t tile,
                           Control* control) {
  team.barrier();
  if (team.rank() == 0 && p.history_capacity != 0 && p.flush_due[tile] != 0)
    control->flush_wanted = FlushScope::filled;
}

/// Blocks that a multiprocessor takes at a time, by registers.
template <class Model>
constexpr std::uint32_t kUpdateBlocks = std::is_same_v<Model, IafCondReceptors> ? 2 : 3;

// body: update_tile<Model> (penfield/step/update.hpp)
// The view is an argument, since constant memory needs no registers. Limited by latency on small networks,
// else by the bytes of state, input and lists of each neuron; Philox keeps the integer units busy where there
// is noise.
template <class Model>
__global__ void __launch_bounds__(kBlockThreads, kUpdateBlocks<Model>)
    update_kernel(const __grid_constant__ PopulationView p, std::uint32_t first_tile, Control* control) {
  BlockTeam team;
  const std::uint32_t tile = first_tile + blockIdx.x;
  update_tile<Model>(team, p, control->touch, tile, control->seed, control->step);
  note_flush(team, p, tile, control);
}

// body: update_tile<Model> (penfield/step/update.hpp)
// For populations that leave most of a card idle. Takes some 20 registers more, since the view's place in the
// arguments is known only when it runs.
template <class Model>
__global__ void __launch_bounds__(kBlockThreads, 2)
    update_several_kernel(const __grid_constant__ TilesOfModel of, Control* control) {
  std::uint32_t k = 0;
  while (blockIdx.x >= of.first_block[k + 1]) ++k;
  const PopulationView& p = of.population[k];
  BlockTeam team;
  const std::uint32_t tile = of.first_tile[k] + (blockIdx.x - of.first_block[k]);
  update_tile<Model>(team, p, control->touch, tile, control->seed, control->step);
  note_flush(team, p, tile, control);
}

}  // namespace

std::vector<TilesOfModel> tiles_by_model(const Network& network,
                                         const std::vector<PopulationView>& populations,
                                         std::uint32_t multiprocessors) {
  std::vector<TilesOfModel> out;
  for (const PopulationView& p : populations) {
    const TileRange tiles = network.own_tiles(*network.populations[p.index]);
    if (tiles.begin == tiles.end) continue;
    const auto fills_card = [&](std::uint32_t num_tiles) { return num_tiles >= multiprocessors; };
    auto of = std::find_if(out.begin(), out.end(), [&](const TilesOfModel& one) {
      return one.population[0].model == p.model && one.count < TilesOfModel::kMost &&
             !fills_card(one.first_block[one.count]) && !fills_card(tiles.end - tiles.begin);
    });
    if (of == out.end()) of = out.emplace(out.end());
    of->population[of->count] = p;
    of->first_tile[of->count] = tiles.begin;
    of->first_block[of->count + 1] = of->first_block[of->count] + (tiles.end - tiles.begin);
    ++of->count;
  }
  return out;
}

void update_tiles(cudaStream_t stream, const TilesOfModel& of, Control* control) {
  visit_neuron_model(of.population[0].model, [&](auto tag) {
    using Model = typename decltype(tag)::type;
    if (of.count == 1) {
      launch(stream, kBlockThreads, of.first_block[1], 1, update_kernel<Model>, of.population[0],
             of.first_tile[0], control);
    } else {
      launch(stream, kBlockThreads, of.first_block[of.count], 1, update_several_kernel<Model>, of, control);
    }
  });
}

}  // namespace penfield::cuda
