// Phase "update": penfield/step/update.hpp on the card.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/step_kernels.cuh"
#include "penfield/step/update.hpp"

namespace penfield::cuda {

namespace {

// body: update_tile<Model> (penfield/step/update.hpp)
// The view is an argument, since constant memory needs no registers. Limited by latency on small networks,
// else by the bytes of state, input and lists of each neuron; Philox keeps the integer units busy where there
// is noise.
template <class Model>
__global__ void __launch_bounds__(kBlockThreads)
    update_kernel(const __grid_constant__ PopulationView p, std::uint32_t first_tile, Control* control) {
  BlockTeam team;
  const std::uint32_t tile = first_tile + blockIdx.x;
  update_tile<Model>(team, p, control->touch, tile, control->seed, control->step);
  team.barrier();
  if (team.rank() == 0 && p.history_capacity != 0 && p.flush_due[tile] != 0)
    control->flush_wanted = FlushScope::filled;
}

}  // namespace

void update_tiles(cudaStream_t stream, const PopulationView& population, TileRange tiles, Control* control) {
  visit_neuron_model(population.model, [&](auto tag) {
    launch(stream, kBlockThreads, tiles.end - tiles.begin, 1, update_kernel<typename decltype(tag)::type>,
           population, tiles.begin, control);
  });
}

}  // namespace penfield::cuda
