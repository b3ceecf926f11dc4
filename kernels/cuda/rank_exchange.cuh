#pragma once
// Spikes between ranks, each with a card of its own: what kernels/cpu/rank_spikes.hpp does, with the lists on
// the card. Spikes go through the host, to any MPI.
#include <cstdint>
#include <vector>

#include "kernels/cuda/device_table.cuh"
#include "kernels/cuda/spike_recorder.cuh"
#include "kernels/network/spike_words.hpp"
#include "penfield/state/network.hpp"

namespace penfield::cuda {

/// A tile of another rank, and its spikes of one step among all that were received: [begin, end).
struct RemoteTile {
  std::uint32_t population, tile, begin, end;
};

class RankExchange {
 public:
  RankExchange(const Network& network, const Stream& stream)
      : network_(network), stream_(stream), own_(stream) {}

  /// After an upload.
  void assign(const std::vector<PopulationView>& views);
  /// Keeps the own spikes of the step at work for the exchange.
  void record(cudaStream_t stream, const StepTables& tables) const { own_.record(stream, tables); }
  /// Begins to send those of the steps [first, until), when the stream has done all that it was given.
  /// Control::num_spikes must count nothing else.
  void send(const StepTables& tables, StepIndex first, StepIndex until);
  /// Waits for what the other ranks send of these steps, and has it booked.
  void receive(const StepTables& tables, StepIndex first, StepIndex until);

 private:
  void book(const StepTables& tables, StepIndex first, StepIndex until);

  const Network& network_;
  const Stream& stream_;
  SpikeRecorder own_;
  SpikeWords words_;
  std::vector<std::uint32_t> message_;
  DeviceTable<RemoteTile> tiles_;  ///< [step][tile of another rank]
  DeviceTable<std::uint32_t> neurons_;
};

}  // namespace penfield::cuda
