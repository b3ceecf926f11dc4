#pragma once
// The device copy of a Network: every array of Network::arrays() in an arena of its kind, and the views with
// their pointers translated.
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "kernels/cuda/arena.cuh"
#include "kernels/cuda/device_table.cuh"
#include "penfield/state/network.hpp"

namespace penfield::cuda {

class Mirror {
 public:
  /// Copies nothing yet; the network must outlive the mirror.
  Mirror(Network& network, const Stream& stream) : network_(network), stream_(stream), staging_(stream) {}

  /// Takes sizes and values of all arrays. Arenas are allocated anew only where their arrays have outgrown
  /// them. True if pointers have changed that kernels were captured with.
  bool upload();
  /// Takes the touch schedule, modulators' pulses and gains alone. True as upload() says.
  bool upload_inputs();
  /// Brings back what steps change: fast and slow arrays. Kernels never write to topology or constants, and
  /// what scratch holds carries no meaning from step to step. Synapses that the card has made and the host
  /// has not read yet come whole.
  void download() const;
  /// The same without the synapses that the card has made.
  void download_neurons() const;

  /// Views that hold device pointers, to be passed to kernels by value.
  const std::vector<PopulationView>& populations() const { return populations_.values(); }
  /// The same on the device.
  const PopulationView* device_populations() const { return populations_.data(); }
  const ProjectionView* device_projections() const { return projections_.data(); }
  /// The schedule as the Network now has it.
  TouchTable touch() const;

  std::size_t bytes() const;

 private:
  /// Arenas are numbered by ArrayKind; touches and modulators, which change during a run, have their own, and
  /// so have gains, own currents, who is silenced and what the skin gives, whose sizes do not change between
  /// two uploads.
  static constexpr std::size_t kInputs = 5, kGains = 6, kNumArenas = 7;
  std::array<std::vector<StateArray>, kNumArenas> sorted_arrays() const;
  void map_pointers();
  /// The host's copies of what the card made may have changed, once fetched: they go by the arenas from now
  /// on.
  void let_go_of_fetched_tiles() const;
  /// The device's copy of an array that starts at `host`; null for null.
  template <class T>
  T* on_device(T* host) const;
  PopulationView translate(PopulationView view) const;
  TileSynapses translate(TileSynapses view) const;
  /// Views of all projections, whose tiles are on the device already. True if the table has moved.
  bool place_projections();

  Network& network_;
  const Stream& stream_;
  Staging staging_;
  std::array<Arena, kNumArenas> arenas_;
  std::vector<std::pair<const void*, std::byte*>> pointers_;  ///< host -> device, ascending
  DeviceTable<PopulationView> populations_;
  DeviceTable<ProjectionView> projections_;
  DeviceTable<TileSynapses> tiles_;  ///< of all projections, one after another
};

}  // namespace penfield::cuda
