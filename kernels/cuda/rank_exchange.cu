#include "kernels/cuda/rank_exchange.cuh"

#include "kernels/cuda/launch.cuh"
#include "penfield/step/remote.hpp"

namespace penfield::cuda {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{16} << 20;

// body: book_remote (penfield/step/remote.hpp)
// Limited by the scattered places of a spike's neuron: list, counter, traces, history.
__global__ void __launch_bounds__(kBlockThreads, 4)
    book_remote_kernel(const StepTables tables, const RemoteTile* tiles, const std::uint32_t* neurons,
                       StepIndex step) {
  const RemoteTile at = tiles[blockIdx.x];
  const PopulationView& p = tables.populations[at.population];
  BlockTeam team;
  book_remote(team, p, at.tile, step, neurons + at.begin, at.end - at.begin);
  team.barrier();
  if (team.rank() == 0 && p.history_capacity != 0 && p.flush_due[at.tile] != 0)
    tables.control->flush_wanted = FlushScope::filled;
}

}  // namespace

void RankExchange::assign(const std::vector<PopulationView>& views) {
  std::vector<TileRange> own;
  std::size_t neurons = 0;
  for (const auto& p : network_.populations) {
    own.push_back(network_.own_tiles(*p));
    neurons += std::size_t{own.back().end - own.back().begin} * p->view.tile_size;
  }
  const auto steps = static_cast<std::size_t>(network_.batched_steps());
  own_.assign(std::vector<bool>(views.size(), true), views,
              std::max(kBufferBytes, neurons * steps * sizeof(Spike)), own);
}

void RankExchange::receive(const StepTables& tables, StepIndex first, StepIndex until) {
  network_.ranks->finish_exchange();
  words_.read(*network_.ranks, first, until, network_.populations.size());
  book(tables, first, until);
}

void RankExchange::send(const StepTables& tables, StepIndex first, StepIndex until) {
  if (own_.active()) own_.drain(tables.control);
  const std::vector<Spike> spikes = own_.take();
  message_.clear();
  auto next = spikes.begin();
  for (StepIndex step = first; step < until; ++step)
    for (std::uint32_t q = 0; q < network_.populations.size(); ++q) {
      const std::size_t number = message_.size();
      message_.push_back(0);
      for (; next != spikes.end() && next->step == step && next->population == q; ++next)
        message_.push_back(next->neuron);
      message_[number] = static_cast<std::uint32_t>(message_.size() - number - 1);
    }
  network_.ranks->start_exchange(message_);
}

void RankExchange::book(const StepTables& tables, StepIndex first, StepIndex until) {
  std::vector<RemoteTile> tiles;
  std::vector<std::uint32_t> neurons;
  for (StepIndex step = first; step < until; ++step)
    for (const auto& p : network_.populations)
      for (std::uint32_t r = 0; r < network_.ranks->size(); ++r) {
        if (r == network_.ranks->rank()) continue;
        const TileRange range = network_.tiles_of(*p, r);
        for (std::uint32_t t = range.begin; t < range.end; ++t) {
          const std::uint32_t begin = tile_begin(p->view, t);
          const SpikeWords::Neurons of =
              words_.of(r, step, p->view.index, begin, begin + tile_count(p->view, t));
          const auto at = static_cast<std::uint32_t>(neurons.size());
          neurons.insert(neurons.end(), of.begin(), of.end());
          tiles.push_back({p->view.index, t, at, static_cast<std::uint32_t>(neurons.size())});
        }
      }
  const auto per_step = static_cast<std::uint32_t>(tiles.size() / static_cast<std::size_t>(until - first));
  tiles_.assign(std::move(tiles), stream_);
  neurons_.assign(std::move(neurons), stream_);
  for (StepIndex step = first; step < until; ++step)
    launch(stream_.get(), kBlockThreads, per_step, 1, book_remote_kernel, tables,
           tiles_.data() + static_cast<std::size_t>(step - first) * per_step, neurons_.data(), step);
}

}  // namespace penfield::cuda
