#include "host/build/share_tiles.hpp"

#include <algorithm>
#include <numeric>

namespace penfield {

namespace {

/// Costs of a neuron's step and of a synapse at some Hz, as the CPU engine weighs them.
constexpr double kNeuron = 8.0, kSynapse = 1.0 / 50.0;

}  // namespace

void share_tiles(Network& network, const std::vector<double>& synapses_per_neuron) {
  const std::uint32_t ranks = network.ranks->size();
  if (ranks == 1) return;
  const auto tile_cost = [&](std::size_t p) {
    return (kNeuron + kSynapse * synapses_per_neuron[p]) * network.populations[p]->view.tile_size;
  };
  // The population with the costliest tiles first: what it leaves uneven, the others level out.
  std::vector<std::size_t> order(network.populations.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return tile_cost(a) > tile_cost(b); });
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
      load[r] += tile_cost(p) * count[r];
      population.rank_tiles.push_back(population.rank_tiles.back() + count[r]);
    }
  }
}

}  // namespace penfield
