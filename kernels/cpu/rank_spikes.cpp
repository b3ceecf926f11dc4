#include "kernels/cpu/rank_spikes.hpp"

#include "penfield/step/learn.hpp"
#include "penfield/step/remote.hpp"
#include "penfield/step/team.hpp"

namespace penfield::cpu {

namespace {

/// The neurons of a tile that fired at `step`, from the tile's list.
std::span<const std::uint32_t> listed_neurons(const PopulationView& p, StepIndex step, std::uint32_t tile) {
  const std::uint32_t place = list_place(p, step, tile);
  return {p.list_neuron + list_base(p, place, tile), p.list_size[place]};
}

}  // namespace

void RankSpikes::bind() {
  const std::size_t n = network_.populations.size();
  views_.resize(n);
  remote_.clear();
  for (std::uint32_t q = 0; q < n; ++q) {
    const Population& population = *network_.populations[q];
    const PopulationView& p = population.view;
    const TileRange own = network_.own_tiles(population);
    Views& v = views_[q];
    v.own_size.assign(p.list_size, p.list_size + std::size_t{p.list_slots} * p.num_tiles);
    v.others_size = v.own_size;
    for (std::uint32_t slot = 0; slot < p.list_slots; ++slot)
      for (std::uint32_t tile = 0; tile < p.num_tiles; ++tile)
        (own.holds(tile) ? v.others_size : v.own_size)[list_place(p, slot, tile)] = 0;
    v.all = &p;
    v.own = v.others = p;
    v.own.list_size = v.own_size.data();
    v.others.list_size = v.others_size.data();
    for (std::uint32_t r = 0; r < network_.ranks->size(); ++r) {
      const TileRange tiles = network_.tiles_of(population, r);
      for (std::uint32_t tile = tiles.begin; tile < tiles.end && r != network_.ranks->rank(); ++tile)
        remote_.push_back({q, tile, r});
    }
  }
}

void RankSpikes::send(StepIndex first, StepIndex until) {
  first_ = first;
  until_ = until;
  message_.clear();
  for (StepIndex step = first; step < until; ++step)
    for (const Views& v : views_) {
      const PopulationView& p = *v.all;
      const TileRange own = network_.own_tiles(*network_.populations[p.index]);
      const std::size_t number = message_.size();
      message_.push_back(0);
      for (std::uint32_t tile = own.begin; tile < own.end; ++tile) {
        const std::span<const std::uint32_t> neurons = listed_neurons(p, step, tile);
        message_.insert(message_.end(), neurons.begin(), neurons.end());
      }
      message_[number] = static_cast<std::uint32_t>(message_.size() - number - 1);
    }
  network_.ranks->start_exchange(message_);
}

void RankSpikes::receive() {
  network_.ranks->finish_exchange();
  words_.read(*network_.ranks, first_, until_, views_.size());
}

void RankSpikes::book_tile(const RemoteTile& remote, StepIndex step) {
  Views& v = views_[remote.population];
  const PopulationView& p = *v.all;
  const std::uint32_t begin = tile_begin(p, remote.tile);
  const SpikeWords::Neurons neurons =
      words_.of(remote.rank, step, remote.population, begin, begin + tile_count(p, remote.tile));
  SoloTeam solo;
  book_remote(solo, p, remote.tile, step, neurons.data(), static_cast<std::uint32_t>(neurons.size()));
  v.others_size[list_place(p, step, remote.tile)] = static_cast<std::uint32_t>(neurons.size());
}

void RankSpikes::mark_flushed_share(std::uint32_t worker, std::uint32_t workers, StepIndex step,
                                    FlushScope scope) const {
  SoloTeam solo;
  for (std::size_t k = worker; k < remote_.size(); k += workers)
    mark_flushed(solo, *views_[remote_[k].population].all, remote_[k].tile, step, scope);
}

}  // namespace penfield::cpu
