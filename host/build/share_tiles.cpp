#include "host/build/share_tiles.hpp"

#include <algorithm>
#include <numeric>

#include "penfield/state/tile_cost.hpp"

namespace penfield {

void share_tiles(Network& network, const std::vector<double>& synapses_per_neuron) {
  const std::uint32_t ranks = network.ranks->size();
  if (ranks == 1) return;
  const auto cost = [&](std::size_t p) {
    const PopulationView& view = network.populations[p]->view;
    return tile_cost(view, view.tile_size, synapses_per_neuron[p] * view.tile_size);
  };
  // The population with the costliest tiles first: what it leaves uneven, the others level out.
  std::vector<std::size_t> order(network.populations.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return cost(a) > cost(b); });
  std::vector<double> load(ranks, 0.0);
  for (std::size_t p : order) {
    Population& population = *network.populations[p];
    std::vector<std::uint32_t> count(ranks, population.view.num_tiles / ranks);
    for (std::uint32_t left = population.view.num_tiles % ranks; left > 0; --left) {
      std::size_t least = ranks;
      for (std::size_t r = 0; r < ranks; ++r)
        if (count[r] == population.view.num_tiles / ranks && (least == ranks || load[r] < load[least]))
          least = r;
      ++count[least];
    }
    population.rank_tiles.assign(1, 0);
    for (std::size_t r = 0; r < ranks; ++r) {
      load[r] += cost(p) * count[r];
      population.rank_tiles.push_back(population.rank_tiles.back() + count[r]);
    }
  }
}

}  // namespace penfield
