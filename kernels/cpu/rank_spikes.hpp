#pragma once
// Spikes between ranks. After its update a rank sends the spikes of its own tiles to all others; those of
// other ranks' tiles are booked here as their owners book them, so that every rank has the same spike lists,
// traces, counters and histories of all neurons.
#include <cstdint>
#include <vector>

#include "kernels/network/spike_words.hpp"
#include "penfield/state/network.hpp"

namespace penfield::cpu {

class RankSpikes {
 public:
  /// Whose spikes of a population a delivery is about.
  enum class Of : std::uint8_t { own, others };

  explicit RankSpikes(Network& network) : network_(network) {}

  /// Takes the network's sizes and lists as they are now.
  void bind();

  /// An own tile has been updated. Whoever owns it.
  void note_own(const PopulationView& p, std::uint32_t tile, StepIndex step) {
    const std::uint32_t place = list_place(p, step, tile);
    views_[p.index].own_size[place] = p.list_size[place];
  }
  /// Sends the own spikes of the steps [first, until), which have been updated. One thread.
  void send(StepIndex first, StepIndex until);
  /// Lets the exchange go on while its caller computes.
  void push() { network_.ranks->push_exchange(); }
  /// Waits for the others' spikes. The thread that sent.
  void receive();

  /// Books what was received, worker `worker` of `workers` its share. seen(population, tile, step) is called
  /// for every tile of another rank and every step, after its spikes are booked.
  template <class Seen>
  void book(std::uint32_t worker, std::uint32_t workers, Seen&& seen) {
    for (std::size_t k = worker; k < remote_.size(); k += workers)
      for (StepIndex step = first_; step < until_; ++step) {
        book_tile(remote_[k], step);
        seen(*views_[remote_[k].population].all, remote_[k].tile, step);
      }
  }
  /// After a flush, for tiles of other ranks: what mark_flushed does for own ones.
  void mark_flushed_share(std::uint32_t worker, std::uint32_t workers, StepIndex step,
                          FlushScope scope) const;

  /// A population with the lists of own or of others' spikes alone: their sizes are 0 elsewhere.
  const PopulationView& view(std::uint32_t population, Of of) const {
    return of == Of::own ? views_[population].own : views_[population].others;
  }

 private:
  struct Views {
    const PopulationView* all;
    PopulationView own, others;
    std::vector<std::uint32_t> own_size, others_size;  ///< as PopulationView::list_size
  };
  struct RemoteTile {
    std::uint32_t population, tile, rank;
  };

  void book_tile(const RemoteTile& remote, StepIndex step);

  Network& network_;
  std::vector<Views> views_;
  std::vector<RemoteTile> remote_;
  StepIndex first_ = 0, until_ = 0;
  std::vector<std::uint32_t> message_;  ///< see SpikeWords
  SpikeWords words_;
};

}  // namespace penfield::cpu
