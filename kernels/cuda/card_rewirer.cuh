#pragma once
// Rewires and reads the synapses of projections whose tiles the card has made, chunk by chunk, where they
// are.
#include <cstdint>
#include <vector>

#include "kernels/cuda/card_tiles.cuh"
#include "kernels/cuda/sort_scan.cuh"
#include "kernels/cuda/tile_placer.cuh"
#include "penfield/engine/tile_rewirer.hpp"
#include "penfield/step/rewire_rows.hpp"

namespace penfield::cuda {

/// Takes some 50 bytes a synapse of a chunk while it works, and gives them back.
class CardRewirer final : public TileRewirer {
 public:
  CardRewirer(int device, const Stream& stream)
      : device_(device), stream_(stream), sort_scan_(stream), placer_(stream, sort_scan_) {}

  void rewire(const Network& network, Projection& projection, const RowRewiring& job,
              const RewiredRows& out) override;
  void read(const Network& network, const Projection& projection, const RowReading& reading) override;

 private:
  /// One projection's, with what its keys need.
  struct Rows {
    const Network& network;
    const Projection& projection;
    CardTiles& tiles;
    const PopulationView& source;
    const PopulationView& target;
    TileJob job;
  };
  /// One chunk of it.
  struct Listed {
    RowBlock block;
    std::uint32_t num_tiles = 0;
    ListedRows rows;
  };

  Rows rows_of(const Network& network, const Projection& projection) const;
  RowRewiring on_card(const RowRewiring& job);
  Listed list(const Rows& of, const TileChunk& chunk);
  void rewire_chunk(const Rows& of, const RowRewiring& job, TileChunk& chunk, std::vector<SynapseTile>& tiles,
                    const RewiredRows& out);
  void remove(const RowRewiring& job, Listed& listed);
  void remove_weakest(const Listed& listed, const DeletedRows& deleted);
  void form(const Rows& of, const RowRewiring& job, Listed& listed, std::vector<FormedSynapse>& formed);
  void place(const Rows& of, const Listed& listed, TileChunk& chunk, std::vector<SynapseTile>& tiles);
  /// Sums what stands before the `num` values at `at`, to the value behind them too, which is returned.
  std::uint64_t sum_to(std::uint64_t* at, std::uint64_t num);
  void release();

  template <class T>
  const T* copy(Room<T>& room, const T* from, std::size_t n);

  int device_;
  const Stream& stream_;
  SortScan sort_scan_;
  TilePlacer placer_;

  SortBuffers<std::uint64_t> keys_, weak_keys_, formed_keys_;
  SortBuffers<std::uint32_t> weights_, weak_places_;
  Room<ListedTile> listed_;
  Room<std::uint8_t> keep_;
  Room<std::uint32_t> weakest_;
  Room<std::uint64_t> row_begin_, left_, candidates_, wanted_, formed_begin_, tile_begin_;
  std::vector<std::uint64_t> row_begin_here_, left_here_;

  // Of a RowRewiring or RowReading.
  Room<float> deficit_, dendritic_, axonal_, intact_sum_, field_, x_, y_, source_x_, source_y_;
  Room<std::uint8_t> flag_;
  Room<std::uint32_t> cell_begin_, cell_neuron_, length_, flagged_;
};

}  // namespace penfield::cuda
